//! Bearer tokens: making them, keeping the admin's, recognising them.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base::Secret;
use settings::{Role, Token};
use sha2::{Digest as _, Sha256};

use crate::access::Who;

/// Tells a token from its digest at a glance, and lets scanners of source code find one.
const PREFIX: &str = "hotline_";
/// Unguessable: 256 bits.
const RANDOM_BYTES: usize = 32;
/// The admin's token, in the data folder.
pub const ADMIN_FILE: &str = "admin.token";

/// A token as it is shown once.
#[derive(Clone, Debug)]
pub struct Made {
    pub token: Secret,
    pub digest: [u8; 32],
}

/// A new token from the system's randomness.
///
/// # Errors
/// When the system gives no randomness.
pub fn make() -> io::Result<Made> {
    let mut bytes = [0; RANDOM_BYTES];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let token = format!("{PREFIX}{}", hex(&bytes));
    Ok(Made { digest: Sha256::digest(&token).into(), token: Secret(token) })
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The admin's token of a data folder, made when there is none: its file, and the token as configured ones are.
///
/// # Errors
/// When the file can be neither read nor written.
pub fn admin(data: &Path) -> io::Result<(PathBuf, Token)> {
    let path = data.join(ADMIN_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) if is_token(text.trim()) => {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            text.trim().to_owned()
        }
        Ok(_) => keep(&path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => keep(&path)?,
        Err(error) => return Err(error),
    };
    let digest = Sha256::digest(&text).into();
    Ok((path, Token { name: "admin.token".to_owned(), role: Role::Admin, digest }))
}

/// Whole or not at all, and never readable by others.
fn keep(path: &Path) -> io::Result<String> {
    let made = make()?;
    let new = path.with_extension("token.new");
    let _ = fs::remove_file(&new);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    writeln!(file, "{}", made.token.0)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    Ok(made.token.0)
}

fn is_token(text: &str) -> bool {
    let digits = text.strip_prefix(PREFIX).unwrap_or_default();
    digits.len() == RANDOM_BYTES * 2 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Every token that opens the API.
#[derive(Debug)]
pub(crate) struct Tokens(Vec<([u8; 32], Who)>);

impl Tokens {
    pub(crate) fn new(tokens: Vec<Token>) -> Tokens {
        Tokens(tokens.into_iter().map(|t| (t.digest, Who { name: t.name.into(), role: t.role })).collect())
    }

    /// Whose token it is. Takes the same time whichever it is, and whether it is one.
    pub(crate) fn find(&self, shown: &str) -> Option<&Who> {
        let digest: [u8; 32] = Sha256::digest(shown).into();
        self.0.iter().fold(None, |found, (known, who)| if same(known, &digest) { Some(who) } else { found })
    }
}

/// Without a branch that depends on where they differ.
fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    std::hint::black_box(one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_admins_token_is_kept_and_private() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (path, first) = admin(dir.path()).expect("made");
        let text = fs::read_to_string(&path).expect("kept");
        let mode = || fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("ours");
        let (_, again) = admin(dir.path()).expect("read");
        assert_eq!((first.digest, mode()), (again.digest, 0o600));
        let tokens = Tokens::new(vec![first]);
        assert!(tokens.find(text.trim()).is_some_and(|who| who.role == Role::Admin));
        assert!(tokens.find(&text).is_none() && tokens.find("").is_none());
        fs::write(&path, "").expect("ours");
        assert_ne!(admin(dir.path()).expect("made anew").1.digest, again.digest);
    }

    #[test]
    fn no_folder_is_an_error() {
        assert!(admin(Path::new("/nowhere/at/all")).is_err());
    }
}
