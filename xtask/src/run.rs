//! Child processes with a deadline.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// What a child process did.
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    /// What it wrote to standard output.
    pub(crate) stdout: String,
    /// What it wrote to either stream, as the lines came.
    pub(crate) all: String,
}

enum Line {
    Out(String),
    Err(String),
}

/// Runs `command` to its end and gathers its output; with `echo` its error stream is shown as it comes. A process that
/// outlives `limit` is killed.
pub(crate) fn run(command: &mut Command, limit: Duration, echo: bool) -> Result<Ran, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start '{name}': {error}"))?;
    let (sender, lines) = channel();
    follow(child.stdout.take(), sender.clone(), Line::Out);
    follow(child.stderr.take(), sender, Line::Err);
    let mut ran = (String::new(), String::new());
    if !gather(&lines, Instant::now() + limit, echo, &mut ran) {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("{}'{name}' was stopped after {} s", ran.1, limit.as_secs()));
    }
    let status = child.wait().map_err(|error| format!("cannot wait for '{name}': {error}"))?;
    Ok(Ran { status, stdout: ran.0, all: ran.1 })
}

/// Runs a short command and gives its standard output; a failure names the command and what it said.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    /// Nothing that is asked this way works longer, on a busy machine either.
    const LIMIT: Duration = Duration::from_secs(120);
    let ran = run(command, LIMIT, false)?;
    if ran.status.success() {
        return Ok(ran.stdout);
    }
    Err(format!("{command:?} failed ({}):\n{}", ran.status, ran.all.trim_end()))
}

fn follow(stream: Option<impl Read + Send + 'static>, sender: Sender<Line>, kind: fn(String) -> Line) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        for bytes in BufReader::new(stream).split(b'\n') {
            let Ok(bytes) = bytes else { return };
            if sender.send(kind(String::from_utf8_lossy(&bytes).into_owned())).is_err() {
                return;
            }
        }
    });
}

/// False when the deadline came before both streams ended.
fn gather(lines: &Receiver<Line>, deadline: Instant, echo: bool, into: &mut (String, String)) -> bool {
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Line::Out(line)) => {
                push(&mut into.0, &line);
                push(&mut into.1, &line);
            }
            Ok(Line::Err(line)) => {
                if echo {
                    eprintln!("{line}");
                }
                push(&mut into.1, &line);
            }
            Err(RecvTimeoutError::Disconnected) => return true,
            Err(RecvTimeoutError::Timeout) => return false,
        }
    }
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_are_gathered() {
        let ran = run(Command::new("sh").args(["-c", "echo a; echo b >&2"]), Duration::from_secs(10), false).unwrap();
        assert!(ran.status.success());
        assert_eq!(ran.stdout, "a\n");
        assert!(ran.all.contains("b\n"));
    }

    #[test]
    fn a_process_that_hangs_is_killed() {
        let error = run(Command::new("sleep").arg("60"), Duration::from_millis(50), false).err();
        assert!(error.is_some_and(|text| text.contains("was stopped")));
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = output(Command::new("sh").args(["-c", "echo reason >&2; exit 3"])).unwrap_err();
        assert!(error.contains("reason") && error.contains("sh"), "{error}");
    }
}
