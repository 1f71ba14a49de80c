//! A day as a picture: four panels over one time axis, in plain SVG.

use std::fmt::Write;

use sim::day::{Day, Figures, Report};
use staff::Target;

use super::figures::clock;

const WIDTH: f64 = 1000.0;
/// Left of the panels stand the numbers of their axes, right of them nothing but air.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 64.0;
const PANEL: f64 = 130.0;
/// Between two panels, with the title of the lower one in it.
const GAP: f64 = 44.0;
const BOTTOM: f64 = 40.0;
/// An entry of a legend: the longest fits.
const LEGEND: f64 = 130.0;

const BLUE: &str = "#2f6db3";
const PALE: &str = "#bcd3ec";
const RED: &str = "#c0392b";
const GREY: &str = "#8a8f98";

/// The picture of a day whose service level is to keep `target`.
pub(super) fn draw(day: &Day, report: &Report, target: Target) -> String {
    let whole = report.whole();
    let height = TOP + 4.0 * PANEL + 3.0 * GAP + BOTTOM;
    let mut svg = Svg { text: String::new(), halves: report.halves.len(), first: day.first_half };
    svg.line(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">"
    ));
    svg.line(format_args!("<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"white\"/>"));
    let summary = format!(
        "{} calls, {} answered, {} abandoned, service level {:.1} % of {target}, average speed of answer {:.1} s, seed {}",
        whole.calls,
        whole.answered,
        whole.abandoned,
        whole.level() * 100.0,
        whole.asa_s(),
        day.seed
    );
    svg.label(LEFT, 24.0, "start", "#222", &summary);
    let panel = |place: f64| TOP + place * (PANEL + GAP);
    svg.panel(panel(0.0), "calls that arrived in each half hour", &[], |svg, top| {
        svg.bars(top, &svg_values(report, |half| half.calls as f64), BLUE);
    });
    let legend = [("on average", PALE), ("most at once", RED)];
    svg.panel(panel(1.0), "callers in line", &legend, |svg, top| {
        let (mean, most) = (svg_values(report, Figures::waiting), svg_values(report, |half| half.waiting_max as f64));
        let max = svg.scale(top, &most);
        svg.area(top, &mean, max, PALE);
        svg.steps(top, &most, max, RED);
    });
    svg.panel(panel(2.0), "agents", &[("signed on", BLUE), ("in talk or wrap-up", PALE)], |svg, top| {
        let staffed = svg_values(report, Figures::staffed);
        let busy = svg_values(report, |half| half.staffed() * half.occupancy());
        let max = svg.scale(top, &staffed);
        svg.area(top, &busy, max, PALE);
        svg.steps(top, &staffed, max, BLUE);
    });
    let title = format!("service level: answered within {} s, of offered", target.within.as_secs_f64());
    let legend = [("kept", BLUE), ("missed", PALE), ("target", RED)];
    svg.panel(panel(3.0), &title, &legend, |svg, top| svg.levels(top, report, target));
    svg.hours(panel(3.0) + PANEL);
    svg.line(format_args!("</svg>"));
    svg.text
}

fn svg_values(report: &Report, of: impl Fn(&Figures) -> f64) -> Vec<f64> {
    report.halves.iter().map(of).collect()
}

struct Svg {
    text: String,
    halves: usize,
    first: usize,
}

impl Svg {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // A String takes everything.
        let _ = writeln!(self.text, "{line}");
    }

    fn label(&mut self, x: f64, y: f64, anchor: &str, colour: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.line(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{text}</text>"
        ));
    }

    /// Where a half hour begins; one more than there are is the right edge.
    fn x(&self, half: usize) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * half as f64 / self.halves as f64
    }

    fn panel(&mut self, top: f64, title: &str, legend: &[(&str, &str)], draw: impl FnOnce(&mut Svg, f64)) {
        self.label(LEFT, top - 10.0, "start", "#222", title);
        for (place, (name, colour)) in legend.iter().rev().enumerate() {
            let x = WIDTH - RIGHT - LEGEND * (place + 1) as f64;
            self.line(format_args!(
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"9\" height=\"9\" fill=\"{colour}\"/>",
                top - 19.0
            ));
            self.label(x + 14.0, top - 10.0, "start", "#444", name);
        }
        draw(self, top);
        let (right, bottom) = (WIDTH - RIGHT, top + PANEL);
        self.line(format_args!("<path d=\"M{LEFT} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"{GREY}\"/>"));
    }

    /// The numbers beside a panel; gives the value of its upper edge.
    fn scale(&mut self, top: f64, values: &[f64]) -> f64 {
        let max = round_up(values.iter().copied().fold(0.0, f64::max));
        for part in [0.0, 0.5, 1.0] {
            self.tick(top, part, &format!("{}", max * part));
        }
        max
    }

    fn tick(&mut self, top: f64, part: f64, text: &str) {
        let y = top + PANEL * (1.0 - part);
        self.label(LEFT - 8.0, y + 4.0, "end", "#444", text);
        let right = WIDTH - RIGHT;
        self.line(format_args!("<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#e3e6ea\"/>"));
    }

    fn bars(&mut self, top: f64, values: &[f64], colour: &str) {
        let max = self.scale(top, values);
        for (half, value) in values.iter().enumerate() {
            let (left, width) = (self.x(half), (self.x(half + 1) - self.x(half)) * 0.85);
            let height = PANEL * value / max;
            let y = top + PANEL - height;
            self.line(format_args!(
                "<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
            ));
        }
    }

    /// From half hour to half hour at the height of its value.
    fn outline(&self, top: f64, values: &[f64], max: f64) -> String {
        let mut path = String::new();
        for (half, value) in values.iter().enumerate() {
            let (left, right) = (self.x(half), self.x(half + 1));
            let y = top + PANEL * (1.0 - (value / max).clamp(0.0, 1.0));
            let start = if half == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{start}{left:.1} {y:.1}H{right:.1}");
        }
        path
    }

    fn steps(&mut self, top: f64, values: &[f64], max: f64, colour: &str) {
        let path = self.outline(top, values, max);
        self.line(format_args!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"));
    }

    fn area(&mut self, top: f64, values: &[f64], max: f64, colour: &str) {
        let path = self.outline(top, values, max);
        let bottom = top + PANEL;
        self.line(format_args!("<path d=\"{path}V{bottom}H{LEFT}Z\" fill=\"{colour}\"/>"));
    }

    fn levels(&mut self, top: f64, report: &Report, target: Target) {
        for part in [0.0, 0.5, 1.0] {
            self.tick(top, part, &format!("{} %", part * 100.0));
        }
        for (half, figures) in report.halves.iter().enumerate().filter(|(_, half)| half.offered() > 0) {
            let (left, width) = (self.x(half), (self.x(half + 1) - self.x(half)) * 0.85);
            let height = PANEL * figures.level();
            let y = top + PANEL - height;
            let colour = if figures.level() >= target.share { BLUE } else { PALE };
            self.line(format_args!(
                "<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
            ));
        }
        let (y, right) = (top + PANEL * (1.0 - target.share), WIDTH - RIGHT);
        self.line(format_args!("<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"{RED}\" stroke-dasharray=\"6 3\"/>"));
    }

    /// The time below the lowest panel: at most a dozen labels.
    fn hours(&mut self, bottom: f64) {
        let every = self.halves.div_ceil(12).next_multiple_of(2).min(self.halves.max(1));
        for half in (0..=self.halves).step_by(every.max(1)) {
            let (x, text) = (self.x(half), clock(self.first + half));
            self.line(format_args!("<path d=\"M{x:.1} {bottom}v5\" stroke=\"{GREY}\"/>"));
            self.label(x, bottom + 20.0, "middle", "#444", &text);
        }
    }
}

/// The next of 1, 2, 3, 4, 5, 6, 8, 10, 20 and so on, so that an axis has round numbers; at least one.
fn round_up(value: f64) -> f64 {
    let mut step = 1.0;
    // A number of calls has fewer than thirty digits.
    for _ in 0..30 {
        if let Some(round) = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0].into_iter().map(|n| n * step).find(|n| *n >= value) {
            return round;
        }
        step *= 10.0;
    }
    value
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::figures::tests::{day, report};
    use super::*;

    /// The numbers of an attribute in all that is drawn.
    fn numbers(svg: &str, name: &str) -> Vec<f64> {
        let attribute = format!(" {name}=\"");
        let parts = svg.split(attribute.as_str()).skip(1);
        parts.map(|part| part.split('"').next().unwrap_or_default().parse().expect(name)).collect()
    }

    #[test]
    fn everything_is_drawn_inside_the_picture() {
        for halves in [1, 2, 5, 48, 7 * 48] {
            let svg = draw(&day(halves), &report(halves), Target::STANDARD);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "a number that is none");
            let height: f64 = numbers(&svg, "height")[0];
            for (name, max) in [("x", WIDTH), ("y", height)] {
                let outside: Vec<f64> = numbers(&svg, name).into_iter().filter(|v| !(0.0..=max).contains(v)).collect();
                assert!(outside.is_empty(), "{halves}: {name} of {outside:?}");
            }
            assert!(numbers(&svg, "width").iter().chain(&numbers(&svg, "height")).all(|v| *v >= 0.0));
            assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
            assert_eq!((svg.matches("<svg").count(), svg.matches("</svg>").count()), (1, 1));
            // Times of the day, and nothing else, stand in the middle below their marks: apart from each other.
            let marks: Vec<f64> =
                svg.lines().filter(|line| line.contains("\"middle\"")).flat_map(|line| numbers(line, "x")).collect();
            assert!(marks.windows(2).all(|pair| pair[1] - pair[0] > 50.0) && marks.len() <= 13, "{halves}: {marks:?}");
        }
    }

    #[test]
    fn an_axis_ends_at_a_round_number() {
        let cases = [(0.0, 1.0), (1.0, 1.0), (1.5, 2.0), (7.0, 8.0), (9.0, 10.0), (83.0, 100.0), (947.0, 1000.0)];
        for (value, rounded) in cases {
            assert_eq!(round_up(value), rounded, "{value}");
        }
    }

    #[test]
    fn what_kept_the_target_is_told_from_what_missed_it() {
        let target = Target { share: 0.5, within: Duration::from_secs(20) };
        let bars = |share| {
            let svg = draw(&day(2), &report(2), Target { share, ..target });
            let lowest = svg.split("service level: answered within 20 s").nth(1).expect("the panel").to_owned();
            (
                lowest.matches(&format!("fill=\"{BLUE}\"/>")).count(),
                lowest.matches(&format!("fill=\"{PALE}\"/>")).count(),
            )
        };
        // An entry of the legend each, and a bar for each half hour: one kept 90 of 100, the other all.
        assert_eq!(bars(0.5), (3, 1));
        assert_eq!(bars(0.95), (2, 2));
    }
}
