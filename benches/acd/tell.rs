//! The table and the picture of what was measured.

use acd::Strategy;
use benches::{percentile, row, tell_spread};

use crate::crowd::Costs;
use crate::grow::{AGENTS_STEPS, Agents, Step, WAITING};
use crate::hall;
use crate::picture::{self, Curve, Plot};

/// A million decisions a second.
const DECISION_NS: f64 = 1000.0;
/// What the growth with callers is told between, and the scan at.
const FROM: usize = 10_000;
const SCAN_AT: usize = 100_000;
/// As often is shown what the queue looks like.
const TICK_MS: f64 = 100.0;

fn ns(value: f64) -> String {
    format!("{value:.1} ns")
}

fn median(values: &[f64]) -> f64 {
    percentile(values, 50)
}

/// The middle of what each round had of the one over the other.
fn ratio(what: &str, ours: &[f64], baseline: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(baseline).map(|(ours, baseline)| ours / baseline).collect();
    tell_spread(what, &ratios);
    median(&ratios)
}

fn tell(what: &str, baseline: &[f64], ours: &[f64], goal: &str) {
    row(what, ns(median(baseline)), ns(median(ours)), ratio(what, ours, baseline), goal);
}

fn all(of: &[Costs], cost: fn(&Costs) -> f64) -> Vec<f64> {
    of.iter().map(cost).collect()
}

pub(crate) fn waiting(steps: &[Step]) {
    println!(
        "{:>9}  join  free  accept  end  leave  whole call with facts; the bare list: join  free  leave; a scan: free",
        "waiting"
    );
    for step in steps {
        let ours = |cost: fn(&Costs) -> f64| Step::of(&step.ours, cost);
        let fifo = |cost: fn(&Costs) -> f64| Step::of(&step.fifo, cost);
        let scan =
            if step.scan.is_empty() { "-".to_owned() } else { format!("{:.0}", Step::of(&step.scan, |c| c.free)) };
        println!(
            "{:>9}  {:.0}  {:.0}  {:.0}  {:.0}  {:.0}  {:.0}; {:.0}  {:.0}  {:.0}; {scan}",
            step.count,
            ours(|c| c.join),
            ours(|c| c.free),
            ours(|c| c.accept),
            ours(|c| c.end),
            ours(|c| c.leave),
            step.call(),
            fifo(|c| c.join),
            fifo(|c| c.free),
            fifo(|c| c.leave),
        );
    }
    for step in steps.iter().filter(|step| step.count >= FROM) {
        let what = format!("acd: match, {} wait (bare list)", step.count);
        tell(&what, &all(&step.fifo, |c| c.free), &all(&step.ours, |c| c.free), "ratio <= 2");
    }
    for step in steps.iter().filter(|step| step.count >= FROM) {
        let what = format!("acd: match beside other work, {} wait (bare list)", step.count);
        let (ours, fifo): (Vec<f64>, Vec<f64>) = step.beside.iter().copied().unzip();
        tell(&what, &fifo, &ours, "ratio <= 2");
    }
    for step in steps.iter().filter(|step| step.count == SCAN_AT) {
        let ours = Step::of(&step.ours, |c| c.free);
        for (which, scan) in [("linked", &step.linked), ("compact", &step.scan)] {
            let scan = Step::of(scan, |c| c.free);
            let what = format!("acd: match, {} wait (a {which} scan, in thousandths)", step.count);
            row(&what, ns(scan / 1000.0), ns(ours), ours * 1000.0 / scan, "ratio <= 1");
        }
    }
    for (what, of) in [("match", Step::packed as fn(&Step) -> f64), ("a whole call", Step::call)] {
        for step in steps.iter().filter(|step| step.count >= FROM) {
            let what = format!("acd: {what} with its facts, {} wait (1 us)", step.count);
            row(&what, ns(DECISION_NS), ns(of(step)), of(step) / DECISION_NS, "ratio <= 1");
        }
    }
    if let (Some(from), Some(to)) = (steps.iter().find(|step| step.count == FROM), steps.last()) {
        let end = WAITING[WAITING.len() - 1];
        tell(&format!("acd: a whole call, {end} wait ({FROM})"), &from.call, &to.call, "ratio <= 3");
        let (few, many) = (all(&from.ours, |c| c.free), all(&to.ours, |c| c.free));
        tell(&format!("acd: match, {end} wait ({FROM})"), &few, &many, "ratio <= 3");
    }
}

pub(crate) fn agents(steps: &[Agents]) {
    println!("{:>9}  match  whole call; all idle: served at once  idle again  whole call; a scan; view", "agents");
    for step in steps {
        let idle = |cost: fn(&hall::Costs) -> f64| median(&step.idle.iter().map(cost).collect::<Vec<_>>());
        println!(
            "{:>9}  {:.0}  {:.0}; {:.0}  {:.0}  {:.0}; {:.0}; {:.0}",
            step.count,
            median(&step.free),
            median(&step.call),
            idle(|c| c.serve),
            idle(|c| c.idle),
            idle(|c| c.call),
            step.scan,
            median(&step.view),
        );
    }
    if let (Some(few), Some(many)) = (steps.first(), steps.last()) {
        let end = AGENTS_STEPS[AGENTS_STEPS.len() - 1];
        let named = |what: &str| format!("acd: {what}, {end} agents ({})", few.count);
        tell(&named("a whole call of 10,000 who wait"), &few.call, &many.call, "ratio <= 2");
        let idle = |step: &Agents| step.idle.iter().map(|costs| costs.call).collect::<Vec<_>>();
        tell(&named("a whole call served at once"), &idle(few), &idle(many), "ratio <= 2");
        let serve = |step: &Agents| step.idle.iter().map(|costs| costs.serve).collect::<Vec<_>>();
        tell(&named("served at once"), &serve(few), &serve(many), "ratio <= 2");
        let view = median(&many.view);
        let shown = format!("acd: what is shown, {end} agents (a tick of {TICK_MS} ms)");
        row(&shown, format!("{TICK_MS} ms"), format!("{:.1} us", view / 1e3), view / (TICK_MS * 1e6), "-");
    }
}

pub(crate) fn strategies(all: &[(Strategy, Vec<f64>)]) {
    let Some(((_, longest), others)) = all.split_first() else { return };
    for (strategy, idle) in others {
        tell(&format!("acd: idle again among 30000, {strategy:?} (LongestIdle)"), longest, idle, "-");
    }
}

pub(crate) fn picture(waiting: &[Step], agents: &[Agents]) -> String {
    let [ours, call, bare, scan] = ["#1565c0", "#2e7d32", "#888", "#c62828"];
    let curve = |what, colour, points: Vec<(usize, f64)>| Curve {
        what,
        colour,
        points: points.into_iter().map(|(count, ns)| (count as f64, ns)).collect(),
    };
    let of = |ns: fn(&Step) -> f64| waiting.iter().map(|step| (step.count, ns(step))).collect::<Vec<_>>();
    let scanned = waiting.iter().filter(|step| !step.scan.is_empty());
    let by_agents = |ns: fn(&Agents) -> f64| agents.iter().map(|step| (step.count, ns(step))).collect::<Vec<_>>();
    let idle = |step: &Agents, cost: fn(&hall::Costs) -> f64| median(&step.idle.iter().map(cost).collect::<Vec<_>>());
    picture::draw(&[
        Plot {
            title: "an agent becomes free",
            foot: "callers who wait, 10,000 agents",
            curves: vec![
                curve("a scan", scan, scanned.map(|step| (step.count, Step::of(&step.scan, |c| c.free))).collect()),
                curve("a whole call", call, of(Step::call)),
                curve("match", ours, of(|step| Step::of(&step.ours, |c| c.free))),
                curve("bare list", bare, of(|step| Step::of(&step.fifo, |c| c.free))),
            ],
        },
        Plot {
            title: "a caller comes while agents idle",
            foot: "agents who idle",
            curves: vec![
                curve("a scan", scan, by_agents(|step| step.scan)),
                curve("a whole call", call, agents.iter().map(|step| (step.count, idle(step, |c| c.call))).collect()),
                curve("served", ours, agents.iter().map(|step| (step.count, idle(step, |c| c.serve))).collect()),
            ],
        },
    ])
}
