//! The engine and its traffic as processes: `cargo xtask hammer` and `cargo xtask soak`.

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{account, run, tools};

/// A cold optimised build on two cores.
const BUILD_LIMIT: Duration = Duration::from_secs(45 * 60);
/// The engine opens its database, its prompts and its ports.
const READY_LIMIT: Duration = Duration::from_secs(60);
/// Where blocks of media ports are tried: above what servers use, below what the system hands out itself.
const MEDIA_PORTS: std::ops::Range<u16> = 20_000..32_000;
/// Ports of a block: 1,000 legs, closed ones at rest among them.
const MEDIA_BLOCK: u16 = 4_000;

/// A running `hotline serve`; ends with it.
struct Engine {
    child: Child,
    folder: PathBuf,
    hotline: PathBuf,
    sip: String,
    http: String,
}

/// `cargo xtask hammer`: the options go to `load hammer`.
pub(crate) fn hammer(root: &Path, options: &[String]) -> Result<(), String> {
    let programs = build(root)?;
    let engine = Engine::start(root, &programs, "hammer", 10)?;
    let done = engine.traffic(root, &programs, "hammer", &[], options);
    engine.judge(done)
}

/// `cargo xtask soak`: `--minutes` and `--rate`; what else is given goes to `load soak`.
pub(crate) fn soak(root: &Path, options: &[String]) -> Result<(), String> {
    let (minutes, options) = take(options, "--minutes", 30.0)?;
    let (rate, options) = take(&options, "--rate", 10.0)?;
    let programs = build(root)?;
    // A call holds its agent for some five seconds, and now and then one declines and rests for as long again.
    let agents = (rate * 10.0 + 10.0) as u32;
    let engine = Engine::start(root, &programs, "soak", agents)?;
    let diary = engine.folder.join("calls.jsonl");
    let own = [
        ("--diary", diary.display().to_string()),
        ("--http", engine.http.clone()),
        ("--seconds", format!("{:.0}", minutes * 60.0)),
        ("--rate", rate.to_string()),
        ("--agents", agents.to_string()),
    ];
    let ran = engine.traffic(root, &programs, "soak", &own, &options);
    // Also when the load met faults: the account tells which calls they were.
    let faults: Vec<String> = [ran, engine.account(&diary)].into_iter().filter_map(Result::err).collect();
    engine.judge(if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) })
}

/// The value of an option, and what else there is.
fn take(options: &[String], name: &str, default: f64) -> Result<(f64, Vec<String>), String> {
    let Some(at) = options.iter().position(|option| option == name) else { return Ok((default, options.to_vec())) };
    let value = options.get(at + 1).and_then(|text| text.parse().ok()).filter(|value| *value > 0.0);
    let value = value.ok_or_else(|| format!("{name} takes a number above 0"))?;
    let rest = options.iter().enumerate().filter(|(i, _)| *i != at && *i != at + 1);
    Ok((value, rest.map(|(_, option)| option.clone()).collect()))
}

/// The folder of `hotline` and `load`, built as they are shipped.
fn build(root: &Path) -> Result<PathBuf, String> {
    let mut command = Command::new("cargo");
    command.args(["build", "--quiet", "--release", "--package", "hotline", "--package", "load"]).current_dir(root);
    let ran = run::run(&mut command, BUILD_LIMIT, true)?;
    if ran.status.success() {
        Ok(tools::target_dir(root).join("release"))
    } else {
        Err("the engine does not build".into())
    }
}

impl Engine {
    /// Starts on free loopback ports with the shipped configuration and so many agents.
    fn start(root: &Path, programs: &Path, name: &str, agents: u32) -> Result<Engine, String> {
        let folder = tools::target_dir(root).join(name);
        let cannot = |error: std::io::Error| format!("{}: {error}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(cannot)?;
        }
        copy(&root.join("config"), &folder.join("config")).map_err(cannot)?;
        more_agents(&folder.join("config/queues.toml"), agents)?;
        let log = File::create(folder.join("serve.log")).map_err(cannot)?;
        let first = free_block().ok_or("no free block of UDP ports for media on this machine")?;
        let hotline = programs.join("hotline");
        let mut command = Command::new(&hotline);
        command
            .arg("serve")
            .args(["--config".as_ref(), folder.join("config").as_os_str()])
            .args(["--data".as_ref(), folder.join("data").as_os_str()])
            .current_dir(root)
            .env("HOTLINE__SIP__UDP", "127.0.0.1:0")
            .env("HOTLINE__HTTP__LISTEN", "127.0.0.1:0")
            .env("HOTLINE__MEDIA__PORTS", format!("{first}-{}", first + MEDIA_BLOCK - 1))
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(cannot)?)
            .stderr(log);
        let child = command.spawn().map_err(|error| format!("hotline serve does not start: {error}"))?;
        let mut engine = Engine { child, folder, hotline, sip: String::new(), http: String::new() };
        let ready = engine.ready()?;
        let word = |key: &str| ready.split_whitespace().find_map(|w| w.strip_prefix(key)).map(str::to_owned);
        engine.sip = word("sip=udp:").ok_or_else(|| format!("no SIP address in: {ready}"))?;
        engine.http = word("http=").ok_or_else(|| format!("no HTTP address in: {ready}"))?;
        Ok(engine)
    }

    fn ready(&mut self) -> Result<String, String> {
        let until = Instant::now() + READY_LIMIT;
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            if let Some(line) = self.log().lines().find(|line| line.starts_with("ready ")) {
                return Ok(line.to_owned());
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Err(format!("hotline serve did not get ready:\n{}", self.log()))
    }

    fn log(&self) -> String {
        let bytes = fs::read(self.folder.join("serve.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Runs `load` against the engine, its output shown.
    fn traffic(
        &self,
        root: &Path,
        programs: &Path,
        kind: &str,
        own: &[(&str, String)],
        options: &[String],
    ) -> Result<(), String> {
        let mut command = Command::new(programs.join("load"));
        command.arg(kind).args(["--server", &self.sip, "--process", &self.child.id().to_string()]).current_dir(root);
        for (name, value) in own {
            command.args([name, value.as_str()]);
        }
        let status = command.args(options).stdin(Stdio::null()).status();
        let status = status.map_err(|error| format!("load {kind} does not start: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("load {kind} found faults ({status})")) }
    }

    /// Every call has exactly one record, which tells the end that the citizen's phone knows.
    fn account(&self, diary: &Path) -> Result<(), String> {
        let told = fs::read_to_string(diary).map_err(|error| format!("{}: {error}", diary.display()))?;
        let mut command = Command::new(&self.hotline);
        command.args(["records", "--json", "--data"]).arg(self.folder.join("data"));
        let account = account::compare(&told, &run::output(&mut command)?, &self.log())?;
        println!("{} calls and {} records; what the phones told: {}", account.calls, account.records, diary.display());
        print!("{}", account.shown);
        match account.disagree {
            0 => Ok(()),
            calls => Err(format!("{calls} calls and their records do not agree")),
        }
    }

    /// Stops the engine; a panic in its log, or an engine that is gone already, is a fault beside those that were found.
    fn judge(mut self, found: Result<(), String>) -> Result<(), String> {
        let mut faults: Vec<String> = found.err().into_iter().collect();
        if let Ok(Some(status)) = self.child.try_wait() {
            faults.push(format!("the engine ended by itself ({status})"));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let log = self.log();
        let panics: Vec<&str> = log.lines().filter(|line| line.contains("panicked")).collect();
        if let Some(first) = panics.first() {
            faults.push(format!("{} panics in the log, the first: {first}", panics.len()));
        }
        println!("the engine's log has {} lines: {}", log.lines().count(), self.folder.join("serve.log").display());
        if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (entry, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if entry.is_dir() { copy(&entry, &target)? } else { fs::copy(&entry, &target).map(drop)? }
    }
    Ok(())
}

/// Adds agents like the first one until there are `count`.
fn more_agents(file: &Path, count: u32) -> Result<(), String> {
    let read = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let written = with_agents(&read, count).ok_or("the shipped queues.toml has no agent 1001 to copy")?;
    fs::write(file, written).map_err(|error| format!("{}: {error}", file.display()))
}

fn with_agents(text: &str, count: u32) -> Option<String> {
    let (_, agents) = text.split_once("[[agent]]")?;
    let first = agents.split("\n[[agent]]").next().filter(|first| first.contains("1001"))?;
    let mut written = text.to_owned();
    for number in (1001..1001 + count).map(|number| number.to_string()) {
        if !text.contains(&format!("\"{number}\"")) {
            written.push_str("\n[[agent]]");
            written.push_str(&first.replace("1001", &number));
        }
    }
    Some(written)
}

/// The first port of a block whose ends are free.
fn free_block() -> Option<u16> {
    let is_free = |port: u16| UdpSocket::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), port)).is_ok();
    // Two runs at once begin at different places.
    let offset = (std::process::id() % 8) as u16 * 1_000;
    let mut starts =
        MEDIA_PORTS.step_by(1_000).map(|first| MEDIA_PORTS.start + (first - MEDIA_PORTS.start + offset) % 8_000);
    starts.find(|first| is_free(*first) && is_free(first + MEDIA_BLOCK / 2) && is_free(first + MEDIA_BLOCK - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_out() {
        let options: Vec<String> = ["--seed", "7", "--minutes", "2.5"].map(String::from).to_vec();
        let (minutes, rest) = take(&options, "--minutes", 30.0).unwrap();
        assert_eq!((minutes, rest), (2.5, vec!["--seed".to_owned(), "7".to_owned()]));
        assert_eq!(take(&options, "--rate", 10.0).unwrap().0, 10.0);
        assert!(take(&["--rate".to_owned()], "--rate", 1.0).is_err());
    }

    #[test]
    fn agents_are_added_like_the_first() {
        let text = "[[group]]\nname = \"a\"\n\n[[agent]]\nnumber = \"1001\"\npassword = \"example-1001\"\n\n[[agent]]\nnumber = \"1002\"\n";
        let written = with_agents(text, 4).unwrap();
        assert_eq!(written.matches("[[agent]]").count(), 4);
        assert!(written.contains("password = \"example-1004\"") && !written.contains("example-1005"));
        assert_eq!(with_agents("", 3), None);
    }
}
