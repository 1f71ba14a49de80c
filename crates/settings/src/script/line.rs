//! A line of a script.

use std::ops::Range;

use rehearsal::{End, Story, Told, Who};

use super::phrase::{Misfit, Phrase, end, take};

/// Deeds of one story: nobody stays in a menu for so long.
pub const DEEDS_MAX: usize = 100;
/// Commas as they are typed, those of Chinese keyboards too.
const COMMAS: [char; 2] = [',', '，'];
const ARROWS: [&str; 2] = ["->", "→"];
const THROUGH: &str = "through";

/// Something that cannot be read, and where it stands.
pub(super) type Wrong = Told<Misfit>;

/// The story of a line that begins at byte `at` of its file; none for a remark or an empty line.
pub(super) fn story(line: &str, at: usize) -> Result<Option<Story>, Vec<Wrong>> {
    let whole = trimmed(line, 0..line.len());
    if whole.is_empty() || line[whole.clone()].starts_with('#') {
        return Ok(None);
    }
    let place = at + whole.start..at + whole.end;
    let Some((left, right)) = split(line, &whole) else {
        let help = "write what the caller does, `->`, and where that leads: `press 2, wait -> queue complaint`";
        return Err(vec![Told { what: Misfit::new("this line has no arrow", help), place }]);
    };
    let (mut story, mut wrong) =
        (Story { who: Who::default(), deeds: Vec::new(), ends: Vec::new(), through: Vec::new(), place }, Vec::new());
    let arrow = left.end..right.start;
    read_left(line, left, &mut story, &mut wrong);
    read_right(line, arrow, right, &mut story, &mut wrong);
    let shift = |place: &mut Range<usize>| *place = place.start + at..place.end + at;
    story.deeds.iter_mut().for_each(|told| shift(&mut told.place));
    story.ends.iter_mut().for_each(|told| shift(&mut told.place));
    story.through.iter_mut().for_each(|told| shift(&mut told.place));
    wrong.iter_mut().for_each(|told: &mut Wrong| shift(&mut told.place));
    if wrong.is_empty() { Ok(Some(story)) } else { Err(wrong) }
}

/// Both sides of the arrow.
fn split(line: &str, whole: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    let arrows = ARROWS.iter().filter_map(|arrow| line.find(arrow).map(|at| (at, arrow.len())));
    let (at, length) = arrows.min()?;
    Some((whole.start..at.max(whole.start), at + length..whole.end.max(at + length)))
}

fn read_left(line: &str, side: Range<usize>, story: &mut Story, wrong: &mut Vec<Wrong>) {
    if trimmed(line, side.clone()).is_empty() {
        // The call begins, and that is all.
        return;
    }
    for place in parts(line, side) {
        let taken = match Phrase::parse(&line[place.clone()]) {
            _ if place.is_empty() => Err(nothing()),
            Ok(Phrase::Deed(deed)) => {
                story.deeds.push(Told { what: deed, place: place.clone() });
                Ok(None)
            }
            Ok(_) if !story.deeds.is_empty() => {
                let help = "write who calls and when before what the caller does";
                Err(Misfit::new("this is settled before the caller does anything", help))
            }
            Ok(phrase) => take(&mut story.who, phrase),
            Err(misfit) => Err(misfit),
        };
        wrong.extend(taken.err().map(|what| Told { what, place: place.clone() }));
        if story.deeds.len() > DEEDS_MAX {
            let title = format!("more than {DEEDS_MAX} deeds in one story");
            wrong.push(Told { what: Misfit::new(title, "tell it in several stories"), place });
            return;
        }
    }
}

fn read_right(line: &str, arrow: Range<usize>, side: Range<usize>, story: &mut Story, wrong: &mut Vec<Wrong>) {
    let (ends, through) = match word(line, &side, THROUGH) {
        Some(at) => (side.start..at, Some(at + THROUGH.len()..side.end)),
        None => (side.clone(), None),
    };
    let ends = trimmed(line, ends);
    if ends.is_empty() && through.is_none() {
        let help = "write where the story leads behind the arrow, as `-> queue complaint`";
        wrong.push(Told { what: Misfit::new("the arrow leads nowhere", help), place: arrow });
    }
    for place in parts(line, ends.clone()).into_iter().filter(|_| !ends.is_empty()) {
        match end(&line[place.clone()]) {
            _ if place.is_empty() => wrong.push(Told { what: nothing(), place }),
            Ok(what) if story.ends.iter().any(|told| is_same_kind(&told.what, &what)) => {
                let help = "leave one of the two out";
                wrong.push(Told { what: Misfit::new("a story leads to one place", help), place });
            }
            Ok(what) => story.ends.push(Told { what, place }),
            Err(what) => wrong.push(Told { what, place }),
        }
    }
    for place in through.into_iter().flat_map(|side| parts(line, side)) {
        match &line[place.clone()] {
            "" => wrong.push(Told { what: nothing(), place }),
            name if name.contains(char::is_whitespace) => {
                let help = "names of nodes have no spaces; write commas between them";
                wrong.push(Told { what: Misfit::new(format!("`{name}` is no node"), help), place });
            }
            name => story.through.push(Told { what: name.to_owned(), place }),
        }
    }
}

/// Whether two of them cannot both be true of one call.
fn is_same_kind(one: &End, other: &End) -> bool {
    matches!(one, End::Rated(_)) == matches!(other, End::Rated(_))
}

fn nothing() -> Misfit {
    Misfit::new("nothing stands here", "leave the comma out, or write what is missing")
}

/// What stands between commas, without the spaces around it.
fn parts(line: &str, side: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = side.start;
    for (at, comma) in line[side.clone()].match_indices(COMMAS) {
        found.push(trimmed(line, from..side.start + at));
        from = side.start + at + comma.len();
    }
    found.push(trimmed(line, from..side.end));
    found
}

fn trimmed(line: &str, range: Range<usize>) -> Range<usize> {
    let text = &line[range.clone()];
    let start = range.start + (text.len() - text.trim_start().len());
    start..start + text.trim().len()
}

/// Where a word stands by itself.
fn word(line: &str, side: &Range<usize>, word: &str) -> Option<usize> {
    let text = &line[side.clone()];
    let alone = |at: &usize| {
        let before = text[..*at].chars().next_back();
        let behind = text[at + word.len()..].chars().next();
        let edge = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || COMMAS.contains(&c));
        edge(before) && edge(behind)
    };
    text.match_indices(word).map(|(at, _)| at).find(alone).map(|at| side.start + at)
}
