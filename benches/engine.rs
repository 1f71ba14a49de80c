//! The engine as a process, built in the profile of the bench.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::cpu::Thread;

/// Two a leg: 11,000 legs, below the range from which the system draws. A closed pair rests for two seconds, in which 5,000
/// calls of two legs may end.
const MEDIA_PORTS: &str = "10000-31999";
/// Calls, and callers who wait, at once: more than any bench holds.
const CALLS_MAX: u32 = 4000;
/// The first agent, of whom the shipped configuration has ten.
const AGENT_FIRST: usize = 1001;
const AGENTS_SHIPPED: usize = 10;
/// Who dials it is in the queue with the ACK; the shipped number has the shipped menu.
pub const STRAIGHT: &str = "12300";

/// A running `hotline serve`; dropping it ends the process.
pub struct Engine {
    /// Where it takes SIP.
    pub sip: SocketAddr,
    child: Child,
    /// Configuration, data and log live as long as the process.
    _dir: TempDir,
}

impl Engine {
    /// Starts the shipped configuration on free ports, with at least `agents` agents, and waits until it takes calls.
    ///
    /// # Errors
    /// When it does not build, or does not get ready.
    pub fn start(agents: usize) -> Result<Engine> {
        Engine::start_with(agents, &[])
    }

    /// The same with these variables of the configuration.
    ///
    /// # Errors
    /// As `start`.
    pub fn start_with(agents: usize, variables: &[(&str, &str)]) -> Result<Engine> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("benches/ lies in the workspace")?;
        let hotline = build(root)?;
        let dir = tempfile::tempdir()?;
        let config = dir.path().join("config");
        copy(&root.join("config"), &config)?;
        enlarge(&config.join("queues.toml"), agents)?;
        lead_straight(&config)?;
        let log = File::create(dir.path().join("serve.log"))?;
        let mut child = Command::new(hotline)
            .arg("serve")
            .args(["--config".as_ref(), config.as_os_str()])
            .args(["--data".as_ref(), dir.path().join("data").as_os_str()])
            .current_dir(root)
            .env("HOTLINE__SIP__UDP", "127.0.0.1:0")
            .env("HOTLINE__HTTP__LISTEN", "127.0.0.1:0")
            .env("HOTLINE__MEDIA__PORTS", MEDIA_PORTS)
            .env("HOTLINE__CONNECT__SAY_AGENT_NUMBER", "false")
            .env("HOTLINE__LIMITS__CALLS", CALLS_MAX.to_string())
            .env("HOTLINE__SERVER__LOG", "warn")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let stdout = child.stdout.take().context("its output is a pipe")?;
        let mut engine = Engine { sip: SocketAddr::from(([127, 0, 0, 1], 0)), child, _dir: dir };
        let mut ready = String::new();
        BufReader::new(stdout).read_line(&mut ready)?;
        let sip = ready.split_whitespace().find_map(|word| word.strip_prefix("sip=udp:"));
        let Some(sip) = sip else {
            let log = std::fs::read_to_string(engine._dir.path().join("serve.log"))?;
            bail!("hotline serve did not get ready: {ready}{log}");
        };
        engine.sip = sip.parse()?;
        Ok(engine)
    }

    /// One of its threads.
    ///
    /// # Errors
    /// When it has no thread of that name.
    pub fn thread(&self, name: &str) -> io::Result<Thread> {
        Thread::named(self.child.id(), name)
    }

    /// The memory that it has in use, in bytes.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn resident(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a process has memory")?;
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `target/<profile>/hotline`, made up to date first.
fn build(root: &Path) -> Result<PathBuf> {
    let exe = std::env::current_exe()?;
    let folder = exe.ancestors().nth(2).context("a bench lies in target/<profile>/deps")?;
    let target = folder.parent().context("a profile lies in target/")?;
    let profile = match folder.file_name().and_then(|name| name.to_str()).context("a profile has a name")? {
        "debug" => "dev",
        name => name,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", "hotline", "--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(root)
        .status()?;
    ensure!(built.success(), "hotline does not build");
    Ok(folder.join("hotline"))
}

/// The number and the password of an agent, counted from zero.
pub fn agent(place: usize) -> (String, String) {
    let number = AGENT_FIRST + place;
    (number.to_string(), format!("example-{number}"))
}

/// A number beside the shipped one that leads to the queue as soon as the call is up.
fn lead_straight(config: &Path) -> Result<()> {
    let menu = "locales = [\"zh-CN\"]\nstart = \"person\"\nperson = \"person\"\n\n[node.person]\nkind = \"queue\"\ngroup = \"consult\"\n";
    std::fs::write(config.join("menu/straight.toml"), menu)?;
    let server = config.join("hotline.toml");
    let shipped = std::fs::read_to_string(&server)?;
    std::fs::write(server, format!("{shipped}\n[[called]]\nnumbers = [\"{STRAIGHT}\"]\nmenu = \"straight\"\n"))?;
    Ok(())
}

/// Room for everybody who waits, and more agents like the shipped ones.
fn enlarge(queues: &Path, agents: usize) -> Result<()> {
    let shipped = std::fs::read_to_string(queues)?;
    let mut text = shipped.replace("limit = 2000", &format!("limit = {CALLS_MAX}"));
    for place in AGENTS_SHIPPED..agents {
        let (number, password) = agent(place);
        text.push_str(&format!(
            "\n[[agent]]\nnumber = \"{number}\"\npassword = \"{password}\"\nready_on_register = true\nskills = [\"consult\"]\n"
        ));
    }
    std::fs::write(queues, text)?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
