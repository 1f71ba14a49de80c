//! The chart as text for Mermaid, which wikis and merge requests draw.

use super::chart::{Chart, KINDS};
use crate::table::printable;

/// The edge with the most calls.
const WIDEST: f64 = 8.0;

pub(super) fn draw(chart: &Chart) -> String {
    let mut text = format!("---\ntitle: \"menu {}\"\n---\nflowchart LR\n", escaped(&chart.menu));
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line(format!("  %% {}", printable(&chart.summary)));
    if let Some(traffic) = &chart.traffic {
        line(format!("  %% {}", traffic.summary()));
    }
    for (place, node) in chart.nodes.iter().enumerate() {
        let words: Vec<String> = super::svg::lines(chart, place).iter().map(|line| escaped(line)).collect();
        line(format!("  n{place}[\"{}\"]:::kind_{}", words.join("<br/>"), node.kind));
    }
    for edge in &chart.edges {
        let arrow = if edge.is_fallback { "-.->" } else { "-->" };
        let mut words = escaped(&edge.text());
        if let Some(traffic) = &chart.traffic {
            words.push_str(&format!(" · {}", traffic.on(edge.from, edge.to)));
        }
        line(format!("  n{} {arrow}|\"{words}\"| n{}", edge.from, edge.to));
    }
    if let Some(traffic) = &chart.traffic {
        for (place, edge) in chart.edges.iter().enumerate() {
            line(format!("  linkStyle {place} stroke-width:{:.1}px", traffic.width(edge.from, edge.to, WIDEST)));
        }
    }
    for (kind, fill, stroke) in KINDS.iter().filter(|(kind, ..)| chart.nodes.iter().any(|node| node.kind == *kind)) {
        line(format!("  classDef kind_{kind} fill:{fill},stroke:{stroke},color:#111827"));
    }
    text
}

/// Within quotes; what means something there is written as an entity.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in printable(text).chars() {
        match c {
            '#' => out.push_str("#35;"),
            '&' => out.push_str("#amp;"),
            '"' => out.push_str("#quot;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '\\' => out.push_str("#92;"),
            '`' => out.push_str("#96;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::chart::tests::{chart, plans};
    use super::*;

    #[test]
    fn the_shipped_menu_as_text() {
        let version = plans().call.menus[0].version.clone();
        insta::assert_snapshot!(draw(&chart()).replace(&version, "VERSION"));
    }

    #[test]
    fn what_means_something_to_mermaid_is_an_entity() {
        assert_eq!(escaped("投诉 \"#1\" <b>\n`"), "投诉 #quot;#35;1#quot; #lt;b#gt;?#96;");
    }
}
