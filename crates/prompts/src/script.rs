//! The recording script for a voice talent: a number, a file name, the text in each language.

use std::fmt::Write as _;

use crate::manifest::Manifest;

/// As a table in Markdown.
pub fn markdown(manifest: &Manifest) -> String {
    let locales: Vec<&str> = manifest.locales.keys().map(String::as_str).collect();
    let mut out = String::from("# Recording script\n\n");
    out.push_str("One WAV a line and language, any sampling rate, one voice, the same distance to the microphone, half a second of\n");
    out.push_str(
        "silence around. Files go to a folder `<language>/<file>`; then run `hotline prompts import FOLDER`.\n\n",
    );
    // Writing to a String cannot fail.
    let _ = writeln!(out, "| no. | file | {} |", locales.join(" | "));
    let _ = writeln!(out, "|---|---|{}", "---|".repeat(locales.len()));
    for (at, prompt) in manifest.prompts.iter().enumerate() {
        let texts: Vec<String> =
            locales.iter().map(|l| prompt.text.get(*l).map_or("", String::as_str).replace('|', "\\|")).collect();
        let _ = writeln!(out, "| {} | {}.wav | {} |", at + 1, prompt.name, texts.join(" | "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_prompt() {
        let text = "engine = \"e\"\n[locales]\nen = \"en\"\nzh-CN = \"zh\"\n[[prompt]]\nname = \"yes\"\ntext.en = \"yes\"\ntext.zh-CN = \"是\"\n";
        let script = markdown(&Manifest::parse(text).unwrap());
        assert!(
            script.contains("| no. | file | en | zh-CN |\n|---|---|---|---|\n| 1 | yes.wav | yes | 是 |\n"),
            "{script}"
        );
    }
}
