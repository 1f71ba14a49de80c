//! Our offer, and the peer's answer to it (RFC 3264 §5, §7).

use base::{Codec, MediaParams};

use crate::reader::{Description, Meaning, Terms};
use crate::writer::{self, Audio};
use crate::{Local, PTIME_MS, Refusal, TELEPHONE_EVENT_TYPE};

/// Offers one audio stream: `local.codecs` in order, keys at payload type 101, 20 ms a packet.
pub fn offer(local: &Local) -> Vec<u8> {
    let mut out = writer::session(local);
    audio(&mut out, local);
    out
}

/// A further offer in a session whose last description from us was `last`: every stream keeps its place, those that
/// are not ours stay refused (RFC 3264 §8). As `offer` where `last` had no stream.
pub fn offer_again(local: &Local, last: &[u8]) -> Vec<u8> {
    let description = Description::read(last).unwrap_or_default();
    let Some(place) = description.streams.iter().position(|s| s.is_open_audio()) else {
        return offer(local);
    };
    let mut out = writer::session(local);
    for (i, stream) in description.streams.iter().enumerate() {
        if i == place {
            audio(&mut out, local);
        } else {
            writer::refused(&mut out, stream.media, stream.protocol, &stream.formats);
        }
    }
    out
}

fn audio(out: &mut Vec<u8>, local: &Local) {
    let voice: Vec<_> = local.codecs.iter().map(|c| (c.payload_type(), *c)).collect();
    let audio = Audio {
        protocol: "RTP/AVP",
        voice: &voice,
        telephone_event: local.telephone_event.then_some(TELEPHONE_EVENT_TYPE),
        ptime_ms: PTIME_MS,
        direction: local.direction,
    };
    writer::audio(out, local, &audio);
}

/// What the peer's answer to our `offer` agrees to: its first codec that we offered.
///
/// # Errors
/// `Malformed` where it cannot be read, `NoAudio` where it refuses the stream, `AnswerMismatch` where it names no
/// codec of ours.
pub fn accept(local: &Local, answer: &[u8]) -> Result<MediaParams, Refusal> {
    let description = Description::read(answer)?;
    let stream = description.streams.iter().find(|s| s.is_open_audio()).ok_or(Refusal::NoAudio)?;
    let voice = stream.meanings().find_map(|(payload_type, meaning)| match meaning {
        Meaning::Voice(codec) if local.codecs.contains(&codec) => Some((payload_type, codec)),
        _ => None,
    });
    let (send_type, codec) = voice.ok_or(Refusal::AnswerMismatch { what: "it names no codec that we offered" })?;
    let Terms { remote, remote_rtcp, telephone_event, direction, ptime_ms } = stream.terms(local)?;
    Ok(MediaParams {
        remote,
        remote_rtcp,
        codec,
        // Each side sends what the other one wrote (RFC 3264 §5.1).
        send_type,
        receive_type: codec.payload_type(),
        dtmf_send_type: telephone_event,
        dtmf_receive_type: telephone_event.map(|_| TELEPHONE_EVENT_TYPE),
        direction,
        ptime_ms,
    })
}

/// The codecs of an offer's first open audio stream that we know, in its order, each once; empty where there are none.
pub fn first_codecs(offer: &[u8]) -> Vec<Codec> {
    let description = Description::read(offer).unwrap_or_default();
    let mut codecs = Vec::new();
    let stream = description.streams.iter().find(|s| s.is_open_audio());
    for (_, meaning) in stream.iter().flat_map(|s| s.meanings()) {
        if let Meaning::Voice(codec) = meaning
            && !codecs.contains(&codec)
        {
            codecs.push(codec);
        }
    }
    codecs
}
