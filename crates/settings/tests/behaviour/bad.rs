//! What an operator reads about a configuration that is wrong: a folder of `bad/` and a snapshot each.

use std::path::Path;

use crate::kit::{load_with, root};

/// The text with the folders of this machine taken out.
fn told(case: &str, env: &[(&str, &str)]) -> String {
    let dir = Path::new("tests/bad").join(case);
    let text = match load_with(&dir, env) {
        Ok(plans) => plans.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"),
        Err(report) => report.to_string(),
    };
    text.replace(&root().display().to_string(), "ROOT")
}

macro_rules! cases {
    ($($name:ident: $case:literal,)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(told($case, &[]));
        })*
    };
}

cases! {
    server: "server",
    queues: "queues",
    routing: "routing",
    agents: "agents",
    menu: "menu",
    a_caller_who_presses_nothing_would_be_lost: "lost",
    grammar: "grammar",
    example_passwords_beyond_loopback: "example-passwords",
    empty: "empty",
    warnings: "unused",
    tokens: "tokens",
    trunks: "trunks",
    dial: "dial",
    counties: "counties",
    surge: "surge",
    speech: "speech",
}

#[test]
fn variables() {
    let env = [
        ("HOTLINE__SIP__UPD", "127.0.0.1:5070"),
        ("HOTLINE__SIP__CONTACTS_MAX", "0x10"),
        ("HOTLINE__HTTP__LISTEN", "8080"),
        ("HOTLINE__LIMITS__CALLS", "0"),
        ("HOTLINE__CONNECT__SHOW_CITIZEN", "perhaps"),
        ("HOTLINE__NETWORK__NAME", "x"),
        ("HOTLINE__SIP__UDP", "0.0.0.0:0"),
        ("HOTLINE__SPEECH__RECOGNITION__URL", "http:///"),
        ("HOTLINE__SPEECH__RECOGNITION__HEADERS", "Authorization secret"),
        ("HOTLINE__SPEECH__RECOGNITION__ADDRESS", "http://127.0.0.1"),
    ];
    insta::assert_snapshot!(told("example-passwords", &env));
}

/// Silence of some format.
fn wav(path: &Path, channels: u16, sample_rate: u32, samples: usize) {
    let spec = hound::WavSpec { channels, sample_rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).expect("a writable folder");
    for _ in 0..samples {
        writer.write_sample(0_i16).expect("written");
    }
    writer.finalize().expect("written");
}

#[test]
fn prompts() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prompts");
    for name in ["zh-CN", "en", "music"] {
        std::fs::create_dir_all(dir.join(name)).expect("a writable folder");
    }
    for name in ["please-wait", "job-number", "at-your-service", "position-before", "position-after", "position-next"] {
        wav(&dir.join("zh-CN").join(name).with_extension("wav"), 1, 8000, 6);
    }
    wav(&dir.join("zh-CN/welcome.wav"), 2, 44_100, 6);
    wav(&dir.join("zh-CN/goodbye.wav"), 1, 8000, 0);
    std::fs::write(dir.join("music/hold-music.wav"), "no sound").expect("a writable folder");
    for digit in 2..10 {
        wav(&dir.join("zh-CN").join(format!("number-{digit}.wav")), 1, 8000, 6);
    }
    let text = told("unused", &[("HOTLINE__PROMPTS__DIR", &dir.display().to_string())]);
    insta::assert_snapshot!(text.replace(&dir.display().to_string(), "PROMPTS"));
}

#[test]
fn no_prompts() {
    insta::assert_snapshot!(told("lost", &[("HOTLINE__PROMPTS__DIR", "tests/nowhere")]));
}

#[test]
fn no_folder() {
    insta::assert_snapshot!(told("nowhere", &[]));
}
