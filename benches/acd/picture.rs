//! The picture of how costs grow, as SVG.

use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 320.0;
/// Around the two plots.
const MARGIN: f64 = 60.0;
const GAP: f64 = 70.0;

/// One line of a plot: what it is, its colour, and nanoseconds by how many there are.
pub(crate) struct Curve {
    pub(crate) what: &'static str,
    pub(crate) colour: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

/// A plot: what is counted along its foot, and its lines.
pub(crate) struct Plot {
    pub(crate) title: &'static str,
    pub(crate) foot: &'static str,
    pub(crate) curves: Vec<Curve>,
}

/// Two plots side by side, both axes in powers of ten.
pub(crate) fn draw(plots: &[Plot; 2]) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    let width = (WIDTH - 2.0 * MARGIN - GAP) / 2.0;
    for (number, plot) in plots.iter().enumerate() {
        draw_plot(&mut out, MARGIN + number as f64 * (width + GAP), width, plot);
    }
    out.push_str("</svg>\n");
    out
}

/// Whole powers of ten around all values.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.map(f64::log10).fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
    (low.floor(), high.ceil())
}

fn draw_plot(out: &mut String, left: f64, width: f64, plot: &Plot) {
    let (top, bottom) = (MARGIN, HEIGHT - MARGIN);
    let points = || plot.curves.iter().flat_map(|curve| curve.points.iter());
    let (x0, x1) = range(points().map(|point| point.0));
    let (y0, y1) = range(points().map(|point| point.1));
    let x = |n: f64| left + width * (n.log10() - x0) / (x1 - x0);
    let y = |ns: f64| bottom - (bottom - top) * (ns.log10() - y0) / (y1 - y0);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">{}</text>", top - 20.0, plot.title);
    for power in y0 as i32..=y1 as i32 {
        let height = y(10f64.powi(power));
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" x2=\"{}\" y1=\"{height:.1}\" y2=\"{height:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            left + width,
            left - 6.0,
            height + 4.0,
            nanos(power)
        );
    }
    for power in x0 as i32..=x1 as i32 {
        let at = x(10f64.powi(power));
        let _ = writeln!(
            out,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{top}\" y2=\"{bottom}\" stroke=\"#ddd\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            bottom + 16.0,
            count(power)
        );
    }
    for curve in &plot.curves {
        draw_curve(out, curve, x, y);
    }
    let middle = left + width / 2.0;
    let _ =
        writeln!(out, "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>", bottom + 36.0, plot.foot);
}

fn draw_curve(out: &mut String, curve: &Curve, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) {
    let Curve { what, colour, points } = curve;
    let line: Vec<String> = points.iter().map(|(n, ns)| format!("{:.1},{:.1}", x(*n), y(*ns))).collect();
    let _ =
        writeln!(out, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", line.join(" "));
    for (n, ns) in points {
        let _ = writeln!(out, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>", x(*n), y(*ns));
    }
    if let Some((n, ns)) = points.first() {
        let _ =
            writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{what}</text>", x(*n) + 4.0, y(*ns) - 6.0);
    }
}

fn nanos(power: i32) -> String {
    match power {
        ..3 => format!("{} ns", 10i32.pow(power.max(0) as u32)),
        3..6 => format!("{} us", 10i32.pow(power as u32 - 3)),
        _ => format!("{} ms", 10i32.pow(power as u32 - 6)),
    }
}

fn count(power: i32) -> String {
    match power {
        ..3 => 10i32.pow(power.max(0) as u32).to_string(),
        3..6 => format!("{}k", 10i32.pow(power as u32 - 3)),
        _ => format!("{}M", 10i32.pow(power as u32 - 6)),
    }
}
