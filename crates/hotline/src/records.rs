//! `hotline records`: the calls as recorded, also while the server runs.

use std::io::{self, BufWriter, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base::{Masked, Wall};
use serde_json::{Value, json};
use settings::Areas;
use store::{CallRow, Filter, WaitRow};

use crate::table::{self, printable, reader_left};

/// Shows the records of calls, the oldest first.
///
/// The table masks the callers' numbers; `--full` shows them. JSON holds them in full. The number of a confidential call is
/// masked everywhere. Times are UTC. What is not known is empty in the table and null in JSON; a call without an end is
/// open. JSON says too what line a caller has and where it is at home, by the same tables of the configuration as the server.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// The server's data directory.
    #[arg(long, default_value = "data", value_name = "DIR")]
    data: PathBuf,
    /// The folder of hotline.toml, which says where mobiles and counties are; fixed lines have their city without it [default: config,
    /// where it is there]
    #[arg(long, value_name = "DIR")]
    config: Option<PathBuf>,
    /// Only the last N calls: 100 in a table unless told otherwise, all in JSON.
    #[arg(long, value_name = "N")]
    last: Option<u32>,
    /// Show the callers' numbers in the table.
    #[arg(long)]
    full: bool,
}

/// A table is read by a person and held in memory; whoever wants more says so.
const TABLE_ROWS: u32 = 100;

pub(crate) fn run(args: Args) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let shown = if args.json { show_json(&args, &mut out) } else { show_table(&args, &mut out) };
    match shown.and_then(|()| flush(&mut out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hotline records: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn show_json(args: &Args, out: &mut impl io::Write) -> Result<(), String> {
    let areas = areas(args.config.as_deref())?;
    let mut written = Ok(());
    let read = store::for_each(&args.data, Filter { last: args.last, ..Filter::default() }, |row| {
        written = writeln!(out, "{}", object(&row, &areas));
        written.is_ok()
    });
    read.map_err(|error| error.to_string())?;
    written.or_else(reader_left)
}

/// The server's tables. Whoever named no folder and has none here asks for the records alone.
fn areas(config: Option<&Path>) -> Result<Areas, String> {
    let here = Path::new("config");
    if config.is_none() && !here.join("hotline.toml").is_file() {
        return Ok(Areas::default());
    }
    let loaded = settings::load_areas(config.unwrap_or(here), std::env::vars());
    loaded.map_err(|report| {
        format!("cannot say where callers are at home\n{}", report.render(io::stderr().is_terminal()))
    })
}

fn show_table(args: &Args, out: &mut impl io::Write) -> Result<(), String> {
    let filter = Filter { last: Some(args.last.unwrap_or(TABLE_ROWS)), ..Filter::default() };
    let rows = store::read(&args.data, filter).map_err(|error| error.to_string())?;
    write_table(&rows, args.full, out).or_else(reader_left)
}

fn flush(out: &mut impl io::Write) -> Result<(), String> {
    out.flush().or_else(reader_left)
}

fn object(row: &CallRow, areas: &Areas) -> Value {
    let home = areas.home(&row.caller, row.confidential);
    json!({
        "id": row.id,
        "caller": caller(row, true),
        "line": home.line.name(),
        "area": home.city,
        "county": home.county,
        "called": row.called,
        "source": row.source,
        "started": row.started.to_string(),
        "answered": row.answered.map(|wall| wall.to_string()),
        "ended": row.ended.map(|wall| wall.to_string()),
        "menu_path": row.menu_path,
        "menu_version": row.menu_version,
        "locale": row.locale,
        "skill_group": row.skill_group,
        "queued_ms": row.queued_ms,
        "waits": row.waits.as_ref().map(|waits| waits.iter().map(wait).collect::<Vec<_>>()),
        "agent": row.agent,
        "talk_ms": row.talk_ms,
        "end_reason": row.end_reason,
        "confidential": row.confidential,
        "order": row.order,
        "rating": row.rating,
        "wrong_keys": row.wrong_keys,
        "earlier_calls": row.earlier,
    })
}

fn wait(wait: &WaitRow) -> Value {
    json!({
        "group": wait.group,
        "entered": wait.entered.to_string(),
        "waited_ms": wait.waited_ms,
        "outcome": wait.outcome,
    })
}

fn caller(row: &CallRow, full: bool) -> String {
    if full && !row.confidential { row.caller.clone() } else { Masked(&row.caller).to_string() }
}

const HEADINGS: [&str; 9] = ["STARTED", "CALLER", "CALLED", "MENU", "GROUP", "WAIT", "AGENT", "TALK", "END"];

fn cells(row: &CallRow, full: bool) -> [String; HEADINGS.len()] {
    [
        seconds(row.started),
        printable(&caller(row, full)),
        printable(&row.called),
        row.menu_path.as_ref().map(|path| path.join("/")).unwrap_or_default(),
        row.skill_group.clone().unwrap_or_default(),
        row.queued_ms.map(length).unwrap_or_default(),
        row.agent.clone().unwrap_or_default(),
        row.talk_ms.map(length).unwrap_or_default(),
        row.end_reason.clone().unwrap_or_else(|| "(open)".to_owned()),
    ]
}

/// RFC 3339 without milliseconds.
fn seconds(wall: Wall) -> String {
    let text = wall.to_string();
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text,
    }
}

fn length(millis: u64) -> String {
    format!("{}.{}s", millis / 1000, millis % 1000 / 100)
}

fn write_table(rows: &[CallRow], full: bool, out: &mut impl io::Write) -> io::Result<()> {
    let lines: Vec<[String; HEADINGS.len()]> =
        std::iter::once(HEADINGS.map(str::to_owned)).chain(rows.iter().map(|row| cells(row, full))).collect();
    table::write(&lines, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> [CallRow; 2] {
        let open = CallRow {
            id: "0".repeat(32),
            caller: "1380013\u{1b}8000".into(),
            called: "12345".into(),
            source: "carrier".into(),
            started: Wall(1_700_000_000_123),
            answered: None,
            ended: None,
            menu_path: None,
            menu_version: None,
            locale: None,
            skill_group: None,
            queued_ms: None,
            waits: None,
            agent: None,
            talk_ms: None,
            end_reason: None,
            confidential: false,
            rating: None,
            wrong_keys: None,
            order: None,
            earlier: None,
        };
        let ended = CallRow {
            caller: "13800138000".into(),
            answered: Some(Wall(1_700_000_001_000)),
            ended: Some(Wall(1_700_000_060_000)),
            menu_path: Some(vec!["welcome".into(), "咨询".into()]),
            skill_group: Some("咨询组".into()),
            queued_ms: Some(1234),
            waits: Some(vec![WaitRow {
                group: "咨询组".into(),
                entered: Wall(1_700_000_002_000),
                waited_ms: 1234,
                outcome: "answered".into(),
            }]),
            agent: Some("1001".into()),
            talk_ms: Some(55_000),
            end_reason: Some("caller_hangup".into()),
            order: Some("GD-1".into()),
            earlier: Some(2),
            rating: Some(4),
            wrong_keys: Some(vec!["welcome".into()]),
            ..open.clone()
        };
        [ended, open]
    }

    fn table(full: bool) -> String {
        let mut out = Vec::new();
        write_table(&rows(), full, &mut out).expect("memory takes it");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn the_table_is_aligned_and_masked() {
        let expected = "\
STARTED               CALLER        CALLED  MENU          GROUP   WAIT  AGENT  TALK   END
2023-11-14T22:13:20Z  138******00   12345   welcome/咨询  咨询组  1.2s  1001   55.0s  caller_hangup
2023-11-14T22:13:20Z  138*******00  12345                                             (open)
";
        assert_eq!(table(false), expected);
        assert!(table(true).contains("13800138000") && table(true).contains("1380013?8000"));
    }

    #[test]
    fn a_confidential_number_is_masked_everywhere() {
        let [mut row, _] = rows();
        row.confidential = true;
        assert_eq!(object(&row, &Areas::default())["caller"], "138******00");
        assert!(cells(&row, true).contains(&"138******00".to_owned()));
    }

    #[test]
    fn json_says_where_a_caller_is_at_home_unless_the_call_is_confidential() {
        let config = tempfile::tempdir().expect("a folder");
        let text =
            "[numbers]\nmobile_areas = \"mobiles.csv\"\n[[county]]\nname = \"富阳区\"\nprefixes = [\"057163\"]\n";
        std::fs::write(config.path().join("hotline.toml"), text).expect("a writable folder");
        std::fs::write(config.path().join("mobiles.csv"), "1380013,0755\n").expect("a writable folder");
        let areas = areas(Some(config.path())).unwrap_or_else(|report| panic!("{report}"));
        let [mut row, _] = rows();
        let mut home = |caller: &str, confidential| {
            (row.caller, row.confidential) = (caller.to_owned(), confidential);
            let object = object(&row, &areas);
            ["line", "area", "county"].map(|key| object[key].as_str().map(str::to_owned))
        };
        let said = |words: [&str; 3]| words.map(|word| (!word.is_empty()).then(|| word.to_owned()));
        assert_eq!(home("13800138000", false), said(["mobile", "深圳", ""]));
        assert_eq!(home("13900139000", false), said(["mobile", "", ""]));
        assert_eq!(home("057163322110", false), said(["fixed", "杭州", "富阳区"]));
        assert_eq!(home("057163322110", true), said(["fixed", "", ""]));
        assert_eq!(home("1001", false), said(["unknown", "", ""]));
    }

    #[test]
    fn a_configuration_that_says_nonsense_of_homes_is_told_and_one_that_is_not_there_is_none() {
        let config = tempfile::tempdir().expect("a folder");
        let named = || areas(Some(config.path()));
        assert!(named().is_err_and(|report| report.contains("hotline.toml") && report.contains("--config")));
        std::fs::write(config.path().join("hotline.toml"), "[sip]\nrealm = 5\n").expect("a writable folder");
        assert_eq!(named(), Ok(Areas::default()), "nothing else is judged");
        std::fs::write(config.path().join("hotline.toml"), "[[county]]\nname = \"x\"\nprefixes = [\"5\"]\n")
            .expect("a writable folder");
        assert!(named().is_err_and(|report| report.contains("hotline.toml:3:13") && report.contains("`5`")));
        assert_eq!(areas(None), Ok(Areas::default()), "beside this file there is no folder of that name");
    }

    #[test]
    fn json_has_every_key_and_null_for_the_unknown() {
        let [ended, open] = rows().map(|row| object(&row, &Areas::default()));
        assert_eq!(ended["started"], "2023-11-14T22:13:20.123Z");
        assert_eq!(ended["menu_path"], json!(["welcome", "咨询"]));
        assert_eq!(ended["waits"][0]["outcome"], "answered");
        assert_eq!((&ended["order"], &open["order"]), (&json!("GD-1"), &Value::Null));
        assert_eq!((&ended["rating"], &open["rating"]), (&json!(4), &Value::Null));
        assert_eq!((&ended["wrong_keys"], &open["wrong_keys"]), (&json!(["welcome"]), &Value::Null));
        assert_eq!((&ended["earlier_calls"], &open["earlier_calls"]), (&json!(2), &Value::Null));
        assert_eq!((&ended["queued_ms"], &ended["talk_ms"]), (&json!(1234), &json!(55_000)));
        for key in ["answered", "ended", "menu_path", "skill_group", "queued_ms", "agent", "talk_ms", "end_reason"] {
            assert_eq!(open.get(key), Some(&Value::Null), "{key}");
        }
        assert_eq!(ended.as_object().map(|o| o.len()), Some(24));
    }

    #[test]
    fn a_reader_that_leaves_is_no_error() {
        assert_eq!(reader_left(io::ErrorKind::BrokenPipe.into()), Ok(()));
        assert!(reader_left(io::ErrorKind::StorageFull.into()).is_err());
    }
}
