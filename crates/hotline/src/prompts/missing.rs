//! `hotline prompts missing`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::process::ExitCode;

use super::shelf::Shelf;
use super::{At, WRONG, print};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    at: At,
}

/// By language and name: who names it.
type Missing = BTreeMap<(String, String), BTreeSet<String>>;

pub(super) fn run(args: &Args, out: &mut impl io::Write) -> Result<ExitCode, String> {
    let shelf = Shelf::open(&args.at.config)?;
    let missing = missing(&shelf);
    print(&lines(&shelf, &missing), out)?;
    Ok(if missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(WRONG) })
}

fn missing(shelf: &Shelf) -> Missing {
    let voice = &shelf.voice;
    let mut missing = Missing::new();
    let mut look = |locale: &str, name: &str, by: &str| {
        if !voice.dir.join(locale).join(format!("{name}.wav")).is_file() {
            missing.entry((locale.to_owned(), name.to_owned())).or_default().insert(by.to_owned());
        }
    };
    for named in voice.uses.iter().filter(|named| named.needed) {
        named.locales.iter().for_each(|locale| look(locale, &named.name, &named.by));
    }
    for prompt in shelf.manifest.iter().flat_map(|manifest| &manifest.prompts) {
        let spoken = prompt.text.keys().filter(|locale| voice.locales.contains(locale));
        spoken.for_each(|locale| look(locale, &prompt.name, "its text in manifest.toml"));
    }
    missing
}

/// A line each, by language, and what to do.
fn lines(shelf: &Shelf, missing: &Missing) -> Vec<String> {
    if missing.is_empty() {
        return vec![format!("no prompt is missing in {}", shelf.voice.dir.display())];
    }
    let text = |name: &str, locale: &str| shelf.manifest.as_ref().and_then(|manifest| manifest.text(name, locale));
    let one = |((locale, name), by): (&(String, String), &BTreeSet<String>)| {
        let by = by.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let mend = match text(name, locale) {
            Some(_) => "build it with `hotline prompts build`, or import a recording",
            None if locale == "music" => "put the file there",
            None => "write its text into manifest.toml and build it, or import a recording",
        };
        format!("{locale}/{name}.wav is missing: named by {by}; {mend}")
    };
    missing.iter().map(one).collect()
}
