//! A configuration for an engine that runs: what changes, and what has to wait for its next start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use acd::{Need, SkillId};

use crate::load::load_as;
use crate::release::Folders;
use crate::{Plans, Report};

/// Plans that may take the place of those that run.
#[derive(Clone, Debug)]
pub struct Reloaded {
    pub plans: Plans,
    pub changes: Changes,
}

/// What another configuration comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub groups: Listed,
    pub agents: Listed,
    pub menus: Listed,
    /// Files of prompts, with the folder that they are in.
    pub prompts: Listed,
    /// Further tables that are other than they were, as they are written: `[queue]`.
    pub others: Vec<String>,
    /// Tables that are other than they were, of which nothing holds before the engine starts again.
    pub restart: Vec<String>,
}

/// Names of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub changed: Vec<String>,
}

impl Listed {
    fn of<T: PartialEq>(before: &BTreeMap<String, T>, after: &BTreeMap<String, T>) -> Listed {
        let changed = |(name, was): (&String, &T)| after.get(name).is_some_and(|is| is != was).then(|| name.clone());
        Listed {
            added: after.keys().filter(|name| !before.contains_key(*name)).cloned().collect(),
            removed: before.keys().filter(|name| !after.contains_key(*name)).cloned().collect(),
            changed: before.iter().filter_map(changed).collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl Changes {
    /// Nothing is other than it was.
    pub fn is_empty(&self) -> bool {
        let lists = [&self.groups, &self.agents, &self.menus, &self.prompts];
        lists.iter().all(|listed| listed.is_empty()) && self.others.is_empty() && self.restart.is_empty()
    }
}

/// Reads the configuration in a folder anew for an engine that runs by `running`, as [`load`](crate::load) reads it, and as strictly: groups,
/// agents, rules and sounds that the engine knows by a number keep it, removed ones keep their places. What sockets, threads and trunks
/// hang on stays what it was, and is named.
///
/// # Errors
/// Every fault of every file and variable, in the order of files and lines: nothing may change then.
pub fn reload<'a>(
    from: impl Into<Folders<'a>>,
    env: impl IntoIterator<Item = (String, String)>,
    running: &Plans,
) -> Result<Reloaded, Report> {
    let mut plans = load_as(from.into(), env, Some(running))?;
    let restart = keep(&mut plans, running);
    let changes = Changes {
        groups: Listed::of(&groups(running), &groups(&plans)),
        agents: Listed::of(&agents(running), &agents(&plans)),
        menus: Listed::of(&menus(running), &menus(&plans)),
        prompts: prompt_changes(running, &plans),
        others: others(running, &plans),
        restart,
    };
    Ok(Reloaded { plans, changes })
}

pub(crate) fn prompt_changes(running: &Plans, plans: &Plans) -> Listed {
    Listed::of(&prompts(running), &prompts(plans))
}

/// Takes back what the running engine cannot change, and names the tables where that is something.
fn keep(plans: &mut Plans, running: &Plans) -> Vec<String> {
    let mut names = BTreeSet::new();
    let (server, was) = (&plans.server, &running.server);
    let differs = [
        ("[[network]], [sip] udp and tcp", server.networks != was.networks),
        ("[http]", server.http != was.http),
        ("[[token]]", server.tokens != was.tokens),
        ("[server] data and log", (&server.data, &server.log) != (&was.data, &was.log)),
        ("[media] workers", server.media_workers != was.media_workers),
        ("[drain]", server.drain != was.drain),
        ("[dns]", server.dns != was.dns),
        ("[ladder]", server.ladder_bytes != was.ladder_bytes),
        ("[numbers] and [[county]]", server.areas != was.areas),
        ("[sip] realm, digest and session_expires_s", told(&door(&plans.call)) != told(&door(&running.call))),
    ];
    names.extend(differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()));
    if trunks(plans) != trunks(running) {
        names.insert("[[trunk]], and [[dial]], which leads to trunks".to_owned());
        plans.call.dial.clone_from(&running.call.dial);
    }
    plans.server.clone_from(&running.server);
    let (call, was) = (&mut plans.call, &running.call);
    call.networks.clone_from(&was.networks);
    call.trunks.clone_from(&was.trunks);
    call.areas.clone_from(&was.areas);
    plans.carrier.clone_from(&running.carrier);
    call.realm.clone_from(&was.realm);
    call.digest.clone_from(&was.digest);
    call.session_expires = was.session_expires;
    names.into_iter().collect()
}

/// What the door is made of at the start.
fn door(call: &call::Plan) -> (&str, &[call::plan::Digest], std::time::Duration) {
    (&call.realm, &call.digest, call.session_expires)
}

/// Everything about trunks, their passwords too, which print nothing of themselves.
fn trunks(plans: &Plans) -> (String, Vec<&str>) {
    let credentials = plans.call.trunks.iter().filter_map(|trunk| trunk.credentials.as_ref());
    let registers = plans.carrier.trunks.iter().filter_map(|trunk| trunk.login.as_ref());
    let passwords = credentials.map(|c| c.password.0.as_str()).chain(registers.map(|login| login.password.0.as_str()));
    (told(&(&plans.call.trunks, &plans.carrier)), passwords.collect())
}

fn told(of: &impl std::fmt::Debug) -> String {
    format!("{of:?}")
}

/// What each group is, in words that are the same for the same group whatever else there is.
fn groups(plans: &Plans) -> BTreeMap<String, String> {
    let all = plans.acd.groups.iter().zip(&plans.call.groups).filter(|(acd, _)| !acd.removed);
    let one = |(acd, call): (&acd::plan::Group, &call::plan::Group)| {
        let steps: Vec<_> = acd.steps.iter().map(|step| (step.after, need(&step.need, &plans.skills))).collect();
        let plain = acd::plan::Group { steps: Vec::new(), ..acd.clone() };
        (acd.name.clone(), told(&(plain, steps, call)))
    };
    all.map(one).collect()
}

/// An expression with the names of its skills: their numbers move when groups come.
fn need(need: &Need, skills: &[String]) -> String {
    match need {
        Need::Skill { skill, worst } => format!("{}<={worst}", skill_name(*skill, skills)),
        Need::All(parts) => format!("all{:?}", parts.iter().map(|part| self::need(part, skills)).collect::<Vec<_>>()),
        Need::Any(parts) => format!("any{:?}", parts.iter().map(|part| self::need(part, skills)).collect::<Vec<_>>()),
    }
}

fn skill_name(skill: SkillId, skills: &[String]) -> &str {
    skills.get(usize::from(skill.0)).map_or("", String::as_str)
}

fn agents(plans: &Plans) -> BTreeMap<String, String> {
    let all = plans.call.agents.iter().zip(&plans.acd.agents).zip(&plans.roster.agents);
    let one = |((call, acd), roster): ((&call::plan::Agent, &acd::plan::Agent), &roster::plan::Agent)| {
        let skill = |skill: &acd::Skill| (skill_name(skill.skill, &plans.skills).to_owned(), skill.level);
        let skills: BTreeSet<_> = acd.skills.iter().map(skill).collect();
        let rest = (acd.wrap_up, acd.weight, roster.ready_on_register, &call.password.0);
        (call.number.clone(), told(&(skills, rest)))
    };
    all.filter(|((call, _), _)| !call.removed).map(one).collect()
}

fn menus(plans: &Plans) -> BTreeMap<String, String> {
    plans.call.menus.iter().map(|menu| (menu.name.clone(), menu.version.clone())).collect()
}

/// The sound of each file, by its name below the folder of prompts.
fn prompts(plans: &Plans) -> BTreeMap<String, base::SoundId> {
    let name = |path: &Path| {
        let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        format!("{}/{}", folder.unwrap_or_default(), file.unwrap_or_default())
    };
    plans.prompt_files.iter().map(|(path, sound)| (name(path), *sound)).collect()
}

/// What is in no list of names.
fn others(running: &Plans, plans: &Plans) -> Vec<String> {
    let queue = |plans: &Plans| {
        let acd::Plan {
            redial,
            hung_up,
            unstaffed_after,
            wrap_up_max,
            priority_worth,
            remember,
            repeat,
            day_begins,
            ..
        } = plans.acd;
        (redial, hung_up, unstaffed_after, wrap_up_max, priority_worth, remember, repeat, day_begins)
    };
    let of_agents = |plans: &Plans| {
        let roster::Plan { pause_after_unanswered, pause_reasons, star_codes, .. } = &plans.roster;
        told(&(pause_after_unanswered, pause_reasons, star_codes, &plans.call.talk_keys))
    };
    let sip = |plans: &Plans| {
        let roster::Plan { expires_min, expires_default, expires_max, contacts_max, .. } = plans.roster;
        (expires_min, expires_default, expires_max, contacts_max)
    };
    let rules = |plans: &Plans| plans.call.dial.iter().filter(|r| !r.prefixes.is_empty()).cloned().collect::<Vec<_>>();
    let called = |plans: &Plans| {
        let menu = |menu: usize| plans.call.menus.get(menu).map(|menu| menu.name.clone());
        plans.call.called.iter().map(|called| (called.number.clone(), menu(called.menu))).collect::<Vec<_>>()
    };
    let differs = [
        ("[queue]", queue(running) != queue(plans)),
        ("[back_off]", running.acd.back_off != plans.acd.back_off),
        ("[speech.synthesis]", running.synthesis != plans.synthesis),
        ("on-air.toml", running.call.on_air != plans.call.on_air),
        ("[[callers]]", running.call.known != plans.call.known),
        ("[agents]", of_agents(running) != of_agents(plans)),
        ("[sip] expires and contacts", sip(running) != sip(plans)),
        ("[limits]", running.call.limits != plans.call.limits),
        ("[connect]", running.call.connect != plans.call.connect),
        ("[[dial]]", rules(running) != rules(plans)),
        ("[speech.recognition]", running.recognition != plans.recognition),
        ("[[called]]", called(running) != called(plans)),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect()
}
