//! Menus, and `hotline menu …` as an operator types it beside a running engine.

use std::process::{Command, Output};

use super::engine::{Engine, hotline};

/// Says `main-menu`, then whatever is on air, and brings the caller to people.
pub(crate) const NEWS: &str = r#"
[node.first]
kind = "play"
prompt = "main-menu"
next = "news"

[node.news]
kind = "on_air"
slot = "news"
next = "staff"
"#;

pub(crate) fn menu(engine: &Engine, args: &[&str]) -> Output {
    let mut command = Command::new(hotline());
    command.arg("menu").args(args).args(["--url", &format!("http://{}", engine.http)]);
    command.args(["--token", &engine.admin_token()]).output().expect("hotline runs")
}

/// What it said, where it was right.
pub(crate) fn done(engine: &Engine, args: &[&str]) -> String {
    let output = menu(engine, args);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{args:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}
