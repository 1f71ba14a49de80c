//! `hotline prompts import`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::prompts::Imported;

use super::shelf::Shelf;
use super::{At, WRONG, print};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A WAV, or a folder of them: `zh-CN/welcome.wav` in it is the prompt `welcome` in Chinese
    #[arg(value_name = "FILE|DIR")]
    from: PathBuf,
    /// The prompt's name [default: the file's]
    #[arg(long)]
    name: Option<String>,
    /// Its language [default: that of the folder it lies in, or the only one there is]
    #[arg(long)]
    locale: Option<String>,
    #[command(flatten)]
    at: At,
}

/// A recording and what it is to be.
#[derive(Debug, PartialEq)]
struct Take {
    file: PathBuf,
    locale: String,
    name: String,
}

pub(super) fn run(args: &Args, out: &mut impl io::Write) -> Result<ExitCode, String> {
    let shelf = Shelf::open(&args.at.config)?;
    let takes = takes(args, &shelf.voice.locales)?;
    let mut failed = 0_usize;
    for take in &takes {
        match ::prompts::import(&shelf.voice.dir, &take.file, &take.locale, &take.name) {
            Ok(imported) => print(&told(&imported, take, &shelf), out)?,
            Err(reason) => {
                eprintln!("hotline prompts: {reason}");
                failed += 1;
            }
        }
    }
    let done = takes.len() - failed;
    print(&[format!("{done} imported, {failed} refused; now `hotline check`, then `hotline menu publish`")], out)?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(WRONG) })
}

fn told(imported: &Imported, take: &Take, shelf: &Shelf) -> Vec<String> {
    let Imported { path, seconds, rms_db, peak_db, rate } = imported;
    let mut lines =
        vec![format!("{path}: {seconds:.1} s, RMS {rms_db:.1} dB, peak {peak_db:.1} dB, recorded at {rate} Hz")];
    let manifest = shelf.manifest.as_ref();
    if manifest.is_some_and(|manifest| manifest.text(&take.name, &take.locale).is_none()) {
        lines.push(format!(
            "{path}: manifest.toml has no text for it; write what it says there, so that it can be checked"
        ));
    }
    lines
}

fn takes(args: &Args, locales: &[String]) -> Result<Vec<Take>, String> {
    if let Some(locale) = args.locale.as_ref().filter(|locale| !locales.contains(locale)) {
        return Err(format!(
            "no language `{locale}`: there are {}; `locales` of [prompts] in hotline.toml names them",
            locales.join(" and ")
        ));
    }
    if !args.from.is_dir() {
        return Ok(vec![take(&args.from, args.name.as_deref(), args.locale.as_deref(), locales)?]);
    }
    if args.name.is_some() {
        return Err(format!("{} is a folder: --name is for one file", args.from.display()));
    }
    let mut files = wavs(&args.from)?;
    for locale in locales.iter().filter(|locale| args.locale.as_ref().is_none_or(|only| only == *locale)) {
        files.extend(wavs(&args.from.join(locale))?);
    }
    if files.is_empty() {
        let like = locales.first().map_or("", String::as_str);
        return Err(format!("no WAV in {}: they are looked for there and in folders as {like}", args.from.display()));
    }
    files.iter().map(|file| take(file, None, args.locale.as_deref(), locales)).collect()
}

fn take(file: &Path, name: Option<&str>, locale: Option<&str>, locales: &[String]) -> Result<Take, String> {
    let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let name = name.map(str::to_owned).or_else(|| text(file.file_stem())).unwrap_or_default();
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = text(absolute.parent().and_then(Path::file_name)).filter(|folder| locales.contains(folder));
    let only = if let [only] = locales { Some(only.clone()) } else { None };
    match locale.map(str::to_owned).or(folder).or(only) {
        Some(locale) => Ok(Take { file: file.to_owned(), locale, name }),
        None => Err(format!("{}: in which language? Add --locale {}", file.display(), locales.join(" or --locale "))),
    }
}

/// The WAVs of a folder by name; none where there is no such folder.
fn wavs(folder: &Path) -> Result<Vec<PathBuf>, String> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wav")) && file.is_file());
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locales(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn name_and_language_follow_from_where_a_recording_lies() {
        let both = locales(&["zh-CN", "en"]);
        for (file, name, locale, locales, expected) in [
            ("takes/en/welcome.wav", None, None, &both, Some(("en", "welcome"))),
            ("takes/en/welcome.wav", Some("hello"), Some("zh-CN"), &both, Some(("zh-CN", "hello"))),
            ("takes/welcome.wav", None, None, &both, None),
            ("takes/welcome.wav", None, None, &locales(&["zh-CN"]), Some(("zh-CN", "welcome"))),
        ] {
            let take = take(Path::new(file), name, locale, locales);
            let found = take.as_ref().ok().map(|take| (take.locale.as_str(), take.name.as_str()));
            assert_eq!(found, expected, "{file}");
            assert!(take.is_ok() || take.unwrap_err().contains("--locale zh-CN or --locale en"));
        }
    }

    #[test]
    fn a_folder_is_taken_with_those_of_its_languages() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["en/a.wav", "zh-CN/b.WAV", "fr/c.wav", "en/notes.txt"] {
            let file = dir.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let at = At { config: PathBuf::new() };
        let args = |locale: Option<&str>| Args {
            from: dir.path().to_owned(),
            name: None,
            locale: locale.map(str::to_owned),
            at: at.clone(),
        };
        let both = locales(&["zh-CN", "en"]);
        let found =
            |locale| takes(&args(locale), &both).map(|t| t.into_iter().map(|t| (t.locale, t.name)).collect::<Vec<_>>());
        let pair = |locale: &str, name: &str| (locale.to_owned(), name.to_owned());
        assert_eq!(found(None), Ok(vec![pair("zh-CN", "b"), pair("en", "a")]));
        assert_eq!(found(Some("en")), Ok(vec![pair("en", "a")]));
        assert!(found(Some("fr")).unwrap_err().contains("zh-CN and en"));
        let named = Args { name: Some("x".to_owned()), ..args(None) };
        assert!(takes(&named, &both).unwrap_err().contains("one file"));
    }
}
