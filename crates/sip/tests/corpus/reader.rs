//! Reads the files of messages beside this one; `rfc4475.txt` says how they are written.

/// One message of an RFC, and what becomes of it.
pub(crate) struct Case {
    pub(crate) section: String,
    pub(crate) name: String,
    pub(crate) reader: Reader,
    /// The final status of an engine's answer.
    pub(crate) engine: Option<u16>,
    pub(crate) bytes: Vec<u8>,
}

/// What the reader does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Accept,
    Refuse(u16),
    Drop,
}

pub(crate) fn rfc4475() -> Vec<Case> {
    cases(include_str!("rfc4475.txt"))
}

pub(crate) fn rfc5118() -> Vec<Case> {
    cases(include_str!("rfc5118.txt"))
}

fn cases(file: &str) -> Vec<Case> {
    file.split("\n## ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case {
    let (title, message) = text.split_once('\n').expect("a title and a message");
    let parts: Vec<&str> = title.split(" | ").collect();
    let [named, reader, engine] = parts[..] else { panic!("a title of three parts: {title}") };
    let (section, name) = named.split_once(' ').expect("a section and a name");
    let reader = match reader.split_once(' ') {
        Some(("refuse", status)) => Reader::Refuse(status.parse().expect("a status")),
        _ if reader == "accept" => Reader::Accept,
        _ => Reader::Drop,
    };
    let (section, name) = (section.to_owned(), name.to_owned());
    Case { section, name, reader, engine: engine.parse().ok(), bytes: bytes_of(message) }
}

/// The bytes of a message; one without a body ends in the empty line, which the next title's line end took away.
fn bytes_of(message: &str) -> Vec<u8> {
    let message = message.trim_end_matches('\n').to_owned();
    let (head, body) = message.split_once("\n\n").unwrap_or((&message, ""));
    let body = unescaped(&lines(body));
    let head = repeated(&lines(head).replace("{body}", &body.len().to_string()));
    [unescaped(&(head + "\r\n")), body].concat()
}

fn lines(text: &str) -> String {
    text.lines().map(|line| format!("{line}\r\n")).collect()
}

/// `{repeat 3 ab}` is `ababab`.
fn repeated(text: &str) -> String {
    let mut pieces = text.split("{repeat ");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (asked, behind) = piece.split_once('}').expect("a closing brace");
        let (times, what) = asked.split_once(' ').expect("a number and a text");
        out += &what.repeat(times.parse().expect("a number"));
        out += behind;
    }
    out
}

/// `\x07` is the byte 7.
fn unescaped(text: &str) -> Vec<u8> {
    let mut pieces = text.split("\\x");
    let mut out = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, behind) = piece.split_at(2);
        out.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits"));
        out.extend_from_slice(behind.as_bytes());
    }
    out
}
