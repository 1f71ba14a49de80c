//! `hotline prompts list`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::shelf::{Language, Prompt, Shelf};
use super::{At, print};
use crate::table::{self, printable, reader_left};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    at: At,
    /// Prints a JSON object a line
    #[arg(long)]
    json: bool,
}

const HEADINGS: [&str; 8] = ["prompt", "language", "seconds", "RMS dB", "peak dB", "made", "named by", "text"];

pub(super) fn run(args: &Args, out: &mut impl io::Write) -> Result<ExitCode, String> {
    let prompts = Shelf::open(&args.at.config)?.prompts()?;
    if args.json {
        let objects: Vec<String> = prompts.iter().map(|(name, prompt)| object(name, prompt).to_string()).collect();
        print(&objects, out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![HEADINGS.map(str::to_owned)];
    lines.extend(prompts.iter().flat_map(|(name, prompt)| rows(name, prompt)));
    table::write(&lines, out).or_else(reader_left)?;
    print(&[String::new(), summary(&prompts)], out)?;
    Ok(ExitCode::SUCCESS)
}

/// A row a language; the name and who names it stand in the first.
fn rows(name: &str, prompt: &Prompt) -> Vec<[String; 8]> {
    let by = if prompt.by.is_empty() { "nobody".to_owned() } else { join(&prompt.by) };
    let languages = prompt.languages.iter().enumerate();
    let row = |(place, (locale, language)): (usize, (&String, &Language))| {
        let once = |text: &str| if place == 0 { printable(text) } else { String::new() };
        let [seconds, rms, peak, made] = figures(language);
        let text = printable(language.text.as_deref().unwrap_or_default());
        [once(name), locale.clone(), seconds, rms, peak, made, once(&by), text]
    };
    languages.map(row).collect()
}

fn figures(language: &Language) -> [String; 4] {
    let none = || "-".to_owned();
    let Some(sound) = &language.sound else { return [none(), none(), none(), "missing".to_owned()] };
    let made = sound.made.name().to_owned();
    match &sound.heard {
        Ok(heard) => {
            let one = |number: f64| format!("{number:.1}");
            [one(heard.seconds()), one(heard.rms_db), one(heard.peak_db), made]
        }
        Err(_) => [none(), none(), none(), "unreadable".to_owned()],
    }
}

/// Menus that a prompt is named in may be many: each with its nodes, as `menu 12345: main, notice`.
fn join(by: &BTreeSet<String>) -> String {
    let mut whole: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in by {
        let (who, node) = one.split_once(": ").unwrap_or((one, ""));
        whole.entry(who).or_default().extend(Some(node).filter(|node| !node.is_empty()));
    }
    let one = |(who, nodes): (&str, Vec<&str>)| {
        if nodes.is_empty() { who.to_owned() } else { format!("{who}: {}", nodes.join(", ")) }
    };
    whole.into_iter().map(one).collect::<Vec<_>>().join("; ")
}

fn summary(prompts: &BTreeMap<String, Prompt>) -> String {
    let unused: Vec<&str> =
        prompts.iter().filter(|(_, prompt)| prompt.by.is_empty()).map(|(name, _)| &**name).collect();
    let all = format!("{} prompts", prompts.len());
    match unused.as_slice() {
        [] => format!("{all}, all of them named by something"),
        unused => format!("{all}; named by nobody: {}", unused.join(", ")),
    }
}

fn object(name: &str, prompt: &Prompt) -> Value {
    let language = |(locale, language): (&String, &Language)| (locale.clone(), of_language(language));
    let languages: Map<String, Value> = prompt.languages.iter().map(language).collect();
    json!({"prompt": name, "languages": languages, "named_by": prompt.by})
}

/// Null where there is no file, or no text; a file that cannot be read has an error in place of figures.
fn of_language(language: &Language) -> Value {
    let Some(sound) = &language.sound else { return json!({"file": null, "text": language.text}) };
    let mut object = json!({"file": sound.file, "made": sound.made.name(), "text": language.text});
    match &sound.heard {
        Ok(heard) => {
            let rounded = |db: f64| db.is_finite().then(|| (db * 10.0).round() / 10.0);
            object["length_ms"] = json!((heard.seconds() * 1000.0).round() as u64);
            object["rms_db"] = json!(rounded(heard.rms_db));
            object["peak_db"] = json!(rounded(heard.peak_db));
        }
        Err(reason) => object["error"] = json!(reason),
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_a_prompt_is_told_menu_by_menu() {
        let by = ["menu 12345: main", "menu 12345: more", "group consult", "menu 110: main", "menu 110"];
        let by = by.into_iter().map(str::to_owned).collect();
        assert_eq!(join(&by), "group consult; menu 110: main; menu 12345: main, more");
    }

    #[test]
    fn a_text_without_a_file_has_its_row() {
        let language = Language { sound: None, text: Some("您好".to_owned()) };
        let prompt = Prompt { languages: [("zh-CN".to_owned(), language)].into(), by: BTreeSet::new() };
        let row = ["hello", "zh-CN", "-", "-", "-", "missing", "nobody", "您好"];
        assert_eq!(rows("hello", &prompt), [row.map(str::to_owned)]);
        assert_eq!(object("hello", &prompt)["languages"]["zh-CN"], json!({"file": null, "text": "您好"}));
    }
}
