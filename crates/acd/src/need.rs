//! What a caller's group asks of an agent.

use base::GroupId;

use crate::Skill;

/// Something that agents can do. Each group has a skill of its own, with the group's number; others have the numbers after those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SkillId(pub u16);

impl From<GroupId> for SkillId {
    fn from(group: GroupId) -> SkillId {
        SkillId(group.0)
    }
}

/// An expression over skills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// This skill, at this level or a better one; 1 is best.
    Skill {
        skill: SkillId,
        worst: u8,
    },
    All(Vec<Need>),
    Any(Vec<Need>),
}

impl Need {
    /// The skill at whatever level.
    pub fn of(skill: impl Into<SkillId>) -> Need {
        Need::Skill { skill: skill.into(), worst: u8::MAX }
    }

    /// How well somebody of these skills meets the need, 1 is best; none who does not. Of `All` the worst part counts, of `Any`
    /// the best, and a skill that is named twice counts at its best level.
    pub fn rank(&self, skills: &[Skill]) -> Option<u8> {
        match self {
            Need::Skill { skill, worst } => {
                let levels = skills.iter().filter(|s| s.skill == *skill).map(|s| s.level);
                levels.min().filter(|level| level <= worst)
            }
            // Nothing asked is met by anybody, and as well as can be.
            Need::All(parts) => parts.iter().try_fold(1, |worst, part| Some(part.rank(skills)?.max(worst))),
            Need::Any(parts) => parts.iter().filter_map(|part| part.rank(skills)).min(),
        }
    }
}

/// Needs by the skills that they name: an agent who has none of those meets a need as well as somebody without any skill does.
pub(crate) struct BySkill {
    of: Vec<Vec<u32>>,
    /// Those that somebody without any skill meets.
    met_by_all: Vec<u32>,
}

impl BySkill {
    pub(crate) fn of<'a>(needs: impl Iterator<Item = &'a Need>) -> BySkill {
        let mut by_skill = BySkill { of: Vec::new(), met_by_all: Vec::new() };
        for (number, need) in (0..).zip(needs) {
            if need.rank(&[]).is_some() {
                by_skill.met_by_all.push(number);
            } else {
                by_skill.note(number, need);
            }
        }
        by_skill
    }

    fn note(&mut self, number: u32, need: &Need) {
        match need {
            Need::Skill { skill, .. } => {
                let place = usize::from(skill.0);
                if place >= self.of.len() {
                    self.of.resize(place + 1, Vec::new());
                }
                self.of[place].push(number);
            }
            Need::All(parts) | Need::Any(parts) => parts.iter().for_each(|part| self.note(number, part)),
        }
    }

    /// The numbers of needs that somebody with these skills may meet, in their order.
    pub(crate) fn of_agent(&self, skills: &[Skill], out: &mut Vec<u32>) {
        out.clear();
        out.extend(&self.met_by_all);
        out.extend(skills.iter().filter_map(|s| self.of.get(usize::from(s.skill.0))).flatten());
        out.sort_unstable();
        out.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skills(of: &[(u16, u8)]) -> Vec<Skill> {
        of.iter().map(|&(skill, level)| Skill { skill: SkillId(skill), level }).collect()
    }

    #[test]
    fn whoever_meets_a_need_is_found_by_skill() {
        let one = |skill| Need::of(SkillId(skill));
        let needs = [
            one(7),
            Need::All(vec![one(1), Need::Any(vec![one(2), one(3)])]),
            Need::Any(vec![Need::All(Vec::new()), one(9)]),
            Need::Any(Vec::new()),
            Need::All(vec![one(1), one(1)]),
        ];
        let (by_skill, mut found) = (BySkill::of(needs.iter()), Vec::new());
        for picked in 0..1 << 10 {
            let has: Vec<_> = (0..10).filter(|skill| picked >> skill & 1 == 1).map(|skill| (skill, 1)).collect();
            by_skill.of_agent(&skills(&has), &mut found);
            let met = |number: &u32| needs[*number as usize].rank(&skills(&has)).is_some();
            let all: Vec<u32> = (0..needs.len() as u32).filter(met).collect();
            found.retain(met);
            assert_eq!(found, all, "{has:?}");
        }
    }

    #[test]
    fn the_worst_part_of_all_and_the_best_of_any() {
        let one = |skill, worst| Need::Skill { skill: SkillId(skill), worst };
        type Case<'a> = (Need, &'a [(u16, u8)], Option<u8>);
        let cases: [Case<'_>; 9] = [
            (one(3, 2), &[(3, 2)], Some(2)),
            (one(3, 2), &[(3, 3)], None),
            (one(3, 2), &[(3, 3), (3, 1)], Some(1)),
            (Need::of(SkillId(3)), &[(3, 255)], Some(255)),
            (Need::All(vec![one(1, 9), one(2, 9)]), &[(1, 1), (2, 4)], Some(4)),
            (Need::All(vec![one(1, 9), one(2, 3)]), &[(1, 1), (2, 4)], None),
            (Need::Any(vec![one(1, 9), Need::All(vec![one(2, 9), one(3, 9)])]), &[(2, 1), (3, 2)], Some(2)),
            (Need::All(Vec::new()), &[], Some(1)),
            (Need::Any(Vec::new()), &[(1, 1)], None),
        ];
        for (need, of, rank) in cases {
            assert_eq!(need.rank(&skills(of)), rank, "{need:?} by {of:?}");
        }
    }
}
