//! Any messages of a call: read within a bounded memory, by whoever may see numbers and by whoever may not, who sees none.

#![no_main]

use std::sync::Arc;

use base::{CallId, Flow, LegId, NetworkId, Now};
use ladder::{Book, Item, Ladder, Limits, Sight, Way, Wire};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static METER: fuzz::Meter = fuzz::Meter;

const CALLER: &str = "13800138000";
/// What one message ends with and the next begins behind.
const NEXT: &[u8] = b"\n--\n";

fuzz_target!(|input: &[u8]| {
    // Sixty-four numbers are looked for in each text, and what is shown may be as long as three times what came.
    fuzz::bounded(256 * input.len() + (1 << 20), || read(input));
});

fn read(input: &[u8]) {
    let mut book = Book::new(Limits { bytes: 1 << 20 });
    let leg = LegId { call: CallId::default(), index: 0 };
    let flow = Flow::udp(NetworkId(0), ([192, 0, 2, 9], 5060).into());
    let mut rest = input;
    while !rest.is_empty() {
        let end = rest.windows(NEXT.len()).position(|window| window == NEXT).unwrap_or(rest.len());
        let (bytes, behind) = rest.split_at(end);
        book.take(Item::Wire(Wire { now: Now::default(), flow, way: Way::In, bytes: Arc::from(bytes) }));
        book.take(Item::Leg { leg, call_id: "x".into() });
        rest = behind.get(NEXT.len()..).unwrap_or_default();
    }
    let Some(kept) = book.call(leg.call) else { return };
    let clear = Ladder::read(&kept, Sight::Numbers, true);
    let masked = Ladder::read(&kept, Sight::Masked { caller: CALLER.to_owned(), open: vec!["12345".to_owned()] }, true);
    assert_eq!(clear.rungs.len(), masked.rungs.len());
    let shown = format!("{masked:?}");
    assert!(!shown.contains(CALLER), "{shown}");
}
