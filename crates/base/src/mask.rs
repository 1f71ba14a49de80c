//! Personal data as logs may show it.

use std::fmt;

/// A caller's number with its middle hidden: at most three leading and two trailing characters stay.
#[derive(Clone, Copy)]
pub struct Masked<'a>(pub &'a str);

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.chars().count();
        let (head, tail) = if count >= 8 { (3, 2) } else { (0, count.min(1)) };
        for (i, c) in self.0.chars().enumerate() {
            let shown = i < head || i + tail >= count;
            write!(f, "{}", if shown { c } else { '*' })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Masked;

    #[test]
    fn the_middle_is_hidden() {
        let cases = [("13800138000", "138******00"), ("12345", "****5"), ("1", "1"), ("", ""), ("匿名", "*名")];
        for (number, shown) in cases {
            assert_eq!(Masked(number).to_string(), shown);
        }
    }
}
