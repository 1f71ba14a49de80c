//! One trunk: its addresses, what is known of them, and its registration.

use std::net::IpAddr;

use base::{Flow, Now, Rng, Ticket, Time, Transport, Wall};
use sip::{Cause, Message, Uri};

use crate::carriers::{Action, Tickets};
use crate::choice::{self, WAYS_MAX};
use crate::health::{By, Health};
use crate::lookups::Lookups;
use crate::registration::{Registration, Then};
use crate::resolve::{self, Place};
use crate::{Local, Outcome, TargetState, TargetView, Trunk, TrunkView, Way, moved, request};

/// Addresses of one trunk: those of the first targets, when there are more.
const SPOTS_MAX: usize = 32;

/// An address of a target.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    /// Place in `Trunk::targets`.
    pub(crate) target: usize,
    pub(crate) place: Place,
    pub(crate) health: Health,
}

/// What a trunk is made of and what it may draw on.
pub(crate) struct Means<'a> {
    pub(crate) plan: &'a Trunk,
    pub(crate) local: &'a Local,
    pub(crate) rng: &'a mut Rng,
    pub(crate) tickets: &'a mut Tickets,
}

/// The state of a trunk.
#[derive(Clone, Debug)]
pub(crate) struct State {
    spots: Vec<Spot>,
    registration: Option<Registration>,
    /// Which target has no address, why and since when; by place in `Trunk::targets`.
    unresolved: Vec<Option<(TargetState, Wall)>>,
    /// The DNS has not said everything yet.
    pending: bool,
}

impl State {
    pub(crate) fn new(now: Now, plan: &Trunk, rng: &mut Rng) -> State {
        let register = plan.register.as_ref().filter(|_| !plan.targets.is_empty());
        let registration = register.map(|register| Registration::new(now, register.expires, rng));
        let unresolved = vec![Some((TargetState::Unknown, now.wall)); plan.targets.len()];
        State { spots: Vec::new(), registration, unresolved, pending: true }
    }

    /// Finds the addresses anew; of those that stay, what is known is kept.
    pub(crate) fn resolve(&mut self, now: Now, means: &mut Means<'_>, lookups: &mut Lookups) {
        let (mut spots, mut without) = (Vec::new(), Vec::new());
        self.pending = false;
        for (target, plan) in means.plan.targets.iter().enumerate() {
            let mut walked = resolve::walk(plan, means.plan.family, |query| lookups.find(query));
            // A connection that is not taken is not opened either.
            walked.places.retain(|place| place.transport != Transport::Tcp || means.local.tcp_port.is_some());
            walked.queries.into_iter().for_each(|query| lookups.want(now.time, query));
            self.pending |= walked.pending;
            without.push(match (walked.tls_only, walked.pending) {
                (true, _) => TargetState::TlsOnly,
                (false, true) => TargetState::Unknown,
                (false, false) => TargetState::Unresolved,
            });
            let before = self.spots.iter().filter(|spot| spot.target == target);
            // An answer that is still awaited takes nothing away.
            if walked.pending && before.clone().count() > walked.places.len() {
                spots.extend(before.cloned());
            } else {
                spots.extend(walked.places.into_iter().map(|place| self.spot(now, target, place, means)));
            }
        }
        spots.truncate(SPOTS_MAX);
        self.spots = spots;
        self.note_unresolved(now, &without);
    }

    /// Notes which target has no address, and since when; `without` says what that means, by place in `Trunk::targets`.
    fn note_unresolved(&mut self, now: Now, without: &[TargetState]) {
        for (target, (unresolved, why)) in self.unresolved.iter_mut().zip(without).enumerate() {
            let is_found = self.spots.iter().any(|spot| spot.target == target);
            let same = unresolved.filter(|(known, _)| known == why);
            *unresolved = (!is_found).then(|| same.unwrap_or((*why, now.wall)));
        }
    }

    fn spot(&self, now: Now, target: usize, place: Place, means: &mut Means<'_>) -> Spot {
        let same = |spot: &&Spot| spot.target == target && spot.place.same_as(&place);
        let health = self.spots.iter().find(same).map(|spot| spot.health.clone()).unwrap_or_else(|| {
            // Those of many trunks are not to be asked at once, and the first call is not to wait long for the answer.
            let first = now.time + std::time::Duration::from_millis(means.rng.below(1000));
            Health::new(now, means.plan.options, first)
        });
        Spot { target, place, health }
    }

    /// The end of a request of ours; false when it is none of this trunk.
    pub(crate) fn heard(
        &mut self,
        now: Now,
        ticket: Ticket,
        result: Result<&Message, Cause>,
        means: &mut Means<'_>,
        out: &mut Vec<Action>,
    ) -> bool {
        if let Some(spot) = self.spots.iter_mut().find(|spot| spot.health.asks(ticket)) {
            spot.health.heard(now, By::Probe, Outcome::of(result), means.rng);
            return true;
        }
        let is_ours = self.registration.as_ref().is_some_and(|registration| registration.asks(ticket));
        if is_ours {
            self.on_registered(now, result, means, out);
        }
        is_ours
    }

    fn on_registered(
        &mut self,
        now: Now,
        result: Result<&Message, Cause>,
        means: &mut Means<'_>,
        out: &mut Vec<Action>,
    ) {
        let Some(flow) = self.registration.as_ref().and_then(Registration::asked_at) else { return };
        self.tried(now, flow, Outcome::of(result), means.rng);
        let Some(domain) = self.registrar_of(flow, means.plan) else { return self.forget_try(now, means) };
        let (Some(registration), Some(register)) = (&mut self.registration, &means.plan.register) else { return };
        let contact = request::contact(means.local, flow.transport, &register.contact_user);
        let uri = request::registrar(&domain);
        let of = (means.plan.login.as_ref(), contact.as_str(), uri.as_str());
        match registration.heard(now, result, of, means.rng) {
            Then::Again(flow, header) => self.send_register(now, flow, header, means, out),
            Then::Elsewhere => self.register(now, means, out),
            Then::Rest => {}
        }
    }

    /// The address went away while it was asked.
    fn forget_try(&mut self, now: Now, means: &mut Means<'_>) {
        if let Some(registration) = &mut self.registration {
            registration.round_over(now, means.rng);
        }
    }

    /// Does what is due.
    pub(crate) fn turn(&mut self, now: Now, means: &mut Means<'_>, out: &mut Vec<Action>) {
        for spot in &mut self.spots {
            if spot.health.is_overdue(now.time) {
                spot.health.heard(now, By::Probe, Outcome::Silent, means.rng);
            }
            spot.health.tick(now);
            if spot.health.wants_probe(now.time) {
                let ticket = means.tickets.next();
                spot.health.asked(now.time, ticket);
                let domain = domain_of(means.plan, spot.target);
                let request = request::options(spot.flow(means.plan), &domain);
                out.push(Action::Request { ticket, request: Box::new(request) });
            }
        }
        self.turn_registration(now, means, out);
    }

    fn turn_registration(&mut self, now: Now, means: &mut Means<'_>, out: &mut Vec<Action>) {
        if self.registration.as_ref().is_some_and(|registration| registration.is_overdue(now.time)) {
            self.on_registered(now, Err(Cause::Timeout), means, out);
        }
        let (has_better, is_nowhere) = (self.has_better(now.time, means.plan), self.spots.is_empty());
        let Some(registration) = &mut self.registration else { return };
        match (has_better, is_nowhere) {
            (true, _) => registration.hurry(now.time),
            (false, true) if !self.pending => registration.nowhere(),
            (false, _) => {}
        }
        if registration.is_due(now.time) && !is_nowhere {
            self.register(now, means, out);
        }
        self.registration.iter_mut().for_each(|registration| registration.tick(now));
    }

    /// Whether we are registered at an address that is down or gone, while there is another one.
    fn has_better(&self, now: Time, plan: &Trunk) -> bool {
        let Some(bound) = self.registration.as_ref().and_then(|registration| registration.bound(now)) else {
            return false;
        };
        let mut ranks = self.spots.iter().filter_map(|spot| spot.health.rank(now));
        match self.spots.iter().find(|spot| spot.flow(plan) == bound.flow) {
            None => ranks.next().is_some(),
            Some(ours) => ours.health.shown().0 == TargetState::Down && ranks.any(|rank| rank == 0),
        }
    }

    /// Asks the next target of this round.
    fn register(&mut self, now: Now, means: &mut Means<'_>, out: &mut Vec<Action>) {
        let turns = choice::order(now.time, &means.plan.targets, &self.spots, means.rng);
        let Some(registration) = &mut self.registration else { return };
        let flows = turns.iter().map(|place| self.spots[*place].flow(means.plan));
        let open: Vec<Flow> = flows.filter(|flow| !registration.was_tried(*flow)).collect();
        let Some(first) = open.first() else { return registration.round_over(now, means.rng) };
        let kept = registration.bound(now.time).map(|bound| bound.flow).filter(|flow| open.contains(flow));
        let flow = kept.filter(|flow| self.is_as_good(now.time, *flow, *first, means.plan)).unwrap_or(*first);
        self.send_register(now, flow, None, means, out);
    }

    /// Whether a target that we are registered at is as good as the one whose turn it is: then we stay.
    fn is_as_good(&self, now: Time, ours: Flow, first: Flow, plan: &Trunk) -> bool {
        let worth = |flow: Flow| {
            let spot = self.spots.iter().find(|spot| spot.flow(plan) == flow)?;
            Some((spot.health.rank(now)?, plan.targets.get(spot.target)?.priority))
        };
        worth(ours).is_some_and(|ours| worth(first).is_none_or(|first| ours <= first))
    }

    fn send_register(
        &mut self,
        now: Now,
        flow: Flow,
        authorization: Option<(String, String)>,
        means: &mut Means<'_>,
        out: &mut Vec<Action>,
    ) {
        let Some(domain) = self.registrar_of(flow, means.plan) else { return };
        let (Some(registration), Some(register)) = (&mut self.registration, &means.plan.register) else { return };
        let ticket = means.tickets.next();
        registration.asked(now.time, ticket, flow);
        let request = request::register(flow, &domain, (register, means.local), registration, authorization);
        out.push(Action::Request { ticket, request: Box::new(request) });
    }

    /// Takes the registration back.
    pub(crate) fn leave(&mut self, now: Now, means: &mut Means<'_>, out: &mut Vec<Action>) {
        let known = self.registration.as_mut().and_then(|registration| registration.leave(now.time));
        if let Some(flow) = known {
            self.send_register(now, flow, None, means, out);
        }
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.registration.as_ref().is_some_and(Registration::is_leaving)
    }

    /// Whether a target was found at this address.
    pub(crate) fn is_at(&self, address: IpAddr) -> bool {
        self.spots.iter().any(|spot| spot.place.peer.ip().to_canonical() == address)
    }

    /// What came of a request to an address.
    pub(crate) fn tried(&mut self, now: Now, flow: Flow, outcome: Outcome, rng: &mut Rng) {
        let same = |spot: &&mut Spot| (spot.place.transport, spot.place.peer) == (flow.transport, flow.peer);
        self.spots.iter_mut().filter(same).for_each(|spot| spot.health.heard(now, By::Use, outcome, rng));
    }

    /// Best first. Who registers is known where it is registered, and nowhere else.
    pub(crate) fn ways(&self, now: Time, trunk: usize, plan: &Trunk, rng: &mut Rng) -> Vec<Way> {
        let way = |spot: &Spot| spot.way(trunk, plan);
        let turns = choice::order(now, &plan.targets, &self.spots, rng).into_iter().map(|place| &self.spots[place]);
        let Some(registration) = &self.registration else { return turns.take(WAYS_MAX).map(way).collect() };
        let Some(bound) = registration.bound(now) else { return Vec::new() };
        let ours = turns.filter(|spot| spot.flow(plan) == bound.flow).take(1);
        ours.map(|spot| Way { routes: bound.routes.clone(), associated: bound.associated.clone(), ..way(spot) })
            .collect()
    }

    /// The way to a place that the trunk itself names: where the call was already, if that is one, else to the best that is. Who
    /// registers goes on where it is registered. None where the place is not within the trunk, or asked to be left alone.
    pub(crate) fn way_to(
        &self,
        now: Time,
        (trunk, plan): (usize, &Trunk),
        from: Flow,
        uri: &Uri,
        rng: &mut Rng,
    ) -> Option<Way> {
        let fits = |spot: &&Spot| moved::is_at(uri, plan, spot);
        if self.registration.is_some() {
            self.spots.iter().find(fits)?;
            return self.ways(now, trunk, plan, rng).into_iter().next();
        }
        let turns = choice::order(now, &plan.targets, &self.spots, rng).into_iter().map(|place| &self.spots[place]);
        let there: Vec<&Spot> = turns.filter(fits).collect();
        let same = there.iter().find(|spot| spot.flow(plan) == from);
        same.or(there.first()).map(|spot| spot.way(trunk, plan))
    }

    fn is_open(&self, now: Time, plan: &Trunk) -> bool {
        let bound = match &self.registration {
            None => None,
            Some(registration) => match registration.bound(now) {
                None => return false,
                Some(bound) => Some(bound.flow),
            },
        };
        let fits = |spot: &&Spot| bound.is_none_or(|flow| spot.flow(plan) == flow);
        self.spots.iter().filter(fits).any(|spot| spot.health.rank(now).is_some())
    }

    pub(crate) fn next_timeout(&self, now: Time) -> Option<Time> {
        let can_ask = !self.spots.is_empty();
        let registration = self.registration.as_ref().and_then(|registration| registration.next_timeout(now, can_ask));
        self.spots.iter().filter_map(|spot| spot.health.next_timeout(now)).chain(registration).min()
    }

    pub(crate) fn view(&self, now: Time, plan: &Trunk) -> TrunkView {
        let mut targets = Vec::new();
        for (target, (plan, unresolved)) in plan.targets.iter().zip(&self.unresolved).enumerate() {
            let none = unresolved.map(|(why, since)| (None, why, since));
            let some = self.spots.iter().filter(|spot| spot.target == target).map(|spot| {
                let (state, since) = spot.health.shown();
                (Some((spot.place.transport, spot.place.peer)), state, since)
            });
            let row = |(address, state, since)| TargetView { uri: plan.uri.clone(), address, state, since };
            targets.extend(none.into_iter().chain(some).map(row));
        }
        let registration = self.registration.as_ref().map(|registration| registration.view(now));
        TrunkView { open: self.is_open(now, plan), registration, targets }
    }

    /// The domain of the registrar at an address.
    fn registrar_of(&self, flow: Flow, plan: &Trunk) -> Option<String> {
        let spot = self.spots.iter().find(|spot| spot.flow(plan) == flow)?;
        let domain = plan.register.as_ref()?.domain.clone();
        Some(domain.unwrap_or_else(|| domain_of(plan, spot.target)))
    }
}

impl Spot {
    fn flow(&self, plan: &Trunk) -> Flow {
        let Place { transport, peer, .. } = self.place;
        Flow { network: plan.network, transport, peer, connection: 0 }
    }

    fn way(&self, trunk: usize, plan: &Trunk) -> Way {
        let (routes, associated) = (Vec::new(), Vec::new());
        Way { trunk, flow: self.flow(plan), domain: domain_of(plan, self.target), routes, associated }
    }
}

/// The domain of the trunk, else the host of the target.
fn domain_of(plan: &Trunk, target: usize) -> String {
    let host = || plan.targets.get(target).map(|target| target.host.to_string()).unwrap_or_default();
    plan.domain.clone().unwrap_or_else(host)
}
