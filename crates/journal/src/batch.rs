//! The facts of one turn.

/// Facts in order, to be written together: after a restart either all of them stand or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Each fact behind its length, four bytes, little-endian.
    bytes: Vec<u8>,
    facts: u64,
}

const LENGTH: usize = 4;

impl Batch {
    pub const fn new() -> Batch {
        Batch { bytes: Vec::new(), facts: 0 }
    }

    /// Adds the fact whose bytes `write` appends to the buffer.
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(&[0; LENGTH]);
        write(&mut self.bytes);
        let length = (self.bytes.len() - begin - LENGTH) as u32;
        self.bytes[begin..begin + LENGTH].copy_from_slice(&length.to_le_bytes());
        self.facts += 1;
    }

    pub const fn is_empty(&self) -> bool {
        self.facts == 0
    }

    /// How many facts.
    pub const fn len(&self) -> u64 {
        self.facts
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.facts = 0;
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The facts in a batch's bytes; ends with `Err` where they are none that a batch makes.
pub(crate) fn facts(mut bytes: &[u8]) -> impl Iterator<Item = Result<&[u8], String>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let Some((fact, rest)) = split(bytes) else {
            bytes = &[];
            return Some(Err("the length of a fact passes the end of its batch".to_owned()));
        };
        bytes = rest;
        Some(Ok(fact))
    })
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_back_in_order() {
        let mut batch = Batch::new();
        for fact in [&b"one"[..], b"", b"three"] {
            batch.push(|out| out.extend_from_slice(fact));
        }
        assert_eq!(batch.len(), 3);
        assert_eq!(facts(batch.bytes()).collect::<Result<Vec<_>, _>>(), Ok(vec![&b"one"[..], b"", b"three"]));
        let torn = &batch.bytes()[..batch.bytes().len() - 1];
        assert_eq!(facts(torn).filter(Result::is_ok).count(), 2);
        assert_eq!(facts(torn).count(), 3, "the last one is an error");
        batch.clear();
        assert!(batch.is_empty() && facts(batch.bytes()).next().is_none());
    }
}
