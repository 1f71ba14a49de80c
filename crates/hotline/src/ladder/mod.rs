//! `hotline ladder`: what went over the wire in one call, as the running server tells it.

mod draw;
mod fetch;

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base::CallId;
use serde_json::Value;

use self::fetch::Server;

/// Shows every SIP message of a call that runs or has ended, in order, as long as the server keeps them.
///
/// Numbers are masked as the token's role and the call ask for.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The call's id, as `records --json` and the log print it
    #[arg(value_name = "CALL")]
    call: CallId,
    /// The configuration of the server: where it serves HTTP, and its data folder
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// The server's data folder [default: `server.data` of the configuration]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the server is, as http://127.0.0.1:8080 [default: `http.listen` of the configuration]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A token of role supervisor, operator or admin [default: HOTLINE_TOKEN, else admin.token in the data folder]
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Print the messages themselves
    #[arg(long)]
    full: bool,
    /// One line of JSON instead of a picture
    #[arg(long)]
    json: bool,
}

/// Where a token is looked for that is not given.
const TOKEN: &str = "HOTLINE_TOKEN";

pub(crate) fn run(args: Args) -> ExitCode {
    match show(args, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hotline ladder: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn show(args: Args, out: &mut impl Write) -> Result<(), String> {
    let server = server(&args)?;
    let ladder = server.get(&format!("/api/v1/calls/{}/ladder?full={}", args.call, args.full))?;
    let text = if args.json { format!("{ladder}\n") } else { draw::picture(&ladder) };
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // `ladder | head` is no error.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to the standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// What is not given is looked for in the configuration, which is not read where all is given.
fn server(args: &Args) -> Result<Server, String> {
    let given = args.token.clone().or_else(|| std::env::var(TOKEN).ok()).filter(|token| !token.is_empty());
    let known = args.url.is_some() && (given.is_some() || args.data.is_some());
    let plans = if known { None } else { Some(plans(&args.config)?) };
    let url = match (&args.url, &plans) {
        (Some(url), _) => url.clone(),
        (None, Some(plans)) => url_of(plans.server.http)?,
        (None, None) => return Err("give --url".to_owned()),
    };
    let data = args.data.as_ref().or(plans.as_ref().map(|plans| &plans.server.data));
    let token = match (given, data) {
        (Some(token), _) => token,
        (None, Some(data)) => admin_token(data)?,
        (None, None) => return Err("give --token".to_owned()),
    };
    Server::new(&url, token)
}

fn plans(config: &Path) -> Result<settings::Plans, String> {
    settings::load(config, std::env::vars()).map_err(|report| {
        let folder = config.display();
        format!("the configuration in {folder} cannot be used, see `hotline check`: {}; give --config, or --url and --token", first(&report.render(false)))
    })
}

fn first(report: &str) -> &str {
    report.lines().next().unwrap_or_default()
}

/// Where a server on this machine is reached that listens there.
fn url_of(listen: SocketAddr) -> Result<String, String> {
    if listen.port() == 0 {
        return Err(
            "the configuration lets the system pick the port of HTTP: give --url as the ready line of `serve` says"
                .to_owned(),
        );
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok(format!("http://{}", SocketAddr::new(ip, listen.port())))
}

fn admin_token(data: &Path) -> Result<String, String> {
    let file = data.join(api::tokens::ADMIN_FILE);
    let read = std::fs::read_to_string(&file);
    let text = read.map_err(|error| {
        format!(
            "no token: {} cannot be read ({error}); give --token or {TOKEN}, or --data of the server",
            file.display()
        )
    })?;
    Ok(text.trim().to_owned())
}

/// A text of the answer's; empty where it is none.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_here() {
        let url = |listen: &str| url_of(listen.parse().expect("an address"));
        assert_eq!(url("0.0.0.0:8080"), Ok("http://127.0.0.1:8080".to_owned()));
        assert_eq!(url("[::]:8080"), Ok("http://[::1]:8080".to_owned()));
        assert_eq!(url("192.0.2.1:80"), Ok("http://192.0.2.1:80".to_owned()));
        assert!(url("127.0.0.1:0").is_err_and(|reason| reason.contains("--url")));
    }
}
