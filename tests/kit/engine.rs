//! The engine under test: the binary with the shipped configuration, on ports of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::process::Process;
use super::{ports, wait};

pub(crate) struct Engine {
    pub(crate) process: Process,
    pub(crate) sip: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) dir: TempDir,
    media: RangeInclusive<u16>,
    /// Beside configuration and data.
    args: Vec<String>,
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_owned()
}

/// The binary, built by the same command that runs the tests.
pub(crate) fn hotline() -> PathBuf {
    let exe = std::env::current_exe().expect("a test has a path");
    let profile = exe.ancestors().nth(2).expect("target/<profile>/deps/<test>");
    let hotline = profile.join("hotline");
    assert!(hotline.exists(), "{} is missing: build it first with `cargo build`", hotline.display());
    hotline
}

impl Engine {
    /// Starts with the shipped configuration.
    pub(crate) fn start() -> Engine {
        Engine::start_with(|_| {})
    }

    /// Starts with a copy of the shipped configuration that `edit` may change first.
    pub(crate) fn start_with(edit: impl FnOnce(&Path)) -> Engine {
        Engine::start_for(20, edit)
    }

    /// The same with media ports for so many legs.
    pub(crate) fn start_for(legs: u16, edit: impl FnOnce(&Path)) -> Engine {
        Engine::start_as(folder(edit), ports::block(legs * 8), |_| {})
    }

    /// In a folder that has its configuration, with a command that `change` may change.
    pub(crate) fn start_as(dir: TempDir, media: RangeInclusive<u16>, change: impl FnOnce(&mut Command)) -> Engine {
        Engine::serve(dir, media, free_address(), Vec::new(), change)
    }

    /// The same in this folder, with further arguments of `serve`.
    pub(crate) fn start_in(dir: TempDir, legs: u16, args: Vec<String>, edit: impl FnOnce(&Path)) -> Engine {
        let config = dir.path().join("config");
        copy(&root().join("config"), &config);
        edit(&config);
        // Half of the ends wait bound for the next call, and a closed port rests before it is used again.
        Engine::serve(dir, ports::block(legs * 8), free_address(), args, |_| {})
    }

    /// Starts again on the same folder and address, as after a crash.
    pub(crate) fn restart(self) -> Engine {
        let Engine { process, dir, media, sip, args, .. } = self;
        drop(process);
        Engine::serve(dir, media, sip, args, |_| {})
    }

    fn serve(
        dir: TempDir,
        media: RangeInclusive<u16>,
        sip: SocketAddr,
        args: Vec<String>,
        change: impl FnOnce(&mut Command),
    ) -> Engine {
        let mut command = command(dir.path(), &media, sip);
        command.args(&args);
        change(&mut command);
        let process = Process::start("hotline serve", &mut command, &dir.path().join("serve.log"));
        let ready = wait::until("the engine's ready line", Duration::from_secs(20), || {
            process.output().lines().find(|l| l.starts_with("ready ")).map(str::to_owned)
        });
        let (sip, http) = addresses(&ready);
        Engine { process, sip, http, dir, media, args }
    }

    /// What `hotline records --json` says.
    pub(crate) fn records(&self) -> Vec<Value> {
        let (data, config) = (self.dir.path().join("data"), self.dir.path().join("config"));
        let mut command = Command::new(hotline());
        command.args(["records", "--json", "--data"]).arg(&data).arg("--config").arg(&config);
        let out = command.output().expect("records runs");
        assert!(out.status.success(), "records: {}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8(out.stdout).expect("JSON is UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
    }

    /// The records, once `count` calls have ended.
    pub(crate) fn ended_records(&self, count: usize) -> Vec<Value> {
        wait::until(&format!("{count} ended records"), Duration::from_secs(10), || {
            let records = self.records();
            (records.iter().filter(|r| !r["ended"].is_null()).count() >= count).then_some(records)
        })
    }

    /// Status and body of an HTTP GET.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.http).expect("the engine listens for HTTP");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.http).expect("written");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status line");
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, body.to_owned())
    }

    /// How long media threads were ready to run and had no processor, since they began.
    pub(crate) fn starved(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).expect("it runs");
        let waited = |task: PathBuf| {
            let name = std::fs::read_to_string(task.join("comm")).ok()?;
            let line = std::fs::read_to_string(task.join("schedstat")).ok().filter(|_| name.starts_with("media"))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        let nanos = tasks.filter_map(|task| waited(task.ok()?.path())).max();
        Duration::from_nanos(nanos.expect("a media thread"))
    }

    /// The value of a metric that is there.
    pub(crate) fn gauge(&self, name: &str) -> f64 {
        self.metric(name).unwrap_or_else(|| panic!("{name} in the metrics"))
    }

    /// Status and JSON of a request below `/api/v1`.
    pub(crate) fn api(&self, method: &str, token: &str, path: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.http).expect("the engine listens for HTTP");
        let length = body.len();
        write!(
            stream,
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}",
            self.http
        )
        .expect("written");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status line");
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or_else(|e| panic!("{method} {path}: {e}: {text}")))
    }

    /// The token that the engine made for its admin.
    pub(crate) fn admin_token(&self) -> String {
        let file = self.dir.path().join("data").join("admin.token");
        std::fs::read_to_string(file).expect("the engine keeps a token").trim().to_owned()
    }

    /// The value of a metric, labels included in `name`; none when it is not there.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let (_, body) = self.get("/metrics");
        body.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }
}

/// A temporary folder with a copy of the shipped configuration in `config`, which `edit` may change.
pub(crate) fn folder(edit: impl FnOnce(&Path)) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let config = dir.path().join("config");
    copy(&root().join("config"), &config);
    edit(&config);
    dir
}

/// Replaces text that stands in a shipped file.
pub(crate) fn replace(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).expect("a shipped file");
    assert!(text.contains(from), "{from} stands in {}", file.display());
    std::fs::write(file, text.replace(from, to)).expect("written");
}

/// `hotline serve` on the configuration and data of a folder.
pub(crate) fn command(dir: &Path, media: &RangeInclusive<u16>, sip: SocketAddr) -> Command {
    let mut command = Command::new(hotline());
    command
        .arg("serve")
        .args(["--config".as_ref(), dir.join("config").as_os_str()])
        .args(["--data".as_ref(), dir.join("data").as_os_str()])
        .current_dir(root())
        .env("HOTLINE__SIP__UDP", sip.to_string())
        .env("HOTLINE__HTTP__LISTEN", "127.0.0.1:0")
        .env("HOTLINE__MEDIA__PORTS", format!("{}-{}", media.start(), media.end()));
    command
}

/// None of those that the system gives to whoever connects: after a restart it has to be free again.
fn free_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], *ports::block(2).start()))
}

/// `ready sip=udp:127.0.0.1:5060 http=127.0.0.1:8080 sip=tcp:127.0.0.1:5060`.
fn addresses(ready: &str) -> (SocketAddr, SocketAddr) {
    let value = |key: &str| {
        let word = ready.split_whitespace().find_map(|w| w.strip_prefix(key));
        word.and_then(|w| w.parse().ok()).unwrap_or_else(|| panic!("{key} in the ready line: {ready}"))
    };
    (value("sip=udp:"), value("http="))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder for the copy");
    for entry in std::fs::read_dir(from).expect("the shipped configuration") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copied file");
        }
    }
}
