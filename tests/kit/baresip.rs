//! A real softphone: baresip, driven over its control socket, its audio in files.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::process::Process;
use super::tone::{self, Pair};
use super::{ports, wait};

/// How one phone differs from the next.
pub(crate) struct Options<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: Option<&'a str>,
    pub(crate) server: SocketAddr,
    /// `udp` or `tcp`.
    pub(crate) transport: &'a str,
    pub(crate) codec: &'a str,
    pub(crate) answers: bool,
    /// What it says all the time.
    pub(crate) voice: Pair,
}

pub(crate) struct Baresip {
    /// Where it takes calls.
    pub(crate) at: SocketAddr,
    process: Process,
    control: TcpStream,
    received: Vec<u8>,
    events: VecDeque<Value>,
    token: u32,
    dir: TempDir,
}

const MODULES: [&str; 4] = ["g711.so", "aufile.so", "aubridge.so", "sndfile.so"];

impl Baresip {
    pub(crate) fn start(options: &Options<'_>) -> Baresip {
        Baresip::start_with(options, "")
    }

    /// The same, printing every SIP message.
    pub(crate) fn start_traced(options: &Options<'_>) -> Baresip {
        Baresip::start_as(options, "", &["-s"])
    }

    /// The same with further parameters of the account.
    pub(crate) fn start_with(options: &Options<'_>, more: &str) -> Baresip {
        Baresip::start_as(options, more, &[])
    }

    fn start_as(options: &Options<'_>, more: &str, args: &[&str]) -> Baresip {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let sip = *ports::block(4).start();
        let rtp = ports::block(40);
        let control = *ports::block(2).start();
        tone::write(options.voice, 120, &dir.path().join("voice.wav"));
        std::fs::create_dir(dir.path().join("rec")).expect("a folder for recordings");
        std::fs::write(dir.path().join("contacts"), "").expect("written");
        std::fs::write(dir.path().join("accounts"), account(options, more)).expect("written");
        let local = SocketAddr::new(options.server.ip(), sip);
        std::fs::write(dir.path().join("config"), config(dir.path(), local, control, &rtp)).expect("written");
        let mut command = Command::new("baresip");
        command.arg(if local.is_ipv4() { "-4" } else { "-6" }).args(args).arg("-f").arg(dir.path());
        let process = Process::start("baresip", &mut command, &dir.path().join("log"));
        let address = SocketAddr::from(([127, 0, 0, 1], control));
        let control =
            wait::until("baresip's control socket", Duration::from_secs(10), || TcpStream::connect(address).ok());
        control.set_read_timeout(Some(Duration::from_millis(20))).expect("a time-out");
        let at = SocketAddr::from(([127, 0, 0, 1], sip));
        Baresip { at, process, control, received: Vec::new(), events: VecDeque::new(), token: 0, dir }
    }

    /// Waits until the phone says that it is registered; it may have been before anybody listened to its events.
    pub(crate) fn registered(&self) {
        self.says("[1 binding]");
    }

    /// Waits until this stands in what the phone prints.
    pub(crate) fn says(&self, words: &str) {
        wait::until(&format!("{words} of baresip"), Duration::from_secs(20), || {
            self.process.output().contains(words).then_some(())
        });
    }

    /// Sends a command; its outcome comes as events.
    pub(crate) fn command(&mut self, command: &str, params: &str) {
        self.token += 1;
        let text = json!({"command": command, "params": params, "token": self.token.to_string()}).to_string();
        write!(self.control, "{}:{text},", text.len()).expect("baresip takes commands");
    }

    /// The next event of that type; others stay for later questions.
    pub(crate) fn event(&mut self, kind: &str, limit: Duration) -> Value {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(place) = self.events.iter().position(|e| e["type"] == kind) {
                return self.events.remove(place).expect("just found");
            }
            let seen: Vec<_> = self.events.iter().map(|e| e["type"].as_str().unwrap_or("?").to_owned()).collect();
            assert!(Instant::now() < deadline, "waited {limit:?} in vain for {kind} of baresip; seen: {seen:?}");
            assert!(self.process.is_running(), "baresip ended");
            self.read();
        }
    }

    fn read(&mut self) {
        let mut buffer = [0; 4096];
        match self.control.read(&mut buffer) {
            Ok(count) => self.received.extend_from_slice(&buffer[..count]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(e) => panic!("baresip's control socket: {e}"),
        }
        while let Some((message, used)) = netstring(&self.received) {
            let value: Value = serde_json::from_slice(message).expect("baresip speaks JSON");
            self.received.drain(..used);
            if value["event"] == true {
                self.events.push_back(value);
            }
        }
    }

    /// Seconds of a pair in everything that this phone heard.
    pub(crate) fn heard(&self, pair: Pair) -> f64 {
        recordings(&self.dir.path().join("rec")).iter().map(|wav| tone::seconds_of(pair, wav)).sum()
    }

    /// What it heard in each call, the first call first.
    pub(crate) fn recordings(&self) -> Vec<PathBuf> {
        let mut all = recordings(&self.dir.path().join("rec"));
        all.sort();
        all
    }

    /// Ends the phone in order, so that its recordings are complete.
    pub(crate) fn quit(&mut self) {
        self.process.signal("TERM");
        self.process.wait(Duration::from_secs(10));
    }
}

/// The first whole netstring: its content and its length with frame.
fn netstring(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let colon = bytes.iter().position(|b| *b == b':')?;
    let length: usize = std::str::from_utf8(&bytes[..colon]).ok()?.parse().ok()?;
    let end = colon + 1 + length;
    (bytes.len() > end).then(|| (&bytes[colon + 1..end], end + 1))
}

fn recordings(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("the recordings' folder");
    let paths = entries.map(|e| e.expect("an entry").path());
    paths.filter(|p| p.to_string_lossy().ends_with("-dec.wav")).collect()
}

fn account(options: &Options<'_>, more: &str) -> String {
    let Options { user, server, transport, codec, .. } = options;
    let register = match options.password {
        Some(password) => format!("auth_user={user};auth_pass={password};regint=60"),
        None => "regint=0".to_owned(),
    };
    let answer = if options.answers { ";answermode=auto" } else { "" };
    format!("<sip:{user}@{server};transport={transport}>;{register};audio_codecs={codec}{answer}{more}\n")
}

fn config(dir: &Path, sip: SocketAddr, control: u16, rtp: &std::ops::RangeInclusive<u16>) -> String {
    let modules: String = MODULES.iter().map(|m| format!("module {m}\n")).collect();
    let dir = dir.display();
    format!(
        "poll_method epoll\nsip_listen {sip}\naudio_source aufile,{dir}/voice.wav\n\
         audio_player aubridge,sink\naudio_alert aubridge,sink\nausrc_srate 8000\nauplay_srate 8000\n\
         ausrc_channels 1\nauplay_channels 1\nrtp_ports {}-{}\nmodule_path /usr/lib/baresip/modules\n{modules}\
         module uuid.so\nmodule_tmp account.so\nmodule_app contact.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n\
         ctrl_tcp_listen 127.0.0.1:{control}\nstatmode_default off\nsnd_path {dir}/rec\n",
        rtp.start(),
        rtp.end()
    )
}
