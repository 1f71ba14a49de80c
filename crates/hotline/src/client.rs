//! Where a running server is asked, and with which token: what the commands that ask one have in common.

mod server;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde_json::Value;

pub(crate) use self::server::Server;

/// Which server, in whose name.
#[derive(Debug, clap::Args)]
pub(crate) struct Where {
    /// The configuration of the server: where it serves HTTP, and its data folder
    #[arg(long, value_name = "DIR", default_value = "config", global = true)]
    config: PathBuf,
    /// The server's data folder [default: `server.data` of the configuration]
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Where the server is, as http://127.0.0.1:8080 [default: `http.listen` of the configuration]
    #[arg(long, value_name = "URL", global = true)]
    url: Option<String>,
    /// A token whose role may do it [default: HOTLINE_TOKEN, else admin.token in the data folder]
    #[arg(long, value_name = "TOKEN", global = true)]
    token: Option<String>,
}

/// Where a token is looked for that is not given.
const TOKEN: &str = "HOTLINE_TOKEN";

impl Where {
    /// What is not given is looked for in the configuration, which is not read where all is given.
    pub(crate) fn server(&self) -> Result<Server, String> {
        let given = self.token.clone().or_else(|| std::env::var(TOKEN).ok()).filter(|token| !token.is_empty());
        let known = self.url.is_some() && (given.is_some() || self.data.is_some());
        let reached = if known { None } else { Some(self.reached()?) };
        let url = match (&self.url, &reached) {
            (Some(url), _) => url.clone(),
            (None, Some(reached)) => url_of(reached.http)?,
            (None, None) => return Err("give --url".to_owned()),
        };
        let data = self.data.as_ref().or(reached.as_ref().map(|reached| &reached.data));
        let token = match (given, data) {
            (Some(token), _) => token,
            (None, Some(data)) => admin_token(data)?,
            (None, None) => return Err("give --token".to_owned()),
        };
        Server::new(&url, token)
    }

    fn reached(&self) -> Result<settings::Reached, String> {
        let folder = self.config.display();
        crate::held::reached(&self.config).map_err(|report| {
            format!(
                "{}\n{folder} does not say where the server is: give --config, or --url and --token",
                report.trim_end()
            )
        })
    }
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

/// A text of an answer's; empty where it is none.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// A list of an answer's; empty where it is none.
pub(crate) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// A name as one piece of a path (RFC 3986 §2.1).
pub(crate) fn piece(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
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

    #[test]
    fn a_name_is_one_piece_of_a_path() {
        assert_eq!(piece("consult-1"), "consult-1");
        assert_eq!(piece("投诉 a/b?"), "%E6%8A%95%E8%AF%89%20a%2Fb%3F");
    }
}
