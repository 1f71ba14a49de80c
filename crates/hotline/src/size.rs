//! Sizes of files as people write them.

use std::str::FromStr;

/// In bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl Default for Size {
    fn default() -> Size {
        Size(1 << 30)
    }
}

impl FromStr for Size {
    type Err = String;

    /// `512MiB`.
    fn from_str(text: &str) -> Result<Size, String> {
        let split = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
        let size = split.and_then(|(number, bytes)| number.parse::<u64>().ok()?.checked_mul(bytes));
        let wrong = || format!("\"{text}\" is no size; write a whole number and B, KiB, MiB or GiB, as 512MiB");
        size.filter(|bytes| *bytes > 0).map(Size).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_or_refused() {
        let cases = [("1GiB", Some(1 << 30)), ("512MiB", Some(512 << 20)), ("7KiB", Some(7168)), ("9B", Some(9))];
        let bad = ["", "1", "GiB", "-1MiB", "1.5GiB", "0B", "99999999999GiB"].map(|text| (text, None));
        for (text, size) in cases.into_iter().chain(bad) {
            assert_eq!(text.parse::<Size>().ok().map(|s| s.0), size, "{text}");
        }
    }
}
