//! An input as a row of steps: a letter, and what belongs to it.

/// Between two steps; no text of ours holds it, so that a corpus reads like a script.
const SEPARATOR: u8 = 0x1e;

/// The steps of an input: its parts between record separators (0x1E), each a letter and a rest.
pub struct Steps<'a>(std::slice::Split<'a, u8, fn(&u8) -> bool>);

impl<'a> Steps<'a> {
    pub fn new(input: &'a [u8]) -> Steps<'a> {
        Steps(input.split(|byte| *byte == SEPARATOR))
    }
}

impl<'a> Iterator for Steps<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        loop {
            if let Some((letter, rest)) = self.0.next()?.split_first() {
                return Some((*letter, rest));
            }
        }
    }
}
