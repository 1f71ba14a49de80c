//! A child process that dies with its test and whose output is kept for the failure message.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::wait;

#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    name: String,
}

impl Process {
    /// Starts the command with its output in `log`.
    ///
    /// # Panics
    /// When it cannot be started; says which tool is missing.
    pub(crate) fn start(name: &str, command: &mut Command, log: &Path) -> Process {
        command.stdin(Stdio::null());
        Process::spawn(name, command, log)
    }

    /// The same for a program that is told what to do on its standard input.
    pub(crate) fn start_told(name: &str, command: &mut Command, log: &Path) -> (Process, ChildStdin) {
        command.stdin(Stdio::piped());
        let mut process = Process::spawn(name, command, log);
        let input = process.child.stdin.take().expect("it was asked for");
        (process, input)
    }

    fn spawn(name: &str, command: &mut Command, log: &Path) -> Process {
        let out = File::create(log).expect("the test's folder takes files");
        let err = out.try_clone().expect("a descriptor can be copied");
        command.stdout(out).stderr(err);
        let child =
            command.spawn().unwrap_or_else(|e| panic!("{name} does not start: {e}; `cargo xtask test` installs it"));
        Process { child, log: log.to_owned(), name: name.to_owned() }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name, e.g. `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.id().to_string()).status();
        assert!(sent.is_ok_and(|s| s.success()), "{} takes no signal", self.name);
    }

    pub(crate) fn wait(&mut self, limit: Duration) -> ExitStatus {
        let name = self.name.clone();
        wait::until(&format!("the end of {name}\n{}", self.output()), limit, || {
            self.child.try_wait().expect("our child")
        })
    }

    /// Asks it to end, and gives it that long.
    pub(crate) fn end(&mut self, limit: Duration) {
        let asked = Command::new("kill").arg("-TERM").arg(self.id().to_string()).status();
        let deadline = std::time::Instant::now() + limit;
        while asked.is_ok() && self.is_running() && std::time::Instant::now() < deadline {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    pub(crate) fn output(&self) -> String {
        std::fs::read(&self.log).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let output = self.output();
            let tail: Vec<&str> = output.lines().rev().take(40).collect();
            eprintln!("--- {} said last:", self.name);
            for line in tail.iter().rev() {
                eprintln!("{line}");
            }
        }
    }
}
