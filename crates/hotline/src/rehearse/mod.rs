//! `hotline rehearse`: an operator walks a menu in the terminal, as a caller hears it.

mod player;
mod session;
mod show;

use std::io::{self, BufRead, IsTerminal as _, Read as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use rehearsal::{Stage, Who};
use settings::script::Phrase;
use settings::{Plans, SoundFile, Texts};

use crate::table::{printable, reader_left};
use player::Player;
use session::Session;

/// Walks a menu in the terminal as a caller: what is said is shown as text, keys are typed, and the line for menu/NAME.script that
/// tells the same story is printed. Nobody is called, and no time passes
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of hotline.toml, queues.toml, menu/ and calendar/
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// The menu [default: that of --called, else the first]
    #[arg(long, value_name = "NAME")]
    menu: Option<String>,
    /// The caller's number [default: withheld]
    #[arg(long, value_name = "NUMBER")]
    from: Option<String>,
    /// The number that was dialled [default: the first that leads to the menu]
    #[arg(long, value_name = "NUMBER")]
    called: Option<String>,
    /// When the call begins, as 2026-10-01T02:00, with an offset or in China's time, or as 02:00 [default: a Monday at ten]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Plays each prompt, by the command of --player
    #[arg(long)]
    play: bool,
    /// The command that plays a WAV file; implies --play
    #[arg(long, value_name = "COMMAND")]
    player: Option<String>,
}

/// The configuration or the command line is wrong.
const WRONG: u8 = 2;
/// A line that is typed: longer than any story.
const LINE_BYTES_MAX: u64 = 4096;
const PLAYER: &str = "aplay -q {file}";

pub(crate) fn run(args: &Args) -> ExitCode {
    let plans = match settings::load(&args.config, std::env::vars()) {
        Ok(plans) => plans,
        Err(report) => {
            eprint!("{}", report.render(io::stderr().is_terminal()));
            return ExitCode::from(WRONG);
        }
    };
    let begun = who(args).and_then(|who| Ok((menu(args, &plans, &who)?, who)));
    let (menu, who) = match begun {
        Ok(begun) => begun,
        Err(reason) => {
            eprintln!("hotline rehearse: {reason}");
            return ExitCode::from(WRONG);
        }
    };
    let texts = Texts::of(&plans);
    let interactive = io::stdin().is_terminal();
    let command = args.player.as_deref().or(args.play.then_some(PLAYER));
    let mut player = command.map(|command| Player::new(command, interactive));
    let lengths: Vec<Duration> = plans.sounds.iter().map(SoundFile::length).collect();
    let stage = Stage { plan: &plans.call, lengths: &lengths };
    let Some(mut session) = Session::begin(&plans, stage, &texts, menu, who) else { return ExitCode::from(WRONG) };
    let (mut input, mut out) = (io::stdin().lock(), io::stdout().lock());
    let talk = Talk { interactive, player: &mut player };
    match talk.run(&mut session, &mut input, &mut out).or_else(reader_left) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hotline rehearse: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn who(args: &Args) -> Result<Who, String> {
    let mut who = Who::default();
    let number = |word: &str, number: &Option<String>| {
        let phrase = number.as_ref().map(|number| Phrase::parse(&format!("{word} {number}")));
        phrase.transpose().map_err(|misfit| format!("{}: {}", misfit.title, misfit.help))
    };
    for phrase in [number("from", &args.from)?, number("to", &args.called)?].into_iter().flatten() {
        session::settle(&mut who, phrase);
    }
    if let Some(text) = &args.at {
        set_time(&mut who, text).ok_or_else(|| format!("`{text}` is no time: write 2026-10-01T02:00, or 02:00"))?;
    }
    Ok(who)
}

/// A time of the day, or a day and a time with an offset perhaps (RFC 3339).
fn set_time(who: &mut Who, text: &str) -> Option<()> {
    let Some((day, clock)) = text.split_once(['T', ' ']) else {
        session::settle(who, Phrase::parse(&format!("at {text}")).ok()?);
        return Some(());
    };
    let (clock, offset) = match clock.find(['Z', '+', '-']) {
        Some(at) => (&clock[..at], Some(offset_minutes(&clock[at..])?)),
        None => (clock, None),
    };
    // Seconds decide nothing.
    let minute = clock.get(..5).filter(|minute| clock.len() == 5 || clock[minute.len()..].starts_with(':'))?;
    session::settle(who, Phrase::parse(&format!("on {day} at {minute}")).ok()?);
    if let Some(offset) = offset {
        let wall = who.wall();
        who.set_wall(base::Wall(wall.0 + (CHINA_MINUTES - offset) * 60_000));
    }
    Some(())
}

/// East of UTC.
const CHINA_MINUTES: i64 = 480;

fn offset_minutes(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let number = |text: &str| (text.len() == 2).then(|| text.parse::<u8>().ok()).flatten().map(i64::from);
    Some(sign * (number(hours)? * 60 + number(minutes)?))
}

/// The place of the menu in the plans.
fn menu(args: &Args, plans: &Plans, who: &Who) -> Result<usize, String> {
    let names: Vec<&str> = plans.call.menus.iter().map(|version| version.name.as_str()).collect();
    if let Some(name) = &args.menu {
        let found = names.iter().position(|known| known == name);
        return found.ok_or_else(|| format!("no menu is named `{name}`: one of `{}`", names.join("`, `")));
    }
    match &who.called {
        Some(number) => {
            let found = plans.call.called.iter().find(|called| called.number == *number);
            found
                .map(|called| called.menu)
                .ok_or_else(|| format!("no [[called]] has {number}; name the menu with --menu"))
        }
        None => Ok(0),
    }
}

/// Lines in, what the caller notices out.
struct Talk<'a> {
    interactive: bool,
    player: &'a mut Option<Player>,
}

impl Talk<'_> {
    fn run(self, session: &mut Session<'_>, input: &mut impl BufRead, out: &mut impl Write) -> io::Result<()> {
        if self.interactive {
            writeln!(out, "{}", show::WELCOME)?;
        }
        loop {
            let heard = session.take_news(out)?;
            writeln!(out, "{}", printable(&session.stands()))?;
            if self.interactive {
                write!(out, "> ")?;
            }
            out.flush()?;
            self.player.iter_mut().for_each(|player| heard.iter().for_each(|samples| player.play(samples)));
            let Some(line) = line(input)? else { break };
            self.player.iter_mut().for_each(Player::stop);
            match session.takes(&line) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(told) => told.lines().try_for_each(|line| writeln!(out, "{}", printable(line)))?,
            }
        }
        if self.interactive {
            writeln!(out)?;
        }
        Ok(())
    }
}

/// None at the end. A line that is too long is cut, and its rest is the next one.
fn line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let read = input.take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes)?;
    Ok((read > 0).then(|| String::from_utf8_lossy(&bytes).trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_and_without_its_offset() {
        let at = |text: &str| {
            let mut who = Who::default();
            set_time(&mut who, text).map(|()| who.to_string())
        };
        let cases = [
            ("02:00", Some("at 02:00")),
            ("2026-10-01T02:00", Some("on 2026-10-01 at 02:00")),
            ("2026-10-01 02:00", Some("on 2026-10-01 at 02:00")),
            ("2026-10-01T02:00:30+08:00", Some("on 2026-10-01 at 02:00")),
            ("2026-09-30T18:00Z", Some("on 2026-10-01 at 02:00")),
            ("2026-09-30T13:00-05:00", Some("on 2026-10-01 at 02:00")),
            ("2026-10-01", None),
            ("2026-10-01T2:00", None),
            ("2026-02-30T02:00", None),
            ("2026-10-01T02:00+8", None),
            ("2026-10-01T中午", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(at(text).as_deref(), expected, "{text}");
        }
    }
}
