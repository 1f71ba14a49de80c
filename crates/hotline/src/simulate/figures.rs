//! A day as text.

use std::fmt::Write;

use base::EndReason;
use sim::day::{Day, Figures, Promises, Report};
use staff::{HALVES, Target};

/// The whole day, then each half hour of it.
pub(super) fn text(day: &Day, report: &Report, target: Target) -> String {
    let whole = report.whole();
    let mut out = head(day, report, &whole, target);
    out += &groups(report);
    out += &waits(report);
    out += &halves(day, report);
    out
}

fn head(day: &Day, report: &Report, whole: &Figures, target: Target) -> String {
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    let [level, of_answered, with_abandoned, without_abandoned] = whole.levels().map(percent);
    let [p50, p90, p95, p99] = whole.percentiles_s([0.5, 0.9, 0.95, 0.99]);
    let seconds = target.within.as_secs_f64();
    let hours = day.halves as f64 / 2.0;
    let rows = [
        ("calls", format!("{} in {hours} h from {}", whole.calls, clock(day.first_half))),
        ("ended", endings(&report.ended)),
        ("asked for an agent", whole.requests.to_string()),
        ("offered (answered + abandoned)", whole.offered().to_string()),
        ("answered", whole.answered.to_string()),
        ("abandoned", format!("{}, {}", whole.abandoned, percent(whole.abandonment()))),
        ("neither: refused, cut, phone gone", whole.lost.to_string()),
        ("15 s connection rate", percent(whole.connection_rate())),
        (&format!("service level A({seconds})/(A+B)"), format!("{level}   target {}", percent(target.share))),
        (&format!("  A({seconds})/A"), of_answered),
        (&format!("  (A({seconds})+B({seconds}))/(A+B)"), with_abandoned),
        (&format!("  A({seconds})/(A+B-B({seconds}))"), without_abandoned),
        ("average speed of answer", format!("{:.2} s", whole.asa_s())),
        ("wait p50 / p90 / p95 / p99", format!("{p50:.1} / {p90:.1} / {p95:.1} / {p99:.1} s")),
        ("longest line", format!("{} callers, {:.2} on average", whole.waiting_max, whole.waiting())),
        ("talk and wrap-up", format!("{:.1} s a call", whole.handling_s())),
        ("occupancy", percent(whole.occupancy())),
        ("restarts", report.restarts.to_string()),
    ];
    let mut out = String::new();
    for (name, value) in rows {
        // A line for a human: nothing reads it.
        let _ = writeln!(out, "{name:<34} {value}");
    }
    out
}

/// How many calls ended how.
pub(super) fn endings(ended: &[u64]) -> String {
    let all = EndReason::ALL.iter().zip(ended).filter(|(_, count)| **count > 0);
    let all: Vec<String> = all.map(|(reason, count)| format!("{count} {}", reason.name())).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn groups(report: &Report) -> String {
    let mut out = format!(
        "\n{:<16} {:>8} {:>8} {:>9} {:>7} {:>8}\n",
        "group", "offered", "answered", "abandoned", "level", "answer"
    );
    for (name, group) in report.groups.iter().filter(|(_, group)| group.requests > 0) {
        let (level, asa) = (group.level() * 100.0, group.asa_s());
        let (offered, answered, abandoned) = (group.offered(), group.answered, group.abandoned);
        let _ = writeln!(out, "{name:<16} {offered:>8} {answered:>8} {abandoned:>9} {level:>6.1}% {asa:>6.1} s");
    }
    for (name, group) in report.groups.iter().filter(|(_, group)| !group.surge.is_zero()) {
        let _ = writeln!(out, "{name} was in surge for {:.0} min", group.surge.as_secs_f64() / 60.0);
    }
    out
}

/// Whether what callers were told of their wait held.
fn waits(report: &Report) -> String {
    let all = report.promised();
    if all.on_arrival.count() == 0 {
        return String::new();
    }
    let mut out = format!(
        "\n{:<16} {:>8} {:>8} {:>8} {:>8} {:>8}   {:>8} {:>8}\n",
        "expected wait", "told", "shorter", "within", "longer", "width", "later", "within"
    );
    let known = report.groups.iter().zip(&report.promises).filter(|(_, promises)| promises.on_arrival.count() > 0);
    let named = known.map(|((name, _), promises)| (name.as_str(), promises));
    for (name, Promises { on_arrival, later }) in named.chain([("all", &all)]) {
        let [below, inside, above] = on_arrival.shares().map(|share| share * 100.0);
        let [_, held, _] = later.shares().map(|share| share * 100.0);
        let held = if later.count() == 0 { "-".to_owned() } else { format!("{held:.1}%") };
        let (told, width, again) = (on_arrival.count(), on_arrival.width_s(), later.count());
        let _ = writeln!(
            out,
            "{name:<16} {told:>8} {below:>7.1}% {inside:>7.1}% {above:>7.1}% {width:>6.0} s   {again:>8} {held:>8}"
        );
    }
    out
}

fn halves(day: &Day, report: &Report) -> String {
    let names =
        ["from", "calls", "offered", "answered", "abandoned", "level", "15 s", "answer", "p95", "agents", "occupied"];
    let [from, calls, offered, answered, abandoned, level, soon, asa, p95, agents, occupied] = names;
    let mut out = format!(
        "\n{from:<6} {calls:>6} {offered:>7} {answered:>8} {abandoned:>9} {level:>7} {soon:>7} {asa:>8} {p95:>8} {agents:>7} {occupied:>8}\n"
    );
    for (place, half) in report.halves.iter().enumerate() {
        let [p95] = half.percentiles_s([0.95]);
        let (calls, offered, answered, abandoned) = (half.calls, half.offered(), half.answered, half.abandoned);
        let (level, soon) = (half.level() * 100.0, half.connection_rate() * 100.0);
        let (asa, agents, occupied) = (half.asa_s(), half.staffed(), half.occupancy() * 100.0);
        let from = clock(day.first_half + place);
        let _ = writeln!(
            out,
            "{from:<6} {calls:>6} {offered:>7} {answered:>8} {abandoned:>9} {level:>6.1}% {soon:>6.1}% {asa:>6.1} s {p95:>6.1} s {agents:>7.1} {occupied:>7.1}%"
        );
    }
    out
}

/// The time of day that a half hour begins at.
pub(crate) fn clock(half: usize) -> String {
    let half = half % HALVES;
    format!("{:02}:{:02}", half / 2, half % 2 * 30)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use sim::day::Hotline;

    use super::*;

    /// So many half hours from nine in the morning; what is played is of no interest here.
    pub(in crate::simulate) fn day(halves: usize) -> Day {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let profile = settings::load_profile(&root.join("config/profile/city.toml")).unwrap_or_else(|r| panic!("{r}"));
        let plans = settings::load(&root.join("config"), std::iter::empty()).unwrap_or_else(|r| panic!("{r}"));
        let hotline = Hotline { call: plans.call.into(), acd: plans.acd, roster: plans.roster, sounds: Vec::new() };
        Day { hotline, profile, seed: 7, first_half: 18, halves, within: Duration::from_secs(15), reloads: 0 }
    }

    /// Half hours that come to 90 of 100 and to 100 of 100, one after the other.
    pub(in crate::simulate) fn report(halves: usize) -> Report {
        let bad = Figures {
            calls: 110,
            requests: 101,
            answered: 96,
            abandoned: 4,
            lost: 1,
            answered_within: 90,
            abandoned_within: 3,
            heard_in_15_s: 80,
            waits_ms: (1..=96).map(|n| n * 250).collect(),
            abandoned_wait_ms: 48_000,
            talk_ms: 96 * 180_000,
            busy: Duration::from_secs(96 * 200),
            idle: Duration::from_secs(4800),
            in_line: Duration::from_secs(3600),
            waiting_max: 9,
            surge: Duration::ZERO,
            length: staff::HALF_HOUR,
        };
        let good = Figures { answered: 100, abandoned: 0, answered_within: 100, abandoned_within: 0, ..bad.clone() };
        let halves: Vec<Figures> = [bad, good].into_iter().cycle().take(halves).collect();
        let mut ended = [0; EndReason::ALL.len()];
        (ended[0], ended[3]) = (190, 4);
        let groups = vec![("consult".to_owned(), halves[0].clone()), ("english".to_owned(), Figures::default())];
        let mut promises = vec![Promises::default(); 2];
        for (waited, answered) in [(30, true), (70, true), (90, true), (40, false), (200, true)] {
            let told = (Duration::from_secs(60), Some(Duration::from_secs(120)));
            promises[0].on_arrival.add(told, Duration::from_secs(waited), answered);
        }
        Report {
            halves,
            groups,
            promises,
            ended,
            restarts: 1,
            removals: 0,
            reservations: 200,
            messages: 4000,
            steps: 20_000,
        }
    }

    #[test]
    fn a_day_as_text() {
        insta::assert_snapshot!(text(&day(2), &report(2), Target::STANDARD));
    }

    #[test]
    fn a_day_on_which_nothing_happened() {
        let day = day(1);
        let nothing = Report { halves: vec![Figures::default()], ..Report::default() };
        let text = text(&day, &nothing, Target::STANDARD);
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }
}
