//! `hotline token`: a token for the API, and the lines that make the engine know it.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::ValueEnum;

/// Makes a token for the API; it is shown this once, the configuration keeps its digest alone
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose it is: stands in the audit
    #[arg(long)]
    name: String,
    /// What it may do
    #[arg(long)]
    role: Role,
    /// The agent that a token of role agent belongs to
    #[arg(long, value_name = "NUMBER", required_if_eq("role", "agent"))]
    agent: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    Viewer,
    Agent,
    Supervisor,
    Operator,
    Admin,
}

/// The arguments contradict each other.
const WRONG: u8 = 2;

pub(crate) fn run(args: Args) -> ExitCode {
    if args.agent.is_some() && args.role != Role::Agent {
        eprintln!("hotline token: --agent belongs to --role agent; leave it out");
        return ExitCode::from(WRONG);
    }
    let made = match api::tokens::make() {
        Ok(made) => made,
        Err(error) => {
            eprintln!("hotline token: the system gives no randomness: {error}; /dev/urandom must be readable");
            return ExitCode::FAILURE;
        }
    };
    match show(&args, &made, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hotline token: cannot write to the standard output: {error}");
            ExitCode::FAILURE
        }
    }
}

fn show(args: &Args, made: &api::tokens::Made, out: &mut impl Write) -> io::Result<()> {
    let role = args.role.to_possible_value().map_or_else(String::new, |word| word.get_name().to_owned());
    writeln!(out, "{}\n", made.token.0)?;
    writeln!(out, "# Keep the line above: it is shown this once. Add these to hotline.toml and restart:")?;
    writeln!(out, "[[token]]\nname = {}\nrole = \"{role}\"", quoted(&args.name))?;
    writeln!(out, "sha256 = \"{}\"", api::tokens::hex(&made.digest))?;
    if let Some(agent) = &args.agent {
        writeln!(out, "agent = {}", quoted(agent))?;
    }
    out.flush()
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
