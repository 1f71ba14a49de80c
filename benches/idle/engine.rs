//! The engine as a process, built in the profile of the bench.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

/// Two a leg and two legs a call; a closed pair rests, and all rounds together open some 700 legs.
const MEDIA_PORTS: &str = "12000-19999";

pub(crate) struct Engine {
    pub(crate) sip: SocketAddr,
    child: Child,
    /// Configuration, data and log live as long as the process.
    _dir: TempDir,
}

impl Engine {
    /// Starts the shipped configuration on free ports, and waits until it takes calls.
    pub(crate) fn start() -> Result<Engine> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("benches/ lies in the workspace")?;
        let hotline = build(root)?;
        let dir = tempfile::tempdir()?;
        let config = dir.path().join("config");
        copy(&root.join("config"), &config)?;
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
