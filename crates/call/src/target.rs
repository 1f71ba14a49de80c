//! Whom a number stands for that an agent dials: somebody of the house, or a line outside that rules lead to.

use base::{AgentId, GroupId};

use crate::number::{AreaCode, canonical};
use crate::plan::DialRule;
use crate::{Plan, Target};

impl Plan {
    /// Numbers and names of the house go before lines outside.
    pub fn target(&self, dialled: &str) -> Target {
        if let Some(agent) = self.colleague(dialled) {
            return Target::Agent(agent);
        }
        match self.group(dialled) {
            Some(group) => Target::Group(group),
            None => self.line(dialled).map_or(Target::Nobody, Target::Line),
        }
    }

    /// An agent, by number.
    pub fn colleague(&self, dialled: &str) -> Option<AgentId> {
        self.agents
            .iter()
            .position(|agent| agent.number == dialled && !agent.removed)
            .map(|place| AgentId(place as u32))
    }

    /// A group, by its number or name.
    pub fn group(&self, dialled: &str) -> Option<GroupId> {
        let is_it = |group: &crate::plan::Group| group.number.as_deref() == Some(dialled) || group.name == dialled;
        self.groups.iter().position(|group| is_it(group) && !group.removed).map(|place| GroupId(place as u16))
    }

    /// The one form of a number outside that a rule leads to; local ones are those of the first trunk that has an area.
    pub fn line(&self, dialled: &str) -> Option<String> {
        let area: Option<&AreaCode> = self.trunks.iter().find_map(|trunk| trunk.area_code.as_ref());
        let number = canonical(dialled, area);
        let dials = number.strip_prefix('+').unwrap_or(&number).bytes().all(|byte| byte.is_ascii_digit());
        (dials && !number.is_empty() && self.rules(&number).next().is_some()).then_some(number)
    }

    /// The rules for a number, with their places: those of the longest prefix.
    pub fn rules<'a>(&'a self, number: &'a str) -> impl Iterator<Item = (usize, &'a DialRule)> {
        let length = move |rule: &DialRule| {
            rule.prefixes.iter().filter(|prefix| number.starts_with(prefix.as_str())).map(String::len).max()
        };
        let longest = self.dial.iter().filter_map(length).max();
        self.dial.iter().enumerate().filter(move |(_, rule)| longest.is_some() && length(rule) == longest)
    }
}
