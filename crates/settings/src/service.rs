//! The single tables of `hotline.toml`, and the numbers that are ours.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use call::plan::{CalledNumber, Connect, Digest, Limits, Refusal};

use crate::groups::refuse_twins;
use crate::nearest::did_you_mean;
use crate::network::socket;
use crate::outward::name_server;
use crate::problem::{Problem, Problems};
use crate::reader::Table;
use crate::value::Value;

/// What belongs to no list of its own.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) http: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) log: String,
    pub(crate) media_workers: Option<usize>,
    pub(crate) drain: Duration,
    /// Name servers; none for those of the system.
    pub(crate) dns: Vec<SocketAddr>,
    pub(crate) ladder_bytes: usize,
    pub(crate) realm: String,
    pub(crate) digest: &'static [Digest],
    pub(crate) expires_min: Duration,
    pub(crate) expires_default: Duration,
    pub(crate) expires_max: Duration,
    pub(crate) contacts_max: usize,
    pub(crate) session_expires: Duration,
    pub(crate) called: Vec<CalledNumber>,
    pub(crate) connect: Connect,
    pub(crate) limits: Limits,
}

impl Default for Service {
    fn default() -> Service {
        let roster::Plan { expires_min, expires_default, expires_max, contacts_max, .. } = roster::Plan::default();
        Service {
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            data: PathBuf::from("data"),
            log: "info".to_owned(),
            media_workers: None,
            drain: Duration::from_secs(300),
            dns: Vec::new(),
            ladder_bytes: LADDER_MIB << 20,
            realm: "12345".to_owned(),
            digest: &[Digest::Md5],
            expires_min,
            expires_default,
            expires_max,
            contacts_max,
            session_expires: Duration::from_secs(1800),
            called: Vec::new(),
            connect: Connect { show_citizen: true, say_agent_number: true },
            limits: Limits::default(),
        }
    }
}

/// RFC 8760 §2.3: a phone takes the first challenge that it understands, so the stronger goes first.
const DIGESTS: &[(&str, &[Digest])] =
    &[("md5", &[Digest::Md5]), ("sha-256", &[Digest::Sha256]), ("both", &[Digest::Sha256, Digest::Md5])];
const DAY: u64 = 86_400;
/// Messages of 5,000 queue calls, of the last eight minutes at ten calls a second.
const LADDER_MIB: usize = 64;
/// Half a million calls: beyond it memory is better spent on calls.
const LADDER_MIB_MAX: u64 = 4096;
/// One machine's memory and ports; more calls need more machines.
pub(crate) const CALLS_MAX: u64 = 100_000;

/// Where HTTP is served.
pub(crate) fn http(root: &Table<'_>, problems: &Problems) -> SocketAddr {
    let listen = root.section("http").get("listen").and_then(|v| http_listen(&v, problems));
    listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))
}

/// The folder of what the engine writes.
pub(crate) fn data(root: &Table<'_>) -> PathBuf {
    PathBuf::from(root.section("server").text("data", "data"))
}

pub(crate) fn read(root: &Table<'_>, menus: &[String], problems: &Problems) -> Service {
    let d = Service::default();
    let [server, sip] = ["server", "sip"].map(|s| root.section(s));
    let [media, connect, limits, drain] = ["media", "connect", "limits", "drain"].map(|s| root.section(s));
    let servers = root.section("dns").get("servers").map(|v| v.list()).unwrap_or_default();
    let ladder = root.section("ladder");
    let seconds = |table: &Table<'_>, key, default: Duration, min| table.seconds(key, default.as_secs(), min, DAY);
    let service = Service {
        http: http(root, problems),
        data: data(root),
        log: server.get("log").and_then(|v| log_filter(&v)).unwrap_or(d.log),
        media_workers: match media.number("workers", 0, 0, 128) {
            0 => None,
            n => usize::try_from(n).ok(),
        },
        drain: seconds(&drain, "wait_s", d.drain, 0),
        dns: servers.iter().filter_map(name_server).collect(),
        ladder_bytes: (ladder.number("keep_mib", LADDER_MIB as u64, 0, LADDER_MIB_MAX) as usize) << 20,
        realm: sip.get("realm").and_then(|v| realm(&v)).unwrap_or(d.realm),
        digest: sip.get("digest").and_then(|v| v.word("digest", DIGESTS)).unwrap_or(d.digest),
        expires_min: seconds(&sip, "expires_min_s", d.expires_min, 1),
        expires_default: seconds(&sip, "expires_default_s", d.expires_default, 1),
        expires_max: seconds(&sip, "expires_max_s", d.expires_max, 1),
        contacts_max: sip.number("contacts_max", d.contacts_max as u64, 1, 100) as usize,
        // RFC 4028 §4: 1800 s is recommended, and nobody may go below 90 s.
        session_expires: seconds(&sip, "session_expires_s", d.session_expires, 90),
        called: called(root, menus, problems),
        connect: Connect {
            show_citizen: connect.bool("show_citizen", d.connect.show_citizen),
            say_agent_number: connect.bool("say_agent_number", d.connect.say_agent_number),
        },
        limits: Limits {
            calls: limits.number("calls", d.limits.calls as u64, 1, CALLS_MAX) as usize,
            calls_per_s: match limits.number("calls_per_s", 0, 0, CALLS_MAX) {
                0 => None,
                n => u32::try_from(n).ok(),
            },
            refusal: Refusal {
                status: limits.get("refusal").and_then(|v| refusal(&v)).unwrap_or(d.limits.refusal.status),
                retry_after: seconds(&limits, "retry_after_s", d.limits.refusal.retry_after, 1),
            },
            talk: seconds(&limits, "talk_s", d.limits.talk, 60),
            menu: seconds(&limits, "menu_s", d.limits.menu, 10),
        },
    };
    check_expires(&service, &sip);
    service
}

/// Answers that tell a caller to come later.
pub(crate) fn refusal(value: &Value<'_>) -> Option<u16> {
    let status = value.number(400, 699)?;
    if ![480, 486, 503, 600].contains(&status) {
        value.error(
            format!("{status} tells no caller to come later"),
            "unfit",
            "choose 503 (service unavailable), 486 (busy here), 480 (temporarily unavailable) or 600 (busy everywhere)",
        );
        return None;
    }
    u16::try_from(status).ok()
}

fn check_expires(service: &Service, sip: &Table<'_>) {
    let order = service.expires_min <= service.expires_default && service.expires_default <= service.expires_max;
    if !order {
        let spot = sip.get("expires_default_s").map_or(sip.spot.clone(), |v| v.spot);
        let title = "expires_default_s is not between expires_min_s and expires_max_s";
        let help = "choose them in the order min ≤ default ≤ max";
        sip.problems.error(Problem::new(spot, title, "outside", help));
    }
}

fn http_listen(value: &Value<'_>, problems: &Problems) -> Option<SocketAddr> {
    let listen = socket(value)?;
    if !listen.ip().is_loopback() {
        let title = format!(
            "HTTP on {listen} is open to whoever reaches it: metrics ask for no token, and tokens travel in clear"
        );
        let help = "put a reverse proxy with TLS in front, or listen on 127.0.0.1";
        problems.warn(Problem::new(value.spot.clone(), title, "reachable from other machines", help));
    }
    Some(listen)
}

/// A level, or parts with levels of their own.
fn log_filter(value: &Value<'_>) -> Option<String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    value.parsed("a log filter", "`info` or `info,media=debug`", |text| {
        let level = |part: &str| LEVELS.contains(&part.rsplit('=').next().unwrap_or(part).trim());
        text.split(',').all(level).then(|| text.to_owned())
    })
}

/// It stands in a quoted string of a header (RFC 3261 §25.1).
fn realm(value: &Value<'_>) -> Option<String> {
    value.parsed("a realm of printable ASCII without quotes", "`12345`", |text| {
        let fits = text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\');
        fits.then(|| text.to_owned())
    })
}

fn called(root: &Table<'_>, menus: &[String], problems: &Problems) -> Vec<CalledNumber> {
    let mut called = Vec::new();
    let mut seen = Vec::new();
    for table in root.sections("called") {
        let menu = table.need("menu", "\"12345\"").and_then(|v| menu(&v, menus));
        let numbers = table.need("numbers", "[\"12345\"]").map(|v| v.list()).unwrap_or_default();
        for item in &numbers {
            let Some(number) = number(item) else { continue };
            seen.push((number.clone(), item.spot.clone()));
            called.extend(menu.map(|menu| CalledNumber { number, menu }));
        }
    }
    if seen.is_empty() {
        let help = "add `[[called]]` with `numbers = [\"12345\"]` and `menu = \"12345\"`";
        problems.error(Problem::new(root.spot.clone(), "no called number is ours", "", help));
    }
    refuse_twins(seen.iter().map(|(n, spot)| (n.as_str(), spot)), "called numbers", problems);
    called
}

pub(crate) fn number(value: &Value<'_>) -> Option<String> {
    value.parsed("a number", "`12345` or `+8612345`", |text| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let fits = !digits.is_empty() && digits.len() <= 32 && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.to_owned())
    })
}

fn menu(value: &Value<'_>, menus: &[String]) -> Option<usize> {
    let name = value.text()?;
    let found = menus.iter().position(|known| *known == name);
    if found.is_none() {
        let known = did_you_mean(&name, menus.iter().map(String::as_str));
        value.error(format!("no menu is named `{name}`"), format!("no file menu/{name}.toml"), known);
    }
    found
}
