//! Well-formed messages from proptest, and several ways to write the same one.

use proptest::prelude::*;

/// What a message says, as its writer sees it.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) start: Start,
    pub(crate) vias: Vec<SampleVia>,
    pub(crate) from: SampleAddress,
    pub(crate) to: SampleAddress,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) contacts: Vec<SampleAddress>,
    pub(crate) subject: String,
    pub(crate) body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) enum Start {
    Request { method: &'static str, uri: String },
    Response { method: &'static str, status: u16, reason: String },
}

#[derive(Clone, Debug)]
pub(crate) struct SampleVia {
    pub(crate) transport: &'static str,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) branch: String,
}

#[derive(Clone, Debug)]
pub(crate) struct SampleAddress {
    pub(crate) display: Option<String>,
    pub(crate) uri: String,
    pub(crate) tag: Option<String>,
}

/// How headers are written; every style means the same.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    Plain,
    Compact,
    Shouted,
    /// A line end and spaces where white space may be.
    Folded,
    /// Repeated headers in one comma list.
    Listed,
    /// Line feeds alone, and empty lines in front.
    BareLineFeeds,
}

pub(crate) const STYLES: [Style; 6] =
    [Style::Plain, Style::Compact, Style::Shouted, Style::Folded, Style::Listed, Style::BareLineFeeds];

const METHODS: [&str; 13] = [
    "INVITE",
    "ACK",
    "CANCEL",
    "BYE",
    "OPTIONS",
    "REGISTER",
    "INFO",
    "UPDATE",
    "REFER",
    "NOTIFY",
    "SUBSCRIBE",
    "MESSAGE",
    "PRACK",
];

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}(\\.[a-z]{2,6}){1,2}",
        any::<[u8; 4]>().prop_map(|ip| std::net::Ipv4Addr::from(ip).to_string())
    ]
}

fn port() -> impl Strategy<Value = Option<u16>> {
    proptest::option::of(1u16..)
}

pub(crate) fn uri() -> impl Strategy<Value = String> {
    let params = prop_oneof![Just(""), Just(";lr"), Just(";transport=udp"), Just(";user=phone;lr")];
    (prop_oneof![Just("sip"), Just("sips")], proptest::option::of("[a-z0-9.+*_-]{1,12}"), host(), port(), params)
        .prop_map(|(scheme, user, host, port, params)| {
            let user = user.map(|user| user + "@").unwrap_or_default();
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            format!("{scheme}:{user}{host}{port}{params}")
        })
}

fn address(tag: impl Strategy<Value = Option<String>>) -> impl Strategy<Value = SampleAddress> {
    let display = proptest::option::of("[A-Za-z0-9王市民,;: ]{0,10}");
    (display, uri(), tag).prop_map(|(display, uri, tag)| SampleAddress { display, uri, tag })
}

fn via() -> impl Strategy<Value = SampleVia> {
    (prop_oneof![Just("UDP"), Just("TCP"), Just("TLS")], host(), port(), "z9hG4bK[A-Za-z0-9.-]{1,20}")
        .prop_map(|(transport, host, port, branch)| SampleVia { transport, host, port, branch })
}

fn start() -> impl Strategy<Value = Start> {
    let method = prop::sample::select(&METHODS[..]);
    prop_oneof![
        (method.clone(), uri()).prop_map(|(method, uri)| Start::Request { method, uri }),
        (method, 100u16..700, "[A-Za-z]{1,8}( [A-Za-z]{1,8}){0,2}")
            .prop_map(|(method, status, reason)| Start::Response { method, status, reason }),
    ]
}

pub(crate) fn sample() -> impl Strategy<Value = Sample> {
    let tag = || proptest::option::of("[A-Za-z0-9.-]{1,16}");
    let contact = || address(Just(None));
    let call_id = "[A-Za-z0-9.!%*_+~()<>:/?{}-]{1,20}(@[a-z0-9.]{1,12})?";
    let headers = (proptest::collection::vec(via(), 1..4), address(tag()), address(tag()), call_id, 0u32..1 << 31);
    let rest = (
        proptest::collection::vec(contact(), 0..3),
        "[A-Za-z0-9市]{1,10}( [A-Za-z0-9]{1,5}){0,3}",
        proptest::collection::vec(any::<u8>(), 0..60),
    );
    (start(), headers, rest).prop_map(|(start, (vias, from, to, call_id, cseq), (contacts, subject, body))| Sample {
        start,
        vias,
        from,
        to,
        call_id,
        cseq,
        contacts,
        subject,
        body,
    })
}

impl SampleAddress {
    pub(crate) fn text(&self) -> String {
        let display = self.display.as_ref().map(|display| format!("\"{display}\" ")).unwrap_or_default();
        let tag = self.tag.as_ref().map(|tag| format!(";tag={tag}")).unwrap_or_default();
        format!("{display}<{}>{tag}", self.uri)
    }
}

impl SampleVia {
    pub(crate) fn text(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("SIP/2.0/{} {}{port};branch={}", self.transport, self.host, self.branch)
    }
}

impl Sample {
    pub(crate) fn method(&self) -> &'static str {
        match &self.start {
            Start::Request { method, .. } | Start::Response { method, .. } => method,
        }
    }

    /// The headers as long name, compact name, value.
    fn headers(&self) -> Vec<(&'static str, &'static str, String)> {
        let mut headers = Vec::new();
        headers.extend(self.vias.iter().map(|via| ("Via", "v", via.text())));
        headers.push(("From", "f", self.from.text()));
        headers.push(("To", "t", self.to.text()));
        headers.push(("Call-ID", "i", self.call_id.clone()));
        headers.push(("CSeq", "CSeq", format!("{} {}", self.cseq, self.method())));
        headers.extend(self.contacts.iter().map(|contact| ("Contact", "m", contact.text())));
        headers.push(("Subject", "s", self.subject.clone()));
        headers.push(("Content-Type", "c", "application/octet-stream".to_owned()));
        headers.push(("Content-Length", "l", self.body.len().to_string()));
        headers
    }

    pub(crate) fn bytes(&self, style: Style) -> Vec<u8> {
        let mut text = match &self.start {
            Start::Request { method, uri } => format!("{method} {uri} SIP/2.0\r\n"),
            Start::Response { status, reason, .. } => format!("SIP/2.0 {status} {reason}\r\n"),
        };
        let mut previous = "";
        for (long, compact, value) in self.headers() {
            match style {
                Style::Plain | Style::BareLineFeeds => text += &format!("{long}: {value}\r\n"),
                Style::Compact => text += &format!("{compact}:{value}\r\n"),
                Style::Shouted => text += &format!("{} \t: {value} \r\n", long.to_uppercase()),
                Style::Folded => text += &format!("{long}:\r\n  {}\r\n", fold(&value)),
                Style::Listed if long == previous => {
                    text.truncate(text.len() - 2);
                    text += &format!(" , {value}\r\n");
                }
                Style::Listed => text += &format!("{long}: {value}\r\n"),
            }
            previous = long;
        }
        text += "\r\n";
        if matches!(style, Style::BareLineFeeds) {
            text = format!("\r\n\n{}", text.replace("\r\n", "\n"));
        }
        let mut bytes = text.into_bytes();
        bytes.extend(&self.body);
        bytes
    }
}

/// A fold behind every space that stands outside quotes.
fn fold(value: &str) -> String {
    let mut quoted = false;
    let mut out = String::new();
    for c in value.chars() {
        quoted ^= c == '"';
        match c {
            ' ' if !quoted => out.push_str(" \r\n\t"),
            c => out.push(c),
        }
    }
    out
}
