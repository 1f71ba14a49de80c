//! A program that speaks or filters, with a deadline.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A prompt is spoken in seconds, on a busy machine and by a slow engine too.
const DEADLINE: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Runs `command` to its end; what it says goes to a file below `scratch` and stands in the error where it fails.
pub(crate) fn run(command: &mut Command, scratch: &Path) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let told = scratch.join("told.txt");
    let cannot = |error: std::io::Error| format!("cannot start '{name}': {error}");
    let log = File::create(&told).map_err(cannot)?;
    let both = log.try_clone().map_err(cannot)?;
    let mut child = command.stdin(Stdio::null()).stdout(log).stderr(both).spawn().map_err(cannot)?;
    let deadline = Instant::now() + DEADLINE;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(cannot)? {
            break status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("'{name}' was stopped after {} s", DEADLINE.as_secs()));
        }
        thread::sleep(LOOK_AGAIN);
    };
    if status.success() {
        return Ok(());
    }
    let said = std::fs::read(&told).unwrap_or_default();
    Err(format!("{command:?} failed ({status}):\n{}", String::from_utf8_lossy(&said).trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_what_it_said() {
        let scratch = tempfile::tempdir().unwrap();
        let error = run(Command::new("sh").args(["-c", "echo reason >&2; exit 3"]), scratch.path()).unwrap_err();
        assert!(error.contains("reason") && error.contains("sh"), "{error}");
        let error = run(&mut Command::new("no-such-program-anywhere"), scratch.path()).unwrap_err();
        assert!(error.contains("cannot start 'no-such-program-anywhere'"), "{error}");
    }
}
