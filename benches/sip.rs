//! Reading a request and writing its 200, beside `rsip`: both read the start line and all headers, give Via, From, To
//! and CSeq as typed values, and write a response with the same headers and body.

use std::hint::black_box;

use anyhow::{Context, Result, ensure};
use benches::compare;
use rsip::message::HeadersExt;
use rsip::prelude::{ToTypedHeader, UntypedHeader};
use sip::{Builder, Message, Name};

/// Messages in one timed run: a millisecond or so, far above the clock's own cost.
const MESSAGES: usize = 500;
const TAG: &str = "9fxced76sl";
const CONTACT: &str = "<sip:12345@192.0.2.1:5060>";
const GOAL: &str = "ratio <= 0.2, ours <= 1 us";

const SDP: &str = "v=0\r\no=- 3724394400 3724394401 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\n\
    m=audio 49170 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n\
    a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";

fn request(method: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "{method} sip:12345@192.0.2.1:5060 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;rport\r\n\
        Via: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bKnashds8;received=192.0.2.20\r\n\
        Max-Forwards: 69\r\n\
        From: \"13800000001\" <sip:13800000001@192.0.2.20>;tag=1928301774\r\n\
        To: <sip:12345@192.0.2.1>\r\n\
        Call-ID: a84b4c76e66710@192.0.2.20\r\n\
        CSeq: 314159 {method}\r\n\
        Contact: <sip:13800000001@192.0.2.20:5060>\r\n\
        Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\n\
        Supported: timer, replaces\r\n\
        User-Agent: carrier/1.0\r\n"
    );
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!("{head}{kind}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn ours(bytes: &[u8], body: &str) -> Result<Vec<u8>> {
    let request = Message::parse(bytes)?;
    black_box((request.top_via()?, request.from()?, request.to()?, request.cseq()?));
    let reply = Builder::reply(&request, 200, Some(TAG), None).header(Name::Contact, CONTACT);
    Ok(if body.is_empty() { reply.finish() } else { reply.body("application/sdp", body).finish() })
}

fn theirs(bytes: &[u8], body: &str) -> Result<Vec<u8>> {
    let request = rsip::Request::try_from(bytes)?;
    black_box((
        request.via_header()?.typed()?,
        request.from_header()?.typed()?,
        request.to_header()?.typed()?,
        request.cseq_header()?.typed()?,
    ));
    let mut headers = rsip::Headers::default();
    let vias = request.headers.iter().filter(|header| matches!(header, rsip::Header::Via(_)));
    vias.for_each(|via| headers.push(via.clone()));
    headers.push(request.from_header()?.clone().into());
    headers.push(rsip::headers::To::new(format!("{};tag={TAG}", request.to_header()?.value())).into());
    headers.push(request.call_id_header()?.clone().into());
    headers.push(request.cseq_header()?.clone().into());
    headers.push(rsip::headers::Contact::new(CONTACT).into());
    if !body.is_empty() {
        headers.push(rsip::headers::ContentType::new("application/sdp").into());
    }
    headers.push(rsip::headers::ContentLength::new(body.len().to_string()).into());
    let version = rsip::Version::V2;
    let response = rsip::Response { status_code: rsip::StatusCode::OK, version, headers, body: body.into() };
    Ok(response.into())
}

/// Both write what a reader takes for the same answer.
fn check(bytes: &[u8], body: &str) -> Result<()> {
    let (ours, theirs) = (Message::parse(&ours(bytes, body)?)?, Message::parse(&theirs(bytes, body)?)?);
    ensure!(ours.status() == Some(200) && ours.body() == body.as_bytes(), "our 200 is whole");
    for name in [Name::Via, Name::From, Name::To, Name::CallId, Name::Cseq, Name::Contact] {
        ensure!(ours.headers(name).eq(theirs.headers(name)), "{} differs", name.as_ref());
    }
    Ok(())
}

fn main() -> Result<()> {
    eprintln!("A request is read and its 200 written, by rsip and by us.");
    for (method, body) in [("INVITE", SDP), ("OPTIONS", "")] {
        let bytes = request(method, body);
        check(&bytes, body).context(method)?;
        let run = |answer: fn(&[u8], &str) -> Result<Vec<u8>>| {
            for _ in 0..MESSAGES {
                let _ = black_box(answer(black_box(&bytes), body));
            }
        };
        compare(MESSAGES, || run(theirs), || run(ours)).row(&format!("{method} read, 200 written (rsip)"), GOAL);
    }
    Ok(())
}
