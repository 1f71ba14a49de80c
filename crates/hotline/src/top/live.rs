//! The screen in a terminal: a thread asks the server, this one draws and hears keys.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::draw::{self, Screen};
use super::picture::Picture;
use crate::client::Server;

/// From one look at the server to the next.
const EVERY: Duration = Duration::from_secs(1);
/// How long a key or a picture may wait to be seen.
const WAKE: Duration = Duration::from_millis(100);

type Look = Result<Picture, String>;

/// Shows the screen until somebody quits.
pub(super) fn run(server: Server) -> Result<(), String> {
    // A server that cannot be asked at all is told in words, before the screen is taken.
    let first = Picture::of(&server)?;
    // One look at a time: whoever draws slowly sees the newest, and nothing piles up.
    let (sender, looks) = sync_channel(1);
    thread::spawn(move || watch(&server, &sender));
    let mut terminal = ratatui::try_init().map_err(|error| format!("the terminal cannot be used: {error}"))?;
    let outcome = turn(&mut terminal, &looks, Screen { picture: first, ..Screen::default() });
    ratatui::restore();
    outcome.map_err(|error| format!("the terminal failed: {error}"))
}

/// Asks until nobody looks any more.
fn watch(server: &Server, looks: &SyncSender<Look>) {
    loop {
        thread::sleep(EVERY);
        if let Err(TrySendError::Disconnected(_)) = looks.try_send(Picture::of(server)) {
            return;
        }
    }
}

fn turn(terminal: &mut DefaultTerminal, looks: &Receiver<Look>, mut screen: Screen) -> std::io::Result<()> {
    loop {
        terminal.draw(|frame| {
            let area = frame.area();
            draw::draw(&screen, area, frame.buffer_mut());
        })?;
        if event::poll(WAKE)?
            && let Event::Key(key) = event::read()?
            && quits(key, &mut screen)
        {
            return Ok(());
        }
        match looks.try_recv() {
            Ok(Ok(picture)) => (screen.picture, screen.trouble) = (picture, None),
            // What was seen last stays, with the reason why it is not newer.
            Ok(Err(trouble)) => screen.trouble = Some(trouble),
            Err(_) => {}
        }
    }
}

/// Does what a key says; true when that is to end.
fn quits(key: KeyEvent, screen: &mut Screen) -> bool {
    if key.kind == KeyEventKind::Release {
        return false;
    }
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => return true,
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return true,
        KeyCode::Char('s') => screen.sort = screen.sort.next(),
        _ => {}
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::draw::Sort;
    use super::*;

    #[test]
    fn keys_sort_and_quit() {
        let mut screen = Screen::default();
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        assert!(!quits(key(KeyCode::Char('s')), &mut screen));
        assert_eq!(screen.sort, Sort::Waiting);
        assert!(!quits(key(KeyCode::Char('c')), &mut screen) && !quits(key(KeyCode::Tab), &mut screen));
        assert!(quits(key(KeyCode::Char('q')), &mut screen) && quits(key(KeyCode::Esc), &mut screen));
        assert!(quits(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL), &mut screen));
    }
}
