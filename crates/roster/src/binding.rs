//! Contact bindings: which URIs of a phone are reached over which flow, until when (RFC 3261 §10.3).

use std::cmp::Reverse;
use std::time::Duration;

use base::{AgentId, Flow, Time, TimerId};

use crate::reach::{comparable, is_one};
use crate::{BindingView, Bound, Change, Contact, ContactChange, Fact, Instance, Plan, RegisterRefusal, Registration};

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

    /// What is written down of this binding, which stands for `old`, each with its place.
    pub(crate) fn fact(&self, agent: AgentId, old: &[(usize, Binding)]) -> Fact {
        let Bound { until, cseq, .. } = self.bound;
        let renewed = match old {
            [(place, old)] if Bound { until, cseq, ..old.bound.clone() } == self.bound => u16::try_from(*place).ok(),
            _ => None,
        };
        match renewed {
            Some(place) => Fact::Renewed { agent, place, until, cseq },
            None => Fact::Bound { agent, binding: self.bound.clone() },
        }
    }

    /// What is written down of a binding that is gone.
    pub(crate) fn gone(self, agent: AgentId) -> Fact {
        Fact::Unbound { agent, uri: self.bound.uri, instance: self.bound.instance }
    }
}

/// A checked change of one binding.
#[derive(Debug)]
pub(crate) struct Update {
    uri: String,
    same: String,
    q: u16,
    instance: Option<Instance>,
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
                    updates.retain(|u| !update.concerns(&u.same, u.instance.as_ref()));
                    updates.push(update);
                }
                updates
            }
        };
        if updates.iter().any(|update| self.is_late(asked, update)) {
            return Err(RegisterRefusal::OutOfOrder);
        }
        let kept = self.0.iter().filter(|b| !updates.iter().any(|u| u.is_about(b))).count();
        let set = updates.iter().filter(|u| u.granted.is_some()).count();
        if set > 0 && kept + set > plan.contacts_max {
            return Err(RegisterRefusal::TooManyContacts { limit: plan.contacts_max });
        }
        Ok(updates)
    }

    /// RFC 3261 §10.3 steps 6 and 7: within one Call-ID only a higher CSeq may touch a binding.
    fn is_late(&self, asked: &Registration, update: &Update) -> bool {
        let mut about = self.0.iter().filter(|b| update.is_about(b));
        about.any(|b| b.bound.call_id == asked.call_id && asked.cseq <= b.bound.cseq)
    }

    /// Takes a binding that an update concerns out of the list, with the place that it had.
    pub(crate) fn take(&mut self, update: &Update) -> Option<(usize, Binding)> {
        let place = self.0.iter().position(|b| update.is_about(b))?;
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

    /// Takes out the most recent one.
    pub(crate) fn pop(&mut self) -> Option<Binding> {
        self.0.pop()
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
        let phone = |place: usize, bound: &Bound| live.iter().position(|b| b.bound.is_of_phone(bound)).unwrap_or(place);
        let contact = |(place, b): (usize, &&Binding)| {
            let Bound { uri, flow, path, .. } = b.bound.clone();
            Contact { uri, flow, path, phone: phone(place, &b.bound) }
        };
        live.iter().enumerate().map(contact).collect()
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
        let (uri, same, instance) = (change.uri.clone(), comparable(&change.uri), change.instance.clone());
        Ok(Update { uri, same, q: change.q, instance, granted })
    }

    fn removal(binding: &Binding) -> Update {
        let Bound { uri, q, instance, .. } = binding.bound.clone();
        Update { uri, same: binding.same.clone(), q, instance, granted: None }
    }

    /// Whether it stands for what has this URI and instance. A removal takes away nothing but the URI that it names: a phone
    /// that moved tidies up behind itself and stays.
    fn concerns(&self, same: &str, instance: Option<&Instance>) -> bool {
        let named = self.same == same;
        is_one((&self.same, self.instance.as_ref()), (same, instance)) && (named || self.granted.is_some())
    }

    fn is_about(&self, binding: &Binding) -> bool {
        self.concerns(&binding.same, binding.bound.instance.as_ref())
    }

    /// When the binding will expire; `None` for a removal.
    pub(crate) fn until(&self, now: Time) -> Option<Time> {
        self.granted.map(|granted| now + granted)
    }

    pub(crate) fn into_bound(self, asked: &Registration, until: Time) -> Bound {
        let Registration { flow, cseq, proxied, .. } = *asked;
        let (call_id, path) = (asked.call_id.clone(), asked.path.clone());
        Bound { uri: self.uri, flow, q: self.q, until, call_id, cseq, path, proxied, instance: self.instance }
    }
}

fn seconds_up(left: Duration) -> u32 {
    u32::try_from(left.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_left_are_rounded_up() {
        assert_eq!(seconds_up(Duration::from_millis(59_001)), 60);
        assert_eq!(seconds_up(Duration::from_secs(60)), 60);
        assert_eq!(seconds_up(Duration::MAX), u32::MAX);
    }
}
