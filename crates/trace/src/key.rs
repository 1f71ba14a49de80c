//! The operator's key: who has it reads traces.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::Error;

/// 32 bytes; in its file as 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(pub(crate) [u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Reads a key.
    ///
    /// # Errors
    /// There is no file, or it holds no key.
    pub fn load(path: &Path) -> Result<Key, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| wrong(path, &e.to_string()))?;
        parse(text.trim())
            .map(Key)
            .ok_or_else(|| wrong(path, "it must hold 64 hexadecimal digits; `openssl rand -hex 32` makes one"))
    }

    /// Reads a key, or makes one that only the owner of the process may read.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds no key.
    pub fn load_or_make(path: &Path) -> Result<Key, Error> {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(mut file) => {
                let key = Key(random().map_err(|e| wrong(path, &e))?);
                let text: String = key.0.iter().map(|byte| format!("{byte:02x}")).collect();
                let written = writeln!(file, "{text}").and_then(|()| file.sync_all());
                written.map_err(|e| wrong(path, &e.to_string()))?;
                Ok(key)
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Key::load(path),
            Err(e) => Err(wrong(path, &e.to_string())),
        }
    }
}

fn wrong(path: &Path, reason: &str) -> Error {
    Error::Key { path: path.to_owned(), reason: reason.to_owned() }
}

fn parse(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    // The parser of numbers takes a sign.
    text.bytes().all(|c| c.is_ascii_hexdigit()).then_some(key)
}

pub(crate) fn random() -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "the system gives no randomness".to_owned())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("trace.key");
        assert!(Key::load(&path).is_err());
        let key = Key::load_or_make(&path).expect("a new key");
        assert_eq!(std::fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
        assert!(Key::load_or_make(&path).expect("the same") == key && Key::load(&path).expect("the same") == key);
        assert_eq!(format!("{key:?}"), "Key");
        for bad in ["", "00", &"+1".repeat(32), &"zz".repeat(32)] {
            std::fs::write(&path, bad).expect("written");
            assert!(Key::load(&path).is_err_and(|e| e.to_string().contains("64 hexadecimal")), "{bad}");
        }
    }
}
