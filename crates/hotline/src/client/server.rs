//! Questions to the API of a running server.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use base::Secret;
use serde_json::Value;

use super::text;

/// How long a server may be silent: its own limit for an answer is shorter.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer: the most that is kept of one call, with every byte escaped.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// Where to ask, and with which token.
#[derive(Debug)]
pub(crate) struct Server {
    url: String,
    /// Host and port.
    authority: String,
    /// What stands in front of each path.
    prefix: String,
    token: Secret,
}

impl Server {
    /// # Errors
    /// What is wrong with the address or the token.
    pub(super) fn new(url: &str, token: String) -> Result<Server, String> {
        let Some(rest) = url.strip_prefix("http://") else {
            return Err(format!(
                "{url} is no address as http://127.0.0.1:8080; TLS is spoken by the proxy in front, not here"
            ));
        };
        let (authority, prefix) =
            rest.trim_end_matches('/').split_once('/').unwrap_or((rest.trim_end_matches('/'), ""));
        let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:80") };
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain(&authority) || !plain(&format!("/{prefix}")) {
            return Err(format!("{} is no address as http://127.0.0.1:8080", url.escape_debug()));
        }
        if !plain(&token) {
            return Err("the token is empty or no token; `hotline token` makes one".to_owned());
        }
        Ok(Server { url: url.to_owned(), authority, prefix, token: Secret(token) })
    }

    /// The JSON at a path.
    ///
    /// # Errors
    /// A sentence for who asked: nobody answers, or the server's own words.
    pub(crate) fn get(&self, path: &str) -> Result<Value, String> {
        self.ask("GET", path, "")
    }

    /// What came of a change.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.ask("POST", path, &body)
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<Value, String> {
        let answer = self.exchange(method, path, body).map_err(|error| {
            format!("nobody answers at {}: {error}; start the server with `hotline serve`, or give --url", self.url)
        })?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        let status: u16 = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        let value = serde_json::from_str::<Value>(body).ok();
        match (status, value) {
            (200, Some(value)) => Ok(value),
            (_, Some(value)) if value["error"].is_object() => {
                Err(format!("{}; {}", text(&value["error"], "message"), text(&value["error"], "next")))
            }
            _ => Err(format!("what answers at {} is no hotline, or an older one: give --url", self.url)),
        }
    }

    /// In HTTP 1.0: an answer of one piece that ends with its connection.
    fn exchange(&self, method: &str, path: &str, body: &str) -> io::Result<String> {
        let Server { authority, prefix, token, .. } = self;
        let mut stream = connect(authority)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let bearer = &token.0;
        let head =
            format!("{method} {prefix}{path} HTTP/1.0\r\nHost: {authority}\r\nAuthorization: Bearer {bearer}\r\n");
        let length = body.len();
        write!(stream, "{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

fn connect(authority: &str) -> io::Result<TcpStream> {
    let mut failed = io::Error::other("the name has no address");
    for address in authority.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let parts = |url: &str| Server::new(url, "t".to_owned()).map(|server| (server.authority, server.prefix));
        let ok = |authority: &str, prefix: &str| Ok((authority.to_owned(), prefix.to_owned()));
        assert_eq!(parts("http://127.0.0.1:8080"), ok("127.0.0.1:8080", ""));
        assert_eq!(parts("http://hotline.example/"), ok("hotline.example:80", ""));
        assert_eq!(parts("http://[::1]:81/engine/"), ok("[::1]:81", "/engine"));
        assert_eq!(parts("http://[::1]"), ok("[::1]:80", ""));
        for bad in ["https://hotline.example", "127.0.0.1:8080", "http://a b", "http://a/\r\nX: y"] {
            assert!(parts(bad).is_err(), "{bad}");
        }
        assert!(Server::new("http://a", "x\r\nX: y".to_owned()).is_err());
    }
}
