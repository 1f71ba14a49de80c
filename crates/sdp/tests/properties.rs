//! What holds for every description.

use std::net::{IpAddr, SocketAddr};

use base::{Codec, Direction};
use proptest::prelude::*;
use sdp::{Local, accept, answer, first_codecs, offer, offer_again};

fn local() -> impl Strategy<Value = Local> {
    let codecs = prop_oneof![
        Just(vec![Codec::Pcma]),
        Just(vec![Codec::Pcmu]),
        Just(vec![Codec::Pcma, Codec::Pcmu]),
        Just(vec![Codec::Pcmu, Codec::Pcma]),
    ];
    let direction = prop_oneof![
        Just(Direction::SendRecv),
        Just(Direction::SendOnly),
        Just(Direction::RecvOnly),
        Just(Direction::Inactive)
    ];
    (1u32..0xe000_0000, 1u16.., any::<u64>(), any::<u64>(), codecs, any::<bool>(), direction).prop_map(
        |(address, port, session_id, version, codecs, telephone_event, direction)| Local {
            address: IpAddr::V4(address.into()),
            port,
            session_id,
            version,
            codecs,
            telephone_event,
            direction,
            peer: None,
        },
    )
}

/// Lines that look like a description's, so that the reader gets deep.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        "c=IN IP[46] [0-9.:/]{0,12}",
        "m=(audio|video) [0-9]{1,6}(/2)? (RTP/AVP|RTP/SAVP)( [0-9]{1,3}){0,5}",
        "a=rtpmap:[0-9]{1,3} (PCMA|PCMU|telephone-event)/(8000|48000)",
        "a=(ptime|maxptime|rtcp|sendrecv|sendonly):?[0-9]{0,11}",
        "[a-z]=\\PC{0,10}",
        "\\PC{0,10}",
    ];
    prop::collection::vec(line, 0..20).prop_map(|l| format!("v=0\r\n{}", l.join("\r\n")).into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_panics_and_an_answer_can_be_read(
        local in local(),
        body in prop_oneof![lines(), prop::collection::vec(any::<u8>(), 0..200)],
    ) {
        first_codecs(&body);
        let _ = accept(&local, &body);
        let _ = offer_again(&local, &body);
        if let Ok(ours) = answer(&local, &body) {
            let streams = |b: &[u8]| b.split(|b| *b == b'\n').filter(|l| l.starts_with(b"m=")).count();
            prop_assert_eq!(streams(&ours.body), streams(&body));
            let theirs = accept(&Local { codecs: Codec::ALL.to_vec(), ..local }, &ours.body);
            prop_assert_eq!(theirs.map(|p| p.codec), Ok(ours.params.codec));
        }
    }

    #[test]
    fn both_sides_agree(caller in local(), callee in local()) {
        let common: Vec<Codec> = caller.codecs.iter().copied().filter(|c| callee.codecs.contains(c)).collect();
        let offered = offer(&caller);
        prop_assert_eq!(&first_codecs(&offered), &caller.codecs);
        let Ok(answered) = answer(&callee, &offered) else {
            prop_assert!(common.is_empty());
            return Ok(());
        };
        let (a, b) = (accept(&caller, &answered.body).unwrap(), answered.params);
        prop_assert_eq!(Some(&a.codec), common.first());
        prop_assert_eq!(a.codec, b.codec);
        prop_assert_eq!((a.send_type, a.dtmf_send_type), (b.receive_type, b.dtmf_receive_type));
        prop_assert_eq!((b.send_type, b.dtmf_send_type), (a.receive_type, a.dtmf_receive_type));
        prop_assert_eq!(a.dtmf_send_type.is_some(), caller.telephone_event && callee.telephone_event);
        prop_assert_eq!(a.remote, SocketAddr::new(callee.address, callee.port));
        prop_assert_eq!(b.remote, SocketAddr::new(caller.address, caller.port));
        prop_assert_eq!((a.direction.sends(), a.direction.receives()), (b.direction.receives(), b.direction.sends()));
        prop_assert!(!a.direction.sends() || caller.direction.sends() && callee.direction.receives());
        prop_assert_eq!(a.ptime_ms, b.ptime_ms);
    }

    #[test]
    fn the_origin_tells_session_and_version(local in local()) {
        let origin = format!("o=- {} {} IN IP4 {}\r\n", local.session_id, local.version, local.address);
        let first = offer(&local);
        let again = offer_again(&Local { version: local.version.wrapping_add(1), ..local.clone() }, &first);
        prop_assert!(String::from_utf8(first.clone()).unwrap().contains(&origin));
        prop_assert_ne!(&first, &again);
        prop_assert_eq!(offer_again(&local, &again), first);
    }
}
