//! Systems of the operator that an engine asks over HTTP.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;

/// What one request says: its head as it came, and its body.
pub(crate) fn request(stream: &TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream.try_clone().expect("the same connection"));
    let mut head = String::new();
    while reader.read_line(&mut head).is_ok_and(|count| count > 2) {}
    let length =
        head.to_lowercase().split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).expect("what it says that it sends");
    (head, body)
}
