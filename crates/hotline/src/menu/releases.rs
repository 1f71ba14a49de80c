//! Releases of a running server, as people read them.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use crate::client::{Where, list, piece, text};
use crate::reload;
use crate::table::{self, printable, reader_left};

/// Shows what differs between what holds and the files of the configuration's folder, or between two releases
#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// A release, or `files` [default: what holds]
    #[arg(value_name = "FROM")]
    from: Option<String>,
    /// A release, or `files` [default: files]
    #[arg(value_name = "TO", requires = "from")]
    to: Option<String>,
    #[command(flatten)]
    at: Where,
}

/// Checks the files, plays the stories beside the menus, keeps all as a release and has calls that come from then on run it; where anything
/// is wrong nothing changes
#[derive(Debug, clap::Args)]
pub(super) struct Publish {
    /// Only if the files are still those of this release, as a dry run named it
    #[arg(long, value_name = "RELEASE")]
    only: Option<String>,
    #[command(flatten)]
    wish: Wish,
    #[command(flatten)]
    at: Where,
}

/// Has calls that come from then on run an earlier release
#[derive(Debug, clap::Args)]
pub(super) struct Rollback {
    /// Which one [default: what held before the release that holds was published]
    #[arg(value_name = "RELEASE")]
    release: Option<String>,
    #[command(flatten)]
    wish: Wish,
    #[command(flatten)]
    at: Where,
}

/// Lists what was published, newest first: when, by whom and why
#[derive(Debug, clap::Args)]
pub(super) struct History {
    /// Prints a JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

/// Why somebody publishes or rolls back.
#[derive(Debug, clap::Args)]
struct Wish {
    /// Why, for whoever looks at the history
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// Looks at everything, says what would change, and changes nothing
    #[arg(long)]
    dry_run: bool,
}

impl Publish {
    pub(super) fn run(&self) -> Result<(), String> {
        let answer = self.at.server()?.post("/api/v1/menu/publish", &body(&self.wish, self.only.as_deref()))?;
        write(&outcome(&answer, &self.wish, "published"))
    }
}

impl Rollback {
    pub(super) fn run(&self) -> Result<(), String> {
        let answer = self.at.server()?.post("/api/v1/menu/rollback", &body(&self.wish, self.release.as_deref()))?;
        write(&outcome(&answer, &self.wish, "rolled back to"))
    }
}

fn body(wish: &Wish, release: Option<&str>) -> Value {
    let mut body = json!({"why": wish.why, "dry_run": wish.dry_run});
    if let Some(release) = release {
        body["release"] = release.into();
    }
    body
}

/// What changed, and the release behind it.
fn outcome(answer: &Value, wish: &Wish, done: &str) -> Vec<String> {
    let changes = &answer["changes"];
    let mut lines: Vec<String> =
        list(changes, "warnings").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    lines.extend(reload::changed(changes));
    if let Some(stories @ 1..) = answer["stories"].as_u64() {
        lines.push(format!("stories: {stories} played, all as they are told"));
    }
    let (release, before) = (text(answer, "release"), text(answer, "before"));
    let instead = match before {
        "" => "; nothing was published before it".to_owned(),
        same if same == release => "; it held already".to_owned(),
        before => format!("; {before} held before"),
    };
    lines.push(match wish.dry_run {
        true => format!("nothing was done: this would be release {release}{instead}"),
        false => format!("{done} {release}{instead}"),
    });
    lines
}

impl History {
    pub(super) fn run(&self) -> Result<(), String> {
        let answer = self.at.server()?.get("/api/v1/menu/releases?limit=500")?;
        let releases = list(&answer, "releases");
        if self.json {
            return write(&releases.iter().map(Value::to_string).collect::<Vec<_>>());
        }
        if releases.is_empty() {
            return write(&["nothing was ever published: the files of the configuration's folder hold".to_owned()]);
        }
        let head = ["", "RELEASE", "AT", "BY", "ACTION", "MENUS", "WHY"].map(str::to_owned);
        let lines: Vec<[String; 7]> = std::iter::once(head).chain(releases.iter().map(row)).collect();
        table::write(&lines, &mut io::stdout().lock()).or_else(reader_left)
    }
}

fn row(release: &Value) -> [String; 7] {
    let mark = match (release["holds"].as_bool(), release["kept"].as_bool()) {
        (Some(true), _) => "*",
        (_, Some(false)) => "gone",
        _ => "",
    };
    let menus = list(release, "menus").iter().map(|menu| format!("{}@{}", text(menu, "menu"), text(menu, "version")));
    let cells = [
        mark.to_owned(),
        text(release, "release").to_owned(),
        text(release, "at").to_owned(),
        text(release, "by").to_owned(),
        text(release, "action").to_owned(),
        menus.collect::<Vec<_>>().join(" "),
        text(release, "why").to_owned(),
    ];
    cells.map(|cell| printable(&cell))
}

impl Diff {
    pub(super) fn run(&self) -> Result<(), String> {
        let sides = [("from", &self.from), ("to", &self.to)];
        let sides = sides.into_iter().filter_map(|(name, side)| Some((name, side.as_deref()?)));
        let query: Vec<String> = sides.map(|(name, side)| format!("{name}={}", piece(side))).collect();
        let answer = self.at.server()?.get(&format!("/api/v1/menu/differences?{}", query.join("&")))?;
        match list(&answer, "files") {
            [] => write(&["nothing differs".to_owned()]),
            files => write(&files.iter().flat_map(difference).collect::<Vec<_>>()),
        }
    }
}

/// A line that names the file, and those that differ.
fn difference(file: &Value) -> Vec<String> {
    let seconds = |name: &str| file[name].as_u64().map(|ms| format!("{}.{} s", ms / 1000, ms % 1000 / 100));
    let lengths = match (seconds("before_ms"), seconds("after_ms")) {
        (Some(before), Some(after)) => format!(": {before}, then {after}"),
        (Some(one), None) | (None, Some(one)) => format!(": {one}"),
        (None, None) => String::new(),
    };
    let head = format!("{} {}{lengths}", text(file, "change"), text(file, "file"));
    let lines = list(file, "lines").iter().filter_map(Value::as_str).map(str::to_owned);
    std::iter::once(head).chain(lines).collect()
}

fn write(lines: &[String]) -> Result<(), String> {
    let mut out = io::stdout().lock();
    let mut lines = lines.iter().flat_map(|line| line.lines());
    lines.try_for_each(|line| writeln!(out, "{}", printable(line))).or_else(reader_left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_and_what_would_be_is_told() {
        let wish = |dry_run| Wish { why: "storm".to_owned(), dry_run };
        let changes = json!({"menus": {"added": [], "removed": [], "changed": ["12345"]}});
        let answer = json!({"release": "0123456789ab", "before": "ba9876543210", "holds": true, "changes": changes});
        assert_eq!(
            outcome(&answer, &wish(false), "published"),
            ["menus: changed 12345", "published 0123456789ab; ba9876543210 held before"]
        );
        let answer = json!({"release": "0123456789ab", "before": null, "holds": false, "changes": {}});
        assert_eq!(
            outcome(&answer, &wish(true), "published"),
            [
                "nothing has changed",
                "nothing was done: this would be release 0123456789ab; nothing was published before it"
            ]
        );
        assert_eq!(body(&wish(true), Some("0123456789ab"))["release"], "0123456789ab");
        assert!(body(&wish(true), None).get("release").is_none());
    }

    #[test]
    fn a_difference_is_a_line_and_what_is_below_it() {
        let sound =
            json!({"file": "prompts/en/a.wav", "change": "changed", "lines": null, "before_ms": 3210, "after_ms": 900});
        assert_eq!(difference(&sound), ["changed prompts/en/a.wav: 3.2 s, then 0.9 s"]);
        let text = json!({"file": "menu/1.toml", "change": "added", "lines": ["@@ -0,0 +1 @@", "+a = 1"]});
        assert_eq!(difference(&text), ["added menu/1.toml", "@@ -0,0 +1 @@", "+a = 1"]);
    }
}
