//! The picture of what dialogs cost, as SVG.

use std::fmt::Write;
use std::time::Duration;

use crate::Step;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 260.0;
/// Around the two plots.
const MARGIN: f64 = 60.0;
const GAP: f64 = 70.0;
/// Lines across a plot.
const LINES: u32 = 4;

/// Two plots over the number of dialogs: CPU a call, and the longest call of the endpoint.
pub(crate) fn draw(steps: &[Step]) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    let width = (WIDTH - 2.0 * MARGIN - GAP) / 2.0;
    let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
    plot(&mut out, MARGIN, width, "CPU a call, us", steps, |step| millis(step.a_call) * 1e3);
    plot(&mut out, MARGIN + width + GAP, width, "longest call of the endpoint, ms", steps, |step| millis(step.longest));
    out.push_str("</svg>\n");
    out
}

/// One plot from `left`, from zero to a round number above the largest value.
fn plot(out: &mut String, left: f64, width: f64, title: &str, steps: &[Step], value: impl Fn(&Step) -> f64) {
    let (top, bottom) = (MARGIN, HEIGHT - MARGIN);
    let dialogs = |step: &Step| step.dialogs as f64;
    let right = steps.iter().map(dialogs).fold(1.0, f64::max);
    let high = round_up(steps.iter().map(&value).fold(0.0, f64::max));
    let x = |step: &Step| left + width * dialogs(step) / right;
    let y = |value: f64| bottom - (bottom - top) * value / high;
    // Writing to a String cannot fail.
    let _ = writeln!(out, "<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">{title}</text>", top - 20.0);
    for line in 0..=LINES {
        let at = high * f64::from(line) / f64::from(LINES);
        let height = y(at);
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" x2=\"{}\" y1=\"{height:.1}\" y2=\"{height:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{at}</text>",
            left + width,
            left - 6.0,
            height + 4.0
        );
    }
    let points: Vec<String> = steps.iter().map(|step| format!("{:.1},{:.1}", x(step), y(value(step)))).collect();
    let _ = writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#1565c0\" stroke-width=\"2\"/>",
        points.join(" ")
    );
    for step in steps {
        let (x, y) = (x(step), y(value(step)));
        let _ = writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"#1565c0\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{:.1}</text>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}k</text>",
            y - 8.0,
            value(step),
            bottom + 16.0,
            step.dialogs / 1000
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">confirmed dialogs, 1,000 calls/s</text>",
        left + width / 2.0,
        bottom + 34.0
    );
}

/// The next of 1, 2, 4, 8, 20, 40 … : each line across has a short number.
fn round_up(value: f64) -> f64 {
    let ten = 10f64.powf(value.max(1e-9).log10().floor());
    [1.0, 2.0, 4.0, 8.0, 20.0]
        .into_iter()
        .map(|step| step * ten)
        .find(|high| *high >= value * 1.05)
        .unwrap_or(ten * 20.0)
}
