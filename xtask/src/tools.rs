//! The programs that tests and prompts need, and how they come onto a Debian machine.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub(crate) use prompts::tools::{Tool, find};

use crate::run;

/// Everything that `cargo xtask test` runs beside Rust.
pub(crate) const TESTS: &[Tool] = &[
    Tool { program: "baresip", package: "baresip-core", purpose: "an agent's softphone" },
    Tool { program: "linphonec", package: "linphone-cli", purpose: "a softphone of another make" },
    Tool { program: "kamailio", package: "kamailio", purpose: "a carrier's proxy" },
    Tool { program: "sipsak", package: "sipsak", purpose: "probes" },
    Tool { program: "sipp", package: "sip-tester", purpose: "callers from outside" },
    Tool { program: "sox", package: "sox", purpose: "tones and prompts" },
    Tool { program: "espeak-ng", package: "espeak-ng", purpose: "speech of the prompts" },
    Tool { program: "tcpdump", package: "tcpdump", purpose: "captures of a failed call" },
];

/// What builds the fuzz targets, beside Rust.
pub(crate) const FUZZ: &[Tool] = &[Tool { program: "c++", package: "g++", purpose: "builds the fuzzer's library" }];

/// A slow mirror gets this long for one call of apt-get.
const APT_LIMIT: Duration = Duration::from_secs(600);

/// Installs what is missing of `tools`; says nothing when all are there.
pub(crate) fn install_missing(tools: &[Tool]) -> Result<(), String> {
    let missing: Vec<&Tool> = tools.iter().filter(|tool| find(tool.program).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    for tool in &missing {
        println!("missing: {} ({}), Debian package {}", tool.program, tool.purpose, tool.package);
    }
    apt(&packages).map_err(|reason| {
        format!("{reason}\ninstall by hand, then run this again: apt-get install {}", packages.join(" "))
    })?;
    match missing.iter().find(|tool| find(tool.program).is_none()) {
        Some(tool) => Err(format!("package {} is installed, yet '{}' is not on PATH", tool.package, tool.program)),
        None => Ok(()),
    }
}

/// Adds rustfmt and clippy where the toolchain came without them.
pub(crate) fn install_components() -> Result<(), String> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if run::output(Command::new("cargo").args([subcommand, "--version"])).is_err() {
            println!("missing: cargo {subcommand}, rustup component {component}");
            run::output(Command::new("rustup").args(["component", "add", component])).map_err(|reason| {
                format!("{reason}\ninstall by hand, then run this again: rustup component add {component}")
            })?;
        }
    }
    Ok(())
}

/// Adds `cargo fuzz` where it is missing.
pub(crate) fn install_cargo_fuzz(limit: Duration) -> Result<(), String> {
    if run::output(Command::new("cargo").args(["fuzz", "--version"])).is_ok() {
        return Ok(());
    }
    println!("missing: cargo fuzz (fuzzing), crate cargo-fuzz");
    let ran = run::run(Command::new("cargo").args(["install", "--quiet", "--locked", "cargo-fuzz"]), limit, false)?;
    if ran.status.success() {
        return Ok(());
    }
    Err(format!("{}\ninstall by hand, then run this again: cargo install --locked cargo-fuzz", ran.all.trim_end()))
}

/// Two tries: mirrors fail now and then.
fn apt(packages: &[&str]) -> Result<(), String> {
    if find("apt-get").is_none() {
        return Err("this machine has no apt-get; the tests install their tools on Debian alone".to_owned());
    }
    let sudo = sudo()?;
    let once = || {
        apt_get(sudo, &["update"])?;
        let mut args = vec!["install", "--yes", "--no-install-recommends"];
        args.extend(packages);
        apt_get(sudo, &args)
    };
    once().or_else(|reason| {
        println!("{reason}\ntrying once more");
        once()
    })
}

fn apt_get(sudo: bool, args: &[&str]) -> Result<(), String> {
    let mut command = Command::new(if sudo { "sudo" } else { "env" });
    if sudo {
        command.args(["-n", "env"]);
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]).args(args);
    let ran = run::run(&mut command, APT_LIMIT, false)?;
    if ran.status.success() {
        return Ok(());
    }
    let tail: Vec<&str> = ran.all.lines().rev().take(8).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    Err(format!("apt-get {} failed:\n{}", args.first().unwrap_or(&""), tail.join("\n")))
}

/// Whether sudo is needed; an error where it is and would ask for a password.
fn sudo() -> Result<bool, String> {
    let user = run::output(Command::new("id").arg("-u"))?;
    if user.trim() == "0" {
        return Ok(false);
    }
    match run::output(Command::new("sudo").args(["-n", "true"])) {
        Ok(_) => Ok(true),
        Err(_) => Err("packages are missing, and this user is neither root nor may use sudo without a password".into()),
    }
}

/// The folder of build results that cargo uses here.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root.join(folder),
        None => root.join("target"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prompts_need_the_tests_install_too() {
        for tool in prompts::tools::ALL {
            assert!(TESTS.iter().any(|other| other.package == tool.package), "{}", tool.package);
        }
    }
}
