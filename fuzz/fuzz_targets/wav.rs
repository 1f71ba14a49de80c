//! Any file as a prompt: a reason, or samples, never more of them than the file holds.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[global_allocator]
static METER: fuzz::Meter = fuzz::Meter;

fuzz_target!(|input: &[u8]| {
    match fuzz::bounded(8 * input.len() + 65_536, || settings::wav::read(input)) {
        Ok(samples) => assert!(!samples.is_empty() && samples.len() * 2 <= input.len()),
        Err(reason) => assert!(!reason.is_empty() && !reason.contains('\n')),
    }
});
