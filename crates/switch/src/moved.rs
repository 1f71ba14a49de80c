//! A line that is somewhere else (3xx): where a call may go on to. Not to strangers, not in circles, not where who calls may not call.

use base::{LegId, Now, SIP_PORT};
use call::number::{AreaCode, canonical, written};
use call::plan::DialRule;
use call::{Line, Moved, Plan, Right, Target};
use carrier::Onward;
use sip::{Message, Scheme, Uri};

use crate::called::is_ours;
use crate::dial::lets;
use crate::{Effects, Switch};

/// Places of one redirection that are asked, one after the other: a desk, a mobile and somebody who stands in.
const PLACES_MAX: usize = 3;

impl Switch {
    /// What a 3xx to a line says; none where it was none, or no line said it.
    pub(crate) fn moved(
        &mut self,
        now: Now,
        leg: LegId,
        response: Option<&Message>,
        out: &mut Effects,
    ) -> Option<Moved> {
        let response = response.filter(|response| matches!(response.status(), Some(300..=399)))?;
        let line = self.outgoing.lines.get(&leg)?.line.clone();
        let worker = self.calls.get_mut(leg.call)?.worker;
        let mut lines = Vec::new();
        for next in self.followed(now, &line, response) {
            let Some(lease) = self.leases.take(worker, next.flow.network) else { break };
            lines.push((next, lease));
        }
        self.leases.refill(&mut out.jobs);
        Some(Moved { leg: leg.index, trunk: line.trunk, lines })
    }

    /// The places that the call goes on to, each knowing of all that were asked or will have been.
    fn followed(&mut self, now: Now, line: &Line, response: &Message) -> Vec<Line> {
        let mut asked = line.asked.clone();
        if !asked.contains(&line.uri) {
            asked.push(line.uri.clone());
        }
        let mut lines: Vec<Line> = Vec::new();
        for place in self.carriers.onward(now, line.trunk, line.flow, response) {
            let next = self.next_line(now, line, place);
            if let Some(next) = next.filter(|next| !asked.iter().any(|uri| is_same(uri, &next.uri)))
                && lines.len() < PLACES_MAX
            {
                asked.push(next.uri.clone());
                lines.push(next);
            }
        }
        lines.iter_mut().for_each(|next| next.asked.clone_from(&asked));
        lines
    }

    /// The same call to another place: shown as the number that it was shown as, and told to be meant for whom it was.
    fn next_line(&self, now: Now, line: &Line, Onward { way, uri }: Onward) -> Option<Line> {
        let trunk = self.plan.trunks.get(line.trunk)?;
        let area = trunk.area_code.as_ref();
        let right = self.right_to_follow(now, line, number_of(&self.plan, &uri, area)?)?;
        let uri = match uri.scheme {
            // Among all the forms of a number, the trunk reads this one.
            Scheme::Tel => {
                let user = written(&right.number, trunk.outward.as_ref()?.number, area);
                format!("{};user=phone", Uri::sip(Some(&user), &way.domain, None))
            }
            _ => uri.to_string(),
        };
        Some(Line { flow: way.flow, routes: way.routes, uri, right, ..line.clone() })
    }

    /// Whoever calls has to have the right to call there through this trunk. The call was counted when it began: it counts again
    /// only where it comes under another rule, whose number for an hour would be no bound else.
    fn right_to_follow(&self, now: Now, line: &Line, number: String) -> Option<Right> {
        let before = &line.right;
        if number == before.number {
            return Some(Right { counts: false, ..before.clone() });
        }
        // Who comes to us through a carrier is a citizen.
        let area = self.plan.trunks.get(line.trunk)?.area_code.as_ref();
        if is_ours(&self.plan, &number, area) || !matches!(self.plan.target(&number), Target::Line(_)) {
            return None;
        }
        let fits = |place, rule: &DialRule| {
            let within = |agent| place == before.rule || self.outgoing.fits(now.time, agent, place, rule);
            let may = before.by.is_none_or(|agent| lets(rule, now, agent) && within(agent));
            may && rule.trunks.contains(&line.trunk)
        };
        let (place, rule) = self.plan.rules(&number).find(|(place, rule)| fits(*place, rule))?;
        let counts = place != before.rule && rule.per_hour.is_some();
        Some(Right { by: before.by, rule: place, counts, number })
    }
}

/// The number of a URI in its one form; none where we cannot tell which line it is, and so not who may call it.
fn number_of(plan: &Plan, uri: &Uri, area: Option<&AreaCode>) -> Option<String> {
    let number = uri.number()?;
    let of_user = uri.user_text()?.to_ascii_lowercase().contains(";phone-context=");
    if (of_user || uri.params.has("phone-context")) && !number.starts_with('+') {
        return None;
    }
    let area = area.or_else(|| plan.trunks.iter().find_map(|trunk| trunk.area_code.as_ref()));
    let number = canonical(&number, area);
    let digits = number.strip_prefix('+').unwrap_or(&number);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

/// Whether two Request-URIs name the same place (RFC 3261 §19.1.4); what is so without being said makes no difference.
fn is_same(one: &str, other: &str) -> bool {
    match (plain(one), plain(other)) {
        (Some(one), Some(other)) => one.equivalent(&other),
        _ => one == other,
    }
}

fn plain(text: &str) -> Option<Uri> {
    let mut uri = Uri::parse(text).ok()?;
    uri.params.remove("user");
    uri.port = uri.port.filter(|port| *port != SIP_PORT);
    if uri.params.get("transport").is_some_and(|name| name.eq_ignore_ascii_case("udp")) {
        uri.params.remove("transport");
    }
    Some(uri)
}
