//! `[[token]]`: who may use the API.

use sha2::{Digest, Sha256};

use crate::agents::Agents;
use crate::groups::refuse_twins;
use crate::nearest::did_you_mean;
use crate::problem::{Problem, Problems};
use crate::reader::Table;
use crate::value::Value;
use crate::{Role, Token};

/// Everybody at the desks of the largest hotline, twice over: each request is compared with each token.
const TOKENS_MAX: usize = 2000;
/// A name stands in every line of the audit.
const NAME_MAX: usize = 64;

#[derive(Clone, Copy)]
enum Word {
    Viewer,
    Agent,
    Supervisor,
    Operator,
    Admin,
}

const ROLES: &[(&str, Word)] = &[
    ("viewer", Word::Viewer),
    ("agent", Word::Agent),
    ("supervisor", Word::Supervisor),
    ("operator", Word::Operator),
    ("admin", Word::Admin),
];

pub(crate) fn read(root: &Table<'_>, agents: &Agents, problems: &Problems) -> Vec<Token> {
    let tables = root.sections("token");
    if tables.len() > TOKENS_MAX {
        let title = format!("{} tokens, but at most {TOKENS_MAX} are possible", tables.len());
        let help = "give people of one role and one task a token together";
        problems.error(Problem::new(root.spot.clone(), title, "", help));
    }
    let (mut tokens, mut names, mut digests) = (Vec::new(), Vec::new(), Vec::new());
    for table in tables.iter().take(TOKENS_MAX) {
        let name = table.need("name", "\"wallboard\"").and_then(|v| Some((name(&v)?, v.spot)));
        let role = table.need("role", "\"viewer\"").and_then(|v| v.word("role", ROLES));
        let digest = table.need("sha256", "\"…\"").and_then(|v| Some((digest(&v)?, v.spot)));
        let role = role.and_then(|word| role_of(word, table, agents));
        names.extend(name.clone());
        digests.extend(digest.clone().map(|(digest, spot)| (hex(&digest), spot)));
        if let (Some((name, _)), Some(role), Some((digest, _))) = (name, role, digest) {
            tokens.push(Token { name, role, digest });
        }
    }
    refuse_twins(names.iter().map(|(n, spot)| (n.as_str(), spot)), "tokens", problems);
    refuse_twins(digests.iter().map(|(n, spot)| (n.as_str(), spot)), "digests of tokens", problems);
    tokens
}

fn name(value: &Value<'_>) -> Option<String> {
    value.parsed("a name of 1 to 64 characters", "`\"wallboard\"`", |text| {
        let fits = !text.is_empty() && text.chars().count() <= NAME_MAX && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    })
}

fn digest(value: &Value<'_>) -> Option<[u8; 32]> {
    let digest = value.parsed("a SHA-256 of 64 hexadecimal digits", "the digits that `hotline token` prints", unhex)?;
    if digest == <[u8; 32]>::from(Sha256::digest(b"")) {
        value.error("this is the digest of no text at all", "whoever shows nothing", "run `hotline token`");
        return None;
    }
    Some(digest)
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in digest.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(digest)
}

fn hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn role_of(word: Word, table: &Table<'_>, agents: &Agents) -> Option<Role> {
    if let Word::Agent = word {
        let value = table.need("agent", "\"1001\"")?;
        let number = value.text()?;
        let mut known = agents.named().map(|(_, number)| number);
        if agents.named().any(|(_, one)| one == number) {
            return Some(Role::Agent { number });
        }
        let help = did_you_mean(&number, &mut known);
        value.error(format!("no agent has the number `{number}`"), "unknown agent", help);
        return None;
    }
    if let Some(value) = table.get("agent") {
        let help = "write `role = \"agent\"`, or delete this line";
        value.error("only a token of role `agent` belongs to an agent", "of no use here", help);
    }
    Some(match word {
        Word::Viewer | Word::Agent => Role::Viewer,
        Word::Supervisor => Role::Supervisor,
        Word::Operator => Role::Operator,
        Word::Admin => Role::Admin,
    })
}
