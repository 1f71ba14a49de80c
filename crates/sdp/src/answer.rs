//! Our answer to a peer's offer (RFC 3264 §6).

use base::{Codec, MediaParams};

use crate::reader::{Description, Meaning, Stream, Terms};
use crate::writer::{self, Audio};
use crate::{Local, Refusal};

/// A body for the answer and what it agrees to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub body: Vec<u8>,
    pub params: MediaParams,
}

/// Answers the first audio stream that we can take and refuses every other stream, each in its place.
///
/// The offer's first codec that we speak is the only one answered, with the offer's payload types; our direction is
/// the offer's mirrored, narrowed to `local.direction`; rtcp-mux is left out, which refuses it (RFC 5761 §5.1.1).
///
/// # Errors
/// `Malformed` where the body cannot be read, else why there is nothing to agree to.
pub fn answer(local: &Local, offer: &[u8]) -> Result<Answer, Refusal> {
    let description = Description::read(offer)?;
    let (place, stream, payload_type, codec) = choose(local, &description)?;
    let Terms { remote, remote_rtcp, telephone_event, direction, ptime_ms } = stream.terms(local)?;
    let params = MediaParams {
        remote,
        remote_rtcp,
        codec,
        send_type: payload_type,
        receive_type: payload_type,
        dtmf_send_type: telephone_event,
        dtmf_receive_type: telephone_event,
        direction,
        ptime_ms,
    };
    Ok(Answer { body: body(local, &description, place, &params), params })
}

/// The first usable stream with its place, and the first codec of it that we speak.
fn choose<'d, 'a>(
    local: &Local,
    description: &'d Description<'a>,
) -> Result<(usize, &'d Stream<'a>, u8, Codec), Refusal> {
    let mut refusal = Refusal::NoAudio;
    for (place, stream) in description.streams.iter().enumerate().filter(|(_, s)| s.is_open_audio()) {
        let voice = stream.meanings().find_map(|(payload_type, meaning)| match meaning {
            Meaning::Voice(codec) if local.codecs.contains(&codec) => Some((payload_type, codec)),
            _ => None,
        });
        if let Some((payload_type, codec)) = voice {
            return Ok((place, stream, payload_type, codec));
        }
        refusal = Refusal::NoCommonCodec;
    }
    Err(refusal)
}

fn body(local: &Local, offer: &Description<'_>, place: usize, params: &MediaParams) -> Vec<u8> {
    let mut out = writer::session(local);
    for (i, stream) in offer.streams.iter().enumerate() {
        if i != place {
            writer::refused(&mut out, stream.media, stream.protocol, &stream.formats);
            continue;
        }
        let audio = Audio {
            protocol: stream.protocol,
            voice: &[(params.send_type, params.codec)],
            telephone_event: params.dtmf_receive_type,
            ptime_ms: params.ptime_ms,
            direction: params.direction,
        };
        writer::audio(&mut out, local, &audio);
    }
    out
}
