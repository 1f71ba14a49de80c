//! The screen as a pure function of what is to be seen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Cell, Row, Table, Widget};

use super::picture::{Caller, Picture, Queue, Trunk};
use crate::queue::{length, share, state};
use crate::table::{printable, width};

/// What is to be seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Screen {
    pub(super) picture: Picture,
    pub(super) sort: Sort,
    /// Why the picture is not newer.
    pub(super) trouble: Option<String>,
}

/// In which order groups stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Sort {
    /// Of the configuration.
    #[default]
    Plan,
    Waiting,
    Longest,
    /// The worst first.
    Level,
}

impl Sort {
    pub(super) fn next(self) -> Sort {
        match self {
            Sort::Plan => Sort::Waiting,
            Sort::Waiting => Sort::Longest,
            Sort::Longest => Sort::Level,
            Sort::Level => Sort::Plan,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Sort::Plan => "as configured",
            Sort::Waiting => "by callers waiting",
            Sort::Longest => "by the longest wait",
            Sort::Level => "by the service level",
        }
    }

    fn put(self, queues: &mut [&Queue]) {
        match self {
            Sort::Plan => {}
            Sort::Waiting => queues.sort_by_key(|queue| std::cmp::Reverse(queue.waiting)),
            Sort::Longest => queues.sort_by_key(|queue| std::cmp::Reverse(queue.longest_ms)),
            // A group without calls has nothing to be ashamed of.
            Sort::Level => queues.sort_by(|a, b| a.level.unwrap_or(2.0).total_cmp(&b.level.unwrap_or(2.0))),
        }
    }
}

/// Lines of everything that is no table: title, agents, keys, and a blank line before each table and line of text.
const FRAME: u16 = 7;
/// What trunks and callers take of a small screen, their headings included; groups have the rest.
const TRUNK_LINES: u16 = 4;
const CALLER_LINES: u16 = 5;

/// Lines that show everything.
pub(super) fn height(screen: &Screen) -> u16 {
    let Picture { queues, callers, trunks, .. } = &screen.picture;
    let all = FRAME + lines(queues.len()) + lines(callers.len()) + lines(trunks.len());
    all.min(u16::MAX / 200)
}

/// Of a table with a heading.
fn lines(rows: usize) -> u16 {
    u16::try_from(rows + 1).unwrap_or(u16::MAX / 1000)
}

pub(super) fn draw(screen: &Screen, area: Rect, buffer: &mut Buffer) {
    let Picture { queues, callers, trunks, .. } = &screen.picture;
    let [all, waits, goes] = [lines(queues.len()), lines(callers.len()), lines(trunks.len())];
    let room = area.height.saturating_sub(FRAME);
    let spare = room.saturating_sub(all);
    // Groups first; what they leave is shared, and something is always kept for the others.
    let goes = goes.min(TRUNK_LINES.max(spare.saturating_sub(CALLER_LINES.min(waits))));
    let waits = waits.min(CALLER_LINES.max(spare.saturating_sub(goes)));
    let all = all.min(room.saturating_sub(goes + waits).max(2));
    let mut at = area.y;
    let mut take = |height: u16| {
        let top = at.min(area.bottom());
        at = at.saturating_add(height).min(area.bottom());
        Rect { y: top, height: at - top, ..area }
    };
    line(&title(&screen.picture), Style::new().add_modifier(Modifier::BOLD), take(2), buffer);
    table(queue_table(screen), take(all), buffer);
    take(1);
    line(&agents(&screen.picture), Style::new(), take(2), buffer);
    table(caller_table(callers), take(waits), buffer);
    take(1);
    table(trunk_table(trunks), take(goes), buffer);
    let last = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
    match &screen.trouble {
        Some(trouble) => line(&printable(trouble), Style::new().fg(Color::Red), last, buffer),
        None => line(&keys(screen.sort), Style::new().add_modifier(Modifier::DIM), last, buffer),
    }
}

fn line(text: &str, style: Style, area: Rect, buffer: &mut Buffer) {
    if area.height > 0 {
        buffer.set_stringn(area.x, area.y, text, usize::from(area.width), style);
    }
}

fn title(picture: &Picture) -> String {
    let waiting: u64 = picture.queues.iter().map(|queue| queue.waiting).sum();
    let longest = picture.queues.iter().map(|queue| queue.longest_ms).max();
    let of_late: u64 = picture.queues.iter().map(|queue| queue.of_late).sum();
    let soon: f64 = picture.queues.iter().filter_map(|queue| Some(queue.level? * queue.of_late as f64)).sum();
    let level = share((of_late > 0).then(|| soon / of_late as f64));
    let at = &picture.at;
    format!("hotline  {at} UTC  {waiting} waiting, longest {}, {level} within 15 s", length(longest))
}

fn agents(picture: &Picture) -> String {
    let a = &picture.agents;
    format!(
        "agents   {} ready, {} ringing, {} talking, {} in wrap-up, {} paused, {} not at work",
        a.ready, a.ringing, a.talking, a.wrap_up, a.paused, a.signed_off
    )
}

fn keys(sort: Sort) -> String {
    format!("q quits, s sorts: {}; 15 s: answered within 15 s, last 15 min", sort.word())
}

/// A table before it is cut to its place.
struct Lines {
    heads: Vec<&'static str>,
    rows: Vec<(Vec<String>, Style)>,
}

/// Who waits on the line, and behind a plus who is called back: a column of their own has no room in 80.
fn waits(queue: &Queue) -> String {
    match queue.call_backs {
        0 => queue.waiting.to_string(),
        call_backs => format!("{}+{call_backs}", queue.waiting),
    }
}

fn queue_table(screen: &Screen) -> Lines {
    let mut queues: Vec<&Queue> = screen.picture.queues.iter().collect();
    screen.sort.put(&mut queues);
    let row = |queue: &&Queue| {
        let cells = vec![
            queue.group.clone(),
            state(queue.open, queue.surge).to_owned(),
            waits(queue),
            length(Some(queue.longest_ms)),
            length(queue.within_ms),
            queue.ready.to_string(),
            queue.ringing.to_string(),
            queue.talking.to_string(),
            queue.wrap_up.to_string(),
            queue.answered.to_string(),
            queue.abandoned.to_string(),
            share(queue.level),
        ];
        let style =
            match (queue.open, queue.waiting > 0 && queue.ready + queue.ringing + queue.talking + queue.wrap_up == 0) {
                // Somebody waits and nobody is there.
                (_, true) => Style::new().fg(Color::Red),
                (false, _) => Style::new().add_modifier(Modifier::DIM),
                (true, _) if queue.surge => Style::new().fg(Color::Yellow),
                (true, _) => Style::new(),
            };
        (cells, style)
    };
    let heads = [
        "group", "state", "waits", "longest", "within", "ready", "rings", "talks", "wraps", "answered", "left", "15 s",
    ];
    Lines { heads: heads.to_vec(), rows: queues.iter().map(row).collect() }
}

fn caller_table(callers: &[Caller]) -> Lines {
    let row = |caller: &Caller| {
        let mark = match (caller.pulled, caller.offered) {
            (_, true) => "rings",
            (true, false) => "pulled",
            (false, false) => "",
        };
        let (turn, waited) = (caller.turn.to_string(), length(Some(caller.waited_ms)));
        let cells =
            vec![waited, caller.group.clone(), turn, caller.caller.clone(), caller.call.clone(), mark.to_owned()];
        (cells, Style::new())
    };
    let heads = vec!["waited", "group", "turn", "caller", "call", ""];
    Lines { heads, rows: callers.iter().map(row).collect() }
}

fn trunk_table(trunks: &[Trunk]) -> Lines {
    let row = |trunk: &Trunk| {
        let calls = match trunk.limit {
            Some(limit) => format!("{} of {limit}", trunk.calls),
            None => trunk.calls.to_string(),
        };
        let (went, out) = match trunk.open {
            Some(open) => (trunk.went.unwrap_or_default().to_string(), if open { "open" } else { "no way" }),
            None => ("-".to_owned(), "-"),
        };
        let cells = vec![trunk.name.clone(), calls, trunk.came.to_string(), share(trunk.asr), went, out.to_owned()];
        let style = if trunk.open == Some(false) { Style::new().fg(Color::Red) } else { Style::new() };
        (cells, style)
    };
    let heads = vec!["trunk", "calls", "came", "answered", "went", "outward"];
    Lines { heads, rows: trunks.iter().map(row).collect() }
}

/// Between columns: eleven of them have room on the smallest screen.
const SPACING: u16 = 1;

/// Draws as many rows as have room; where some have none, the last line says how many.
fn table(lines: Lines, area: Rect, buffer: &mut Buffer) {
    let Lines { heads, rows } = lines;
    let room = usize::from(area.height.saturating_sub(1));
    let shown = if rows.len() > room { room.saturating_sub(1) } else { rows.len() };
    let printed: Vec<(Vec<String>, Style)> =
        rows.iter().take(shown).map(|(cells, style)| (cells.iter().map(|c| printable(c)).collect(), *style)).collect();
    let wide = |place: usize| {
        let cells = printed.iter().filter_map(|(cells, _)| cells.get(place)).map(|cell| width(cell));
        cells.chain([heads[place].len()]).max().unwrap_or(0)
    };
    let mut widths: Vec<u16> = (0..heads.len()).map(|place| u16::try_from(wide(place)).unwrap_or(u16::MAX)).collect();
    // Names may be long, figures may not be cut.
    let others: u16 = widths.iter().skip(1).fold(0, |sum, wide| sum.saturating_add(wide.saturating_add(SPACING)));
    if let Some(first) = widths.first_mut() {
        *first = (*first).min(area.width.saturating_sub(others).max(4));
    }
    let widths = widths.into_iter().map(Constraint::Length);
    let head =
        Row::new(heads.iter().map(|head| Cell::from(*head))).style(Style::new().add_modifier(Modifier::UNDERLINED));
    let body = printed.into_iter().map(|(cells, style)| Row::new(cells).style(style));
    Table::new(body, widths).header(head).column_spacing(SPACING).render(area, buffer);
    if shown < rows.len() && area.height > 1 {
        let last = Rect { y: area.bottom() - 1, height: 1, ..area };
        line(&format!("… and {} more", rows.len() - shown), Style::new(), last, buffer);
    }
}

/// The letters of a buffer, a line each.
pub(super) fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let (mut row, mut x) = (String::new(), buffer.area.left());
        while x < buffer.area.right() {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            // A wide letter stands in two cells.
            x += u16::try_from(width(symbol)).unwrap_or(1).max(1);
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
