//! Other systems that are slow, wrong, huge or gone.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use super::*;

/// Answers one request with these bytes, then says what it was asked.
fn desk(answer: impl Into<Vec<u8>>) -> (SocketAddr, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let answer = answer.into();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody asks");
        let mut asked = vec![0; 4096];
        let count = stream.read(&mut asked).unwrap_or_default();
        // Whoever asked may have gone.
        let _ = stream.write_all(&answer);
        String::from_utf8_lossy(&asked[..count]).into_owned()
    });
    (address, served)
}

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

fn request(address: SocketAddr, take: &[&str]) -> WebRequest {
    WebRequest {
        url: format!("http://{address}/orders?id=7"),
        send: None,
        headers: vec![("X-Key".to_owned(), "k".to_owned())],
        take: take.iter().map(|place| (*place).to_owned()).collect(),
        timeout: Duration::from_secs(2),
    }
}

fn asked(request: &WebRequest) -> Result<Vec<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(answer(&client().expect("a client"), request))
}

#[test]
fn what_is_asked_for_is_taken_from_the_answer() {
    let (address, served) = desk(ok(r#"{"order":{"status":"done","days":3,"open":false,"note":null},"list":[1]}"#));
    let places = ["/order/status", "/order/days", "/order/open", "/order/note", "/order/nothing", "/list/0"];
    let values = asked(&request(address, &places)).expect("an answer");
    assert_eq!(values, ["done", "3", "false", "", "", "1"]);
    let asked = served.join().expect("served");
    assert!(asked.starts_with("GET /orders?id=7 HTTP/1.1\r\n") && asked.contains("x-key: k\r\n"), "{asked}");
}

#[test]
fn a_question_may_hold_an_object() {
    let (address, served) = desk(ok("not even JSON"));
    let send = Some(vec![("caller".to_owned(), "139\"".to_owned())]);
    let values = asked(&WebRequest { send, ..request(address, &[]) });
    assert_eq!(values, Ok(Vec::new()), "nothing is taken from the answer");
    let asked = served.join().expect("served");
    assert!(asked.starts_with("POST ") && asked.ends_with(r#"{"caller":"139\""}"#), "{asked}");
}

#[test]
fn no_good_answers() {
    let huge = format!("{{\"a\":\"{}\"}}", "x".repeat(ANSWER_BYTES_MAX));
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(TEXT_BYTES_MAX + 1));
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_owned();
    let cases: [(Vec<u8>, &str); 8] = [
        (b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n".to_vec(), "status 500"),
        (moved.into_bytes(), "status 302"),
        (ok("<html>"), "no JSON"),
        (ok("{\"a\":{}}"), "a list or an object at /a"),
        (ok(&huge), "more than 262144 bytes"),
        (ok(&long), "more than 4096 bytes at /a"),
        (b"garbage\r\n\r\n".to_vec(), ""),
        (Vec::new(), ""),
    ];
    for (answer, reason) in cases {
        let (address, _served) = desk(answer);
        let told = asked(&request(address, &["/a"])).expect_err(reason);
        assert!(told.contains(reason) && !told.contains("id=7"), "{reason}: {told}");
    }
}

#[test]
fn nobody_there_and_nobody_in_time() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    assert!(asked(&request(gone, &["/a"])).expect_err("nobody listens").to_lowercase().contains("refused"));
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("its address");
    let told = asked(&WebRequest { timeout: Duration::from_millis(50), ..request(address, &["/a"]) });
    assert_eq!(told, Err("no answer in time".to_owned()));
}

#[test]
fn who_knows_no_authority_asks_over_http() {
    let (address, _served) = desk(ok(r#"{"a":"b"}"#));
    let bare = builder().tls_certs_only([]).build().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    assert_eq!(runtime.block_on(answer(&bare, &request(address, &["/a"]))), Ok(vec!["b".to_owned()]));
}

#[test]
fn a_host_is_all_that_is_logged_of_a_url() {
    for (url, told) in [
        ("http://desk:8080/orders?id=7", "desk:8080"),
        ("https://key:secret@desk/orders", "desk"),
        ("http://desk?id=7", "desk"),
        ("desk", "desk"),
    ] {
        assert_eq!(host(url), told, "{url}");
    }
}
