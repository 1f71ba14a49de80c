//! What we ask of a carrier beside calls.

use base::{Flow, Transport};
use sip::{Method, Party, Request, Uri};

use crate::registration::Registration;
use crate::{Local, Register};

/// OPTIONS, the question whether somebody is there (RFC 3261 §11).
pub(crate) fn options(flow: Flow, domain: &str) -> Request {
    Request {
        flow,
        method: Method::Options,
        uri: format!("sip:{domain}"),
        to: String::new(),
        from: Party::default(),
        call_id: None,
        cseq: 1,
        headers: vec![("Accept".to_owned(), "application/sdp".to_owned())],
        body: None,
    }
}

/// The next REGISTER.
pub(crate) fn register(
    flow: Flow,
    domain: &str,
    (register, local): (&Register, &Local),
    state: &Registration,
    authorization: Option<(String, String)>,
) -> Request {
    let contact = contact(local, flow.transport, &register.contact_user);
    let mut headers =
        vec![("Contact".to_owned(), format!("<{contact}>")), ("Expires".to_owned(), state.seconds.to_string())];
    headers.extend(authorization);
    let aor = Uri::sip(Some(&register.user), domain, None);
    Request {
        flow,
        method: Method::Register,
        uri: registrar(domain),
        to: aor.to_string(),
        from: Party { display: String::new(), user: register.user.clone(), host: domain.to_owned() },
        call_id: Some(state.call_id.clone()),
        cseq: state.cseq,
        headers,
        body: None,
    }
}

/// The Request-URI of a REGISTER: the domain alone (RFC 3261 §10.2).
pub(crate) fn registrar(domain: &str) -> String {
    format!("sip:{domain}")
}

/// Where the carrier's calls come to.
pub(crate) fn contact(local: &Local, transport: Transport, user: &str) -> String {
    let host = if local.host.contains(':') { format!("[{}]", local.host) } else { local.host.clone() };
    let over_tcp = transport == Transport::Tcp;
    let port = if over_tcp { local.tcp_port.unwrap_or(local.udp_port) } else { local.udp_port };
    let uri = Uri::sip(Some(user), &host, Some(port));
    if over_tcp { format!("{uri};transport=tcp") } else { uri.to_string() }
}
