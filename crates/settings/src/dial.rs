//! `[[dial]]`: which numbers outside may be called, by whom, when, and through which trunks.

use base::AgentId;
use call::number::canonical;
use call::plan::{DialRule, Trunk};
use ivr::Hours;

use crate::agents::Agents;
use crate::groups::refuse_twins;
use crate::merge::{self, Running};
use crate::nearest::did_you_mean;
use crate::problem::{Problem, Problems, Spot};
use crate::reader::Table;
use crate::service::number;
use crate::value::Value;

/// Each call to a line looks at all of them; a city has a dozen.
const RULES_MAX: usize = 200;
/// One call a second for an hour: more is no person.
const PER_HOUR_MAX: u64 = 3600;

/// What a rule may name.
pub(crate) struct Known<'a> {
    pub(crate) trunks: &'a [Trunk],
    pub(crate) agents: &'a Agents,
    pub(crate) hours: &'a [(String, Hours)],
    pub(crate) running: Running<'a>,
}

pub(crate) fn read(root: &Table<'_>, known: &Known<'_>, problems: &Problems) -> Vec<DialRule> {
    let tables = root.sections("dial");
    if tables.len() > RULES_MAX {
        let title = format!("{} rules for numbers, but at most {RULES_MAX} are possible", tables.len());
        problems.error(Problem::new(root.spot.clone(), title, "", "give numbers of one kind a rule together"));
    }
    let (mut rules, mut names) = (Vec::new(), Vec::new());
    for table in tables.iter().take(RULES_MAX) {
        let name = table.need("name", "\"toll\"").and_then(|v| Some((v.text()?, v.spot)));
        names.extend(name.clone());
        rules.push(rule(name.map(|(name, _)| name).unwrap_or_default(), table, known));
    }
    refuse_twins(names.iter().map(|(n, spot)| (n.as_str(), spot)), "rules for numbers", problems);
    // Calls that are out remember the place of their rule; one that is removed leads nowhere.
    let known = known.running.map(|plans| plans.call.dial.as_slice()).unwrap_or_default();
    let placed = merge::places(known.iter().map(|rule| rule.name.as_str()), rules, |rule| &rule.name);
    merge::refuse_too_many(placed.len(), RULES_MAX, "rules for numbers", &root.spot, problems);
    let gone = |place: usize| DialRule { name: known[place].name.clone(), ..DialRule::default() };
    placed.into_iter().enumerate().map(|(place, rule)| rule.unwrap_or_else(|| gone(place))).collect()
}

fn rule(name: String, table: &Table<'_>, known: &Known<'_>) -> DialRule {
    let prefixes = table.need("prefixes", "[\"0\", \"1\"]").map(|v| v.list()).unwrap_or_default();
    let trunks = table.need("trunks", "[\"carrier\"]").map(|v| v.list()).unwrap_or_default();
    let trunks: Vec<usize> = trunks.iter().filter_map(|v| trunk(v, known.trunks)).collect();
    let agents = table.get("agents").map(|v| v.list()).unwrap_or_default();
    let area = trunks.first().and_then(|place| known.trunks.get(*place)).and_then(|trunk| trunk.area_code.as_ref());
    let caller = table.get("caller").and_then(|v| Some((canonical(&number(&v)?, area), v)));
    if let Some((caller, value)) = &caller {
        let refuses = |trunk: &&Trunk| trunk.outward.as_ref().is_some_and(|outward| !outward.may_show(caller));
        if let Some(trunk) = trunks.iter().filter_map(|place| known.trunks.get(*place)).find(refuses) {
            let help = format!("add it to `callers` of the trunk `{}`, or choose one of those", trunk.name);
            value.error(format!("the trunk `{}` may not show `{caller}`", trunk.name), "not one of its numbers", help);
        }
    }
    DialRule {
        name,
        prefixes: prefixes.iter().filter_map(prefix).collect(),
        trunks,
        caller: caller.map(|(caller, _)| caller),
        agents: agents.iter().filter_map(|v| agent(v, known.agents)).collect(),
        hours: table.get("hours").and_then(|v| hours(&v, known.hours)),
        per_hour: match table.number("per_hour", 0, 0, PER_HOUR_MAX) {
            0 => None,
            n => u32::try_from(n).ok(),
        },
    }
}

/// The beginning of a number in its one form; the empty one is that of every number.
fn prefix(value: &Value<'_>) -> Option<String> {
    value.parsed("the beginning of a number", "`0`, `138` or `+`", |text| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        (digits.len() <= 32 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
    })
}

fn trunk(value: &Value<'_>, trunks: &[Trunk]) -> Option<usize> {
    let name = value.text()?;
    let Some(place) = trunks.iter().position(|trunk| trunk.name == name) else {
        let known = did_you_mean(&name, trunks.iter().map(|trunk| trunk.name.as_str()));
        value.error(format!("no trunk is named `{name}`"), "no `[[trunk]]` with this name", known);
        return None;
    };
    if trunks[place].outward.is_none() {
        let help = "add `targets = [\"sip:ims.example.org\"]` to the trunk, or name another one";
        value.error(format!("no call leaves through the trunk `{name}`"), "it has no targets", help);
    }
    Some(place)
}

fn agent(value: &Value<'_>, agents: &Agents) -> Option<AgentId> {
    let number = value.text()?;
    let place = agents.named().find(|(_, known)| *known == number).map(|(place, _)| place);
    if place.is_none() {
        let known = did_you_mean(&number, agents.named().map(|(_, number)| number));
        value.error(format!("no agent has the number `{number}`"), "no `[[agent]]` with this number", known);
    }
    place.map(|place| AgentId(place as u32))
}

fn hours(value: &Value<'_>, hours: &[(String, Hours)]) -> Option<Hours> {
    let name = value.text()?;
    let found = hours.iter().find(|(known, _)| *known == name);
    if found.is_none() {
        let known = did_you_mean(&name, hours.iter().map(|(name, _)| name.as_str()));
        value.error(format!("no opening hours are named `{name}`"), "no `[hours.…]` with this name", known);
    }
    found.map(|(_, hours)| hours.clone())
}

/// Where callers are brought to whom a group cannot keep: a number that rules lead to.
pub(crate) fn set_duty_lines(plan: &mut call::Plan, lines: &[Option<(String, Spot)>], problems: &Problems) {
    for (place, (number, spot)) in lines.iter().enumerate().filter_map(|(place, line)| Some((place, line.as_ref()?))) {
        let line = plan.line(number);
        if line.is_none() {
            let help = "add a `[[dial]]` with a prefix of it and a trunk that leads out";
            problems.error(Problem::new(
                spot.clone(),
                format!("no rule leads to `{number}`"),
                "cannot be called",
                help,
            ));
        }
        if let Some(group) = plan.groups.get_mut(place) {
            group.duty_line = line;
        }
    }
}
