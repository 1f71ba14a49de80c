//! Order and reservations, from what is said on the wires.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use acd::{Command, Reservation};
use base::{AgentId, CallId, CallerKey, GroupId, Time};
use switch::Said;

use super::owners::steps;

/// A lease may be over this much before its withdrawal is said: the wheels turn by the millisecond.
const LATE: Duration = Duration::from_millis(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Waiting,
    /// A phone rings, or several.
    Offered,
    Talking,
}

#[derive(Clone, Debug)]
struct Caller {
    call: CallId,
    group: GroupId,
    priority: u8,
    /// The time in `Enqueue`, then the order of arrival.
    turn: (Time, u64),
    /// Before all who were not pulled forward, in this order.
    pulled: Option<u64>,
    standing: Standing,
    number: Option<CallerKey>,
    /// The queue has not yet said that it takes the caller.
    arriving: bool,
    /// A phone that rings to take the talk over.
    claims: Option<Reservation>,
    /// Put back in line by the step under way: was not there when others were chosen.
    fresh: bool,
    /// May have taken up the turn of a promise: is compared with nobody.
    returns: bool,
}

/// What a number whose call was cut short has a right to.
#[derive(Clone, Copy, Debug)]
struct Place {
    priority: u8,
    since: Time,
    until: Time,
}

/// A queue's shadow: who waits, who is offered.
#[derive(Debug)]
pub(crate) struct Queue {
    plan: acd::Plan,
    callers: Vec<Caller>,
    places: BTreeMap<CallerKey, Place>,
    /// Who was promised a call at any time.
    promised: BTreeSet<CallerKey>,
    /// Who is being called back, and by which call.
    calling: BTreeMap<String, CallId>,
    /// Who was so by two calls at once.
    twice: Option<String>,
    /// Reservations that have not ended, until when each is leased, and for whom.
    open: Vec<(Reservation, Time, CallId)>,
    arrivals: u64,
    pulls: u64,
    /// The pulls of those who are called back, until that begins.
    pulled_back: BTreeMap<CallId, u64>,
    /// By the roster's word.
    signed_on: BTreeSet<AgentId>,
    /// Groups that sent somebody away in this step because nobody was there.
    turned_away: Vec<GroupId>,
    /// What this step reserved.
    chosen: Vec<(CallId, AgentId)>,
    pub(crate) reserved: u64,
}

impl Queue {
    pub(crate) fn new(plan: acd::Plan) -> Queue {
        let places = BTreeMap::new();
        Queue {
            plan,
            callers: Vec::new(),
            places,
            promised: BTreeSet::new(),
            calling: BTreeMap::new(),
            twice: None,
            open: Vec::new(),
            arrivals: 0,
            pulls: 0,
            pulled_back: BTreeMap::new(),
            signed_on: BTreeSet::new(),
            turned_away: Vec::new(),
            chosen: Vec::new(),
            reserved: 0,
        }
    }

    /// Nobody waits after a restart; who had a place has it still.
    pub(crate) fn restarted(&mut self, ledger: &acd::Ledger) {
        let place = |p: &acd::ledger::Place| Place { priority: p.priority, since: p.since, until: p.until };
        self.promised = ledger.promises.keys().copied().collect();
        self.places = ledger.places.iter().map(|(caller, p)| (*caller, place(p))).collect();
    }

    /// The queue took a command.
    pub(crate) fn heard(&mut self, now: Time, command: &Command) {
        self.places.retain(|_, place| place.until > now);
        match *command {
            Command::Enqueue { call, caller, group, priority, since, .. } => {
                self.arrives((call, caller), group, priority, since);
            }
            Command::Keep { call } => {
                self.keep(now, call, self.plan.redial);
                self.forget(call);
            }
            Command::HungUp { call } => {
                if self.callers.iter().any(|c| c.call == call && c.standing != Standing::Talking) {
                    self.keep(now, call, self.plan.hung_up);
                }
                self.forget(call);
            }
            Command::Abandon { call } | Command::Ended { call, .. } => self.forget(call),
            Command::Accepted { call, reservation, .. } => {
                self.close(reservation);
                self.talks(call);
            }
            Command::Declined { reservation, .. } | Command::SlotRefused { reservation, .. } => self.back(reservation),
            Command::Return { call, caller, group, priority, since } => {
                let talks = |c: &&mut Caller| c.call == call && c.standing == Standing::Talking;
                let Some(talking) = self.callers.iter_mut().find(talks) else {
                    return self.arrives((call, caller), group, priority, since);
                };
                self.arrivals += 1;
                (talking.group, talking.priority, talking.turn) = (group, priority, (since, self.arrivals));
                talking.pulled = None;
                // A phone that rings is waited for before the line.
                talking.standing = talking.claims.take().map_or(Standing::Waiting, |_| Standing::Offered);
            }
            Command::TakesOver { call, .. } => self.talks(call),
            Command::SignedOn { agent, on: true } => drop(self.signed_on.insert(agent)),
            Command::SignedOn { agent, on: false } => drop(self.signed_on.remove(&agent)),
            Command::Raise { call, .. } => self.raise(call),
            // Whoever overflows by it is said; the others keep their turns, for whatever those are worth now.
            Command::Plan(ref plan) => self.plan = acd::Plan::clone(plan),
            // What comes of these is said.
            Command::Move { .. } | Command::Release { .. } | Command::Open { .. } | Command::Surge { .. } => {}
            // The next call to the citizen has another id.
            Command::Unreached { call, .. } => self.forget(call),
            Command::Reached { call } => self.calling.retain(|_, calling| *calling != call),
            Command::Called { .. }
            | Command::Claim { .. }
            | Command::CallBack { .. }
            | Command::HoldCallBacks
            | Command::Locate { .. }
            | Command::Ready { .. }
            | Command::Away { .. }
            | Command::WrapUp { .. }
            | Command::Rested { .. } => {}
        }
    }

    /// The queue or another owner said something new.
    pub(crate) fn said(&mut self, said: Said<'_>) {
        match said {
            Said::ByQueue(acd::Action::Withdraw { reservation, .. }) => self.back(*reservation),
            Said::ByQueue(acd::Action::Queued { call, .. }) => self.arrived(*call),
            Said::ByQueue(acd::Action::Refused { call, group, reason }) => {
                self.forget(*call);
                if *reason == acd::Refusal::Unstaffed {
                    self.turned_away.push(*group);
                }
            }
            Said::ByQueue(acd::Action::Promised { call, kept: true }) => {
                let asked = self.callers.iter().find(|c| c.call == *call);
                self.promised.extend(asked.and_then(|c| c.number));
                self.pulled_back.extend(asked.and_then(|c| Some((call.again(), c.pulled?))));
                self.forget(*call);
            }
            Said::ByQueue(acd::Action::CallsBack { call, group, priority, since, citizen, .. }) => {
                if let Some(other) = self.calling.insert(citizen.number.clone(), *call) {
                    self.twice = Some(format!("{other:?} and {call:?} call {citizen:?} back"));
                }
                self.calls_back(*call, (*group, *priority, *since));
            }
            Said::ByQueue(acd::Action::Moved { call, to, .. }) => {
                if let Some(caller) = self.callers.iter_mut().find(|c| c.call == *call) {
                    // Whoever was offered before it moved is not compared with it.
                    (caller.group, caller.fresh) = (*to, true);
                }
            }
            Said::ToRoster(roster::Command::Reserve { agent, call, epoch, until, .. }) => {
                let reservation = Reservation(*epoch);
                self.open.push((reservation, *until, *call));
                self.reserved += 1;
                match self.callers.iter_mut().find(|c| c.call == *call) {
                    // Somebody asked for this agent: out of turn.
                    Some(caller) if caller.standing == Standing::Talking => caller.claims = Some(reservation),
                    Some(caller) => {
                        caller.standing = Standing::Offered;
                        self.chosen.push((*call, *agent));
                    }
                    None => {}
                }
            }
            _ => {}
        }
    }

    /// What the priority and the group of a caller are worth, in nanoseconds of waiting.
    fn worth(&self, caller: &Caller) -> i128 {
        let head_start =
            self.plan.groups.get(usize::from(caller.group.0)).map_or(0, |group| group.head_start.as_nanos());
        (self.plan.priority_worth.as_nanos() * u128::from(caller.priority) + head_start) as i128
    }

    /// The step is over.
    pub(crate) fn check(&mut self, now: Time) -> Result<(), String> {
        for (call, agent) in std::mem::take(&mut self.chosen) {
            let Some(served) = self.callers.iter().find(|c| c.call == call && !c.returns) else { continue };
            let skills = self.plan.agents.get(agent.0 as usize).map(|a| a.skills.as_slice()).unwrap_or_default();
            let any = |c: &Caller| self.plan.groups.get(usize::from(c.group.0)).is_some_and(|g| g.prefer.is_zero());
            let asks = |c: &Caller| {
                any(c) && steps(&self.plan, usize::from(c.group.0)).all(|need| need.rank(skills).is_some())
            };
            let turn = |c: &Caller| match c.pulled {
                Some(pulled) => (i128::MIN, pulled),
                None => (i128::from(c.turn.0.as_nanos()) - self.worth(c), c.turn.1),
            };
            let earlier = |c: &&Caller| {
                c.standing == Standing::Waiting && !c.fresh && !c.returns && turn(c) < turn(served) && asks(c)
            };
            if let Some(earlier) = self.callers.iter().find(earlier) {
                return Err(format!("{agent:?} is offered {served:?} while {earlier:?} waited longer"));
            }
        }
        for group in std::mem::take(&mut self.turned_away) {
            let serves = |agent: &&AgentId| {
                let skills = self.plan.agents.get(agent.0 as usize).map(|a| a.skills.as_slice()).unwrap_or_default();
                steps(&self.plan, usize::from(group.0)).any(|need| need.rank(skills).is_some())
            };
            if let Some(agent) = self.signed_on.iter().find(serves) {
                return Err(format!(
                    "{group:?} turned somebody away as if nobody served it, and {agent:?} is signed on"
                ));
            }
        }
        for caller in &mut self.callers {
            caller.fresh = false;
        }
        if let Some(twice) = self.twice.take() {
            return Err(twice);
        }
        match self.open.iter().find(|(_, until, _)| now > *until + LATE) {
            Some((reservation, until, _)) => {
                Err(format!("{reservation:?} was leased until {until:?} and has not ended"))
            }
            None => Ok(()),
        }
    }

    /// When nobody calls.
    pub(crate) fn finish(&self) -> Result<(), String> {
        match (self.open.first(), self.callers.first()) {
            (Some(open), _) => Err(format!("{open:?} never ended")),
            (_, Some(caller)) => Err(format!("{caller:?} is gone and still stands in the queue")),
            _ => Ok(()),
        }
    }

    /// Whoever comes back from a talk keeps what the queue knew of the claim, a place that was taken up included.
    fn better_claim(&self, call: CallId, priority: u8, since: Time) -> (u8, Time) {
        let talked = self.callers.iter().find(|c| c.call == call && c.standing == Standing::Talking);
        talked.map_or((priority, since), |c| (priority.max(c.priority), since.min(c.turn.0)))
    }

    fn raise(&mut self, call: CallId) {
        let waits = |c: &&mut Caller| c.call == call && c.standing != Standing::Talking && c.pulled.is_none();
        if let Some(caller) = self.callers.iter_mut().find(waits) {
            self.pulls += 1;
            caller.pulled = Some(self.pulls);
        } else if self.callers.iter().all(|c| c.call != call) {
            // Perhaps one who is called back, and known here once that begins.
            self.pulls += 1;
            self.pulled_back.entry(call).or_insert(self.pulls);
        }
    }

    fn talks(&mut self, call: CallId) {
        let Some(caller) = self.callers.iter_mut().find(|c| c.call == call) else { return };
        (caller.standing, caller.claims) = (Standing::Talking, None);
        self.open.retain(|(_, _, of)| *of != call);
    }

    fn arrives(&mut self, who: (CallId, Option<CallerKey>), group: GroupId, priority: u8, since: Time) {
        let (call, number) = who;
        let (priority, since) = self.better_claim(call, priority, since);
        // The agent whom the caller comes back from is free, and chosen for others, before the caller stands in line.
        let talked = self.callers.iter().find(|c| c.call == call && c.standing == Standing::Talking);
        let (fresh, pulled) = (talked.is_some(), talked.and_then(|c| c.pulled));
        self.forget(call);
        self.arrivals += 1;
        let (turn, standing) = ((since, self.arrivals), Standing::Waiting);
        let (arriving, claims) = (true, None);
        let returns = number.is_some_and(|number| self.promised.contains(&number));
        let caller = Caller { call, group, priority, turn, pulled, standing, number, arriving, claims, fresh, returns };
        self.callers.push(caller);
    }

    fn keep(&mut self, now: Time, call: CallId, length: Duration) {
        let Some(caller) = self.callers.iter().find(|c| c.call == call) else { return };
        let (Some(number), false) = (caller.number, length.is_zero()) else { return };
        let new = Place { priority: caller.priority, since: caller.turn.0, until: now + length };
        let place = self.places.entry(number).or_insert(new);
        place.priority = place.priority.max(new.priority);
        place.since = place.since.min(new.since);
        place.until = place.until.max(new.until);
    }

    /// Whoever comes back to a place stands there from the first moment.
    fn arrived(&mut self, call: CallId) {
        let Some(caller) = self.callers.iter_mut().find(|c| c.call == call && c.arriving) else { return };
        caller.arriving = false;
        if let Some(place) = caller.number.and_then(|number| self.places.remove(&number)) {
            caller.priority = caller.priority.max(place.priority);
            caller.turn.0 = caller.turn.0.min(place.since);
        }
    }

    /// Who is called back waits from the first offer on, as far as is seen here, at the turn of before.
    fn calls_back(&mut self, call: CallId, (group, priority, since): (GroupId, u8, Time)) {
        self.arrivals += 1;
        let (turn, standing) = ((since, self.arrivals), Standing::Waiting);
        let pulled = self.pulled_back.remove(&call);
        let (number, arriving, claims, fresh) = (None, false, None, true);
        let returns = false;
        let caller = Caller { call, group, priority, turn, pulled, standing, number, arriving, claims, fresh, returns };
        self.callers.push(caller);
    }

    fn close(&mut self, reservation: Reservation) {
        self.open.retain(|(open, ..)| *open != reservation);
    }

    /// An offer came to nothing; with the last one of a caller, the caller is back in line.
    fn back(&mut self, reservation: Reservation) {
        let Some(&(_, _, call)) = self.open.iter().find(|(open, ..)| *open == reservation) else { return };
        self.close(reservation);
        let rings = self.open.iter().any(|(_, _, of)| *of == call);
        let Some(caller) = self.callers.iter_mut().find(|c| c.call == call) else { return };
        caller.claims.take_if(|claim| *claim == reservation);
        if caller.standing == Standing::Offered && !rings {
            (caller.standing, caller.fresh) = (Standing::Waiting, true);
        }
    }

    fn forget(&mut self, call: CallId) {
        self.calling.retain(|_, calling| *calling != call);
        let Some(place) = self.callers.iter().position(|c| c.call == call) else { return };
        self.callers.remove(place);
        self.open.retain(|(_, _, of)| *of != call);
    }
}
