//! The description that a carrier's gateway offers, and what an answer to it may say.

use std::fmt::Write;
use std::net::IpAddr;

use base::Direction;
use sdp::{Local, Refusal};

/// The payload types of the offer, in its order: AMR-WB, AMR, PCMA, PCMU, keys at 16 and at 8 kHz.
const TYPES: [u8; 6] = [104, 102, 8, 0, 105, KEYS_TYPE];
/// Of `telephone-event/8000`: none that anybody would guess.
pub(crate) const KEYS_TYPE: u8 = 100;
/// What an answer may choose for voice.
const VOICE: [&str; 2] = ["8", "0"];

/// `reserved` tells of preconditions, and whether they are met on our side (RFC 3312 §4).
pub(crate) fn offer(local: &Local, reserved: Option<bool>) -> Vec<u8> {
    let family = if matches!(local.address, IpAddr::V4(_)) { "IP4" } else { "IP6" };
    let Local { address, port, session_id, version, .. } = local;
    let bandwidth = "b=AS:41\r\nb=RS:512\r\nb=RR:1537\r\n";
    let types = TYPES.map(|number| number.to_string()).join(" ");
    let mut out = format!(
        "v=0\r\no=- {session_id} {version} IN {family} {address}\r\ns=SBC call\r\nc=IN {family} {address}\r\n{bandwidth}\
         t=0 0\r\nm=audio {port} RTP/AVP {types}\r\n{bandwidth}\
         a=rtpmap:104 AMR-WB/16000/1\r\na=fmtp:104 mode-change-capability=2;max-red=0\r\n\
         a=rtpmap:102 AMR/8000/1\r\na=fmtp:102 mode-set=7;mode-change-capability=2;max-red=0\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:105 telephone-event/16000\r\na=fmtp:105 0-15\r\n\
         a=rtpmap:{KEYS_TYPE} telephone-event/8000\r\na=fmtp:{KEYS_TYPE} 0-15\r\n"
    );
    if let Some(reserved) = reserved {
        let current = if reserved { "sendrecv" } else { "none" };
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "a=curr:qos local {current}\r\na=curr:qos remote none\r\n\
             a=des:qos mandatory local sendrecv\r\na=des:qos optional remote sendrecv\r\n"
        );
    }
    let _ = write!(out, "a={}\r\na=ptime:20\r\na=maxptime:240\r\n", direction(local.direction));
    out.into_bytes()
}

const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::SendRecv => "sendrecv",
        Direction::SendOnly => "sendonly",
        Direction::RecvOnly => "recvonly",
        Direction::Inactive => "inactive",
    }
}

/// Whether an answer chooses PCMA or PCMU, keys by the type offered for 8 kHz, and packets no longer than allowed.
pub(crate) fn check(answer: &[u8]) -> Result<(), Refusal> {
    let no = |what| Err(Refusal::AnswerMismatch { what });
    let text = String::from_utf8_lossy(answer);
    let Some(audio) = text.lines().find_map(|line| line.strip_prefix("m=audio ")) else { return no("no audio") };
    let mut types = audio.split_whitespace().skip(2);
    if !types.next().is_some_and(|voice| VOICE.contains(&voice)) {
        return no("its voice is neither PCMA nor PCMU");
    }
    if types.any(|other| other != KEYS_TYPE.to_string()) {
        return no("it names a payload type that we did not offer for this");
    }
    let rtpmaps = text.lines().filter(|line| line.starts_with("a=rtpmap:"));
    if rtpmaps.clone().any(|line| line.contains("AMR") || line.contains("/16000")) {
        return no("it speaks a codec at another rate than its voice");
    }
    if text.lines().any(|line| line.starts_with("a=curr:") || line.starts_with("a=des:")) {
        return no("it speaks of resources, which its side does not reserve");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local() -> Local {
        Local::new("192.0.2.1:4000".parse().expect("an address"), 7, &base::Codec::ALL)
    }

    #[test]
    fn an_answer_of_ours_fits_and_keeps_the_payload_type_of_keys() {
        for reserved in [None, Some(false), Some(true)] {
            let answer = sdp::answer(&local(), &offer(&local(), reserved)).expect("G.711 is offered");
            assert_eq!(answer.params.codec, base::Codec::Pcma, "the first one that both speak");
            assert_eq!(answer.params.dtmf_send_type, Some(KEYS_TYPE));
            assert_eq!(check(&answer.body), Ok(()));
        }
    }

    #[test]
    fn what_was_not_offered_is_noticed() {
        let answer = |line: &str, more: &str| format!("v=0\r\nm=audio 4000 RTP/AVP {line}\r\n{more}").into_bytes();
        assert_eq!(check(&answer("8 100", "")), Ok(()));
        for (line, more) in [
            ("104 100", "a=rtpmap:104 AMR-WB/16000/1\r\n"),
            ("8 101", "a=rtpmap:101 telephone-event/8000\r\n"),
            ("8 105", "a=rtpmap:105 telephone-event/16000\r\n"),
            ("8", "a=curr:qos local none\r\n"),
            ("", ""),
        ] {
            assert!(check(&answer(line, more)).is_err(), "{line} {more}");
        }
        assert!(check(b"v=0\r\n").is_err());
    }
}
