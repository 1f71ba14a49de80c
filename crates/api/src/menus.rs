//! Menus are published, rolled back and compared.

use std::path::Path;

use releases::{Difference, Entry, Version};
use serde_json::{Value, json};
use server::{Order, Published};

use crate::problem::Problem;
use crate::reload::{answer, apart};
use crate::route::Request;
use crate::time;

pub(crate) async fn publish(request: Request) -> Result<Value, Problem> {
    let (release, order) = wish(&request)?;
    let what = told("publish", release.as_deref(), &order);
    let outcome = apart(&request, move |configuration| configuration.publish(release.as_deref(), order)).await;
    request.audited(what, outcome.map(|published| published_answer(&published))).await
}

pub(crate) async fn roll_back(request: Request) -> Result<Value, Problem> {
    let (release, order) = wish(&request)?;
    let what = told("rollback", release.as_deref(), &order);
    let outcome = apart(&request, move |configuration| configuration.roll_back(release.as_deref(), order)).await;
    request.audited(what, outcome.map(|published| published_answer(&published))).await
}

/// Which release, and in whose name.
fn wish(request: &Request) -> Result<(Option<String>, Order), Problem> {
    let body = &request.body;
    let why = body["why"].as_str().unwrap_or_default().trim().to_owned();
    if why.is_empty() {
        return Err(Problem::bad("`why` is empty: whoever looks at the history wants to know it"));
    }
    let dry_run = body["dry_run"].as_bool().unwrap_or_default();
    let by = request.who()?.name.to_string();
    Ok((body["release"].as_str().map(str::to_owned), Order { at: time::now(), by, why, dry_run }))
}

fn told(change: &str, release: Option<&str>, order: &Order) -> Value {
    json!({"change": change, "release": release, "why": order.why, "dry_run": order.dry_run})
}

fn published_answer(published: &Published) -> Value {
    json!({
        "release": published.release.as_str(),
        "before": published.before.as_ref().map(|before| before.as_str()),
        "holds": published.holds,
        "stories": published.stories,
        "changes": answer(&published.reloaded),
    })
}

pub(crate) async fn history(request: Request) -> Result<Value, Problem> {
    let limit = request.number("limit", 100);
    let history = apart(&request, |configuration| configuration.history()).await?;
    let newest = history.entries.len();
    let entry = |(place, entry): (usize, &Entry)| {
        let Entry { release, action, at, by, why, menus } = entry;
        let menu = |Version { menu, version }: &Version| json!({"menu": menu, "version": version});
        json!({
            "release": release.as_str(),
            "action": action.name(),
            "at": at.to_string(),
            "by": by,
            "why": why,
            "menus": menus.iter().map(menu).collect::<Vec<_>>(),
            "holds": place + 1 == newest,
            "kept": history.kept.contains(release),
        })
    };
    let releases: Vec<Value> = history.entries.iter().enumerate().rev().take(limit).map(entry).collect();
    Ok(json!({"releases": releases}))
}

pub(crate) async fn differences(request: Request) -> Result<Value, Problem> {
    let [from, to] = ["from", "to"].map(|side| request.text(side).map(str::to_owned));
    let found = apart(&request, move |configuration| configuration.differences(from.as_deref(), to.as_deref())).await?;
    Ok(json!({"files": found.iter().map(difference).collect::<Vec<_>>()}))
}

fn difference(difference: &Difference) -> Value {
    let [before, after] = &difference.paths;
    let length = |path: &Option<std::path::PathBuf>| path.as_deref().and_then(sound_ms);
    json!({
        "file": difference.name,
        "change": difference.change.name(),
        "lines": difference.lines.as_ref().map(|lines| lines.lines().collect::<Vec<_>>()),
        "before_ms": length(before),
        "after_ms": length(after),
    })
}

/// How long a sound is; none for what is no sound.
fn sound_ms(path: &Path) -> Option<u64> {
    path.extension().filter(|ending| *ending == "wav")?;
    settings::wav::length(std::fs::File::open(path).ok()?)
        .map(|length| u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
}
