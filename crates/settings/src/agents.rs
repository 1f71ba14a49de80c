//! `[[agent]]`: who answers.

use acd::SkillId;
use base::Secret;

use crate::groups::{Groups, refuse_twins};
use crate::merge::{self, REMOVED_MAX, Running};
use crate::nearest::did_you_mean;
use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::trunk::EXAMPLE;
use crate::value::Value;

#[derive(Clone, Debug, Default)]
pub(crate) struct Agents {
    pub(crate) acd: Vec<acd::plan::Agent>,
    pub(crate) roster: Vec<roster::plan::Agent>,
    pub(crate) call: Vec<call::plan::Agent>,
    /// Who has a password of the examples.
    pub(crate) examples: Vec<String>,
}

/// Worse levels are not told apart by anyone who plans a shift.
const LEVEL_MAX: u64 = 9;
/// A hundred parts are as fine as anybody deals out calls.
const WEIGHT_MAX: u64 = 100;

/// An agent of the file, as each owner sees one.
type Found = (acd::plan::Agent, roster::plan::Agent, call::plan::Agent);

pub(crate) fn read(root: &Table<'_>, groups: &Groups, running: Running<'_>, problems: &Problems) -> Agents {
    let (mut agents, mut found) = (Agents::default(), Vec::<Found>::new());
    let mut numbers = Vec::new();
    for table in root.sections("agent") {
        let number = table.need("number", "\"1001\"").and_then(|v| Some((number(&v)?, v.spot)));
        let password = table.need("password", "\"…\"").and_then(|v| v.text());
        let skills = skills(&table, groups);
        let weight = u16::try_from(table.number("weight", 1, 1, WEIGHT_MAX)).unwrap_or(1);
        let wrap_up = table.get("wrap_up_s").and_then(|v| v.seconds(0, 3600));
        let ready_on_register = table.bool("ready_on_register", true);
        let (Some((number, spot)), Some(password)) = (number, password) else { continue };
        if password.starts_with(EXAMPLE) {
            agents.examples.push(format!("agent {number}"));
        }
        numbers.push((number.clone(), spot));
        let removed = false;
        found.push((
            acd::plan::Agent { skills, wrap_up, weight },
            roster::plan::Agent { number: number.clone(), ready_on_register, removed },
            call::plan::Agent { number, password: Secret(password), removed },
        ));
    }
    agents.place(found, running, &root.spot, problems);
    refuse_twins(numbers.iter().map(|(n, spot)| (n.as_str(), spot)), "agents", problems);
    for (number, spot) in &groups.numbers {
        if numbers.iter().any(|(known, _)| known == number) {
            let title = format!("`{number}` is an agent's number already");
            let help = "choose another one: whoever dials it has to come to one place";
            problems.error(Problem::new(spot.clone(), title, "taken", help));
        }
    }
    warn_of_empty_groups(&agents, groups, problems);
    agents
}

impl Agents {
    /// Puts each agent at the place that the running engine knows it by.
    fn place(&mut self, found: Vec<Found>, running: Running<'_>, spot: &Spot, problems: &Problems) {
        let known = running.map(|plans| plans.call.agents.as_slice()).unwrap_or_default();
        let placed = merge::places(known.iter().map(|agent| agent.number.as_str()), found, |(.., call)| &call.number);
        let removed = placed.iter().filter(|agent| agent.is_none()).count();
        merge::refuse_too_many(removed, REMOVED_MAX, "agents that are kept in mind", spot, problems);
        for (place, agent) in placed.into_iter().enumerate() {
            let gone = || removed_agent(known.get(place).map(|agent| agent.number.clone()).unwrap_or_default());
            let (acd, roster, call) = agent.unwrap_or_else(gone);
            self.acd.push(acd);
            self.roster.push(roster);
            self.call.push(call);
        }
    }

    /// Those of the file, with their places.
    pub(crate) fn named(&self) -> impl Iterator<Item = (usize, &str)> {
        let there = self.call.iter().enumerate().filter(|(_, agent)| !agent.removed);
        there.map(|(place, agent)| (place, agent.number.as_str()))
    }
}

fn removed_agent(number: String) -> Found {
    let roster = roster::plan::Agent { number: number.clone(), ready_on_register: false, removed: true };
    let call = call::plan::Agent { number, password: Secret::default(), removed: true };
    (acd::plan::Agent::default(), roster, call)
}

/// It is spoken to citizens digit by digit and typed on phones.
fn number(value: &Value<'_>) -> Option<String> {
    let is_number = |text: &str| !text.is_empty() && text.len() <= 32 && text.bytes().all(|b| b.is_ascii_digit());
    value.parsed("a number of 1 to 32 digits", "`\"1001\"`", |text| is_number(text).then(|| text.to_owned()))
}

/// `["consult"]`, or `{ consult = 1, english = 2 }` with levels; every group at level 1 when nothing is said.
fn skills(table: &Table<'_>, groups: &Groups) -> Vec<acd::plan::Skill> {
    let Some(value) = table.get("skills") else {
        let own = (0..).map(SkillId).zip(&groups.names);
        return own
            .filter(|(_, name)| !name.is_empty())
            .map(|(skill, _)| acd::plan::Skill { skill, level: 1 })
            .collect();
    };
    let skills = &groups.skills;
    if let Some(table) = value.as_names() {
        let levels = table.into_iter().map(|(name, spot, level)| {
            let level = level.number(1, LEVEL_MAX).unwrap_or(1) as u8;
            skill(name, spot, level, skills, value.problems)
        });
        return levels.flatten().collect();
    }
    value.texts().into_iter().filter_map(|(name, item)| skill(&name, item.spot, 1, skills, value.problems)).collect()
}

fn skill(name: &str, spot: Spot, level: u8, skills: &[String], problems: &Problems) -> Option<acd::plan::Skill> {
    let found = (0..).map(SkillId).zip(skills).find(|(_, known)| *known == name && !name.is_empty()).map(|(id, _)| id);
    if found.is_none() {
        let help = did_you_mean(name, skills.iter().map(String::as_str));
        problems.error(Problem::new(spot, format!("no group or skill is named `{name}`"), "unknown skill", help));
    }
    found.map(|skill| acd::plan::Skill { skill, level })
}

fn warn_of_empty_groups(agents: &Agents, groups: &Groups, problems: &Problems) {
    let is_met = |need: &acd::Need| agents.acd.iter().any(|agent| need.rank(&agent.skills).is_some());
    let steps = groups.acd.iter().zip(&groups.steps);
    for (place, (name, (group, spots))) in
        groups.names.iter().zip(steps).enumerate().filter(|(_, (_, (g, _)))| !g.removed)
    {
        let last = group.steps.last().map(|step| step.need.clone());
        let last = last.unwrap_or_else(|| acd::Need::of(SkillId(u16::try_from(place).unwrap_or(u16::MAX))));
        if !is_met(&last) {
            let title = format!("no agent serves the group `{name}`");
            let help = "name the group in the `skills` of an agent, or ask for less in the last step of its `who`";
            let spot = spots.last().or(groups.spots.get(place)).cloned();
            problems.warn(Problem::new(
                spot.unwrap_or(Spot::Path("queues.toml".into())),
                title,
                "nobody would answer",
                help,
            ));
            continue;
        }
        for (step, spot) in group.steps.iter().zip(spots).filter(|(step, _)| !is_met(&step.need)) {
            let title = format!("no agent is what `{name}` asks for after {} s", step.after.as_secs());
            let help = "callers wait for the next step in vain: give an agent the skill, or remove the step";
            problems.warn(Problem::new(spot.clone(), title, "nobody would answer", help));
        }
    }
}
