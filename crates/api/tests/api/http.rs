//! The endpoints as a probe and a scraper see them, over real connections.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use api::Http;
use server::view::{Group, MediaWorker, Readiness, Trunk, View};

use crate::kit::probe;

const LOCAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn serve(view: View) -> (Http, Arc<Mutex<Arc<View>>>) {
    let shared = Arc::new(Mutex::new(Arc::new(view)));
    let read = Arc::clone(&shared);
    let source = move || Arc::clone(&read.lock().expect("not poisoned"));
    let http = probe(LOCAL, Arc::new(source)).expect("listens");
    (http, shared)
}

fn connect(http: &Http) -> TcpStream {
    let stream = TcpStream::connect(http.address()).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    stream
}

fn exchange(http: &Http, request: &str) -> String {
    let mut stream = connect(http);
    stream.write_all(request.as_bytes()).expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the server closes after one answer");
    answer
}

fn get(http: &Http, path: &str) -> (u16, String) {
    let answer = exchange(http, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head[9..12].parse().expect("a status"), body.to_owned())
}

#[test]
fn readiness_follows_the_view() {
    let stale = Instant::now().checked_sub(Duration::from_secs(60)).expect("the host runs for a minute");
    let failing = store::Health { problem: Some("disk \"full\"".into()), waiting: 3, ..store::Health::default() };
    let fine = store::Health { ok: true, ..store::Health::default() };
    let cases = [
        (Readiness::Ready, false, &fine, 200, "ok\n".to_owned()),
        (Readiness::Starting, false, &fine, 503, "{\"reason\":\"starting\"}\n".to_owned()),
        (Readiness::Draining, false, &fine, 503, "{\"reason\":\"draining\"}\n".to_owned()),
        (
            Readiness::Draining,
            false,
            &failing,
            503,
            "{\"reason\":\"draining\"}\n{\"detail\":\"disk \\\"full\\\"\",\"reason\":\"store_failing\",\"waiting\":3}\n"
                .to_owned(),
        ),
        (Readiness::Ready, true, &fine, 503, "heartbeat_stale".to_owned()),
    ];
    let (http, shared) = serve(View::default());
    for (readiness, is_stale, health, status, body) in cases {
        let published = if is_stale { stale } else { Instant::now() };
        let view = View { published, readiness, store: health.clone(), ..View::default() };
        *shared.lock().expect("not poisoned") = Arc::new(view);
        let (got, text) = get(&http, "/readyz");
        assert_eq!(got, status, "{readiness:?} {text}");
        assert!(if is_stale { text.contains(&body) } else { text == body }, "{readiness:?} {text}");
        let (alive, text) = get(&http, "/healthz");
        assert_eq!(alive, if is_stale { 503 } else { 200 }, "the process turns also while it drains: {text}");
    }
}

#[test]
fn metrics_are_well_formed_and_complete() {
    let mut view = View { readiness: Readiness::Ready, ..View::default() };
    view.calls.count_end(base::EndReason::CallerHangup);
    view.calls.count_refused(488);
    view.groups = vec![Group {
        name: "咨询 \"a\\b\"\n".into(),
        waiting: 4,
        longest_wait: Duration::from_millis(1500),
        expected_wait: Some(acd::Range::of(20.0, 90.0)),
        ..Group::default()
    }];
    view.media = vec![MediaWorker::default(); 2];
    let outward = Some(crate::kit::outward());
    view.trunks = vec![
        Trunk { name: "in".into(), ..Trunk::default() },
        Trunk { name: "out".into(), outward, ..Trunk::default() },
    ];
    view.wait.observe(Duration::from_secs(3));
    let (http, _shared) = serve(view);
    let (status, text) = get(&http, "/metrics");
    assert_eq!(status, 200);
    for line in [
        "hotline_ready 1",
        "hotline_calls_ended_total{reason=\"caller_hangup\"} 1",
        "hotline_calls_ended_total{reason=\"fault\"} 0",
        "hotline_calls_refused_total{status=\"488\"} 1",
        "hotline_queue_waiting{group=\"咨询 \\\"a\\\\b\\\"\\n\"} 4",
        "hotline_queue_longest_wait_seconds{group=\"咨询 \\\"a\\\\b\\\"\\n\"} 1.5",
        "hotline_queue_expected_wait_seconds{group=\"咨询 \\\"a\\\\b\\\"\\n\",end=\"low\"} 20",
        "hotline_queue_expected_wait_seconds{group=\"咨询 \\\"a\\\\b\\\"\\n\",end=\"high\"} 90",
        "hotline_trunk_open{trunk=\"out\"} 1",
        "hotline_trunk_registered{trunk=\"out\"} 1",
        "hotline_trunk_targets{trunk=\"out\",state=\"up\"} 1",
        "hotline_trunk_targets{trunk=\"out\",state=\"down\"} 0",
        "hotline_store_up 1",
        "hotline_media_ends{worker=\"1\"} 0",
        "hotline_wait_seconds_bucket{le=\"1\"} 0",
        "hotline_wait_seconds_bucket{le=\"5\"} 1",
        "hotline_wait_seconds_bucket{le=\"+Inf\"} 1",
        "hotline_wait_seconds_sum 3",
        "hotline_wait_seconds_count 1",
        "hotline_api_auth_failed_total 0",
        "hotline_api_streams 0",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
    }
    let mut heads = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("# TYPE ") {
            let name = head.split(' ').next().expect("a name").to_owned();
            assert!(!heads.contains(&name), "{name} is declared twice");
            heads.push(name);
        } else if !line.starts_with('#') {
            let name = line.split([' ', '{']).next().expect("a name");
            let head = heads.last().expect("declared first");
            assert!(name.starts_with(head.as_str()), "{line} stands under {head}");
            let value = line.rsplit(' ').next().expect("a value");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
}

#[test]
fn what_is_not_ours_is_refused() {
    let (http, _shared) = serve(View::default());
    assert_eq!(get(&http, "/").0, 404);
    assert_eq!(get(&http, "/metrics/../etc").0, 404);
    let answer = exchange(&http, "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
}

#[test]
fn a_long_request_and_idle_strangers_do_not_keep_a_probe_out() {
    let start = Instant::now();
    let http = probe(LOCAL, Arc::new(|| Arc::new(View::default()))).expect("listens");
    let mut long = connect(&http);
    let _ = long.write_all(b"GET /healthz HTTP/1.1\r\n");
    let header = format!("X: {}\r\n", "y".repeat(8000));
    // The server may close while this is being sent.
    let _ = (0..200).try_for_each(|_| long.write_all(header.as_bytes()));
    let mut answer = Vec::new();
    let _ = long.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    assert!(start.elapsed() < Duration::from_secs(4), "cut off for its length, not for its age");

    let idle: Vec<_> = (0..600).map(|_| connect(&http)).collect();
    let start = Instant::now();
    assert_eq!(get(&http, "/healthz").0, 200);
    assert!(start.elapsed() < Duration::from_secs(4), "answered before the idle ones are cut off for their age");
    drop(idle);
}

#[test]
fn a_taken_address_is_an_error_that_names_it() {
    let (http, _shared) = serve(View::default());
    let error = probe(http.address(), Arc::new(|| Arc::new(View::default()))).expect_err("taken").to_string();
    assert!(error.contains(&http.address().to_string()) && error.contains("http.listen"), "{error}");
}
