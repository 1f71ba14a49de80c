//! What a menu costs: a step of a caller's walk, and the check of a large tree with all that is proved about it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use base::{Digit, Now, Time, Wall};
use benches::count::{self, Counting};
use benches::{cpu, percentile, quick, row};
use ivr::{Around, Event, Menu, Step, Walk};
use settings::Plans;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A step of the interpreter.
const STEP_NS: f64 = 1000.0;
/// A tree that no city has: every county of China, four menus each.
const NODES: usize = 10_000;
const CHECK: Duration = Duration::from_secs(1);
/// Callers whose turn comes one after the other, so that each finds its walk cold.
const CALLERS: usize = 2_000;
/// Odd, for the median.
const ROUNDS: usize = 31;
const ROUNDS_QUICK: usize = 5;
/// 2026-11-23 10:00 in China, a Monday.
const WORKING: Wall = Wall(1_795_399_200_000);

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shipped = load(&root.join("config"), &root)?;
    let way = [Event::Start, Event::Played, Event::Played, Event::Played, Event::Digit(Digit::Number(4))];
    steps("the shipped menu", &shipped, &way)?;
    let dir = tempfile::tempdir()?;
    let config = large(&root, dir.path())?;
    let large = load(&config, &root)?;
    let deep = [
        Event::Start,
        Event::Digit(Digit::Number(1)),
        Event::Digit(Digit::Star),
        Event::Digit(Digit::Number(2)),
        Event::Played,
        Event::Deadline,
    ];
    steps(&format!("a menu of {NODES} nodes"), &large, &deep)?;
    check(&config, &root)
}

fn rounds() -> usize {
    if quick() { ROUNDS_QUICK } else { ROUNDS }
}

fn load(config: &Path, root: &Path) -> Result<Plans> {
    let prompts = ("HOTLINE__PROMPTS__DIR".to_owned(), root.join("prompts").display().to_string());
    settings::load(config, [prompts]).map_err(|report| anyhow!("{report}"))
}

/// Every caller takes the same way, one step at a time; what a step costs and whether it takes memory.
fn steps(what: &str, plans: &Plans, way: &[Event<'_>]) -> Result<()> {
    let menu = &plans.call.menus.last().ok_or_else(|| anyhow!("there is a menu"))?.menu;
    let around = Around { called: "12345", caller: "13800138000", prompts: &plans.call.prompts, ..Around::default() };
    let mut measured = Vec::new();
    let mut asked = 0;
    for _ in 0..rounds() {
        let mut walks: Vec<Walk> = (0..CALLERS).map(|_| Walk::new(menu)).collect();
        let mut out = Vec::with_capacity(64);
        let (before, began) = (count::asked(), cpu::this_thread());
        for event in way {
            walks.iter_mut().for_each(|walk| step(walk, menu, &around, *event, &mut out));
        }
        let took = cpu::this_thread() - began;
        asked += count::asked() - before;
        measured.push(took.as_nanos() as f64 / (CALLERS * way.len()) as f64);
        ensure!(!out.is_empty(), "the last caller was told something");
    }
    let ours = percentile(&measured, 50);
    row(
        &format!("ivr: a step in {what} (1 us)"),
        format!("{STEP_NS:.1} ns"),
        format!("{ours:.1} ns"),
        ours / STEP_NS,
        "ratio <= 1",
    );
    row(&format!("ivr: allocations of a step in {what} (none)"), 0, asked, asked as f64, "ours <= 0");
    Ok(())
}

fn step(walk: &mut Walk, menu: &Menu, around: &Around<'_>, event: Event<'_>, out: &mut Vec<Step>) {
    out.clear();
    walk.handle(menu, around, Now { time: Time::ZERO, wall: WORKING }, event, out);
}

/// The shipped configuration with a tree of menus under it: each leads to ten below, the last ones to people.
fn large(root: &Path, dir: &Path) -> Result<PathBuf> {
    let config = dir.join("config");
    for folder in ["menu", "calendar"] {
        std::fs::create_dir_all(config.join(folder))?;
    }
    for file in ["hotline.toml", "queues.toml", "calendar/hours.toml", "menu/12345.toml"] {
        std::fs::copy(root.join("config").join(file), config.join(file))?;
    }
    let mut text =
        "locales = [\"zh-CN\", \"en\"]\nstart = \"n0\"\nperson = \"staff\"\nsilence_tries = 1\nreach_keys = 9\n"
            .to_owned();
    text.push_str("\n[node.staff]\nkind = \"queue\"\nprompt = \"transfer-person\"\ngroup = \"consult\"\n");
    for node in 0..NODES - 1 {
        write!(text, "\n[node.n{node}]\nkind = \"menu\"\nprompt = \"welcome\"\n\n[node.n{node}.keys]\n")?;
        for key in 1..=9 {
            match node * 9 + key {
                below if below < NODES - 1 => writeln!(text, "{key} = \"n{below}\"")?,
                _ => writeln!(text, "{key} = \"staff\"")?,
            }
        }
    }
    std::fs::write(config.join("menu/large.toml"), text)?;
    Ok(config)
}

/// From the files to what is proved of them, less what the shipped menu and its sounds cost in the same round.
fn check(config: &Path, root: &Path) -> Result<()> {
    let mut measured = Vec::new();
    for _ in 0..rounds().min(11) {
        let small = timed(&root.join("config"), root)?;
        measured.push(timed(config, root)?.saturating_sub(small));
    }
    let took = percentile(&measured, 50);
    let ratio = took.as_secs_f64() / CHECK.as_secs_f64();
    row(
        &format!("ivr: {NODES} nodes checked (1 s)"),
        "1000 ms",
        format!("{} ms", took.as_millis()),
        ratio,
        "ratio <= 1",
    );
    Ok(())
}

fn timed(config: &Path, root: &Path) -> Result<Duration> {
    let began = cpu::this_thread();
    let plans = load(config, root)?;
    ensure!(!plans.reach().is_empty(), "something is proved");
    Ok(cpu::this_thread() - began)
}
