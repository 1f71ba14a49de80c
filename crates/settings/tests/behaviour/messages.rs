//! Every message about a menu: a file of `bad/messages/` and a snapshot for each, and none is left out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::kit::{load_with, root};

const PROBLEMS: &str = "crates/ivr/src/compile/fault.rs";
const DOUBTS: &str = "crates/settings/src/menu/doubt.rs";

fn cases(kind: &str) -> BTreeSet<String> {
    let folder = Path::new("tests/bad/messages").join(kind);
    let files = fs::read_dir(folder).expect("the cases").map(|entry| entry.expect("a case").path());
    files.map(|file| file.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
}

/// The variants of an enum and what each says, as pieces between what is filled in.
fn variants(file: &str, name: &str) -> Vec<(String, Vec<String>)> {
    let source = fs::read_to_string(root().join(file)).expect("the source");
    let body =
        source.split_once(&format!("pub enum {name} {{")).or_else(|| source.split_once(&format!("enum {name} {{")));
    let body = body.expect("the enum").1.split_once("\n}").expect("its end").0;
    let names = body.lines().filter_map(|line| {
        let line = line.strip_prefix("    ")?;
        let name: String = line.chars().take_while(char::is_ascii_alphanumeric).collect();
        name.starts_with(|c: char| c.is_ascii_uppercase()).then_some(name)
    });
    let says = |variant: String| {
        let arm = format!("{name}::{variant}");
        let found = source.match_indices(&arm).find_map(|(at, _)| {
            let rest = source[at + arm.len()..].strip_prefix(|c: char| !c.is_ascii_alphanumeric())?;
            rest.split_once("=>").map(|(_, text)| text)
        });
        let text = found.expect("an arm of Display").split('"').nth(1).expect("a literal");
        let pieces = text.split('{').map(|piece| piece.split_once('}').map_or(piece, |(_, rest)| rest).to_owned());
        (variant, pieces.filter(|piece| !piece.trim().is_empty()).collect())
    };
    names.map(says).collect()
}

/// The folder of prompts with some more: too loud, too quiet, with peaks, without a text, and a text without a sound.
fn prompts(kind: &str) -> PathBuf {
    let (dir, shipped) =
        (Path::new(env!("CARGO_TARGET_TMPDIR")).join("messages-prompts").join(kind), root().join("prompts"));
    let _ = fs::remove_dir_all(&dir);
    for folder in ["zh-CN", "en", "music"] {
        fs::create_dir_all(dir.join(folder)).expect("a writable folder");
        for file in fs::read_dir(shipped.join(folder)).expect("prompts") {
            let file = file.expect("a prompt").path().canonicalize().expect("a path");
            std::os::unix::fs::symlink(&file, dir.join(folder).join(file.file_name().expect("a name")))
                .expect("a link");
        }
    }
    let mut manifest = fs::read_to_string(shipped.join("manifest.toml")).expect("the manifest");
    for (name, size, spike) in
        [("loud", 12_000, 0), ("quiet", 300, 0), ("peaks", 3_000, 32_000), ("textless", 3_000, 0), ("unspoken", 0, 0)]
    {
        if name != "textless" {
            manifest += &format!("[[prompt]]\nname = \"{name}\"\ntext.zh-CN = \"声音\"\ntext.en = \"sound\"\n");
        }
        for locale in ["zh-CN", "en"].into_iter().filter(|_| name != "unspoken") {
            let spec = hound::WavSpec {
                channels: 1,
                sample_rate: 8000,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let file = dir.join(locale).join(format!("{name}.wav"));
            let mut writer = hound::WavWriter::create(file, spec).expect("a writable folder");
            for n in 0..8_000_i32 {
                let x = if n == 4_000 && spike > 0 { spike } else { size * [1, 1, -1, -1][n as usize % 4] };
                writer.write_sample(x as i16).expect("written");
            }
            writer.finalize().expect("written");
        }
    }
    fs::write(dir.join("manifest.toml"), manifest).expect("a writable folder");
    dir
}

/// A line as `#*3 n{n} = 1` stands for three lines.
fn unfolded(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix("#*").and_then(|rest| rest.split_once(' ')) {
        Some((count, line)) => {
            let count: u32 = count.parse().expect("how often");
            (0..count).map(|n| line.replace("{n}", &n.to_string())).collect::<Vec<_>>().join("\n")
        }
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// Everything that an operator reads, with the folders of this machine taken out.
fn told(kind: &str, case: &str, prompts: &Path) -> String {
    let (base, dir) = (
        Path::new("tests/bad/messages"),
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("messages").join(kind).join(case),
    );
    for folder in ["menu", "calendar"] {
        fs::create_dir_all(dir.join(folder)).expect("a writable folder");
    }
    for file in ["hotline.toml", "queues.toml", "calendar/hours.toml"] {
        fs::copy(base.join(file), dir.join(file)).expect("copied");
    }
    let menu = fs::read_to_string(base.join(kind).join(format!("{case}.toml"))).expect("a case");
    fs::write(dir.join("menu/12345.toml"), unfolded(&menu)).expect("a writable folder");
    let folder = prompts.display().to_string();
    let mut env = vec![("HOTLINE__PROMPTS__DIR", folder.as_str())];
    if case != "NobodyListens" {
        env.push(("HOTLINE__SPEECH__RECOGNITION__URL", "http://127.0.0.1:8000/"));
    }
    let text = match load_with(&dir, &env) {
        Ok(plans) => plans.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"),
        Err(report) => report.to_string(),
    };
    text.replace(&dir.display().to_string(), "CONFIG").replace(&prompts.display().to_string(), "PROMPTS")
}

fn check(kind: &str, file: &str, name: &str, others: &[&str]) {
    let (prompts, variants) = (prompts(kind), variants(file, name));
    let others = others.iter().map(|other| (*other).to_owned());
    let wanted: BTreeSet<String> = variants.iter().map(|(variant, _)| variant.clone()).chain(others).collect();
    assert_eq!(cases(kind), wanted, "each message has a case, and each case a message");
    for case in &wanted {
        let text = told(kind, case, &prompts);
        let pieces = variants.iter().find(|(variant, _)| variant == case).map(|(_, pieces)| pieces.as_slice());
        for piece in pieces.unwrap_or_default() {
            assert!(text.contains(piece.as_str()), "{case} says {piece:?}:\n{text}");
        }
        assert!(text.contains("help: ") && text.contains("CONFIG/menu/12345.toml:"), "{case}:\n{text}");
        insta::assert_snapshot!(format!("{kind}_{case}"), text);
    }
}

#[test]
fn every_problem_of_a_menu_has_its_text() {
    check("problem", PROBLEMS, "Problem", &[]);
}

#[test]
fn every_doubt_about_a_menu_has_its_text() {
    check("doubt", DOUBTS, "Doubt", &["text-without-sound", "way-out-caller", "way-out-line"]);
}
