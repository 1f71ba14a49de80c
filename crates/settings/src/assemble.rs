//! The parts, put together.

use std::sync::Arc;

use call::area::Areas;
use call::listed::KnownCallers;
use call::plan::DialRule;
use ivr::OnAir;

use crate::agents::Agents;
use crate::groups::{Groups, Queue};
use crate::menu::Menus;
use crate::network::Networks;
use crate::recognition::Speech;
use crate::service::Service;
use crate::sounds::SoundPlan;
use crate::states::States;
use crate::trunk::Trunks;
use crate::{Calendars, Network, Plans, Server, Synthesis, Token};

#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) service: Service,
    pub(crate) areas: Areas,
    pub(crate) callers: KnownCallers,
    pub(crate) networks: Networks,
    pub(crate) trunks: Trunks,
    pub(crate) dial: Vec<DialRule>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) groups: Groups,
    pub(crate) agents: Agents,
    pub(crate) states: States,
    pub(crate) menus: Menus,
    pub(crate) on_air: OnAir,
    pub(crate) sounds: SoundPlan,
    pub(crate) calendars: Calendars,
    pub(crate) synthesis: Option<Arc<Synthesis>>,
    pub(crate) speech: Speech,
}

pub(crate) fn plans(parts: Parts) -> Plans {
    let Parts {
        service,
        areas,
        callers,
        networks,
        trunks,
        dial,
        tokens,
        groups,
        agents,
        states,
        menus,
        on_air,
        sounds,
        calendars,
        synthesis,
        speech: Speech { recognition, understands },
    } = parts;
    let areas = Arc::new(areas);
    let roster = roster_plan(agents.roster, &service, &states);
    let server = server(&service, networks.server, tokens, &areas);
    let call = call::Plan {
        known: callers,
        areas,
        on_air: Arc::new(on_air),
        realm: service.realm,
        digest: service.digest.to_vec(),
        networks: networks.call,
        trunks: trunks.trunks,
        dial,
        called: service.called,
        menus: menus.versions,
        prompts: sounds.prompts,
        understands,
        groups: groups.call,
        agents: agents.call,
        star_codes: states.star_codes,
        talk_keys: states.talk_keys,
        connect: service.connect,
        session_expires: service.session_expires,
        limits: service.limits,
    };
    let acd = acd_plan(groups.acd, agents.acd, groups.back_off, &groups.queue);
    let carrier = carrier::Plan { trunks: trunks.carriers };
    let (prompt_files, skills) = (sounds.current, groups.skills);
    let (sounds, warnings) = (sounds.files, Vec::new());
    Plans {
        server,
        acd,
        roster,
        call,
        carrier,
        recognition,
        sounds,
        prompt_files,
        skills,
        synthesis,
        calendars,
        warnings,
    }
}

fn server(service: &Service, networks: Vec<Network>, tokens: Vec<Token>, areas: &Arc<Areas>) -> Server {
    Server {
        networks,
        http: service.http,
        tokens,
        data: service.data.clone(),
        log: service.log.clone(),
        media_workers: service.media_workers,
        drain: service.drain,
        dns: service.dns.clone(),
        ladder_bytes: service.ladder_bytes,
        areas: Arc::clone(areas),
    }
}

fn roster_plan(agents: Vec<roster::plan::Agent>, service: &Service, states: &States) -> roster::Plan {
    roster::Plan {
        agents,
        expires_min: service.expires_min,
        expires_default: service.expires_default,
        expires_max: service.expires_max,
        contacts_max: service.contacts_max,
        pause_after_unanswered: states.pause_after_unanswered,
        pause_reasons: states.pause_reasons.clone(),
        star_codes: states.star_codes.clone(),
    }
}

fn acd_plan(
    groups: Vec<acd::plan::Group>,
    agents: Vec<acd::plan::Agent>,
    back_off: acd::plan::BackOff,
    queue: &Queue,
) -> acd::Plan {
    acd::Plan {
        groups,
        agents,
        back_off,
        redial: queue.redial,
        hung_up: queue.hung_up,
        unstaffed_after: queue.unstaffed_after,
        wrap_up_max: queue.wrap_up_max,
        priority_worth: queue.priority_worth,
        remember: queue.remember,
        repeat: queue.repeat,
        day_begins: queue.day_begins,
    }
}
