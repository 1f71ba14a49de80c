//! What people type: durations, addresses, voices.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use base::SIP_PORT;
use phone::{TonePair, Voice};

/// A call of a day is a mistyped number.
const SECONDS_MAX: f64 = 86_400.0;

/// `2s`, `500ms`, `1.5s`, `2m`, or seconds without a unit; at most a day.
///
/// # Errors
/// A sentence with what may be written.
pub fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("", 1.0)];
    let (number, unit) =
        units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit))).unwrap_or((text, &1.0));
    match number.trim().parse::<f64>() {
        Ok(number) if (0.0..=SECONDS_MAX).contains(&(number * unit)) => Ok(Duration::from_secs_f64(number * unit)),
        _ => Err("a duration is a number with ms, s or m, such as 500ms or 2s, at most a day".into()),
    }
}

/// `HOST[:PORT]`, port 5060 when left out; a name is looked up.
///
/// # Errors
/// A sentence with the reason.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let has_port = text.rsplit_once(':').is_some_and(|(host, port)| {
        port.bytes().all(|b| b.is_ascii_digit()) && (!host.contains(':') || host.ends_with(']'))
    });
    let found = if has_port {
        text.to_socket_addrs()
    } else {
        (text.trim_start_matches('[').trim_end_matches(']'), SIP_PORT).to_socket_addrs()
    };
    match found.map(|mut all| all.next()) {
        Ok(Some(address)) => Ok(address),
        Ok(None) => Err(format!("{text} has no address; give an IP address and a port, such as 127.0.0.1:5060")),
        Err(error) => Err(format!("{text}: {error}; give an IP address and a port, such as 127.0.0.1:5060")),
    }
}

/// The server that a `sip:USER@HOST[:PORT]` leads to.
///
/// # Errors
/// A sentence with the reason.
pub fn server_of(uri: &str) -> Result<SocketAddr, String> {
    let rest = uri.strip_prefix("sip:").ok_or_else(|| format!("{uri} is not of the form sip:12345@HOST:PORT"))?;
    let (_, host) = rest.split_once('@').ok_or_else(|| format!("{uri} names no host: sip:12345@HOST:PORT"))?;
    address(host.split([';', '?']).next().unwrap_or(host))
}

/// `tone`, `silence` or the path of a WAV.
///
/// # Errors
/// A sentence with what is wrong with the file.
pub fn voice(text: &str, tone: TonePair) -> Result<Voice, String> {
    match text {
        "tone" => Ok(Voice::Tones(tone)),
        "silence" => Ok(Voice::Silence),
        path => match crate::wav::read(Path::new(path)) {
            Ok(samples) => Ok(Voice::Samples(samples.into())),
            Err(error) => Err(format!("{error}; --say takes a WAV, `tone` or `silence`")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_people_write_them() {
        let cases = [("2s", 2000), ("500ms", 500), ("1.5s", 1500), ("2m", 120_000), ("3", 3000), ("0s", 0)];
        for (text, millis) in cases {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["", "s", "-1s", "2h", "NaN", "inf", "1e9s", "two"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_with_and_without_a_port() {
        let cases = [
            ("127.0.0.1", "127.0.0.1:5060"),
            ("127.0.0.1:5070", "127.0.0.1:5070"),
            ("[::1]", "[::1]:5060"),
            ("[::1]:5070", "[::1]:5070"),
        ];
        for (text, expected) in cases {
            assert_eq!(address(text).map(|a| a.to_string()).as_deref(), Ok(expected));
            assert_eq!(
                server_of(&format!("sip:12345@{text};user=phone")).map(|a| a.to_string()).as_deref(),
                Ok(expected)
            );
        }
        for bad in ["12345@127.0.0.1", "sip:127.0.0.1", "sip:12345@127.0.0.1:99999", "tel:12345", "sip:1@"] {
            assert!(server_of(bad).is_err(), "{bad}");
        }
    }
}
