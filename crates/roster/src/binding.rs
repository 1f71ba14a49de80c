//! Contact bindings: which URIs of a phone are reached over which flow, until when (RFC 3261 §10.3).

use std::cmp::Reverse;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use base::{AgentId, Flow, SIP_PORT, Time, TimerId};

use crate::{BindingView, Bound, Change, Contact, ContactChange, Fact, Plan, RegisterRefusal, Registration};

/// A registrar may call only intervals below this too brief (RFC 3261 §10.3 step 7).
const BRIEF_BELOW_S: u32 = 3600;

/// One live binding.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) bound: Bound,
    /// The form in which its URI is compared.
    same: String,
    /// Counts registrations: the higher, the more recent.
    serial: u64,
    pub(crate) expiry: TimerId,
}

impl Binding {
    pub(crate) fn new(bound: Bound, serial: u64, expiry: TimerId) -> Binding {
        Binding { same: comparable(&bound.uri), bound, serial, expiry }
    }

    /// What is written down of this binding, which stands for `old`, the one at that place.
    pub(crate) fn fact(&self, agent: AgentId, old: Option<&(usize, Binding)>) -> Fact {
        let Bound { until, cseq, .. } = self.bound;
        let renewed = old.filter(|(_, old)| Bound { until, cseq, ..old.bound.clone() } == self.bound);
        match renewed.and_then(|(place, _)| u16::try_from(*place).ok()) {
            Some(place) => Fact::Renewed { agent, place, until, cseq },
            None => Fact::Bound { agent, binding: self.bound.clone() },
        }
    }
}

/// A checked change of one binding.
#[derive(Debug)]
pub(crate) struct Update {
    uri: String,
    same: String,
    q: u16,
    /// `None` removes the binding.
    granted: Option<Duration>,
}

/// The bindings of one agent; a handful, so they are searched one by one.
#[derive(Clone, Debug)]
pub(crate) struct Bindings(Vec<Binding>);

impl Bindings {
    pub(crate) const fn new() -> Bindings {
        Bindings(Vec::new())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Checks a whole REGISTER before anything is changed: all of it holds or none.
    pub(crate) fn check(&self, plan: &Plan, asked: &Registration) -> Result<Vec<Update>, RegisterRefusal> {
        let updates = match &asked.change {
            Change::Query => Vec::new(),
            Change::RemoveAll => self.0.iter().map(Update::removal).collect(),
            Change::Update(changes) => {
                let mut updates: Vec<Update> = Vec::new();
                for change in changes {
                    let update = Update::new(plan, asked.expires, change)?;
                    // A contact named twice in one request counts as it was named last.
                    updates.retain(|u| u.same != update.same);
                    updates.push(update);
                }
                updates
            }
        };
        if updates.iter().any(|update| self.is_late(asked, update)) {
            return Err(RegisterRefusal::OutOfOrder);
        }
        let kept = self.0.iter().filter(|b| updates.iter().all(|u| u.same != b.same)).count();
        let set = updates.iter().filter(|u| u.granted.is_some()).count();
        if set > 0 && kept + set > plan.contacts_max {
            return Err(RegisterRefusal::TooManyContacts { limit: plan.contacts_max });
        }
        Ok(updates)
    }

    /// RFC 3261 §10.3 steps 6 and 7: within one Call-ID only a higher CSeq may touch a binding.
    fn is_late(&self, asked: &Registration, update: &Update) -> bool {
        let binding = self.0.iter().find(|b| b.same == update.same);
        binding.is_some_and(|b| b.bound.call_id == asked.call_id && asked.cseq <= b.bound.cseq)
    }

    /// Takes the binding that an update concerns out of the list, with the place that it had.
    pub(crate) fn take(&mut self, update: &Update) -> Option<(usize, Binding)> {
        let place = self.0.iter().position(|b| b.same == update.same)?;
        Some((place, self.0.remove(place)))
    }

    /// Takes out a binding whose time is over.
    pub(crate) fn take_serial(&mut self, serial: u64) -> Option<Binding> {
        let place = self.0.iter().position(|b| b.serial == serial)?;
        Some(self.0.remove(place))
    }

    /// Takes out a binding that lives on a flow.
    pub(crate) fn take_on(&mut self, flow: Flow) -> Option<Binding> {
        let place = self.0.iter().position(|b| b.bound.flow == flow)?;
        Some(self.0.remove(place))
    }

    /// The most recent last.
    pub(crate) fn bound(&self) -> impl Iterator<Item = &Bound> {
        self.0.iter().map(|binding| &binding.bound)
    }

    pub(crate) fn push(&mut self, binding: Binding) {
        self.0.push(binding);
    }

    /// What a 200 lists.
    pub(crate) fn listed(&self, now: Time) -> Vec<BindingView> {
        let live = self.bound().filter(|b| b.until > now);
        live.map(|b| BindingView { uri: b.uri.clone(), expires: seconds_up(b.until - now) }).collect()
    }

    /// What an offer may ring: highest `q` first, then the most recent.
    pub(crate) fn contacts(&self, now: Time) -> Vec<Contact> {
        let mut live: Vec<&Binding> = self.0.iter().filter(|b| b.bound.until > now).collect();
        live.sort_by_key(|b| Reverse((b.bound.q, b.serial)));
        live.into_iter().map(|b| Contact { uri: b.bound.uri.clone(), flow: b.bound.flow }).collect()
    }
}

impl Update {
    fn new(plan: &Plan, header: Option<u32>, change: &ContactChange) -> Result<Update, RegisterRefusal> {
        let asked = change.expires.or(header);
        let min = u32::try_from(plan.expires_min.as_secs()).unwrap_or(u32::MAX);
        if let Some(asked) = asked
            && asked > 0
            && asked < min.min(BRIEF_BELOW_S)
        {
            return Err(RegisterRefusal::IntervalTooBrief { min });
        }
        let asked = asked.map_or(plan.expires_default, |s| Duration::from_secs(u64::from(s)));
        let granted = (!asked.is_zero()).then(|| asked.min(plan.expires_max));
        Ok(Update { uri: change.uri.clone(), same: comparable(&change.uri), q: change.q, granted })
    }

    fn removal(binding: &Binding) -> Update {
        Update { uri: binding.bound.uri.clone(), same: binding.same.clone(), q: binding.bound.q, granted: None }
    }

    /// When the binding will expire; `None` for a removal.
    pub(crate) fn until(&self, now: Time) -> Option<Time> {
        self.granted.map(|granted| now + granted)
    }

    pub(crate) fn into_bound(self, asked: &Registration, until: Time) -> Bound {
        let Registration { flow, cseq, .. } = *asked;
        Bound { uri: self.uri, flow, q: self.q, until, call_id: asked.call_id.clone(), cseq }
    }
}

fn seconds_up(left: Duration) -> u32 {
    u32::try_from(left.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u32::MAX)
}

/// Where a phone takes connections itself, when its URI says so and is honest about its host: one behind NAT is not, and is
/// reached on the connection that it opened or not at all (RFC 5626 §3.2).
pub(crate) fn own_flow(bound: &Bound) -> Option<Flow> {
    let flow = bound.flow;
    let (address, params) = bound.uri.split_once(';').unwrap_or((&bound.uri, ""));
    let (scheme, rest) = address.split_once(':')?;
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let named =
        params.split([';', '?']).find_map(|p| p.split_once('=').filter(|(k, _)| k.eq_ignore_ascii_case("transport")));
    let fits = named.is_none_or(|(_, transport)| transport.eq_ignore_ascii_case(flow.transport.via_name()));
    let ip = |host: &str| host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let peer = host.parse().ok().or_else(|| ip(host).map(|ip| SocketAddr::new(ip, SIP_PORT)))?;
    let honest = scheme.eq_ignore_ascii_case("sip") && fits && peer.ip() == flow.peer.ip();
    honest.then_some(Flow { peer, connection: 0, ..flow })
}

/// The URI with scheme and host in lower case; user, parameters and headers stay as the phone wrote them.
pub(crate) fn comparable(uri: &str) -> String {
    let uri = uri.trim();
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    // An `@` inside user, parameters or headers is escaped (RFC 3261 §25.1), so the first one ends the user part.
    let (user, rest) = rest.split_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
    let (host, tail) = rest.split_at(rest.find([';', '?']).unwrap_or(rest.len()));
    let mut same = format!("{}:", scheme.to_ascii_lowercase());
    if let Some(user) = user {
        same.push_str(user);
        same.push('@');
    }
    same.push_str(&host.to_ascii_lowercase());
    same.push_str(tail);
    same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_compare_by_scheme_and_host_without_case() {
        let cases = [
            ("sip:1001@PHONE.local:5060", "SIP:1001@phone.LOCAL:5060", true),
            ("sip:Ann@host", "sip:ann@host", false),
            ("sip:1@h;ob=A", "sip:1@H;ob=A", true),
            ("sip:1@h;ob=A", "sip:1@h;ob=a", false),
            ("sip:1@h", "sip:1@h:5060", false),
            ("sip:HOST", "sip:host", true),
            ("sip:[FE80::1]:5060", "sip:[fe80::1]:5060", true),
            ("", "", true),
            ("sip:1@h?Subject=A", "sip:1@h?subject=a", false),
        ];
        for (a, b, same) in cases {
            assert_eq!(comparable(a) == comparable(b), same, "{a} and {b}");
        }
    }

    #[test]
    fn a_phone_is_connected_to_where_it_really_is() {
        let flow = Flow {
            transport: base::Transport::Tcp,
            connection: 7,
            ..Flow::udp(base::NetworkId(0), at("192.0.2.7:40001"))
        };
        let bound =
            |uri: &str| Bound { uri: uri.into(), flow, q: 1000, until: Time::ZERO, call_id: String::new(), cseq: 1 };
        let cases = [
            ("sip:1001@192.0.2.7:5062;transport=tcp", Some("192.0.2.7:5062")),
            ("sip:1001@192.0.2.7", Some("192.0.2.7:5060")),
            ("SIP:192.0.2.7:5062;ob;Transport=TCP", Some("192.0.2.7:5062")),
            ("sip:1001@192.168.1.4:5060;transport=tcp", None),
            ("sip:1001@192.0.2.7:5062;transport=udp", None),
            ("sips:1001@192.0.2.7:5062", None),
            ("sip:1001@phone.example", None),
            ("sip:1001@192.0.2.7:99999", None),
            ("", None),
        ];
        for (uri, expected) in cases {
            let expected = expected.map(|peer| Flow { peer: at(peer), connection: 0, ..flow });
            assert_eq!(own_flow(&bound(uri)), expected, "{uri}");
        }
    }

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn seconds_left_are_rounded_up() {
        assert_eq!(seconds_up(Duration::from_millis(59_001)), 60);
        assert_eq!(seconds_up(Duration::from_secs(60)), 60);
        assert_eq!(seconds_up(Duration::MAX), u32::MAX);
    }
}
