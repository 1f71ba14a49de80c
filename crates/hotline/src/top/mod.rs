//! `hotline top`: a live screen of a running server in the terminal.

mod draw;
mod live;
mod picture;

use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::draw::Screen;
use self::picture::Picture;
use crate::client::Where;
use crate::table::reader_left;

/// A live screen: groups with who waits, how long and how soon they are answered, agents, the longest waiting callers, trunks.
///
/// Refreshed each second. Keys: s sorts the groups by the next column, q quits. Numbers are masked as the token's role and the
/// calls ask for; any role but agent sees callers.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    at: Where,
    /// Print one screen as text and end
    #[arg(long)]
    once: bool,
}

/// How wide a screen is that is printed: all columns have room.
const COLUMNS: u16 = 100;

pub(crate) fn run(args: &Args) -> ExitCode {
    match show(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hotline top: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn show(args: &Args) -> Result<(), String> {
    let server = args.at.server()?;
    if args.once {
        let screen = Screen { picture: Picture::of(&server)?, ..Screen::default() };
        let mut out = io::stdout().lock();
        return out.write_all(printed(&screen).as_bytes()).and_then(|()| out.flush()).or_else(reader_left);
    }
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err("the screen needs a terminal; --once prints it as text".to_owned());
    }
    live::run(server)
}

/// All there is, without keys.
fn printed(screen: &Screen) -> String {
    let area = Rect::new(0, 0, COLUMNS, draw::height(screen));
    let mut buffer = Buffer::empty(area);
    draw::draw(screen, area, &mut buffer);
    draw::text(&buffer)
}
