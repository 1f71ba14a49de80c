//! SIP as text, written by hand: for what no sane phone does.

use std::net::SocketAddr;

/// The value of the first header of this name.
///
/// # Panics
/// When there is none.
pub(crate) fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let named = |line: &&str| line.split_once(':').is_some_and(|(n, _)| n.eq_ignore_ascii_case(name));
    let line = message.lines().find(named).unwrap_or_else(|| panic!("a {name} in {message}"));
    line.split_once(':').map_or("", |(_, value)| value.trim())
}

/// Whether this is a request of that method, or a response with that status.
pub(crate) fn is(message: &str, what: &str) -> bool {
    let first = message.strip_prefix("SIP/2.0 ").unwrap_or(message);
    first.split(' ').next() == Some(what)
}

/// A response; `extra` are whole header lines. Above 100 it carries our tag.
pub(crate) fn respond(request: &str, status: u16, tag: &str, extra: &str, body: &str) -> String {
    let vias: String = request.lines().filter(|l| l.starts_with("Via:")).map(|l| format!("{l}\r\n")).collect();
    let to = header(request, "To");
    let to = if status == 100 || to.contains(";tag=") { to.to_owned() } else { format!("{to};tag={tag}") };
    let [from, call_id, cseq] = ["From", "Call-ID", "CSeq"].map(|name| header(request, name));
    let head =
        format!("SIP/2.0 {status} By hand\r\n{vias}From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n");
    finish(head + extra, body)
}

/// A description that offers or accepts these payload types, without a direction of its own.
pub(crate) fn sdp(at: SocketAddr, payload_types: &str) -> String {
    let ip = at.ip();
    let media = format!("m=audio {} RTP/AVP {payload_types}\r\n", at.port());
    format!("v=0\r\no=- 7 7 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n{media}")
}

pub(crate) fn contact(at: SocketAddr) -> String {
    format!("Contact: <sip:hand@{at}>\r\n")
}

fn finish(head: String, body: &str) -> String {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!("{head}{kind}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// One side of a dialog.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    local: String,
    remote: String,
    target: String,
    call_id: String,
    at: SocketAddr,
    cseq: u32,
}

impl Dialog {
    /// Of whoever got this request and uses this tag.
    pub(crate) fn called(request: &str, tag: &str, at: SocketAddr) -> Dialog {
        let to = header(request, "To");
        Dialog {
            local: if to.contains(";tag=") { to.to_owned() } else { format!("{to};tag={tag}") },
            remote: header(request, "From").to_owned(),
            target: header(request, "Contact").trim_matches(['<', '>']).to_owned(),
            call_id: header(request, "Call-ID").to_owned(),
            at,
            cseq: 100,
        }
    }

    /// Of whoever is about to call the server.
    pub(crate) fn calling(server: SocketAddr, number: &str, call_id: &str, at: SocketAddr) -> Dialog {
        Dialog::calling_to(server, (number, "12345"), call_id, at)
    }

    /// The same to another number.
    pub(crate) fn calling_to(server: SocketAddr, (number, to): (&str, &str), call_id: &str, at: SocketAddr) -> Dialog {
        let target = format!("sip:{to}@{server}");
        Dialog {
            local: format!("<sip:{number}@{at}>;tag={call_id}"),
            remote: format!("<{target}>"),
            target,
            call_id: call_id.to_owned(),
            at,
            cseq: 0,
        }
    }

    /// Takes the tag and the contact of the answer.
    pub(crate) fn answered(&mut self, response: &str) {
        self.remote = header(response, "To").to_owned();
        self.target = header(response, "Contact").trim_matches(['<', '>']).to_owned();
    }

    /// The next request; an ACK and a CANCEL belong to the INVITE before them.
    pub(crate) fn request(&mut self, method: &str, body: &str) -> String {
        let follows = matches!(method, "ACK" | "CANCEL");
        self.cseq += u32::from(!follows);
        self.numbered(method, self.cseq, body)
    }

    /// A request with a number of its own, such as the ACK of an INVITE that others came after.
    pub(crate) fn numbered(&self, method: &str, cseq: u32, body: &str) -> String {
        let Dialog { local, remote, target, call_id, at, .. } = self;
        // A CANCEL has the branch of its INVITE (RFC 3261 §9.1).
        let branch = if method == "CANCEL" { "INVITE" } else { method };
        let head = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {at};rport;branch=z9hG4bK{call_id}{branch}{cseq}\r\n\
             Max-Forwards: 70\r\nFrom: {local}\r\nTo: {remote}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
        );
        finish(head + &contact(*at), body)
    }
}
