//! Kamailio as the carrier: a proxy that stays in the path of each call and turns to the next of our engines when one fails, or a
//! registrar; and as the edge of a house, which agents' phones register through.

use std::fmt::Write as _;
use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::process::Process;
use super::{ports, wait};

const MODULES: [&str; 8] = ["tm", "sl", "rr", "pv", "maxfwd", "textops", "siputils", "kex"];
const ROUTES: &str = r#"
request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (has_totag()) {
        if (loose_route()) { t_relay(); exit; }
        if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
        sl_send_reply("404", "Not here");
        exit;
    }
    if (is_method("OPTIONS") && $rU == $null) { sl_send_reply("200", "OK"); exit; }
    t_check_trans();
    remove_hf("Route");
    if (is_method("INVITE")) record_route();
    if (!ds_select_dst("1", "8")) { sl_send_reply("503", "No engine"); exit; }
    t_on_failure("NEXT");
    t_relay();
}
failure_route[NEXT] {
    if (t_is_canceled()) exit;
    if (t_check_status("5[0-9][0-9]") || (t_branch_timeout() && !t_branch_replied())) {
        if (ds_next_dst()) { t_on_failure("NEXT"); t_relay(); exit; }
    }
}
"#;

/// A registrar: who proves the password is known, and calls go to where that one registered.
const REGISTRAR: &str = r#"
request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (has_totag()) {
        if (loose_route()) { t_relay(); exit; }
        if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
        sl_send_reply("404", "Not here");
        exit;
    }
    if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
    if (is_method("REGISTER")) {
        if (!pv_www_authenticate("ims.example.org", "PASSWORD", "0")) { www_challenge("ims.example.org", "1"); exit; }
        append_to_reply("Service-Route: <sip:AT;lr>\r\n");
        save("location");
        exit;
    }
    record_route();
    if (!lookup("location")) { sl_send_reply("404", "Nobody registered"); exit; }
    t_relay();
}
"#;

/// The Contact that the engine sees leads nowhere; only the edge knows where the phone is.
const EDGE: &str = r#"
request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (has_totag()) {
        if (loose_route()) { t_relay(); exit; }
        if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
        sl_send_reply("404", "Not here");
        exit;
    }
    if (is_method("OPTIONS") && $rU == $null) { sl_send_reply("200", "OK"); exit; }
    t_check_trans();
    if (is_method("REGISTER")) {
        remove_hf("Route");
        subst_hf("Contact", "/@127\.0\.0\.1/@198.51.100.77/", "a");
        add_path_received("edge", "ob");
        $du = "ENGINE";
        t_relay();
        exit;
    }
    if (is_method("INVITE")) record_route();
    # A route that only leads to us counts as none here; what it knows of the phone is used all the same.
    if (!loose_route() && $du == $null) { sl_send_reply("404", "No way"); exit; }
    t_relay();
}
"#;

pub(crate) struct Kamailio {
    pub(crate) at: SocketAddr,
    process: Process,
    _dir: TempDir,
}

impl Kamailio {
    /// In front of these engines, the first one preferred.
    pub(crate) fn start(engines: &[SocketAddr]) -> Kamailio {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut list = String::new();
        for (place, engine) in engines.iter().enumerate() {
            let _ = writeln!(list, "1 sip:{engine};transport=udp 0 {}", 100 - place);
        }
        std::fs::write(dir.path().join("engines.list"), list).expect("written");
        let params = format!(
            "modparam(\"dispatcher\", \"list_file\", \"{}\")\nmodparam(\"dispatcher\", \"flags\", 2)\n\
             modparam(\"dispatcher\", \"xavp_dst\", \"_dsdst_\")\n",
            dir.path().join("engines.list").display()
        );
        Kamailio::serve(dir, free_address(), &["dispatcher"], &[&params, ROUTES].concat())
    }

    /// A registrar of `ims.example.org` where everybody has this password.
    pub(crate) fn registrar(password: &str) -> Kamailio {
        let (dir, at) = (tempfile::tempdir().expect("a temporary folder"), free_address());
        let routes = REGISTRAR.replace("PASSWORD", password).replace("AT", &at.to_string());
        Kamailio::serve(dir, at, &["auth", "usrloc", "registrar"], &routes)
    }

    /// Between phones and this engine, which it speaks to over `transport`.
    pub(crate) fn edge(engine: SocketAddr, transport: &str) -> Kamailio {
        let routes = EDGE.replace("ENGINE", &format!("sip:{engine};transport={transport}"));
        let dir = tempfile::tempdir().expect("a temporary folder");
        let rest = ["modparam(\"path\", \"use_received\", 1)\n", &routes].concat();
        Kamailio::serve(dir, free_address(), &["path"], &rest)
    }

    /// `rest` stands behind the modules.
    fn serve(dir: TempDir, at: SocketAddr, modules: &[&str], rest: &str) -> Kamailio {
        let modules = MODULES.iter().chain(modules);
        let modules: String = modules.map(|name| format!("loadmodule \"{name}.so\"\n")).collect();
        let config = format!(
            "debug=1\nlog_stderror=yes\nfork=yes\nchildren=2\nauto_aliases=no\nlisten=udp:{at}\nlisten=tcp:{at}\n{modules}\
             modparam(\"tm\", \"fr_timer\", 1500)\nmodparam(\"tm\", \"fr_inv_timer\", 120000)\n\
             modparam(\"rr\", \"enable_double_rr\", 1)\n{rest}"
        );
        std::fs::write(dir.path().join("kamailio.cfg"), config).expect("written");
        let mut command = Command::new("kamailio");
        command.args(["-DD", "-E", "-m", "64", "-M", "8", "-f"]).arg(dir.path().join("kamailio.cfg"));
        command.arg("-P").arg(dir.path().join("pid")).arg("-Y").arg(dir.path());
        let process = Process::start("kamailio", &mut command, &dir.path().join("log"));
        let probe = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        probe.set_read_timeout(Some(Duration::from_millis(100))).expect("an option");
        let from = probe.local_addr().expect("bound");
        let ping = format!(
            "OPTIONS sip:{at} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKprobe;rport\r\nMax-Forwards: 70\r\n\
             From: <sip:probe@{from}>;tag=1\r\nTo: <sip:{at}>\r\nCall-ID: probe@{from}\r\nCSeq: 1 OPTIONS\r\n\
             Content-Length: 0\r\n\r\n"
        );
        wait::until("Kamailio to answer", Duration::from_secs(20), || {
            probe.send_to(ping.as_bytes(), at).ok()?;
            probe.recv(&mut [0; 2048]).ok()
        });
        Kamailio { at, process, _dir: dir }
    }
}

impl Drop for Kamailio {
    /// A killed one leaves its workers behind, and they go on answering.
    fn drop(&mut self) {
        self.process.end(Duration::from_secs(10));
    }
}

fn free_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], *ports::block(2).start()))
}
