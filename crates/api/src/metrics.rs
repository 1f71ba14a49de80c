//! The Prometheus text format, version 0.0.4.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base::EndReason;
use server::view::{Histogram, MediaWorker, Phase, Readiness, RegistrationState, TargetState, View};

use crate::serve::Shared;

/// All metrics of the last view and of the API; `now` tells how old the view is.
pub(crate) fn text(shared: &Shared, now: Instant) -> String {
    let view = &*(shared.view)();
    let mut page = Page(String::with_capacity(16 * 1024));
    engine(&mut page, view, now);
    calls(&mut page, view);
    sip(&mut page, view);
    trunks(&mut page, view);
    queue(&mut page, view);
    agents(&mut page, view);
    records(&mut page, view);
    journal(&mut page, view);
    media(&mut page, &view.media);
    speech(&mut page, view);
    api(&mut page, shared);
    ladders(&mut page, shared);
    page.histogram("hotline_answer_seconds", "From the INVITE to our 200.", &view.answer);
    page.histogram("hotline_wait_seconds", "In the queue, of calls that an agent answered.", &view.wait);
    page.histogram("hotline_turn_seconds", "One turn of the control loop.", &view.turn);
    page.0
}

fn engine(page: &mut Page, view: &View, now: Instant) {
    page.head("hotline_build_info", "gauge", "The version that runs.");
    page.labelled("hotline_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    page.single("hotline_ready", "gauge", "1 when calls are taken.", number(view.readiness == Readiness::Ready));
    let age = now.saturating_duration_since(view.published);
    page.single("hotline_heartbeat_age_seconds", "gauge", "Since the control loop last published.", age.as_secs_f64());
}

fn calls(page: &mut Page, view: &View) {
    let calls = &view.calls;
    page.counter("hotline_calls_started_total", "First INVITEs that became a call.", calls.started);
    page.head("hotline_calls_ended_total", "counter", "Calls that ended, by reason.");
    for (reason, count) in EndReason::ALL.iter().zip(calls.ended) {
        page.labelled("hotline_calls_ended_total", &[("reason", reason.name())], count as f64);
    }
    page.head("hotline_calls_refused_total", "counter", "First INVITEs that became no call, by our answer.");
    for (status, count) in &calls.refused {
        page.labelled("hotline_calls_refused_total", &[("status", &status.to_string())], *count as f64);
    }
    page.head("hotline_calls_unplaced_total", "counter", "Calls to lines that left by no trunk, by why.");
    for (status, count) in &calls.unplaced {
        page.labelled("hotline_calls_unplaced_total", &[("status", &status.to_string())], *count as f64);
    }
    page.head("hotline_calls", "gauge", "Calls now, by phase.");
    for (phase, count) in Phase::ALL.iter().zip(calls.now) {
        page.labelled("hotline_calls", &[("phase", phase.name())], count as f64);
    }
    page.single("hotline_calls_limit", "gauge", "Calls that there may be at once.", calls.limit as f64);
}

fn sip(page: &mut Page, view: &View) {
    page.head("hotline_sip_messages_total", "counter", "SIP messages, by direction.");
    page.labelled("hotline_sip_messages_total", &[("direction", "in")], view.sip.received as f64);
    page.labelled("hotline_sip_messages_total", &[("direction", "out")], view.sip.sent as f64);
    page.counter("hotline_sip_unread_total", "Messages that a fault of our reader cost.", view.sip.unread);
    page.counter("hotline_sip_shed_total", "New calls refused because too many waited for a turn.", view.sip.shed);
    page.counter("hotline_sip_malformed_total", "What came and was no SIP message.", view.sip.malformed);
    page.single("hotline_sip_connections", "gauge", "TCP connections now.", view.sip.connections as f64);
    page.head("hotline_sip_connections_total", "counter", "TCP connections, by what became of them.");
    let became = [
        ("accepted", view.sip.connections_accepted),
        ("opened", view.sip.connections_opened),
        ("refused", view.sip.connections_refused),
    ];
    for (result, count) in became {
        page.labelled("hotline_sip_connections_total", &[("result", result)], count as f64);
    }
    page.counter("hotline_sip_send_failed_total", "Messages that the system did not take.", view.sip.send_failed);
}

fn speech(page: &mut Page, view: &View) {
    let name = "hotline_speech_texts_total";
    page.head(name, "counter", "Texts of menus: spoken by the service, heard again within the hour, or not spoken.");
    for (result, count) in
        [("spoken", view.speech.spoken), ("again", view.speech.again), ("failed", view.speech.failed)]
    {
        page.labelled(name, &[("result", result)], count as f64);
    }
    let name = "hotline_speech_utterances_total";
    page.head(name, "counter", "What callers said to menus: answered by the service with a text, or not in time.");
    for (result, count) in [("answered", view.speech.understood), ("failed", view.speech.missed)] {
        page.labelled(name, &[("result", result)], count as f64);
    }
}

fn trunks(page: &mut Page, view: &View) {
    page.head("hotline_trunk_calls", "gauge", "Calls now, by trunk.");
    for trunk in &view.trunks {
        page.labelled("hotline_trunk_calls", &[("trunk", &trunk.name)], trunk.calls as f64);
    }
    page.head("hotline_trunk_seizures_total", "counter", "First INVITEs, by trunk.");
    for trunk in &view.trunks {
        page.labelled("hotline_trunk_seizures_total", &[("trunk", &trunk.name)], trunk.came.count as f64);
    }
    page.head("hotline_trunk_answers_total", "counter", "First INVITEs by trunk and our final answer.");
    for trunk in &view.trunks {
        for (status, count) in &trunk.came.answers {
            let labels = [("trunk", trunk.name.as_str()), ("status", &status.to_string())];
            page.labelled("hotline_trunk_answers_total", &labels, *count as f64);
        }
    }
    outward(page, view);
    calls_out(page, view);
}

/// Of the calls that went out.
fn calls_out(page: &mut Page, view: &View) {
    let trunks = || view.trunks.iter().filter(|trunk| trunk.outward.is_some());
    page.head("hotline_trunk_placed_total", "counter", "INVITEs of ours, by trunk.");
    for trunk in trunks() {
        page.labelled("hotline_trunk_placed_total", &[("trunk", &trunk.name)], trunk.went.count as f64);
    }
    page.head("hotline_trunk_reached_total", "counter", "INVITEs of ours by trunk and the carrier's final answer.");
    for trunk in trunks() {
        for (status, count) in &trunk.went.answers {
            let labels = [("trunk", trunk.name.as_str()), ("status", &status.to_string())];
            page.labelled("hotline_trunk_reached_total", &labels, *count as f64);
        }
    }
    let about = "From an INVITE of ours to the first word that says more than 100, by trunk and share of calls.";
    page.head("hotline_trunk_srd_seconds", "gauge", about);
    for trunk in trunks() {
        for (share, delay) in ["0.5", "0.95", "0.99"].iter().zip(trunk.delays.into_iter().flatten()) {
            let labels = [("trunk", trunk.name.as_str()), ("quantile", *share)];
            page.labelled("hotline_trunk_srd_seconds", &labels, delay.as_secs_f64());
        }
    }
}

/// Of the trunks that calls go out through.
fn outward(page: &mut Page, view: &View) {
    let trunks = || view.trunks.iter().filter_map(|trunk| Some((trunk.name.as_str(), trunk.outward.as_ref()?)));
    page.head("hotline_trunk_open", "gauge", "1 where a call has a way out now, by trunk.");
    for (name, trunk) in trunks() {
        page.labelled("hotline_trunk_open", &[("trunk", name)], f64::from(u8::from(trunk.open)));
    }
    page.head("hotline_trunk_registered", "gauge", "1 where we are registered, by trunk that registers.");
    for (name, trunk) in trunks() {
        if let Some(registration) = &trunk.registration {
            let is_on = registration.state == RegistrationState::Registered;
            page.labelled("hotline_trunk_registered", &[("trunk", name)], f64::from(u8::from(is_on)));
        }
    }
    page.head("hotline_trunk_targets", "gauge", "Addresses of targets now, by trunk and state.");
    for (name, trunk) in trunks() {
        for state in TargetState::ALL {
            let count = trunk.targets.iter().filter(|target| target.state == state).count();
            page.labelled("hotline_trunk_targets", &[("trunk", name), ("state", state.name())], count as f64);
        }
    }
}

/// A group that promises nothing has no line, and one whose wait may be of any length none for the high end.
fn expected(page: &mut Page, view: &View) {
    let about = "Between which ends eight of ten callers wait who come now, by skill group.";
    page.head("hotline_queue_expected_wait_seconds", "gauge", about);
    for group in &view.groups {
        let ends = group.expected_wait.map(|wait| (wait.low(), wait.high()));
        for (end, wait) in ends.into_iter().flat_map(|(low, high)| [("low", Some(low)), ("high", high)]) {
            let labels = [("group", group.name.as_str()), ("end", end)];
            let name = "hotline_queue_expected_wait_seconds";
            wait.into_iter().for_each(|wait| page.labelled(name, &labels, wait.as_secs_f64()));
        }
    }
}

fn queue(page: &mut Page, view: &View) {
    page.head("hotline_queue_waiting", "gauge", "Callers waiting now, by skill group.");
    for group in &view.groups {
        page.labelled("hotline_queue_waiting", &[("group", &group.name)], group.waiting as f64);
    }
    page.head("hotline_queue_longest_wait_seconds", "gauge", "The longest wait now, by skill group.");
    for group in &view.groups {
        let wait = group.longest_wait.as_secs_f64();
        page.labelled("hotline_queue_longest_wait_seconds", &[("group", &group.name)], wait);
    }
    page.head("hotline_group_surge", "gauge", "1 while a skill group is in surge.");
    for group in &view.groups {
        page.labelled("hotline_group_surge", &[("group", &group.name)], f64::from(u8::from(group.surging.on)));
    }
    expected(page, view);
    page.head("hotline_queue_call_backs", "gauge", "Citizens who are to be called back, by skill group.");
    for group in &view.groups {
        page.labelled("hotline_queue_call_backs", &[("group", &group.name)], group.call_backs as f64);
    }
    let ended =
        |reason| EndReason::ALL.iter().position(|one| *one == reason).map_or(0, |place| view.calls.ended[place]);
    page.head("hotline_call_backs_total", "counter", "Calls back to citizens, by what became of them.");
    let results = [
        ("promised", ended(EndReason::CallBack)),
        ("kept", view.called_back),
        ("given_up", ended(EndReason::CallBackGivenUp)),
    ];
    for (result, count) in results {
        page.labelled("hotline_call_backs_total", &[("result", result)], count as f64);
    }
    let offers = view.offers;
    page.head("hotline_handings_total", "counter", "Citizens whom agents handed on, by result.");
    page.labelled("hotline_handings_total", &[("result", "done")], view.handings.done as f64);
    page.labelled("hotline_handings_total", &[("result", "failed")], view.handings.failed as f64);
    page.head("hotline_offers_total", "counter", "Offers of a call to an agent, by result.");
    let results = [
        ("accepted", offers.accepted),
        ("declined", offers.declined),
        ("timed_out", offers.timed_out),
        ("withdrawn", offers.withdrawn),
    ];
    for (result, count) in results {
        page.labelled("hotline_offers_total", &[("result", result)], count as f64);
    }
}

fn agents(page: &mut Page, view: &View) {
    let agents = view.agents;
    page.head("hotline_agents", "gauge", "Agents now, by state.");
    let states = [
        ("free", agents.free),
        ("reserved", agents.reserved),
        ("talking", agents.talking),
        ("releasing", agents.releasing),
        ("paused", agents.paused),
        ("signed_off", agents.signed_off),
    ];
    for (state, count) in states {
        page.labelled("hotline_agents", &[("state", state)], count as f64);
    }
}

fn records(page: &mut Page, view: &View) {
    let store = &view.store;
    page.single("hotline_store_up", "gauge", "1 when records are written.", number(store.ok));
    page.counter("hotline_records_written_total", "Record entries written.", store.written);
    page.counter(
        "hotline_records_failed_attempts_total",
        "Writes that failed and are tried again.",
        store.failed_attempts,
    );
    page.counter("hotline_records_lost_total", "Record entries given up.", store.lost);
    page.single("hotline_records_waiting", "gauge", "Record entries not yet written.", store.waiting as f64);
}

fn journal(page: &mut Page, view: &View) {
    let journal = &view.journal;
    page.single("hotline_journal_up", "gauge", "1 when facts are written in time.", number(journal.ok));
    page.counter("hotline_journal_facts_total", "Facts handed to the journal.", journal.facts);
    let (unwritten, unflushed) = (journal.facts_not_written as f64, journal.facts_not_flushed as f64);
    page.single("hotline_journal_facts_not_written", "gauge", "Facts that a kill now would lose.", unwritten);
    page.single("hotline_journal_facts_not_flushed", "gauge", "Facts that a power cut now would lose.", unflushed);
    page.counter("hotline_journal_failures_total", "Writes and flushes that failed.", journal.failures);
    page.counter("hotline_journal_behind_total", "Turns that could wait no longer.", journal.times_behind);
    page.single("hotline_journal_bytes", "gauge", "Bytes of the journal on the disk.", journal.bytes as f64);
    let slowest = journal.slowest_commit.as_secs_f64();
    page.single("hotline_journal_slowest_commit_seconds", "gauge", "The longest wait for a write.", slowest);
}

fn media(page: &mut Page, workers: &[MediaWorker]) {
    type Column = (&'static str, &'static str, &'static str, fn(&MediaWorker) -> u64);
    let columns: [Column; 8] = [
        ("hotline_media_ends", "gauge", "Bound media ends.", |w| w.counts.ends),
        ("hotline_media_leases_free", "gauge", "Bound media ends in no call.", |w| w.leases_free),
        ("hotline_media_received_total", "counter", "RTP and RTCP datagrams received.", |w| w.counts.received),
        ("hotline_media_receive_failed_total", "counter", "Datagrams not read.", |w| w.counts.receive_failed),
        ("hotline_media_sent_total", "counter", "RTP and RTCP datagrams sent.", |w| w.counts.sent),
        ("hotline_media_send_failed_total", "counter", "Datagrams not taken by the system.", |w| w.counts.send_failed),
        ("hotline_media_lease_failed_total", "counter", "Leases that found no port.", |w| w.counts.lease_failed),
        ("hotline_media_notices_dropped_total", "counter", "Notices dropped.", |w| w.counts.notices_dropped),
    ];
    for (name, kind, help, read) in columns {
        page.head(name, kind, help);
        for (index, worker) in workers.iter().enumerate() {
            page.labelled(name, &[("worker", &index.to_string())], read(worker) as f64);
        }
    }
}

fn api(page: &mut Page, shared: &Shared) {
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    page.counter("hotline_api_requests_total", "Requests to the API.", count(&shared.counts.requests));
    page.counter("hotline_api_auth_failed_total", "Tokens shown that are none.", count(&shared.counts.auth_failed));
    page.single("hotline_api_streams", "gauge", "Event streams that are open.", shared.streams.open() as f64);
    page.counter("hotline_api_news_lost_total", "News that found no room on its way to readers.", shared.board.lost());
}

fn ladders(page: &mut Page, shared: &Shared) {
    let counts = shared.ladders.counts();
    page.single("hotline_ladder_messages", "gauge", "SIP messages kept for ladders.", counts.messages as f64);
    page.single("hotline_ladder_bytes", "gauge", "What they weigh.", counts.bytes as f64);
    page.counter("hotline_ladder_lost_total", "What found no room on its way to ladders.", counts.lost);
}

fn number(truth: bool) -> f64 {
    f64::from(u8::from(truth))
}

/// The text so far. Writing to a `String` cannot fail, so that the results of `write!` are dropped.
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.head(name, kind, help);
        self.labelled(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.single(name, "counter", help, value as f64);
    }

    fn labelled(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.0.push_str(name);
        for (i, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"", if i == 0 { '{' } else { ',' });
            self.escape(text);
            self.0.push('"');
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    fn escape(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\\' => self.0.push_str("\\\\"),
                '"' => self.0.push_str("\\\""),
                '\n' => self.0.push_str("\\n"),
                other => self.0.push(other),
            }
        }
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        for (bound, count) in histogram.cumulative() {
            self.labelled(&bucket, &[("le", &seconds(bound))], count as f64);
        }
        self.labelled(&bucket, &[("le", "+Inf")], histogram.count() as f64);
        self.labelled(&format!("{name}_sum"), &[], histogram.sum().as_secs_f64());
        self.labelled(&format!("{name}_count"), &[], histogram.count() as f64);
    }
}

fn seconds(bound: Duration) -> String {
    bound.as_secs_f64().to_string()
}
