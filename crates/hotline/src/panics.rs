//! Panics in the log: where and what, without a caller's number.

use std::panic::PanicHookInfo;

use base::Masked;

/// Shorter runs of digits are lines, counts and agents' numbers.
const NUMBER_DIGITS_MIN: usize = 7;

/// Sends every panic to the log from now on. What contains it, or ends the process for it, stands elsewhere.
pub(crate) fn log() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(thread = thread.name().unwrap_or("-"), place, "panicked: {}", masked(words(panic)));
    }));
}

fn words<'a>(panic: &'a PanicHookInfo<'_>) -> &'a str {
    panic.payload_as_str().unwrap_or("no words")
}

/// A message may quote what it choked on: numbers in it are masked.
fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, run) = rest.split_at(start);
        let (run, after) = run.split_at(run.find(|c: char| !c.is_ascii_digit()).unwrap_or(run.len()));
        shown.push_str(before);
        match run.len() >= NUMBER_DIGITS_MIN {
            true => shown.push_str(&Masked(run).to_string()),
            false => shown.push_str(run),
        }
        rest = after;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn numbers_are_masked_and_counts_are_not() {
        let cases = [
            ("no caller 13800138000 in slot 17", "no caller 138******00 in slot 17"),
            ("sip:075512345678@[::1]:5060", "sip:075*******78@[::1]:5060"),
            ("index 12 of 1024", "index 12 of 1024"),
            ("8675309", "******9"),
            ("号码13800138000", "号码138******00"),
            ("", ""),
        ];
        for (text, shown) in cases {
            assert_eq!(masked(text), shown);
        }
    }
}
