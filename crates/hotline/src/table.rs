//! Tables in plain text, for people and scripts.

use std::io;

/// Writes lines of cells, the headings among them, with each column as wide as its widest cell.
pub(crate) fn write(lines: &[impl AsRef<[String]>], out: &mut impl io::Write) -> io::Result<()> {
    let columns = lines.iter().map(|line| line.as_ref().len()).max().unwrap_or(0);
    let widest =
        |column: usize| lines.iter().filter_map(|line| line.as_ref().get(column)).map(|cell| width(cell)).max();
    let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
    for line in lines {
        let mut text = String::new();
        for (cell, wide) in line.as_ref().iter().zip(&widths) {
            text.push_str(cell);
            text.push_str(&" ".repeat(wide - width(cell) + 2));
        }
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// `records | head` is no error.
pub(crate) fn reader_left(error: io::Error) -> Result<(), String> {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(format!("cannot write to the standard output: {error}")),
    }
}

/// What comes from outside chooses its own characters: none of them may steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Columns on a terminal: Chinese characters and full-width forms take two.
pub(crate) fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}'
        | '\u{20000}'..='\u{3fffd}')
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}
