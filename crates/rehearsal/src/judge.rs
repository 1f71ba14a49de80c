//! Whether a story leads where its line says.

use std::ops::Range;

use crate::{Deed, End, Misfit, Outcome, Story, Told, Visit};

/// What comes out differently from what a story says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The bytes of its file that are not true.
    pub place: Range<usize>,
    /// What happens, in one line.
    pub title: String,
    /// Beside the place.
    pub label: &'static str,
    /// The way that it takes, and what to do.
    pub help: String,
}

impl Fault {
    fn new(place: &Range<usize>, title: String, label: &'static str, help: String) -> Fault {
        Fault { place: place.clone(), title, label, help }
    }
}

/// A story of a menu that nobody has.
pub(crate) fn not_begun(menu: &str, story: &Story) -> Fault {
    let (title, help) = match &story.who.survey {
        Some(_) => (format!("the menu `{menu}` has no survey"), "add `survey` to the menu, or remove the story"),
        None => (format!("there is no menu `{menu}`"), "name the script as its menu, or remove it"),
    };
    Fault::new(&story.place, title, "this story", help.to_owned())
}

/// Plays the story; gives the first thing that comes out differently.
pub(crate) fn play(visit: &mut Visit<'_>, story: &Story) -> Option<Fault> {
    for deed in &story.deeds {
        if let Err(misfit) = visit.does(&deed.what) {
            return Some(out_of_place(visit, deed, &misfit));
        }
    }
    let wrong = story.ends.iter().find(|told| !is_true(visit, &told.what));
    if let Some(told) = wrong {
        let title = format!("this story leads to {}", led(visit, &told.what));
        return Some(Fault::new(&told.place, title, "another end is expected", help(visit, &told.what)));
    }
    let mut path = visit.path().iter().map(|stop| visit.menu().node_name(stop.node));
    // In their order: each is looked for behind the one before.
    let missed = story.through.iter().find(|told| !path.by_ref().any(|name| name == told.what))?;
    let title = format!("this story does not come to `{}`{}", missed.what, order(story, missed));
    let help = format!("it goes {}", way(visit));
    Some(Fault::new(&missed.place, title, "not on the way", help))
}

fn order(story: &Story, missed: &Told<String>) -> &'static str {
    let is_first = story.through.first().is_some_and(|first| first.place == missed.place);
    if is_first { "" } else { " behind the nodes before it" }
}

fn out_of_place(visit: &Visit<'_>, deed: &Told<Deed>, misfit: &Misfit) -> Fault {
    let help = format!("the caller has come to {}; it goes {}", end(visit), way(visit));
    Fault::new(&deed.place, misfit.to_string(), "cannot happen here", help)
}

/// Whether an end is that of the visit.
fn is_true(visit: &Visit<'_>, end: &End) -> bool {
    match (end, visit.outcome()) {
        (End::Queue(name), Some(Outcome::Queue(group))) | (End::CallBack(name), Some(Outcome::CallBack(group))) => {
            visit.group_name(*group) == name
        }
        (End::Transfer(to), Some(Outcome::Transfer(line))) => visit.is_line(to, line),
        (End::Over, Some(Outcome::Over)) => true,
        (End::At(name), None) => visit.menu().node_name(visit.node()) == name,
        (End::Rated(grade), _) => visit.rated() == Some(*grade),
        _ => false,
    }
}

/// What is true where `expected` is not.
fn led(visit: &Visit<'_>, expected: &End) -> String {
    match (expected, visit.rated()) {
        (End::Rated(_), Some(grade)) => format!("`rated {grade}`"),
        (End::Rated(_), None) => "no verdict".to_owned(),
        _ => end(visit),
    }
}

fn end(visit: &Visit<'_>) -> String {
    format!("`{}`", visit.end())
}

fn help(visit: &Visit<'_>, expected: &End) -> String {
    let goes = way(visit);
    match expected {
        End::At(_) | End::Rated(_) => format!("it goes {goes}"),
        _ if visit.outcome().is_none() && visit.is_played_to() => {
            format!(
                "it goes {goes}, and something plays there: write `wait` behind what the caller does, to have it heard"
            )
        }
        _ if visit.outcome().is_none() => {
            format!("it goes {goes}, and the caller is asked there: a key is missing, or `wait`")
        }
        _ => format!("it goes {goes}"),
    }
}

/// Node by node, with how the caller came there, and what else decided it.
fn way(visit: &Visit<'_>) -> String {
    match visit.no_line() {
        Some(to) => format!("{}; no [[dial]] rule leads to {to}, so that nobody is called there", stops(visit)),
        None => stops(visit),
    }
}

fn stops(visit: &Visit<'_>) -> String {
    let stops = visit.path().iter().map(|stop| {
        let name = visit.menu().node_name(stop.node);
        match stop.by {
            None | Some(ivr::Way::On) => name.to_owned(),
            Some(by) => format!("({by}) {name}"),
        }
    });
    stops.collect::<Vec<_>>().join(" → ")
}
