//! Dialogs (RFC 3261 §12): tags, sequence numbers both ways, remote target and route set.

use std::sync::Arc;

use base::packed_struct;

use crate::{Builder, Message, Method, Name, NameAddr, Uri, UriRef, text};

/// The start line of a request of ours and the headers that its ACK and CANCEL repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub method: Method,
    pub uri: String,
    pub routes: Vec<String>,
    /// The values of From and To, with their tags.
    pub from: String,
    pub to: String,
    pub call_id: String,
    pub cseq: u32,
}

packed_struct!(Head { method, uri, routes, from, to, call_id, cseq });

impl Head {
    /// How many bytes its texts have.
    pub(crate) fn size(&self) -> usize {
        let texts = [&self.uri, &self.from, &self.to, &self.call_id].into_iter().chain(&self.routes);
        texts.map(String::len).sum()
    }

    /// Begins the message; `via` is the whole value.
    pub fn builder(&self, via: &str) -> Builder {
        let mut builder = Builder::request(self.method, &self.uri).header(Name::Via, via);
        for route in &self.routes {
            builder.push(Name::Route, route);
        }
        builder
            .header(Name::MaxForwards, 70u8)
            .header(Name::From, &self.from)
            .header(Name::To, &self.to)
            .header(Name::CallId, &self.call_id)
            .header(Name::Cseq, (self.cseq, self.method))
    }

    /// The CANCEL of this INVITE (RFC 3261 §9.1).
    #[must_use]
    pub fn cancel(&self) -> Head {
        Head { method: Method::Cancel, ..self.clone() }
    }

    /// The ACK of a non-2xx response to this INVITE (RFC 3261 §17.1.1.3).
    #[must_use]
    pub fn acknowledge(&self, response: &Message) -> Head {
        let to = response.header(Name::To).unwrap_or(&self.to).to_owned();
        Head { method: Method::Ack, to, ..self.clone() }
    }
}

/// One side's view of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    /// Shared with every image of the dialog: it hardly ever changes.
    ends: Arc<Ends>,
    local_cseq: u32,
    remote_cseq: Option<u32>,
}

/// Who talks, and which way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ends {
    call_id: String,
    local: String,
    remote: String,
    remote_tag: String,
    target: Uri,
    routes: Vec<NameAddr>,
}

packed_struct!(Ends { call_id, local, remote, remote_tag, target, routes });
packed_struct!(Dialog { ends, local_cseq, remote_cseq });

impl Dialog {
    /// The dialog of an INVITE that we received (RFC 3261 §12.1.1); its From stands in when Contact is missing.
    pub fn callee(request: &Message, local_tag: &str) -> Option<Dialog> {
        let from = request.from_ref().ok()?;
        let local = match request.header(Name::To)? {
            // As it came, like in our responses: some stacks compare it byte by byte.
            to if request.lacks_to_tag() => [to, ";tag=", local_tag].concat(),
            _ => text::printed(&request.to().ok()?.with_tag(local_tag)),
        };
        let ends = Ends {
            call_id: request.call_id()?.to_owned(),
            local,
            remote: request.header(Name::From)?.to_owned(),
            remote_tag: from.tag().unwrap_or_default().to_owned(),
            target: contact(request).unwrap_or_else(|| from.uri.to_uri()),
            routes: request.record_routes(),
        };
        Some(Dialog { ends: Arc::new(ends), local_cseq: 0, remote_cseq: Some(request.cseq().ok()?.0) })
    }

    /// The dialog of a response to our INVITE (RFC 3261 §12.1.2); the Request-URI stands in when Contact is missing.
    pub fn caller(invite: &Head, response: &Message) -> Option<Dialog> {
        let mut routes = response.record_routes();
        routes.reverse();
        let ends = Ends {
            call_id: invite.call_id.clone(),
            local: invite.from.clone(),
            remote: response.header(Name::To)?.to_owned(),
            remote_tag: response.to_tag().to_owned(),
            target: contact(response).or_else(|| Uri::parse(&invite.uri).ok())?,
            routes,
        };
        Some(Dialog { ends: Arc::new(ends), local_cseq: invite.cseq, remote_cseq: None })
    }

    /// Takes over the numbers that were counted while the dialog was early.
    pub fn continue_from(&mut self, early: &Dialog) {
        self.local_cseq = self.local_cseq.max(early.local_cseq);
        self.remote_cseq = self.remote_cseq.max(early.remote_cseq);
    }

    pub fn call_id(&self) -> &str {
        &self.ends.call_id
    }

    /// Our name with our tag, as From of our requests shows it.
    pub fn local(&self) -> &str {
        &self.ends.local
    }

    /// Empty when the peer is older than tags (RFC 3261 §12.1.1).
    pub fn remote_tag(&self) -> &str {
        &self.ends.remote_tag
    }

    pub fn target(&self) -> &Uri {
        &self.ends.target
    }

    /// The URI that tells where requests go first: the top route, otherwise the remote target.
    pub fn next_hop(&self) -> &Uri {
        self.ends.routes.first().map_or(&self.ends.target, |route| &route.uri)
    }

    pub fn has_routes(&self) -> bool {
        !self.ends.routes.is_empty()
    }

    /// Notes the number of a request from the peer; false when it came out of order (RFC 3261 §12.2.2).
    pub fn note_remote_cseq(&mut self, cseq: u32) -> bool {
        let in_order = self.remote_cseq.is_none_or(|seen| cseq > seen);
        if in_order {
            self.remote_cseq = Some(cseq);
        }
        in_order
    }

    /// Notes that a request of ours took this number.
    pub fn note_local_cseq(&mut self, cseq: u32) {
        self.local_cseq = self.local_cseq.max(cseq);
    }

    /// Takes the remote target from a target refresh request or its 2xx (RFC 3261 §12.2); true when it moved.
    pub fn refresh(&mut self, message: &Message) -> bool {
        let Some(uri) = contact(message).filter(|uri| *uri != self.ends.target) else { return false };
        Arc::make_mut(&mut self.ends).target = uri;
        true
    }

    /// A further request of ours.
    pub fn request(&mut self, method: Method) -> Head {
        self.local_cseq = self.local_cseq.saturating_add(1);
        self.head(method, self.local_cseq)
    }

    /// The ACK of the 2xx to our INVITE of that number (RFC 3261 §13.2.2.4).
    pub fn acknowledge(&self, cseq: u32) -> Head {
        self.head(Method::Ack, cseq)
    }

    fn head(&self, method: Method, cseq: u32) -> Head {
        let routes = self.ends.routes.iter().map(text::printed).collect();
        let (uri, routes) = routed(self.ends.target.printed(), routes);
        Head {
            method,
            uri,
            routes,
            from: self.ends.local.clone(),
            to: self.ends.remote.clone(),
            call_id: self.ends.call_id.clone(),
            cseq,
        }
    }
}

/// Request-URI and Route of a request to this target by these routes: a strict router wants to see itself in the Request-URI
/// (RFC 3261 §12.2.1.1).
pub(crate) fn routed(target: String, mut routes: Vec<String>) -> (String, Vec<String>) {
    let first = routes.first().and_then(|route| NameAddr::parse(route).ok());
    let Some(strict) = first.filter(|route| !route.uri.params.has("lr")) else { return (target, routes) };
    routes.remove(0);
    routes.push(format!("<{target}>"));
    (strict.uri.printed(), routes)
}

fn contact(message: &Message) -> Option<Uri> {
    message.contact_ref().map(UriRef::to_uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::parse(text.replace('\n', "\r\n").as_bytes()).unwrap()
    }

    fn invite(more: &str) -> Message {
        message(&format!(
            "INVITE sip:12345@a SIP/2.0\nVia: SIP/2.0/UDP b;branch=z9hG4bK1\nFrom: <sip:x@b>;tag=r\nTo: <sip:12345@a>\n\
             Call-ID: c\nCSeq: 7 INVITE\n{more}\n"
        ))
    }

    fn answer(more: &str) -> Message {
        message(&format!(
            "SIP/2.0 200 OK\nVia: SIP/2.0/UDP b;branch=z9hG4bK1\nFrom: <sip:x@b>;tag=l\nTo: <sip:12345@a>;tag=r\n\
             Call-ID: c\nCSeq: 7 INVITE\n{more}\n"
        ))
    }

    fn ours() -> Head {
        Head {
            method: Method::Invite,
            uri: "sip:12345@a".into(),
            routes: Vec::new(),
            from: "<sip:x@b>;tag=l".into(),
            to: "<sip:12345@a>".into(),
            call_id: "c".into(),
            cseq: 7,
        }
    }

    #[test]
    fn callee_keeps_record_route_order_and_counts_from_one_rfc3261_12_1_1() {
        let request = invite("Record-Route: <sip:p1;lr>, <sip:p2;lr>\nContact: <sip:x@10.0.0.9:5070>\n");
        let mut dialog = Dialog::callee(&request, "local").unwrap();
        let head = dialog.request(Method::Bye);
        assert_eq!(head.uri, "sip:x@10.0.0.9:5070");
        assert_eq!(head.routes, ["<sip:p1;lr>", "<sip:p2;lr>"]);
        assert_eq!((head.from.as_str(), head.to.as_str()), ("<sip:12345@a>;tag=local", "<sip:x@b>;tag=r"));
        assert_eq!((head.cseq, dialog.request(Method::Info).cseq), (1, 2));
    }

    #[test]
    fn caller_reverses_record_route_rfc3261_12_1_2() {
        let response = answer("Record-Route: <sip:p1;lr>\nRecord-Route: <sip:p2;lr>\nContact: <sip:y@10.0.0.8>\n");
        let mut dialog = Dialog::caller(&ours(), &response).unwrap();
        assert_eq!(dialog.request(Method::Bye).routes, ["<sip:p2;lr>", "<sip:p1;lr>"]);
        assert_eq!(dialog.acknowledge(7).cseq, 7);
        assert_eq!(dialog.request(Method::Bye).cseq, 9, "CSeq goes on from the INVITE's");
    }

    #[test]
    fn a_strict_router_gets_the_request_uri_rfc3261_12_2_1_1() {
        let request = invite("Record-Route: <sip:strict>, <sip:p2;lr>\nContact: <sip:x@c>\n");
        let head = Dialog::callee(&request, "l").unwrap().request(Method::Bye);
        assert_eq!(head.uri, "sip:strict");
        assert_eq!(head.routes, ["<sip:p2;lr>", "<sip:x@c>"]);
    }

    #[test]
    fn the_target_moves_and_the_numbers_rise_rfc3261_12_2_2() {
        let mut dialog = Dialog::callee(&invite("Contact: <sip:x@c>\n"), "l").unwrap();
        assert!(!dialog.note_remote_cseq(7));
        assert!(dialog.note_remote_cseq(9));
        assert!(!dialog.note_remote_cseq(8));
        dialog.refresh(&invite("Contact: <sip:x@d>\n"));
        assert_eq!(dialog.target().to_string(), "sip:x@d");
        dialog.refresh(&invite(""));
        assert_eq!(dialog.target().to_string(), "sip:x@d");
    }
}
