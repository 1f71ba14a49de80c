//! Calls that go out: whether an agent may call a number, and the ways that lead there.

use std::time::Duration;

use base::{AgentId, CallId, LegId, Map, Now, Time};
use call::number::{AreaCode, written};
use call::plan::{DialRule, IdentityOut, Outward};
use call::{Event, Line, Plan, Right};
use carrier::{Outcome, Way};
use sip::{Cause, Message, Uri};

use crate::{Effects, Switch};

/// Ways of one call, over all trunks of its rule: whoever waits through more has given up.
const LINES_MAX: usize = 4;
const HOUR: Duration = Duration::from_secs(3600);

/// The calls that go out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outgoing {
    /// What is on its way, by leg; at most the legs that there are.
    pub(crate) lines: Map<LegId, Tried>,
    /// Calls of an agent by a rule since the hour began that the first of them began; at most agents times rules.
    counts: Map<(AgentId, usize), (Time, u32)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) line: Box<Line>,
    since: Time,
    /// The first word of the other side came: the delay is known.
    heard: bool,
}

impl Outgoing {
    /// Whether one more call of the agent is within the number that the rule at the place allows.
    pub(crate) fn fits(&self, now: Time, agent: AgentId, place: usize, rule: &DialRule) -> bool {
        let Some(most) = rule.per_hour else { return true };
        self.counts.get(&(agent, place)).is_none_or(|(since, count)| now - *since >= HOUR || *count < most)
    }

    fn count(&mut self, now: Time, agent: AgentId, place: usize) {
        let (since, count) = self.counts.entry((agent, place)).or_insert((now, 0));
        if now - *since >= HOUR {
            (*since, *count) = (now, 0);
        }
        *count += 1;
    }
}

impl Switch {
    /// A call asks for ways to a line, for an agent or, where nobody is named, on behalf of the house.
    pub(crate) fn seek(&mut self, now: Now, call: CallId, number: &str, by: Option<AgentId>, out: &mut Effects) {
        let plan = std::sync::Arc::clone(&self.plan);
        let lines = self.allowed(now, &plan, number, by).and_then(|(place, rule)| {
            let right = Right { number: number.to_owned(), by, rule: place, counts: false };
            let lines = self.lines_to(now, call, (rule, &right), out)?;
            if let Some(agent) = by.filter(|_| rule.per_hour.is_some()) {
                self.outgoing.count(now.time, agent, place);
            }
            Ok(lines)
        });
        match lines {
            Ok(lines) => self.tell(now, call, Event::Lines(lines), out),
            Err(status) => {
                self.counters.note_unplaced(status);
                self.tell(now, call, Event::NoLine { status }, out);
            }
        }
    }

    /// Whether a rule lets the agent call the number now; nothing is counted.
    pub(crate) fn may_call(&self, now: Now, number: &str, agent: AgentId) -> bool {
        self.allowed(now, &self.plan, number, Some(agent)).is_ok()
    }

    /// The rule by which the number may be called, and its place, or the status that says why it may not. Who calls for the house
    /// may by each.
    fn allowed<'a>(
        &self,
        now: Now,
        plan: &'a Plan,
        number: &'a str,
        by: Option<AgentId>,
    ) -> Result<(usize, &'a DialRule), u16> {
        let lets = |(place, rule): &(usize, &DialRule)| {
            by.is_none_or(|agent| lets(rule, now, agent) && self.outgoing.fits(now.time, agent, *place, rule))
        };
        plan.rules(number).find(lets).ok_or(if plan.rules(number).next().is_some() { 403 } else { 404 })
    }

    fn lines_to(
        &mut self,
        now: Now,
        call: CallId,
        (rule, right): (&DialRule, &Right),
        out: &mut Effects,
    ) -> Result<Vec<(Line, base::Lease)>, u16> {
        let worker = self.calls.get_mut(call).map(|entry| entry.worker).ok_or(503_u16)?;
        let mut lines = Vec::new();
        for &trunk in &rule.trunks {
            let Some(plan) = self.plan.trunks.get(trunk).cloned() else { continue };
            let Some(outward) = &plan.outward else { continue };
            if !self.trunks.allows(now.time, trunk, &plan) {
                continue;
            }
            let ways = self.carriers.ways(now, trunk);
            for way in ways.into_iter().take(LINES_MAX - lines.len()) {
                let Some(lease) = self.leases.take(worker, way.flow.network) else { break };
                let named = Named { right, caller: rule.caller.as_deref(), area: plan.area_code.as_ref() };
                lines.push((self.line(outward, way, &named, plan.codecs.clone()), lease));
            }
        }
        self.leases.refill(&mut out.jobs);
        if lines.is_empty() { Err(503) } else { Ok(lines) }
    }

    fn line(&self, outward: &Outward, way: Way, named: &Named<'_>, codecs: Vec<base::Codec>) -> Line {
        let form = |number: &str| written(number, outward.number, named.area);
        let domain = way.domain;
        let address = |user: &str| Uri::sip(Some(user), &domain, None).to_string();
        let trunk = self.carriers.plan().trunks.get(way.trunk);
        let registered = trunk.and_then(|trunk| trunk.register.as_ref()).map(|register| register.user.clone());
        let shown = named.caller.map(str::to_owned).or_else(|| outward.caller.clone()).map(|caller| form(&caller));
        let shown = shown.or_else(|| registered.clone()).unwrap_or_default();
        let from = match outward.identity {
            IdentityOut::Asserted => registered.unwrap_or_else(|| shown.clone()),
            IdentityOut::From | IdentityOut::Both => shown.clone(),
        };
        let asserted = matches!(outward.identity, IdentityOut::Asserted | IdentityOut::Both) && !shown.is_empty();
        let headers = asserted.then(|| ("P-Asserted-Identity".to_owned(), format!("<{}>", address(&shown))));
        Line {
            trunk: way.trunk,
            flow: way.flow,
            uri: format!("{};user=phone", address(&form(&named.right.number))),
            asked: Vec::new(),
            right: named.right.clone(),
            routes: way.routes,
            from: (from, domain.clone()),
            headers: headers.into_iter().collect(),
            codecs,
        }
    }

    /// An INVITE leaves for a line.
    pub(crate) fn line_dialled(&mut self, now: Now, leg: LegId, line: &Line) {
        self.trunks.placed(line.trunk);
        if let (Right { rule, counts: true, .. }, Some(agent)) = (&line.right, line.right.by) {
            self.outgoing.count(now.time, agent, *rule);
        }
        let tried = Tried { line: Box::new(line.clone()), since: now.time, heard: false };
        self.outgoing.lines.insert(leg, tried);
    }

    /// The other side said its first word that says something: how long it took is what callers wait for (RFC 6076 §4.3).
    pub(crate) fn line_heard(&mut self, now: Now, leg: LegId) {
        if let Some(tried) = self.outgoing.lines.get_mut(&leg).filter(|tried| !tried.heard) {
            tried.heard = true;
            self.trunks.heard(tried.line.trunk, now.time - tried.since);
        }
    }

    pub(crate) fn line_answered(&mut self, now: Now, leg: LegId) {
        self.line_heard(now, leg);
        if let Some(tried) = self.outgoing.lines.get(&leg) {
            self.trunks.reached(tried.line.trunk, 200);
            self.carriers.tried(now, tried.line.trunk, tried.line.flow, Outcome::Answered);
        }
    }

    pub(crate) fn line_refused(&mut self, now: Now, leg: LegId, cause: Cause, response: Option<&Message>) {
        if let Some(tried) = self.outgoing.lines.get(&leg) {
            let status = match cause {
                Cause::Status(status) => status,
                Cause::Timeout => 408,
                Cause::Unreachable => 503,
            };
            self.trunks.reached(tried.line.trunk, status);
            self.carriers.tried(now, tried.line.trunk, tried.line.flow, Outcome::of(response.ok_or(cause)));
        }
    }

    pub(crate) fn line_closed(&mut self, leg: LegId) {
        if let Some(tried) = self.outgoing.lines.remove(&leg) {
            self.trunks.ends(tried.line.trunk);
        }
    }

    /// A leg goes by another name.
    pub(crate) fn line_renamed(&mut self, old: LegId, new: LegId) {
        if let Some(tried) = self.outgoing.lines.remove(&old) {
            self.outgoing.lines.insert(new, tried);
        }
    }

    /// A carrier asks who we are.
    pub(crate) fn challenged(&mut self, now: Now, leg: LegId, response: &Message) {
        let line = self.outgoing.lines.get(&leg).map(|tried| &tried.line);
        let header = line.and_then(|line| self.carriers.authorize(line.trunk, response, "INVITE", &line.uri));
        self.endpoint.authorize(now, leg, response, header, &mut self.sip);
    }
}

/// Whether the rule is for the agent, and for this hour.
pub(crate) fn lets(rule: &DialRule, now: Now, agent: AgentId) -> bool {
    let named = rule.agents.is_empty() || rule.agents.contains(&agent);
    named && rule.hours.as_ref().is_none_or(|hours| hours.is_open(now.wall))
}

/// The numbers of one call.
struct Named<'a> {
    right: &'a Right,
    caller: Option<&'a str>,
    area: Option<&'a AreaCode>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_of_an_hour_are_counted_by_agent_and_rule_from_the_first_of_them() {
        let rule = |per_hour| DialRule { per_hour, ..DialRule::default() };
        let (mut outgoing, start) = (Outgoing::default(), Time::from_millis(1000));
        let minutes = |minutes: u64| start + Duration::from_secs(60 * minutes);
        for minute in [0, 30] {
            assert!(outgoing.fits(minutes(minute), AgentId(1), 0, &rule(Some(2))));
            outgoing.count(minutes(minute), AgentId(1), 0);
        }
        for (minute, agent, place, per_hour, fits) in [
            (59, 1, 0, Some(2), false),
            (59, 1, 0, None, true),
            (59, 1, 0, Some(3), true),
            (59, 1, 1, Some(2), true),
            (59, 2, 0, Some(2), true),
            (60, 1, 0, Some(2), true),
        ] {
            let told = outgoing.fits(minutes(minute), AgentId(agent), place, &rule(per_hour));
            assert_eq!(told, fits, "minute {minute}, agent {agent}, rule {place}, {per_hour:?}");
        }
        outgoing.count(minutes(61), AgentId(1), 0);
        assert!(outgoing.fits(minutes(62), AgentId(1), 0, &rule(Some(2))), "another hour began");
    }
}
