//! `[[trunk]]`: whom calls may come from, and where they may go.

use std::net::IpAddr;

use base::{Codec, NetworkId, Secret};
use call::number::AreaCode;
use call::plan::{Credentials, Identity, Limits, Refusal, Subnet, Trunk, TrunkLimits};

use crate::nearest::did_you_mean;
use crate::network::Networks;
use crate::outward::{self, Beside};
use crate::problem::{Problem, Problems};
use crate::reader::Table;
use crate::service::{CALLS_MAX, refusal};
use crate::value::Value;

#[derive(Clone, Debug, Default)]
pub(crate) struct Trunks {
    pub(crate) trunks: Vec<Trunk>,
    /// By place in `trunks`.
    pub(crate) carriers: Vec<carrier::Trunk>,
    /// Who has a password of the examples.
    pub(crate) examples: Vec<String>,
}

const CODECS: &[(&str, Codec)] = &[("PCMA", Codec::Pcma), ("PCMU", Codec::Pcmu)];
const IDENTITIES: &[(&str, Identity)] = &[("from", Identity::From), ("asserted", Identity::Asserted)];

/// Passwords that begin so are printed in the manual.
pub(crate) const EXAMPLE: &str = "example-";

pub(crate) fn read(root: &Table<'_>, networks: &Networks, problems: &Problems) -> Trunks {
    let mut trunks = Trunks::default();
    for table in root.sections("trunk") {
        let name = table.need("name", "\"carrier\"").and_then(|v| v.text()).unwrap_or_default();
        let lines = table.get("sources").map(|v| v.list()).unwrap_or_default();
        let sources: Vec<_> = lines.iter().filter_map(subnet).collect();
        // An empty list says that nobody comes without a password.
        let by_targets = table.get("sources").is_none();
        let credentials = credentials(&table);
        if lines.is_empty() && credentials.is_none() && table.get("targets").is_none() {
            let help =
                "add `sources = [\"192.0.2.0/24\"]`, or `user` and `password`; or `targets` to call out through it";
            let title = format!("nobody can prove to be the trunk `{name}`");
            problems.error(Problem::new(table.spot.clone(), title, "neither sources nor a password", help));
        }
        if credentials.as_ref().is_some_and(|c| c.password.0.starts_with(EXAMPLE)) {
            trunks.examples.push(format!("trunk {name}"));
        }
        if trunks.trunks.iter().any(|t| t.name == name) {
            let title = format!("two trunks are named `{name}`");
            problems.error(Problem::new(table.spot.clone(), title, "", "give each trunk a name of its own"));
        }
        let identity = table.get("identity").and_then(|v| v.word("identity", IDENTITIES)).unwrap_or_default();
        let area_code = table.get("area_code").and_then(|v| area_code(&v));
        let network = table.get("network").and_then(|v| network(&v, networks));
        let limits = limits(&table);
        let codecs = table.get("codecs").and_then(|v| codecs(&v)).unwrap_or_else(|| Codec::ALL.to_vec());
        let beside = Beside { network, area_code: area_code.as_ref(), credentials: credentials.as_ref() };
        let (carrier, outward) = outward::read(&table, networks, &beside);
        trunks.carriers.push(carrier);
        trunks.trunks.push(Trunk {
            name,
            sources,
            by_targets,
            credentials,
            identity,
            area_code,
            network,
            limits,
            codecs,
            outward,
        });
    }
    trunks
}

fn credentials(table: &Table<'_>) -> Option<Credentials> {
    if table.get("user").is_none() && table.get("password").is_none() {
        return None;
    }
    let user = table.need("user", "\"carrier\"").and_then(|v| v.text());
    let password = table.need("password", "\"…\"").and_then(|v| v.text());
    Some(Credentials { user: user?, password: Secret(password?) })
}

/// What is spoken, the preferred one first.
fn codecs(value: &Value<'_>) -> Option<Vec<Codec>> {
    let mut codecs = Vec::new();
    for item in value.list() {
        let codec = item.word("codec", CODECS)?;
        if codecs.contains(&codec) {
            item.error("a codec stands twice", "again", "name each once, the preferred one first");
        }
        codecs.push(codec);
    }
    if codecs.is_empty() {
        value.error("a trunk without a codec is silent", "no codec", "write `[\"PCMA\", \"PCMU\"]`, or remove the key");
        return None;
    }
    Some(codecs)
}

fn network(value: &Value<'_>, networks: &Networks) -> Option<NetworkId> {
    let name = value.text()?;
    let mut names = networks.call.iter().map(|network| network.name.as_str());
    let place = names.clone().position(|known| *known == name);
    if place.is_none() {
        let known = did_you_mean(&name, &mut names);
        value.error(format!("no network is named `{name}`"), "no `[[network]]` with this name", known);
    }
    place.and_then(|place| u8::try_from(place).ok()).map(NetworkId)
}

fn limits(table: &Table<'_>) -> TrunkLimits {
    let most = |key| table.get(key).and_then(|v| v.number(1, CALLS_MAX));
    let status = table.get("refusal").and_then(|v| refusal(&v));
    let retry_after = table.seconds("retry_after_s", Limits::default().refusal.retry_after.as_secs(), 1, 86_400);
    TrunkLimits {
        calls: most("calls").and_then(|n| usize::try_from(n).ok()),
        calls_per_s: most("calls_per_s").and_then(|n| u32::try_from(n).ok()),
        refusal: status.map(|status| Refusal { status, retry_after }),
    }
}

fn area_code(value: &Value<'_>) -> Option<AreaCode> {
    value.parsed("an area code", "`\"020\"` or `\"0755\"`", AreaCode::parse)
}

fn subnet(value: &Value<'_>) -> Option<Subnet> {
    let subnet = value.parsed("a network", "`192.0.2.0/24` or one address", |text| {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(bits), |p| p.parse().ok()).filter(|p| *p <= bits)?;
        Some(Subnet { address, prefix })
    })?;
    let first = first_address(subnet);
    if first != subnet.address {
        let help = format!("write `{first}/{}`, or the address alone", subnet.prefix);
        let title = format!("`{}` is not the first address of a /{}", subnet.address, subnet.prefix);
        value.error(title, "has bits beyond the prefix", help);
    }
    Some(subnet)
}

fn first_address(subnet: Subnet) -> IpAddr {
    match subnet.address {
        IpAddr::V4(a) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(subnet.prefix)).unwrap_or(0);
            IpAddr::V4((u32::from(a) & mask).into())
        }
        IpAddr::V6(a) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(subnet.prefix)).unwrap_or(0);
            IpAddr::V6((u128::from(a) & mask).into())
        }
    }
}
