//! The way back to a phone that registers: the proxies it came through (RFC 3327), which phone it is, and who keeps its
//! connection open (RFC 5626).

use base::{Flow, Map, Now, Time};
use roster::{Change, Instance};
use sip::{Message, Name, NameAddr};

/// Proxies of one path, a value each, two for one with two sides (RFC 5658 §4): four proxies are more than any house has.
const PATH_HOPS_MAX: usize = 8;
/// All of them together: they stand in the journal with each binding, and in each INVITE.
const PATH_BYTES_MAX: usize = 2048;
/// A URN of a phone: one of a UUID has 45 characters.
const INSTANCE_CHARS_MAX: usize = 256;
/// How often a phone has to be heard of on its flow; what RFC 5626 §4.4 has phones do that are told nothing.
const KEEP_DATAGRAMS_S: u32 = 30;
const KEEP_CONNECTION_S: u32 = 120;

/// How a REGISTER says that its phone is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// The nearest to us first.
    pub(crate) path: Vec<String>,
    /// A proxy stands between the phone and us.
    pub(crate) proxied: bool,
    /// The phone understands `Path` in a response.
    knows_path: bool,
    /// The phone keeps its flow open, and whoever holds the other end sends its requests there.
    outbound: bool,
}

impl Reach {
    /// # Errors
    /// The status that refuses the REGISTER.
    pub(crate) fn of(request: &Message, change: &Change) -> Result<Reach, u16> {
        let proxied = request.vias().nth(1).is_some();
        let path = path(request)?;
        let named = is_named(change, request.expires())?;
        let kept_open = !proxied || path.iter().any(|hop| has_ob(hop));
        let requires = request.require().any(is("outbound"));
        if requires && !kept_open {
            return Err(439);
        }
        // RFC 5626 §6 has 439 also for a phone that merely supports it. Phones take that for the end, while all of them go on with
        // a 200 that does not require it, as of a registrar that does not know it.
        let outbound = named && kept_open && (requires || request.supported().any(is("outbound")));
        // RFC 3327 §5.3 leaves phones that do not support Path to us: 420 would shut out those of any house with a proxy, and
        // they need not know their path for us to use it.
        let knows_path = request.require().chain(request.supported()).any(is("path"));
        Ok(Reach { path, proxied, knows_path, outbound })
    }

    /// What the 200 says of it.
    pub(crate) fn headers(&self, flow: Flow) -> Vec<(String, String)> {
        let header = |name: &str, value: String| (name.to_owned(), value);
        let told = if self.knows_path { self.path.as_slice() } else { &[] };
        let mut headers: Vec<_> = told.iter().map(|hop| header(Name::Path.as_str(), hop.clone())).collect();
        if self.outbound {
            headers.push(header(Name::Require.as_str(), "outbound".to_owned()));
        }
        // Between a phone and its proxy the proxy says it.
        if self.outbound && !self.proxied {
            let keep_s = if flow.transport.is_reliable() { KEEP_CONNECTION_S } else { KEEP_DATAGRAMS_S };
            headers.push(header("Flow-Timer", keep_s.to_string()));
        }
        headers
    }
}

fn is(tag: &str) -> impl Fn(&str) -> bool {
    move |one| one.eq_ignore_ascii_case(tag)
}

/// The values of Path as they came; half a path leads astray, so one that cannot be read refuses all.
fn path(request: &Message) -> Result<Vec<String>, u16> {
    let path: Vec<String> = request.values(Name::Path).take(PATH_HOPS_MAX + 1).map(str::to_owned).collect();
    if path.len() > PATH_HOPS_MAX || path.iter().map(String::len).sum::<usize>() > PATH_BYTES_MAX {
        return Err(513);
    }
    let readable = |hop: &String| hop.contains('<') && NameAddr::parse(hop).is_ok();
    if path.iter().all(readable) { Ok(path) } else { Err(400) }
}

/// Whether a Contact names a registration of its phone. Such a one stands alone: several would be bound to one flow (RFC 5626 §6).
fn is_named(change: &Change, header: Option<u32>) -> Result<bool, u16> {
    let Change::Update(contacts) = change else { return Ok(false) };
    let named = contacts.iter().any(|contact| contact.instance.as_ref().is_some_and(|instance| instance.reg_id > 0));
    let set = contacts.iter().filter(|contact| contact.expires.or(header) != Some(0)).count();
    if named && set > 1 { Err(400) } else { Ok(named) }
}

/// Whether a proxy says that it sends requests to the phone's flow (RFC 5626 §5.1).
fn has_ob(hop: &str) -> bool {
    NameAddr::parse(hop).is_ok_and(|hop| hop.uri.params.has("ob"))
}

/// Which phone a Contact is of. Without a name of its own, its `reg-id` means nothing (RFC 5626 §6).
pub(crate) fn instance(contact: &NameAddr) -> Option<Instance> {
    let id = contact.params.get("+sip.instance")?;
    let id = id.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(id);
    // From 1 to 2^31 - 1 (RFC 5626 §11.1).
    let reg_id = contact.params.get("reg-id").and_then(|number| number.parse().ok()).filter(|n| *n < 1 << 31);
    let sound = !id.is_empty() && id.len() <= INSTANCE_CHARS_MAX;
    // UUIDs compare without case (RFC 4122 §3), and nothing else is told apart by case here.
    sound.then(|| Instance { id: id.to_ascii_lowercase(), reg_id: reg_id.unwrap_or(0) })
}

/// Flows of proxies that agents have registered through: who comes over one is not known by that alone. Of authenticated
/// registrations only, the dead are swept at their end.
#[derive(Debug, Default)]
pub(crate) struct Proxies(Map<Flow, Time>);

impl Proxies {
    pub(crate) fn note(&mut self, flow: Flow, until: Time) {
        let known = self.0.entry(flow).or_insert(until);
        *known = until.max(*known);
    }

    pub(crate) fn knows(&self, now: Now, flow: Flow) -> bool {
        self.0.get(&flow).is_some_and(|until| *until > now.time)
    }

    pub(crate) fn forget(&mut self, flow: Flow) {
        self.0.remove(&flow);
    }

    pub(crate) fn sweep(&mut self, now: Now) {
        self.0.retain(|_, until| *until > now.time);
    }
}
