//! SIPp, for its built-in scenarios and our own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::ports;
use super::process::Process;

/// Where Debian keeps SIPp's captures.
const PCAPS: &str = "/usr/share/sip-tester";

pub(crate) struct Sipp {
    process: Process,
    dir: tempfile::TempDir,
}

impl Sipp {
    /// Runs `calls` calls of a scenario: `-sn NAME` for a built-in one, `-sf FILE` for ours.
    pub(crate) fn start(scenario: &[&str], target: SocketAddr, calls: u32) -> Sipp {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::os::unix::fs::symlink(PCAPS, dir.path().join("pcap")).expect("a link");
        let sip = *ports::block(2).start();
        let media = *ports::block(64).start();
        let mut command = Command::new("sipp");
        command
            .args(scenario)
            .arg(target.to_string())
            .args(["-s", "12345", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-trace_err", "-timeout", "60s"])
            .args(["-p", &sip.to_string(), "-mp", &media.to_string(), "-m", &calls.to_string()])
            .current_dir(dir.path());
        let process = Process::start("sipp", &mut command, &dir.path().join("log"));
        Sipp { process, dir }
    }

    /// A scenario that answers one call: ours of this name, with every word of `edit` replaced.
    pub(crate) fn serve(name: &str, edit: &[(&str, &str)]) -> (SocketAddr, Sipp) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = super::engine::root().join("tests/sipp").join(name);
        let text = std::fs::read_to_string(path).expect("the scenario");
        let text = edit.iter().fold(text, |text, (word, with)| text.replace(word, with));
        std::fs::write(dir.path().join("scenario.xml"), text).expect("written");
        let at = SocketAddr::from(([127, 0, 0, 1], *ports::block(2).start()));
        let media = *ports::block(64).start();
        let mut command = Command::new("sipp");
        command
            .args(["-sf", "scenario.xml", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-trace_err"])
            .args(["-p", &at.port().to_string(), "-mp", &media.to_string(), "-m", "1", "-timeout", "60s"])
            .current_dir(dir.path());
        let process = Process::start("sipp", &mut command, &dir.path().join("log"));
        (at, Sipp { process, dir })
    }

    /// # Panics
    /// When a call failed; shows SIPp's own account of it.
    pub(crate) fn succeeds(&mut self, limit: Duration) {
        let status = self.process.wait(limit);
        assert!(status.success(), "sipp: {status}\n{}", errors(self.dir.path()));
    }
}

fn errors(dir: &Path) -> String {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let logs = entries.filter(|e| e.file_name().to_string_lossy().ends_with("_errors.log"));
    logs.filter_map(|e| std::fs::read_to_string(e.path()).ok()).collect()
}
