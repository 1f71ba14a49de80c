//! The keys of a `[[trunk]]` that we call out through: where it is, who we are to it, how it wants numbers.

use std::net::SocketAddr;
use std::time::Duration;

use base::{NetworkId, Transport};
use call::number::{AreaCode, NumberForm, canonical};
use call::plan::{Credentials, IdentityOut, Outward};
use carrier::{Family, Host, Login, Register, Target};

use crate::network::Networks;
use crate::problem::Problem;
use crate::reader::Table;
use crate::service::number;
use crate::value::{Raw, Value};

/// The keys that say nothing where no target is.
const WITH_TARGETS: &[&str] = &["domain", "register", "options_s", "number_out", "caller", "callers", "identity_out"];
const FORMS: &[(&str, NumberForm)] =
    &[("national", NumberForm::National), ("e164", NumberForm::E164), ("local", NumberForm::Local)];
const IDENTITIES: &[(&str, IdentityOut)] =
    &[("from", IdentityOut::From), ("asserted", IdentityOut::Asserted), ("both", IdentityOut::Both)];
/// Targets of one trunk: a carrier names two or three; more belong behind one name.
const TARGETS_MAX: usize = 8;
/// Seconds between two questions whether a target lives: with fewer they would be a load.
const OPTIONS_MIN: u64 = 5;
const OPTIONS: u64 = 30;
/// RFC 3261 §10.2: an hour where nobody says otherwise.
const EXPIRES: u64 = 3600;

/// What a trunk says beside its targets.
pub(crate) struct Beside<'a> {
    pub(crate) network: Option<NetworkId>,
    pub(crate) area_code: Option<&'a AreaCode>,
    /// What the carrier proves itself with; answers its challenges too where it does not register.
    pub(crate) credentials: Option<&'a Credentials>,
}

/// Reads the part of a trunk that leads out; none for a trunk without targets.
pub(crate) fn read(table: &Table<'_>, networks: &Networks, beside: &Beside<'_>) -> (carrier::Trunk, Option<Outward>) {
    let Some(list) = table.get("targets") else {
        refuse_alone(table);
        return (carrier::Trunk::default(), None);
    };
    let network = network(table, networks, beside.network);
    let listen = networks.server.get(usize::from(network.0)).map(|network| network.listen);
    let family = if listen.is_some_and(|at| at.is_ipv6()) { Family::V6 } else { Family::V4 };
    let takes_tcp = networks.server.get(usize::from(network.0)).is_none_or(|network| network.tcp.is_some());
    let register = table.get("register").and_then(|value| register(&value));
    let own = beside.credentials.map(|c| Login { user: c.user.clone(), password: c.password.clone() });
    let trunk = carrier::Trunk {
        targets: targets(&list, (family, takes_tcp)),
        network,
        family,
        domain: table.get("domain").and_then(|value| domain(&value)),
        options: options(table),
        login: register.as_ref().map(|(_, login)| login.clone()).or(own),
        register: register.map(|(register, _)| register),
    };
    (trunk, Some(outward(table, beside.area_code)))
}

fn refuse_alone(table: &Table<'_>) {
    for key in WITH_TARGETS {
        if let Some(value) = table.get(key) {
            let help = "add `targets = [\"sip:ims.example.org\"]`, or remove the key";
            value.error(format!("`{key}` says nothing without `targets`"), "no call leaves through this trunk", help);
        }
    }
}

fn network(table: &Table<'_>, networks: &Networks, named: Option<NetworkId>) -> NetworkId {
    if named.is_none() && networks.server.len() > 1 && table.get("network").is_none() {
        let title = "a trunk with targets has to say which network they are on";
        let help = "add `network = \"…\"` with the name of a `[[network]]`";
        table.problems.error(Problem::new(table.spot.clone(), title, "several networks", help));
    }
    named.unwrap_or_default()
}

/// `near`: what the network can reach, a version of IP and whether over connections.
fn targets(list: &Value<'_>, near: (Family, bool)) -> Vec<Target> {
    let items = list.list();
    if items.is_empty() || items.len() > TARGETS_MAX {
        let title = format!("{} targets, but 1 to {TARGETS_MAX} are possible", items.len());
        list.error(title, "", "write `targets = [\"sip:ims.example.org\"]`");
    }
    items.iter().take(TARGETS_MAX).filter_map(|item| target(item, near)).collect()
}

/// A URI, or a table with one.
fn target(item: &Value<'_>, near: (Family, bool)) -> Option<Target> {
    if item.as_text().is_some() {
        return uri(item, near);
    }
    let table = item.table(&["trunk.target"])?;
    let value = table.need("uri", "\"sip:ims.example.org\"")?;
    let share = |key, default| u16::try_from(table.number(key, default, 0, u16::MAX.into())).unwrap_or(u16::MAX);
    let (priority, weight) = (share("priority", 1), share("weight", 10));
    Some(Target { priority, weight, ..uri(&value, near)? })
}

fn uri(value: &Value<'_>, (family, takes_tcp): (Family, bool)) -> Option<Target> {
    let text = value.text()?;
    let help = "write it as `sip:ims.example.org`, `sip:192.0.2.1:5060` or `sip:ims.example.org;transport=tcp`";
    let target = match Target::parse(text.trim()) {
        Ok(target) => target,
        Err(why) => {
            value.error(format!("`{text}` is {why}"), "no target", help);
            return None;
        }
    };
    if let Host::Address(ip) = target.host
        && ip.is_ipv4() != (family == Family::V4)
    {
        let title = format!("`{text}` cannot be reached from the trunk's network");
        value.error(title, "another version of IP", "name a network that listens on an address of this version");
        return None;
    }
    if target.transport == Some(Transport::Tcp) && !takes_tcp {
        let title = format!("`{text}` cannot be reached from the trunk's network");
        value.error(
            title,
            "the network takes no connections",
            "remove `tcp = \"off\"` of the network, or `;transport=tcp`",
        );
        return None;
    }
    Some(target)
}

fn domain(value: &Value<'_>) -> Option<String> {
    value.parsed("a domain", "`ims.example.org`", |text| {
        let target = Target::parse(&format!("sip:{text}")).ok()?;
        (target.port.is_none() && target.transport.is_none()).then(|| target.host.to_string())
    })
}

fn options(table: &Table<'_>) -> Option<Duration> {
    let seconds = table.number("options_s", OPTIONS, 0, 3600);
    if (1..OPTIONS_MIN).contains(&seconds)
        && let Some(value) = table.get("options_s")
    {
        let help = format!("choose {OPTIONS_MIN} or more, or 0 for never");
        value.error(format!("every {seconds} s is too often"), "a load for the carrier", help);
    }
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

fn register(value: &Value<'_>) -> Option<(Register, Login)> {
    if !matches!(value.raw, Raw::File(_, table) if table.is_table()) {
        let help = "write `register = { user = \"02012345\", password = \"…\" }`";
        value.error("`register` is a table", "no table", help);
        return None;
    }
    let table = value.table(&["trunk.register"])?;
    let user = table.need("user", "\"02012345\"").and_then(|value| user(&value));
    let password = table.need("password", "\"…\"").and_then(|value| value.text());
    let domain = table.get("domain").and_then(|value| domain(&value));
    let expires = table.seconds("expires_s", EXPIRES, 60, 86_400);
    let contact_user = table.get("contact_user").and_then(|value| self::user(&value));
    let auth_user = table.get("auth_user").and_then(|value| value.text());
    let user = user?;
    let login = Login { user: auth_user.unwrap_or_else(|| user.clone()), password: base::Secret(password?) };
    Some((Register { contact_user: contact_user.unwrap_or_else(|| user.clone()), user, domain, expires }, login))
}

/// The user part of a URI; a `sip:` in front or a domain behind belongs elsewhere.
fn user(value: &Value<'_>) -> Option<String> {
    value.parsed("the user of an address, without a domain", "`02012345` or `+862012345`", |text| {
        let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"@:<>\";?,".contains(&b));
        fits.then(|| text.to_owned())
    })
}

fn outward(table: &Table<'_>, area_code: Option<&AreaCode>) -> Outward {
    let form = table.get("number_out").and_then(|value| Some((value.word("form of numbers", FORMS)?, value)));
    if let Some((NumberForm::Local, value)) = &form
        && area_code.is_none()
        && table.get("area_code").is_none()
    {
        let help = "add `area_code = \"020\"`, or choose `national`";
        value.error("local numbers are local to an area", "which area is not said", help);
    }
    let number = |value: &Value<'_>| number(value).map(|number| canonical(&number, area_code));
    Outward {
        number: form.map(|(form, _)| form).unwrap_or_default(),
        caller: table.get("caller").and_then(|value| number(&value)),
        callers: table.get("callers").map(|v| v.list()).unwrap_or_default().iter().filter_map(number).collect(),
        identity: table.get("identity_out").and_then(|value| value.word("identity", IDENTITIES)).unwrap_or_default(),
    }
}

/// Name servers beside those of the system: an address, with or without a port.
pub(crate) fn name_server(value: &Value<'_>) -> Option<SocketAddr> {
    value.parsed("the address of a name server", "`192.0.2.53` or `192.0.2.53:53`", |text| {
        let plain = || text.parse().ok().map(|ip| SocketAddr::new(ip, 53));
        text.parse().ok().or_else(plain).filter(|at: &SocketAddr| at.port() != 0)
    })
}
