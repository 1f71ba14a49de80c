//! Digits that a caller types, and the forms that they must have.

use base::Digit;

/// No number that a citizen has to type is longer.
pub(crate) const DIGITS_MAX: usize = 32;

/// A form of what is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A place each; none takes any digit.
    Places(Vec<Option<char>>),
    /// A Chinese mobile.
    Mobile,
    /// A Chinese identity number, with its check character (GB 11643).
    IdCard,
    /// Anything whose last digit checks the others (ISO/IEC 7812-1).
    Luhn,
}

impl Form {
    /// `mobile`, `id_card`, `luhn`, or digits with `x` for any.
    pub(crate) fn parse(text: &str) -> Option<Form> {
        match text {
            "mobile" => return Some(Form::Mobile),
            "id_card" => return Some(Form::IdCard),
            "luhn" => return Some(Form::Luhn),
            _ => {}
        }
        let place = |c: char| match c {
            'x' => Some(None),
            digit if digit.is_ascii_digit() => Some(Some(digit)),
            _ => None,
        };
        let places: Vec<_> = text.chars().map(place).collect::<Option<_>>()?;
        (1..=DIGITS_MAX).contains(&places.len()).then_some(Form::Places(places))
    }

    /// The shortest and the longest that fits.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        match self {
            Form::Places(places) => (places.len(), places.len()),
            Form::Mobile => (11, 11),
            Form::IdCard => (18, 18),
            Form::Luhn => (2, DIGITS_MAX),
        }
    }

    pub(crate) fn fits(&self, text: &str) -> bool {
        match self {
            Form::Places(places) => {
                text.chars().count() == places.len()
                    && text.chars().zip(places).all(|(c, place)| place.is_none_or(|wanted| wanted == c))
            }
            Form::Mobile => {
                let second = text.as_bytes().get(1);
                text.len() == 11 && text.starts_with('1') && second.is_some_and(|d| (b'3'..=b'9').contains(d))
            }
            Form::IdCard => id_card(text),
            Form::Luhn => luhn(text),
        }
    }
}

/// GB 11643-1999 §A.1: weights 2^(18−i) mod 11.
fn id_card(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let mut chars = text.chars();
    let digits: Option<Vec<u32>> = chars.by_ref().take(17).map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 17) else { return false };
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    chars.next() == Some(CHECKS[(sum % 11) as usize]) && chars.next().is_none()
}

fn luhn(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().rev().map(|c| c.to_digit(10)).collect();
    let weigh = |(place, digit): (usize, u32)| match (place % 2, digit * 2) {
        (0, _) => digit,
        (_, twice) if twice > 9 => twice - 9,
        (_, twice) => twice,
    };
    digits.is_some_and(|digits| {
        digits.len() >= 2 && digits.into_iter().enumerate().map(weigh).sum::<u32>().is_multiple_of(10)
    })
}

/// What one caller has typed at a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    text: String,
}

impl Entry {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn push(&mut self, c: char) {
        if self.text.len() < DIGITS_MAX {
            self.text.push(c);
        }
    }
}

/// What a key types; nothing for one that is none of ten digits.
pub(crate) fn typed(digit: Digit, star: Option<char>) -> Option<char> {
    match digit {
        Digit::Number(n) => char::from_digit(n.into(), 10),
        Digit::Star => star,
        Digit::Pound | Digit::Letter(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_a_form() {
        let cases = [
            ("1xxx", "1234", true),
            ("1xxx", "2234", false),
            ("1xxx", "123", false),
            ("1xxx", "12345", false),
            ("mobile", "13900139000", true),
            ("mobile", "12900139000", false),
            ("mobile", "1390013900", false),
            // The example of GB 11643-1999.
            ("id_card", "11010519491231002X", true),
            ("id_card", "110105194912310020", false),
            ("id_card", "11010519491231002", false),
            ("id_card", "11010519491231002XX", false),
            ("luhn", "4111111111111112", false),
            ("luhn", "4111111111111111", true),
            ("luhn", "1", false),
        ];
        for (form, text, fits) in cases {
            assert_eq!(Form::parse(form).expect("a form").fits(text), fits, "{form} {text}");
        }
        for wrong in ["", "12-3", "1X", "everything", &"x".repeat(33)] {
            assert_eq!(Form::parse(wrong), None, "{wrong}");
        }
    }
}
