//! `hotline reload`: a running server reads its configuration anew.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::Value;
use settings::{Changes, Listed};

use crate::client::{Where, list};
use crate::table::{printable, reader_left};

/// Has a running server read its configuration anew, without ending a call: says what changed and what needs a restart. Where a file is
/// wrong it tells every error and fails, and nothing has changed
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    at: Where,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    let answer = args.at.server().and_then(|server| server.post("/api/v1/reload", &Value::Null));
    match answer.and_then(|answer| print(&answer, &mut io::stdout().lock())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hotline reload: {}", reason.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn print(answer: &Value, out: &mut impl Write) -> Result<(), String> {
    let mut lines: Vec<String> = list(answer, "warnings").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    lines.extend(changed(answer));
    let unpublished = names(answer, "unpublished");
    if !unpublished.is_empty() {
        let release = answer["release"].as_str().unwrap_or_default();
        let some = some(&unpublished);
        lines.push(format!(
            "not published, so that calls go on with release {release}: {some}; `hotline menu publish` has them hold"
        ));
    }
    lines
        .iter()
        .try_for_each(|line| writeln!(out, "{}", line.lines().map(printable).collect::<Vec<_>>().join("\n")))
        .or_else(reader_left)
}

/// A line for each kind of thing that changed.
pub(crate) fn changed(answer: &Value) -> Vec<String> {
    let listed = |kind: &str| Listed {
        added: names(&answer[kind], "added"),
        removed: names(&answer[kind], "removed"),
        changed: names(&answer[kind], "changed"),
    };
    lines(&Changes {
        groups: listed("groups"),
        agents: listed("agents"),
        menus: listed("menus"),
        prompts: listed("prompts"),
        others: names(answer, "others"),
        restart: names(answer, "restart_needed"),
    })
}

fn names(of: &Value, key: &str) -> Vec<String> {
    list(of, key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn lines(changes: &Changes) -> Vec<String> {
    let kinds = [
        ("groups", &changes.groups),
        ("agents", &changes.agents),
        ("menus", &changes.menus),
        ("prompts", &changes.prompts),
    ];
    let mut lines: Vec<String> =
        kinds.iter().filter(|(_, listed)| !listed.is_empty()).map(|(kind, listed)| line(kind, listed)).collect();
    if !changes.others.is_empty() {
        lines.push(format!("changed: {}", changes.others.join(", ")));
    }
    if lines.is_empty() {
        lines.push("nothing has changed".to_owned());
    }
    if !changes.restart.is_empty() {
        lines.push(format!("restart needed for: {}", changes.restart.join("; ")));
    }
    lines
}

fn line(kind: &str, listed: &Listed) -> String {
    let words = [("added", &listed.added), ("removed", &listed.removed), ("changed", &listed.changed)];
    let words = words.iter().filter(|(_, names)| !names.is_empty());
    let words: Vec<String> = words.map(|(word, names)| format!("{word} {}", some(names))).collect();
    format!("{kind}: {}", words.join("; "))
}

/// A longer list is not read.
const NAMES_MAX: usize = 20;

fn some(names: &[String]) -> String {
    let shown = names.iter().take(NAMES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// All of it in one line, for a log.
pub(crate) fn summary(changes: &Changes) -> String {
    lines(changes).join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_changed_is_told_by_kind() {
        let many: Vec<String> = (1001..1031).map(|number| number.to_string()).collect();
        let answer = json!({
            "groups": {"added": ["night"], "removed": ["english"], "changed": []},
            "agents": {"added": many, "removed": [], "changed": ["2001"]},
            "menus": {"added": [], "removed": [], "changed": []},
            "others": ["[queue]"],
            "restart_needed": ["[http]", "[dns]"],
            "warnings": ["warning: no agent serves the group `night`\n  --> queues.toml:3"],
        });
        let mut out = Vec::new();
        print(&answer, &mut out).expect("writes to memory");
        let text = String::from_utf8(out).expect("text");
        let numbers = (1001..1021).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
        assert_eq!(
            text,
            format!(
                "warning: no agent serves the group `night`\n  --> queues.toml:3\ngroups: added night; removed english\n\
                 agents: added {numbers} and 10 more; changed 2001\nchanged: [queue]\nrestart needed for: [http]; [dns]\n"
            )
        );
        assert_eq!(summary(&Changes::default()), "nothing has changed");
        assert_eq!(changed(&Value::Null), ["nothing has changed"]);
    }
}
