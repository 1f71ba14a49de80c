//! The engine's plans, put on the simulated network with as many agents as the day needs.

use std::sync::Arc;
use std::time::Duration;

use base::Secret;
use call::plan::{Advertised, Network, Trunk, TrunkLimits};
use staff::Profile;

use super::addresses::{DESKS_MAX, citizens};
use crate::addresses::server;

/// What an operator configured.
#[derive(Clone, Debug)]
pub struct Hotline {
    pub call: Arc<call::Plan>,
    pub acd: acd::Plan,
    pub roster: roster::Plan,
    /// How long each sound lasts, by `SoundId`.
    pub sounds: Vec<Duration>,
}

impl Hotline {
    /// The same on one virtual network: one trunk brings the citizens' calls in, nothing leads outside, and every agent is ready
    /// with the phone.
    pub(super) fn for_day(mut self, profile: &Profile) -> Hotline {
        let call = Arc::make_mut(&mut self.call);
        let host = server().ip().to_string();
        let advertised = Advertised { host, udp_port: server().port(), tcp_port: None };
        call.networks = vec![Network { name: "virtual".to_owned(), advertised }];
        call.trunks = vec![carrier_of(call)];
        call.dial.clear();
        call.groups.iter_mut().for_each(|group| group.duty_line = None);
        self.hire(profile.agents.iter().copied().max().unwrap_or(0) as usize);
        for agent in &mut self.roster.agents {
            agent.ready_on_register = true;
        }
        if let Some(wrap_up) = profile.wrap_up {
            self.acd.agents.iter_mut().for_each(|agent| agent.wrap_up = Some(wrap_up));
        }
        self
    }

    /// Fills up to `count` agents: each like one of the configuration, in turn.
    fn hire(&mut self, count: usize) {
        let known = self.acd.agents.len();
        let call = Arc::make_mut(&mut self.call);
        for place in known..count.min(DESKS_MAX) {
            let like = self.acd.agents.get(place.checked_rem(known).unwrap_or(0)).cloned();
            let number = number_after(call, place);
            let password = Secret(format!("day-{number}"));
            call.agents.push(call::plan::Agent { number: number.clone(), password, removed: false });
            self.roster.agents.push(roster::Agent { number, ready_on_register: true, removed: false });
            self.acd.agents.push(like.unwrap_or_default());
        }
    }

    /// The number that citizens dial.
    pub(super) fn number(&self) -> String {
        self.call.called.first().map_or_else(String::new, |called| called.number.clone())
    }
}

/// As the first trunk says, but for where its calls come from.
fn carrier_of(call: &call::Plan) -> Trunk {
    let first = call.trunks.first();
    Trunk {
        name: "city".to_owned(),
        sources: vec![citizens()],
        by_targets: false,
        credentials: None,
        identity: first.map(|trunk| trunk.identity).unwrap_or_default(),
        area_code: first.and_then(|trunk| trunk.area_code.clone()),
        network: None,
        limits: TrunkLimits::default(),
        codecs: first.map_or_else(|| base::Codec::ALL.to_vec(), |trunk| trunk.codecs.clone()),
        outward: None,
    }
}

/// A number that nobody has, of agents or groups.
fn number_after(call: &call::Plan, place: usize) -> String {
    let taken = |number: &str| {
        call.agents.iter().any(|a| a.number == number)
            || call.groups.iter().any(|g| g.number.as_deref() == Some(number))
    };
    // One more candidate than there are numbers to be taken.
    let candidates = call.agents.len() + call.groups.len() + 1;
    let mut numbers = (0..candidates).map(|step| format!("{}", 900_000 + place + step));
    numbers.find(|number| !taken(number)).unwrap_or_default()
}
