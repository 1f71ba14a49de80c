//! The names in stories: groups, nodes, prompts, languages.

use std::ops::Range;

use call::plan::MenuVersion;

use rehearsal::{End, Story};

use super::Script;
use crate::Plans;
use crate::nearest::did_you_mean;
use crate::problem::{Problem, Problems, Spot};

/// Tells every name that nobody knows. A menu that could not be read has no nodes to be compared with.
pub(super) fn judge(script: &Script, plans: &Plans, problems: &Problems) {
    let Some(version) = plans.call.menus.iter().find(|version| version.name == script.menu) else { return };
    let judge = Judge { script, plans, version, problems };
    script.stories.iter().for_each(|story| judge.story(story));
}

struct Judge<'a> {
    script: &'a Script,
    plans: &'a Plans,
    version: &'a MenuVersion,
    problems: &'a Problems,
}

impl Judge<'_> {
    fn story(&self, story: &Story) {
        let start = &story.place;
        story.who.surge.iter().for_each(|group| self.group(group, start));
        for (slot, prompts) in &story.who.on_air {
            self.known("slot", slot, self.slots(), start);
            prompts.iter().for_each(|prompt| self.known("prompt", prompt, self.plans.call.prompts.names(), start));
        }
        if let Some(survey) = &story.who.survey {
            if self.version.menu.survey().is_none() {
                let help = "add `survey = { start = \"NODE\" }` to the menu, or remove the story";
                self.tell(
                    start,
                    format!("the menu `{}` has no survey", self.script.menu),
                    "nobody is asked",
                    help.to_owned(),
                );
            }
            if let Some(locale) = &survey.locale {
                self.known("language", locale, self.plans.call.prompts.locales().map(|(_, name)| name), start);
            }
        }
        for told in &story.ends {
            match &told.what {
                End::Queue(group) | End::CallBack(group) => self.group(group, &told.place),
                End::At(node) => self.node(node, &told.place),
                End::Transfer(_) | End::Over | End::Rated(_) => {}
            }
        }
        story.through.iter().for_each(|told| self.node(&told.what, &told.place));
    }

    fn group(&self, name: &str, place: &Range<usize>) {
        let groups = self.plans.call.groups.iter().filter(|group| !group.removed);
        self.known("group", name, groups.map(|group| group.name.as_str()), place);
    }

    fn node(&self, name: &str, place: &Range<usize>) {
        let menu = &self.version.menu;
        self.known("node", name, menu.node_ids().map(|id| menu.node_name(id)), place);
    }

    fn slots(&self) -> impl Iterator<Item = &str> {
        self.version.menu.slots()
    }

    fn known<'n>(&self, kind: &str, name: &str, known: impl Iterator<Item = &'n str>, place: &Range<usize>) {
        let known: Vec<&str> = known.collect();
        if !known.contains(&name) {
            let title = format!("no {kind} is named `{name}`");
            self.tell(place, title, &format!("unknown {kind}"), did_you_mean(name, known));
        }
    }

    fn tell(&self, place: &Range<usize>, title: String, label: &str, help: String) {
        self.problems.error(Problem::new(Spot::text(self.script.file, place.clone()), title, label, help));
    }
}
