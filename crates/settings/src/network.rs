//! `[[network]]`: where we listen and how peers reach us.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use call::plan::Advertised;

use crate::Network;
use crate::agents::Agents;
use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::trunk::Trunks;
use crate::value::Value;

#[derive(Clone, Debug, Default)]
pub(crate) struct Networks {
    pub(crate) server: Vec<Network>,
    pub(crate) call: Vec<call::plan::Network>,
    /// Where each listener is written.
    pub(crate) spots: Vec<Spot>,
}

/// Class selector 3: signalling (RFC 4594 §3.2).
const DSCP_SIP: u64 = 24;
/// Expedited forwarding: voice (RFC 4594 §4.1).
const DSCP_MEDIA: u64 = 46;
/// `NetworkId` is one byte; nobody has so many carriers.
const NETWORKS_MAX: usize = 64;
const PORTS: &str = "20000-29999";

pub(crate) fn read(root: &Table<'_>, problems: &Problems) -> Networks {
    let mut networks = Networks::default();
    let media = root.section("media");
    let ports = media.get("ports").and_then(|v| port_range(&v)).unwrap_or(20000..=29999);
    let tables = root.sections("network");
    if tables.is_empty() || tables.len() > NETWORKS_MAX {
        let title = format!("{} networks, but 1 to {NETWORKS_MAX} are possible", tables.len());
        let help = "add a `[[network]]` with a name and `listen = \"127.0.0.1:5060\"`";
        problems.error(Problem::new(root.spot.clone(), title, "", help));
    }
    for (i, table) in tables.iter().take(NETWORKS_MAX).enumerate() {
        let sip = root.section("sip");
        let over = if i == 0 { [sip.get("udp"), sip.get("tcp")] } else { [None, None] };
        one(table, over, &ports, &mut networks);
    }
    refuse_twins(&networks, problems);
    networks
}

fn one(table: &Table<'_>, [udp, tcp]: [Option<Value<'_>>; 2], ports: &RangeInclusive<u16>, networks: &mut Networks) {
    let name = table.need("name", "\"local\"").and_then(|v| v.text()).unwrap_or_default();
    let overridden = udp.is_some();
    let Some(value) = udp.or_else(|| table.need("listen", "\"127.0.0.1:5060\"")) else { return };
    let Some(listen) = socket(&value) else { return };
    let shown = table.get("advertised").and_then(|v| advertised(&v));
    let (host, port) = match shown {
        Some((host, Some(port))) if !overridden => (host, port),
        Some((host, _)) => (host, listen.port()),
        None => (own_host(listen.ip(), &value, "advertised"), listen.port()),
    };
    let tcp = match tcp.or_else(|| table.get("tcp")) {
        Some(value) => connections(&value).inspect(|tcp| refuse_mixture(listen, tcp.ip(), &value)),
        None => Some(listen),
    };
    // Behind an address translator one mark is made for both, unless connections are taken somewhere else.
    let tcp_port = tcp.map(|tcp| if tcp.port() == listen.port() { port } else { tcp.port() });
    let bind = table.get("media_bind");
    let bind = bind.and_then(|v| ip(&v).inspect(|bind| refuse_mixture(listen, *bind, &v)));
    let media_bind = bind.unwrap_or(listen.ip());
    let media_advertised = table.get("media_advertised").and_then(|v| ip(&v));
    let media_advertised = media_advertised.or_else(|| host.parse().ok()).unwrap_or_else(|| {
        own_host(media_bind, &value, "media_advertised").parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    });
    let media_ports = table.get("media_ports").and_then(|v| port_range(&v)).unwrap_or(ports.clone());
    let dscp = |key, default| table.number(key, default, 0, 63) as u8;
    networks
        .call
        .push(call::plan::Network { name: name.clone(), advertised: Advertised { host, udp_port: port, tcp_port } });
    networks.spots.push(value.spot.clone());
    networks.server.push(Network {
        name,
        listen,
        tcp,
        media_bind,
        media_advertised,
        media_ports,
        dscp_sip: dscp("dscp_sip", DSCP_SIP),
        dscp_media: dscp("dscp_media", DSCP_MEDIA),
    });
}

/// A phone reaches addresses of its own family alone: what it is told over one has to be of that one.
fn refuse_mixture(listen: SocketAddr, other: IpAddr, value: &Value<'_>) {
    if listen.is_ipv4() != other.is_ipv4() {
        let help = "give IPv4 and IPv6 a `[[network]]` each; calls go between them";
        value.error(format!("`{other}` and `{listen}` are of two families"), "of another family than `listen`", help);
    }
}

/// Peers cannot send to "every address".
fn own_host(ip: IpAddr, listen: &Value<'_>, key: &str) -> String {
    if ip.is_unspecified() {
        let help = format!("set `{key}` of the network to the address that phones and trunks reach this machine at");
        listen.error(format!("`{ip}` is no address that a phone can send to"), "every address of this machine", help);
        return Ipv4Addr::LOCALHOST.to_string();
    }
    ip.to_string()
}

/// Where connections are taken; none for `off`.
fn connections(value: &Value<'_>) -> Option<SocketAddr> {
    let read = |text: &str| if text == "off" { Some(None) } else { text.parse().ok().map(Some) };
    value.parsed("an IP address and a port, or `off`", "`127.0.0.1:5060`", read).flatten()
}

pub(crate) fn socket(value: &Value<'_>) -> Option<SocketAddr> {
    value.parsed("an IP address and a port", "`127.0.0.1:5060`", |text| text.parse().ok())
}

fn ip(value: &Value<'_>) -> Option<IpAddr> {
    value.parsed("an IP address", "`192.0.2.10`", |text| text.parse().ok())
}

/// A host name or address, and a port if one is written.
fn advertised(value: &Value<'_>) -> Option<(String, Option<u16>)> {
    value.parsed("a host with or without a port", "`sip.example.org:5060` or `192.0.2.10`", |text| {
        if let Ok(socket) = text.parse::<SocketAddr>() {
            return Some((socket.ip().to_string(), Some(socket.port())));
        }
        let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let ip = match bracketed {
            Some(v6) => v6.parse().map(IpAddr::V6),
            None => text.parse(),
        };
        if let Ok(ip) = ip {
            return (!ip.is_unspecified()).then(|| (ip.to_string(), None));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (text, None),
        };
        let is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
        is_name.then(|| (host.to_owned(), port))
    })
}

fn port_range(value: &Value<'_>) -> Option<RangeInclusive<u16>> {
    value.parsed("a range of at least two ports", &format!("`{PORTS}`"), |text| {
        let (from, to) = text.split_once('-')?;
        let (from, to): (u16, u16) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        (from >= 1024 && from < to).then_some(from..=to)
    })
}

fn refuse_twins(networks: &Networks, problems: &Problems) {
    for (i, network) in networks.server.iter().enumerate() {
        let Some(spot) = networks.spots.get(i) else { continue };
        for earlier in &networks.server[..i] {
            if earlier.name == network.name {
                let title = format!("two networks are named `{}`", network.name);
                problems.error(Problem::new(spot.clone(), title, "", "give each network a name of its own"));
            }
            let both = [(Some(earlier.listen), Some(network.listen)), (earlier.tcp, network.tcp)];
            let taken = both.into_iter().find_map(|(a, b)| b.filter(|b| a == Some(*b) && b.port() != 0));
            if let Some(taken) = taken {
                let title = format!("`{taken}` is the listener of `{}` already", earlier.name);
                problems.error(Problem::new(spot.clone(), title, "taken", "choose another port or address"));
            }
        }
    }
}

/// The example passwords are known to everybody; beyond loopback they would open the lines to strangers.
pub(crate) fn refuse_example_passwords(networks: &Networks, agents: &Agents, trunks: &Trunks, problems: &Problems) {
    let number = agents.examples.iter().chain(&trunks.examples).next();
    let Some(who) = number else { return };
    for (network, spot) in networks.server.iter().zip(&networks.spots) {
        let open = [Some(network.listen), network.tcp].into_iter().flatten().find(|at| !at.ip().is_loopback());
        let Some(open) = open else { continue };
        let title = format!("refuses to listen on {open} with an example password ({who})");
        let help = "give every agent in queues.toml and every trunk a password of its own, or listen on 127.0.0.1 \
                    alone: the example passwords are public, and whoever knows one can take citizens' calls";
        problems.error(Problem::new(spot.clone(), title, "reachable from other machines", help));
    }
}
