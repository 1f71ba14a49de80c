//! Reading a request, and writing its 200, beside `rsip`. Both read the start line and all headers and give what the
//! engine asks of a request: Via's branch and sent-by, the tags of From and To, Call-ID, CSeq, the Contact's URI,
//! Max-Forwards, Require and the body; both write a response with the same headers and body.

use std::hint::black_box;

use anyhow::{Context, Result, ensure};
use benches::{compare, row};
use rsip::message::HeadersExt;
use rsip::prelude::{ToTypedHeader, UntypedHeader};
use sip::{Builder, Message, Name};
use tikv_jemallocator::Jemalloc;

/// That of the shipped engine, for both sides.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Messages in one timed run: far above the cost of the clock, far below a time slice, so that hardly any run is interrupted.
const MESSAGES: usize = 20;
const TAG: &str = "9fxced76sl";
const CONTACT: &str = "<sip:12345@192.0.2.1:5060>";
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

/// Reads a request and asks it what the engine asks.
fn read_ours(bytes: &[u8]) -> Result<Message> {
    let request = Message::parse(bytes)?;
    let (via, from) = (request.top_via_ref()?, request.from_ref()?);
    black_box((via.branch(), via.host, via.port, via.params.has("rport"), &from, request.from_tag(), request.to_tag()));
    black_box((request.method(), request.request_uri_ref().context("no Request-URI")?));
    black_box((request.call_id(), request.cseq()?, request.contact_ref(), request.max_forwards()));
    black_box((request.require().count(), request.has_content_type("application/sdp"), request.body()));
    Ok(request)
}

fn read_theirs(bytes: &[u8]) -> Result<rsip::Request> {
    let request = rsip::Request::try_from(bytes)?;
    let (via, from) = (request.via_header()?.typed()?, request.from_header()?.typed()?);
    let to = request.to_header()?.typed()?;
    let rport = via.params.iter().any(|param| matches!(param, rsip::Param::Other(name, _) if name.value() == "rport"));
    black_box((via.branch(), &via.uri.host_with_port, rport, from.tag(), to.tag()));
    black_box((request.method(), request.uri()));
    black_box((request.call_id_header()?.value(), request.cseq_header()?.typed()?));
    black_box((request.contact_header()?.typed()?.uri, request.max_forwards_header()?.num()?));
    let require = request.headers.iter().filter(|header| matches!(header, rsip::Header::Require(_))).count();
    let is_sdp = |kind: &rsip::headers::ContentType| kind.value().eq_ignore_ascii_case("application/sdp");
    let sdp = request.headers.iter().any(|header| matches!(header, rsip::Header::ContentType(kind) if is_sdp(kind)));
    black_box((require, sdp, request.body()));
    Ok(request)
}

fn answer_ours(bytes: &[u8], body: &str) -> Result<Vec<u8>> {
    let request = read_ours(bytes)?;
    let reply = Builder::reply(&request, 200, Some(TAG), None).header(Name::Contact, CONTACT);
    Ok(if body.is_empty() { reply.finish() } else { reply.finish_with("application/sdp", body.as_bytes()) })
}

fn answer_theirs(bytes: &[u8], body: &str) -> Result<Vec<u8>> {
    let request = read_theirs(bytes)?;
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
    let (ours, theirs) = (Message::parse(&answer_ours(bytes, body)?)?, Message::parse(&answer_theirs(bytes, body)?)?);
    ensure!(ours.status() == Some(200) && ours.body() == body.as_bytes(), "our 200 is whole");
    for name in [Name::Via, Name::From, Name::To, Name::CallId, Name::Cseq, Name::Contact] {
        ensure!(ours.headers(name).eq(theirs.headers(name)), "{} differs", name.as_ref());
    }
    Ok(())
}

/// Times both sides, and prints one row against a microsecond and one against `rsip`.
fn race(what: &str, bytes: &[u8], theirs: impl Fn(&[u8]) -> bool, ours: impl Fn(&[u8]) -> bool) -> Result<()> {
    ensure!(theirs(bytes) && ours(bytes), "{what}: both succeed");
    let run = |act: &dyn Fn(&[u8]) -> bool| {
        for _ in 0..MESSAGES {
            black_box(act(black_box(bytes)));
        }
    };
    let compared = compare(MESSAGES, || run(&theirs), || run(&ours));
    let ours_ns = compared.ours_ns;
    row(&format!("{what} (1 us)"), "1000 ns", format!("{ours_ns:.1} ns"), ours_ns / 1000.0, "ratio <= 1");
    compared.row(&format!("{what} (rsip)"), "ratio <= 0.2");
    Ok(())
}

fn main() -> Result<()> {
    eprintln!("A request is read, and its 200 written, by rsip and by us.");
    for (method, body) in [("INVITE", SDP), ("OPTIONS", "")] {
        let bytes = request(method, body);
        check(&bytes, body).context(method)?;
        race(
            &format!("{method} read"),
            &bytes,
            |bytes| black_box(read_theirs(bytes)).is_ok(),
            |bytes| black_box(read_ours(bytes)).is_ok(),
        )?;
        race(
            &format!("{method} read, 200 written"),
            &bytes,
            |bytes| black_box(answer_theirs(bytes, body)).is_ok(),
            |bytes| black_box(answer_ours(bytes, body)).is_ok(),
        )?;
    }
    Ok(())
}
