//! The scripts beside the menus of a configuration.

use std::sync::Arc;

use super::{Script, line, names};
use crate::nearest::did_you_mean;
use crate::problem::{Problem, Problems, Spot};
use crate::release::Folders;
use crate::source::{self, FileId, Source};
use crate::{Plans, Report};

/// Stories of one file: a city's whole menu told many times over.
const STORIES_MAX: usize = 10_000;

/// The stories beside the menus in `dir`. The names in them are judged where plans are at hand.
///
/// # Errors
/// Every line that cannot be read, and every name that nobody knows, in the order of files and lines.
pub fn scripts<'a>(from: impl Into<Folders<'a>>, plans: Option<&Plans>) -> Result<Vec<Script>, Report> {
    let (dir, problems) = (from.into().menus(), Problems::default());
    let sources = Arc::new(source::read_scripts(dir, &problems));
    let menus = source::menu_names(dir);
    let mut scripts = Vec::new();
    for file in sources.ids() {
        let Some(source) = sources.get(file) else { continue };
        let Some(menu) = menu_of(source, &menus, &problems) else { continue };
        let stories = stories(file, source, &problems);
        let script = Script { menu, stories, file, sources: Arc::clone(&sources) };
        plans.into_iter().for_each(|plans| names::judge(&script, plans, &problems));
        scripts.push(script);
    }
    let (errors, _) = problems.into_sorted();
    if errors.is_empty() { Ok(scripts) } else { Err(Report::new(errors, sources.as_ref().clone())) }
}

/// `12345.script` and `12345.night.script` are of the menu 12345; of several menus the one with the longest name.
fn menu_of(source: &Source, menus: &[String], problems: &Problems) -> Option<String> {
    let stem = source.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let is_of =
        |menu: &&String| stem.strip_prefix(menu.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let found = menus.iter().filter(is_of).max_by_key(|menu| menu.len()).cloned();
    if found.is_none() {
        let name = stem.split('.').next().unwrap_or_default();
        let help = format!(
            "{}; a script is named as its menu: `NAME.script`, or `NAME.TOPIC.script`",
            did_you_mean(name, menus.iter().map(String::as_str))
        );
        problems.error(Problem::new(Spot::Path(source.path.clone()), format!("there is no menu `{name}`"), "", help));
    }
    found
}

fn stories(file: FileId, source: &Source, problems: &Problems) -> Vec<rehearsal::Story> {
    let mut stories = Vec::new();
    let mut at = 0;
    for text in source.text.split_inclusive('\n') {
        match line::story(text, at) {
            Ok(story) => stories.extend(story),
            Err(wrong) => wrong.into_iter().for_each(|told| {
                problems.error(Problem::new(Spot::text(file, told.place), told.what.title, "", told.what.help));
            }),
        }
        at += text.len();
        if stories.len() > STORIES_MAX {
            let title = format!("more than {STORIES_MAX} stories in one file");
            let help = "put some into a file of their own, as `NAME.TOPIC.script`";
            problems.error(Problem::new(Spot::Path(source.path.clone()), title, "", help));
            break;
        }
    }
    stories
}

#[cfg(test)]
mod tests {
    use super::*;
    use rehearsal::{Deed, End, Told};

    #[test]
    fn a_story_is_read_and_written_alike() {
        let lines = [
            "press 2, wait -> queue complaint",
            "at 02:00, press 4, wait -> queue consult through order-closed, consult",
            "on 2026-10-01 at 09:30, press 4 -> at notice",
            "from 057188001122, to 12345, called before 3 times -> at where",
            "from withheld, surge in consult, on air news=storm flood, listen, press *#0A -> queue consult",
            "press 2026#, answer status=done due=2026-10-01, wait -> end",
            "no answer, line refused -> transfer 110",
            "survey in en, press 4, wait -> rated 4, end",
            "survey, wait -> call back consult",
        ];
        for text in lines {
            let story = line::story(text, 0).expect(text).expect("a story");
            let who = Some(story.who.to_string()).filter(|who| !who.is_empty());
            let deeds = story.deeds.iter().map(|told| told.what.to_string());
            let ends: Vec<_> = story.ends.iter().map(|told| told.what.to_string()).collect();
            let through: Vec<_> = story.through.iter().map(|told| told.what.as_str()).collect();
            let through = if through.is_empty() { String::new() } else { format!(" through {}", through.join(", ")) };
            let left: Vec<_> = who.into_iter().chain(deeds).collect();
            assert_eq!(format!("{} -> {}{through}", left.join(", "), ends.join(", ")), text);
        }
    }

    #[test]
    fn places_are_those_of_the_file() {
        let text = "  from 139-0013-9000，press 2 ,wait→queue complaint  through  main , complaint \n";
        let story = line::story(text, 100).expect("right").expect("a story");
        let at = |told: &std::ops::Range<usize>| &text[told.start - 100..told.end - 100];
        assert_eq!(story.who.caller.as_deref(), Some("13900139000"));
        assert_eq!(story.deeds.iter().map(|told| at(&told.place)).collect::<Vec<_>>(), ["press 2", "wait"]);
        let [Told { what: End::Queue(group), place }] = &story.ends[..] else { panic!("{story:?}") };
        assert_eq!((group.as_str(), at(place)), ("complaint", "queue complaint"));
        assert_eq!(story.through.iter().map(|told| at(&told.place)).collect::<Vec<_>>(), ["main", "complaint"]);
        assert_eq!(story.deeds[1].what, Deed::Wait);
        assert_eq!(line::story("# press 2\n", 0), Ok(None));
        assert_eq!(line::story(" \r\n", 0), Ok(None));
    }

    #[test]
    fn what_cannot_be_read_is_told_at_its_place() {
        let cases = [
            ("press 2", "press 2", "no arrow"),
            ("prss 2 -> end", "prss 2", "did you mean `press`?"),
            ("press 2x -> end", "press 2x", "`x` is no key"),
            ("press -> end", "press", "`press 2026#`"),
            ("press 2,, wait -> end", "", "leave the comma out"),
            ("wait, at 02:00 -> end", "at 02:00", "before what the caller does"),
            ("at 25:00 -> end", "at 25:00", "`at 02:00`"),
            ("on 2026-02-30 -> end", "on 2026-02-30", "`on 2026-10-01 at 09:30`"),
            ("at 02:00, at 03:00 -> end", "at 03:00", "said twice"),
            ("from nobody -> end", "from nobody", "from withheld"),
            ("answer done -> end", "answer done", "status=done"),
            ("wait -> queue", "queue", "`queue GROUP`"),
            ("wait -> rated 6", "rated 6", "`rated 5`"),
            ("wait -> end, queue consult", "queue consult", "leads to one place"),
            ("wait -> ", "->", "where the story leads"),
            ("wait -> end through", "", "nothing stands here"),
            ("wait -> end through main staff", "main staff", "no spaces"),
            ("唱歌 -> end", "唱歌", "begins with one of"),
        ];
        for (text, place, told) in cases {
            let wrong = line::story(text, 0).expect_err(text);
            let first = &wrong[0];
            assert_eq!(text[first.place.clone()].trim_end(), place.trim_end(), "{text}");
            assert!(format!("{} {}", first.what.title, first.what.help).contains(told), "{text}: {first:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_a_panic(text in "[a-z0-9 ,=>#，→\u{1f600}:-]{0,60}") {
            if let Err(wrong) = line::story(&text, 0) {
                for told in wrong {
                    proptest::prop_assert!(text.get(told.place).is_some());
                }
            }
        }
    }
}
