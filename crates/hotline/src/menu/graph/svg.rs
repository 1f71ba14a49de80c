//! The chart as SVG: a file that any browser shows, without anything beside it.

use std::fmt::Write;

use super::chart::{self, Chart, KINDS};
use super::layout::{self, LETTERS, Line, MARGIN, Rect};
use crate::table::printable;

/// Bends end in a straight piece that carries the head of the arrow.
const HEAD: f64 = 9.0;
/// The edge with the most calls.
const WIDEST: f64 = 8.0;
const GREY: &str = "#6b7280";
/// Where callers hung up.
const LEFT: &str = "fill=\"#b91c1c\" font-weight=\"bold\"";

pub(super) fn draw(chart: &Chart) -> String {
    let layout = layout::place(chart);
    let (width, height) = (layout.width.max(legend_width(chart)).max(summary_width(chart)), layout.height);
    let mut svg = Svg(String::new());
    svg.line(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"'Noto Sans CJK SC','Microsoft YaHei','PingFang SC','WenQuanYi Zen Hei',sans-serif\" font-size=\"11\">"
    ));
    svg.line(format_args!("<rect width=\"{width:.0}\" height=\"{height:.0}\" fill=\"white\"/>"));
    svg.head(chart);
    for (place, line) in layout.lines.iter().enumerate() {
        svg.edge(chart, place, line);
    }
    for (node, rect) in layout.boxes.iter().enumerate() {
        svg.node(chart, node, rect);
    }
    svg.line(format_args!("</svg>"));
    svg.0
}

/// The lines of words in a node, the name first.
pub(super) fn lines(chart: &Chart, node: usize) -> Vec<String> {
    let own = &chart.nodes[node];
    let kind = if own.about.is_empty() { own.kind.to_owned() } else { format!("{}: {}", own.kind, own.about) };
    let kind = if own.is_start { format!("begins here · {kind}") } else { kind };
    let mut lines = vec![own.name.clone(), kind];
    lines.extend(Some(own.own_keys.join(", ")).filter(|keys| !keys.is_empty()));
    lines.extend(chart.traffic.as_ref().map(|traffic| traffic.words(node)));
    lines
}

fn kinds(chart: &Chart) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    KINDS.into_iter().filter(|(kind, ..)| chart.nodes.iter().any(|node| node.kind == *kind))
}

fn legend_width(chart: &Chart) -> f64 {
    MARGIN * 2.0 + kinds(chart).map(|(kind, ..)| entry_width(kind)).sum::<f64>()
}

fn entry_width(kind: &str) -> f64 {
    layout::pixels(kind, 11.0) + 32.0
}

fn summary_width(chart: &Chart) -> f64 {
    MARGIN * 2.0 + summary(chart).iter().map(|line| layout::pixels(line, 12.0)).fold(0.0, f64::max)
}

/// What is said below the title.
fn summary(chart: &Chart) -> Vec<String> {
    let edges = "on an edge: key or condition · until a silent caller is in a queue, from there, at worst".to_owned();
    let traffic = chart.traffic.as_ref().map(|traffic| traffic.summary());
    vec![chart.summary.clone(), traffic.unwrap_or(edges)]
}

struct Svg(String);

impl Svg {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // A String takes everything.
        let _ = writeln!(self.0, "{line}");
    }

    fn text(&mut self, (x, y): (f64, f64), style: &str, text: &str) {
        self.line(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{}</text>", escaped(text)));
    }

    fn head(&mut self, chart: &Chart) {
        self.text(
            (MARGIN, 28.0),
            "font-size=\"17\" font-weight=\"bold\" fill=\"#1f2937\"",
            &format!("menu {}", chart.menu),
        );
        for (line, y) in summary(chart).iter().zip([46.0, 62.0]) {
            self.text((MARGIN, y), "font-size=\"12\" fill=\"#4b5563\"", line);
        }
        let mut x = MARGIN;
        for (kind, fill, stroke) in kinds(chart) {
            self.line(format_args!(
                "<rect x=\"{x:.1}\" y=\"70\" width=\"12\" height=\"12\" rx=\"3\" fill=\"{fill}\" stroke=\"{stroke}\"/>"
            ));
            self.text((x + 17.0, 80.0), "fill=\"#374151\"", kind);
            x += entry_width(kind);
        }
    }

    fn node(&mut self, chart: &Chart, node: usize, rect: &Rect) {
        let (fill, stroke) = chart::colours(chart.nodes[node].kind);
        let thick = if chart.nodes[node].is_start { 3.0 } else { 1.3 };
        let lines = lines(chart, node);
        let is_left = chart.traffic.as_ref().is_some_and(|traffic| traffic.is_left(node));
        let Rect { x, y, width, height } = rect;
        self.line(format_args!("<g><title>{}</title>", escaped(&lines.join("\n"))));
        self.line(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"7\" fill=\"{fill}\" stroke=\"{stroke}\" \
             stroke-width=\"{thick}\"/>"
        ));
        let mut at = y + height / 2.0 - (lines.len() as f64 - 1.0) * 7.5 + 4.0;
        for (row, text) in lines.iter().enumerate() {
            let style = match row {
                0 => "font-size=\"13\" font-weight=\"bold\" fill=\"#111827\"",
                _ if row + 1 == lines.len() && is_left => LEFT,
                _ => "fill=\"#4b5563\"",
            };
            self.text((x + 10.0, at), style, &layout::cut(text, LETTERS));
            at += 15.0;
        }
        self.line(format_args!("</g>"));
    }

    fn edge(&mut self, chart: &Chart, place: usize, line: &Line) {
        let edge = &chart.edges[place];
        let (_, colour) = if edge.is_fallback { ("", GREY) } else { chart::colours(chart.nodes[edge.from].kind) };
        let dashes = if edge.is_fallback { " stroke-dasharray=\"5 3\"" } else { "" };
        let wide = chart.traffic.as_ref().map_or(1.5, |traffic| traffic.width(edge.from, edge.to, WIDEST));
        let words = layout::words(chart, place, !line.through.is_empty());
        let name = |node: usize| chart.nodes[node].name.as_str();
        self.line(format_args!(
            "<g><title>{}</title>",
            escaped(&format!("{} → {}\n{words}", name(edge.from), name(edge.to)))
        ));
        if let Some(last) = line.through.last() {
            let path = path(line);
            self.line(format_args!(
                "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{wide:.1}\"{dashes}/>"
            ));
            let (x, y) = (last.from, last.y);
            let half = 4.0 + wide / 2.0;
            self.line(format_args!(
                "<path d=\"M{x:.1} {y:.1}L{:.1} {:.1}V{:.1}Z\" fill=\"{colour}\"/>",
                x - HEAD,
                y - half,
                y + half
            ));
        }
        let (x, y) = line.from;
        let above = y - 3.0 - wide / 2.0;
        let style = if edge.is_fallback { "fill=\"#6b7280\"" } else { "fill=\"#1f2937\"" };
        self.text((x + 6.0, above), style, &layout::cut(&words, LETTERS));
        self.line(format_args!("</g>"));
    }
}

/// Straight below the words, and from layer to layer in a bend.
fn path(line: &Line) -> String {
    let (x, y) = line.from;
    let mut path = format!("M{x:.1} {y:.1}H{:.1}", line.words_to);
    let (mut x, mut y) = (line.words_to, y);
    for (place, pass) in line.through.iter().enumerate() {
        let is_last = place + 1 == line.through.len();
        let to = if is_last { pass.from - HEAD } else { pass.from };
        let middle = (x + to) / 2.0;
        let _ = write!(path, "C{middle:.1} {y:.1} {middle:.1} {:.1} {to:.1} {:.1}", pass.y, pass.y);
        if !is_last {
            let _ = write!(path, "H{:.1}", pass.to);
        }
        (x, y) = (pass.to, pass.y);
    }
    path
}

/// What a file says may be any text.
fn escaped(text: &str) -> String {
    let plain: Vec<String> = text.split('\n').map(printable).collect();
    plain.join("\n").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::chart::tests::{chart, large};
    use super::*;

    type Named = (String, Rect);

    /// Boxes of nodes and words of edges, as they are drawn.
    fn areas(chart: &Chart) -> (Vec<Named>, Vec<Named>) {
        let layout = layout::place(chart);
        let boxes = chart.nodes.iter().zip(&layout.boxes).map(|(node, rect)| (node.name.clone(), *rect)).collect();
        let words = layout.lines.iter().enumerate().map(|(place, line)| {
            let text = layout::cut(&layout::words(chart, place, !line.through.is_empty()), LETTERS);
            let (x, y) = line.from;
            let rect = Rect { x: x + 6.0, y: y - 14.0, width: layout::pixels(&text, 11.0), height: 11.0 };
            (format!("{place}: {text}"), rect)
        });
        (boxes, words.collect())
    }

    fn overlap(a: &Rect, b: &Rect) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }

    #[test]
    fn nothing_stands_on_anything_else() {
        for chart in [chart(), large(60), large(300)] {
            let layout = layout::place(&chart);
            let (boxes, words) = areas(&chart);
            let all: Vec<_> = boxes.iter().chain(&words).collect();
            for (place, (name, rect)) in all.iter().enumerate() {
                let on = all[place + 1..].iter().find(|(_, other)| overlap(rect, other));
                assert!(on.is_none(), "{} nodes: {name} on {on:?}", chart.nodes.len());
                let inside =
                    rect.x >= 0.0 && rect.x + rect.width <= layout.width && rect.y >= layout::TOP - layout::LINE;
                assert!(inside && rect.y + rect.height <= layout.height, "{name} {rect:?}");
            }
            // A line that passes a layer passes between its nodes.
            for pass in
                layout.lines.iter().flat_map(|line| line.through.iter().take(line.through.len().saturating_sub(1)))
            {
                let rect = Rect { x: pass.from, y: pass.y - 1.0, width: pass.to - pass.from, height: 2.0 };
                let on = boxes.iter().find(|(_, other)| overlap(&rect, other));
                assert!(on.is_none(), "{} nodes: {pass:?} on {on:?}", chart.nodes.len());
            }
        }
    }

    #[test]
    fn texts_are_escaped_and_every_edge_is_drawn() {
        let mut chart = chart();
        chart.menu = "<投诉 & \"x\">\u{1b}".to_owned();
        chart.nodes[0].name = "a<b".to_owned();
        let svg = draw(&chart);
        assert!(svg.contains("menu &lt;投诉 &amp; &quot;x&quot;&gt;?") && svg.contains("a&lt;b"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains('\u{1b}'));
        assert_eq!(svg.matches("<g>").count(), chart.nodes.len() + chart.edges.len());
        assert_eq!(
            (svg.matches("<g>").count(), svg.matches("<text").count()),
            (svg.matches("</g>").count(), svg.matches("</text>").count())
        );
        // One leads back from English to Chinese: words alone.
        assert_eq!(svg.matches("→ main</text>").count(), 1, "{svg}");
    }
}
