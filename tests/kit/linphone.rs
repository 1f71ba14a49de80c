//! A softphone of another make: linphonec, driven on its standard input, its audio in files.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ChildStdin, Command};
use std::time::Duration;

use tempfile::TempDir;

use super::process::Process;
use super::tone::{self, Pair};
use super::{ports, wait};

const STEP: Duration = Duration::from_secs(30);
/// What stands above its table of calls, or instead of one.
const CALLS: [&str; 2] = ["Call states", "No active call"];
/// What it prints when it has answered a line.
const PROMPT: &str = "linphonec>";

pub(crate) struct Linphone {
    process: Process,
    input: ChildStdin,
    server: SocketAddr,
    transport: &'static str,
    dir: TempDir,
}

impl Linphone {
    /// Starts a phone that says `voice` all the time.
    pub(crate) fn start(server: SocketAddr, transport: &'static str, voice: Pair) -> Linphone {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let sip = *ports::block(4).start();
        let rtp = ports::block(40);
        tone::write(voice, 120, &dir.path().join("voice.wav"));
        std::fs::create_dir_all(dir.path().join(".local/share/linphone")).expect("a folder for its database");
        let (udp, tcp) = if transport == "udp" { (i32::from(sip), -1) } else { (-1, i32::from(sip)) };
        let rc = format!(
            "[sip]\nsip_port={udp}\nsip_tcp_port={tcp}\nsip_tls_port=-1\nuse_ipv6=0\nmedia_encryption=none\n[net]\n\
             firewall_policy=0\n[rtp]\naudio_rtp_port={}-{}\n[sound]\nechocancellation=0\n",
            rtp.start(),
            rtp.end()
        );
        std::fs::write(dir.path().join("rc"), rc).expect("written");
        let mut command = Command::new("linphonec");
        command
            .arg("-c")
            .arg(dir.path().join("rc"))
            .args(["-d", "0", "-S"])
            .env("HOME", dir.path())
            .current_dir(dir.path());
        let (process, input) = Process::start_told("linphonec", &mut command, &dir.path().join("log"));
        let mut phone = Linphone { process, input, server, transport, dir };
        phone.until(PROMPT);
        phone.says("soundcard use files");
        let voice = phone.dir.path().join("voice.wav");
        phone.says(&format!("play {}", voice.display()));
        let heard = phone.heard_file();
        phone.says(&format!("record {}", heard.display()));
        phone
    }

    /// Types a line.
    pub(crate) fn says(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("linphonec listens");
    }

    /// Waits until the phone has printed this.
    pub(crate) fn until(&self, text: &str) {
        wait::until(&format!("linphonec to say {text:?}"), STEP, || self.process.output().contains(text).then_some(()));
    }

    /// Waits until these are its calls, each with number and state: `["1 Paused", "2 StreamsRunning"]`.
    ///
    /// The phone takes a line when it comes and forgets what it cannot do yet: it resumes nothing before it has itself
    /// understood that its other call is over, whatever the engine knows.
    pub(crate) fn until_calls(&mut self, calls: &[&str]) {
        wait::until(&format!("linphonec's calls to be {calls:?}"), STEP, || (self.calls() == calls).then_some(()));
    }

    /// Its calls as it tells them when it is asked.
    fn calls(&mut self) -> Vec<String> {
        let told = tables(&self.process.output()).count();
        self.says("calls");
        wait::until("linphonec's table of calls", STEP, || {
            let output = self.process.output();
            let table = tables(&output).nth(told)?;
            Some(table.split_once(PROMPT)?.0.lines().filter_map(call).collect())
        })
    }

    pub(crate) fn register(&mut self, user: &str, password: &str) {
        let Linphone { server, transport, .. } = *self;
        self.says(&format!("register sip:{user}@{server} sip:{server};transport={transport} {password}"));
        wait::until("linphonec's registration", STEP, || {
            writeln!(self.input, "status register").expect("linphonec listens");
            std::thread::park_timeout(Duration::from_millis(200));
            self.process.output().contains("registered, identity=").then_some(())
        });
    }

    pub(crate) fn dial(&mut self, number: &str) {
        let Linphone { server, transport, .. } = *self;
        self.says(&format!("call sip:{number}@{server};transport={transport}"));
        self.until("Media streams established");
    }

    /// Everything that this phone heard.
    pub(crate) fn heard_file(&self) -> PathBuf {
        self.dir.path().join("heard.wav")
    }

    /// Seconds of a pair in everything that this phone heard.
    pub(crate) fn heard(&self, pair: Pair) -> f64 {
        tone::seconds_of(pair, &self.heard_file())
    }

    /// Ends the phone in order, so that its recording is complete.
    pub(crate) fn quit(&mut self) {
        self.says("quit");
        self.process.wait(STEP);
    }
}

/// All tables of calls that it has printed, each with what came after it.
fn tables(output: &str) -> impl Iterator<Item = &str> {
    let starts = output.match_indices(CALLS[0]).chain(output.match_indices(CALLS[1]));
    let mut starts: Vec<usize> = starts.map(|(at, _)| at).collect();
    starts.sort_unstable();
    starts.into_iter().map(|at| &output[at..])
}

/// Number and state in a row such as `1  | <sip:1002@127.0.0.1> | Paused          | `; none in other lines.
fn call(row: &str) -> Option<String> {
    let mut cells = row.split('|').map(str::trim);
    let number: u32 = cells.next()?.parse().ok()?;
    Some(format!("{number} {}", cells.nth(1)?))
}
