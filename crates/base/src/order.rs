//! The number of an order (工单号) that a desk has opened for a call.

use crate::pack::{Packed, Unpacker, Unreadable};

/// Text that may stand in records, on screens and in a header: 1 to 64 printable characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderNumber(String);

/// Twice the longest number of the work-order systems that we know of; an INVITE with it has to fit into a datagram (RFC 3261 §18.1.1).
pub const ORDER_LETTERS_MAX: usize = 64;

impl OrderNumber {
    /// Without the blanks around it. None where nothing is left, where it is too long, and where something in it ends a line or does not
    /// show.
    pub fn parse(text: &str) -> Option<OrderNumber> {
        let text = text.trim();
        let fits = (1..=ORDER_LETTERS_MAX).contains(&text.chars().count()) && text.chars().all(shows);
        fits.then(|| OrderNumber(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a quoted string of a header (RFC 3261 §25.1).
    pub fn quoted(&self) -> String {
        let mut quoted = String::with_capacity(self.0.len() + 2);
        quoted.push('"');
        for letter in self.0.chars() {
            if matches!(letter, '"' | '\\') {
                quoted.push('\\');
            }
            quoted.push(letter);
        }
        quoted.push('"');
        quoted
    }
}

/// Whether it is a letter that a reader sees, or a plain blank: no control character, and none that turns, joins or parts text unseen.
fn shows(letter: char) -> bool {
    let is_hidden = matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    letter == ' ' || !(letter.is_control() || letter.is_whitespace() || is_hidden)
}

impl Packed for OrderNumber {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<OrderNumber, Unreadable> {
        OrderNumber::parse(&String::unpack(from)?).ok_or(Unreadable { expected: "order number" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_is_an_order_number_and_nothing_else_is() {
        let long = "工".repeat(64);
        for text in ["1", "GD20261130-0001", "工单 2026/11（急）", "a\"b\\c", "<>;=%0d%0a", "\u{1f4de}", &long] {
            let order = OrderNumber::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((order.as_str(), OrderNumber::from_bytes(&order.to_bytes())), (text, Ok(order.clone())));
        }
        assert_eq!(OrderNumber::parse(" \t 12\n").map(|order| order.0), Some("12".to_owned()), "blanks around it go");
        let longer = "x".repeat(65);
        let bad = [
            "",
            "  ",
            "a\rb",
            "a\nb",
            "a\r\nX-Evil: 1",
            "a\0b",
            "a\tb",
            "a\u{7f}",
            "a\u{85}b",
            "a\u{3000}b",
            "a\u{2028}b",
        ];
        for text in bad.into_iter().chain(["a\u{202e}b", "a\u{200b}b", "\u{feff}", longer.as_str()]) {
            assert_eq!(OrderNumber::parse(text), None, "{text:?}");
            assert!(OrderNumber::from_bytes(&text.to_owned().to_bytes()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn quoted_it_is_one_string() {
        let quoted = |text: &str| OrderNumber::parse(text).map(|order| order.quoted());
        assert_eq!(quoted("GD-1"), Some("\"GD-1\"".to_owned()));
        assert_eq!(quoted("a\";call=\"x\\"), Some(r#""a\";call=\"x\\""#.to_owned()));
    }
}
