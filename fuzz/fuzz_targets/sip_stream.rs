//! Any bytes of a connection, cut anywhere: the same frames come out as of the whole, and each is one message for the reader.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::{Frame, Framer, Message, ParseError, limits};

#[global_allocator]
static METER: fuzz::Meter = fuzz::Meter;

fuzz_target!(|input: &[u8]| {
    let Some((cut, stream)) = input.split_first() else { return };
    let whole = frames(stream, stream.len().max(1));
    let cuts = frames(stream, usize::from(*cut).max(1));
    assert_eq!(whole, cuts, "the cuts of the network change nothing");
    for frame in whole.iter().filter_map(|frame| frame.strip_prefix(b"message ")) {
        // It is as long as its head says, so the reader misses nothing of it.
        if let Err(ParseError::Garbage(fault)) = Message::parse(frame) {
            assert!(!fault.to_string().contains("truncated"), "{fault}");
        }
    }
});

/// What comes out of the stream in pieces of that size, up to where the connection would be closed.
fn frames(stream: &[u8], size: usize) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    fuzz::bounded(16 * stream.len() + 4 * limits::MESSAGE_BYTES_MAX, || {
        let mut framer = Framer::default();
        for piece in stream.chunks(size) {
            framer.push(piece);
            loop {
                let (frame, over) = match framer.take() {
                    Frame::Message(bytes) => ([b"message ", bytes].concat(), false),
                    Frame::Last(bytes) => ([b"last ", bytes].concat(), true),
                    Frame::Ping => (b"ping".to_vec(), false),
                    Frame::More => break,
                    Frame::Broken => (b"broken".to_vec(), true),
                };
                out.push(frame);
                if over {
                    return;
                }
            }
            assert!(framer.held() < limits::MESSAGE_BYTES_MAX + size);
        }
    });
    out
}
