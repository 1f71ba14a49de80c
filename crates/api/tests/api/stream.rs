//! The event stream: in order, resumed, with gaps told, for the eyes of the reader.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use server::{News, Picture};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

use crate::document::assert_event;
use crate::kit::{CALLER, MASKED, Rig, call_facts, id, news};

pub(crate) struct Reader(WebSocket<TcpStream>);

impl Reader {
    pub(crate) fn open(rig: &Rig, role: &str, query: &str) -> Reader {
        Reader::try_open(rig, role, query).unwrap_or_else(|e| panic!("{role} {query}: {e}"))
    }

    /// As a browser does: the token in the protocol.
    fn try_open(rig: &Rig, role: &str, query: &str) -> Result<Reader, String> {
        let stream = TcpStream::connect(rig.http.address()).expect("connects");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
        let address = format!("ws://{}/api/v1/events{query}", rig.http.address());
        let mut request = address.into_client_request().expect("a request");
        let protocol = format!("bearer, {}", rig.token(role));
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().expect("a header value"));
        let (socket, response) = tungstenite::client(request, stream).map_err(|e| e.to_string())?;
        assert_eq!(response.headers().get("sec-websocket-protocol").map(|v| v.as_bytes()), Some(&b"bearer"[..]));
        Ok(Reader(socket))
    }

    pub(crate) fn next(&mut self) -> Value {
        loop {
            match self.0.read().expect("a message") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The types of so many events.
    fn types(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.next()["type"].as_str().expect("a type").to_owned()).collect()
    }
}

const STORY: [&str; 8] = [
    "call.started",
    "call.answered",
    "call.menu",
    "call.waiting",
    "call.offered",
    "call.wait_ended",
    "call.connected",
    "call.talking",
];

#[test]
fn a_call_is_told_in_order_and_resumed_after_a_break() {
    let rig = Rig::start();
    let document = rig.get("nobody", "/openapi.json").1;
    let mut reader = Reader::open(&rig, "supervisor", "");
    let hello = reader.next();
    assert_eq!((&hello["type"], &hello["epoch"], &hello["seq"]), (&json!("hello"), &json!(3), &json!(0)));
    rig.board.tell(call_facts(1, CALLER, true));
    for (seq, kind) in (1..).zip(STORY) {
        let event = reader.next();
        assert_event(&document, &event);
        assert_eq!((&event["type"], &event["seq"]), (&json!(kind), &json!(seq)), "{event}");
        assert_eq!((&event["call"], &event["caller"]), (&json!(id(1).to_string()), &json!(CALLER)));
        assert_eq!(
            (&event["line"], &event["area"], &event["county"]),
            (&json!("mobile"), &json!("北京"), &json!(null))
        );
        if kind == "call.offered" {
            assert_eq!(
                (&event["agent"], &event["group"], &event["waited_ms"]),
                (&json!("1001"), &json!("consult"), &json!(3000))
            );
            assert_eq!((&event["menu_path"], &event["language"]), (&json!(["main"]), &json!("zh-CN")));
        }
    }
    drop(reader);
    rig.board.tell(call_facts(2, "13911112222", false));
    let mut reader = Reader::open(&rig, "supervisor", "?from=3:6");
    assert_eq!(reader.next()["type"], "hello");
    let seqs: Vec<u64> = (0..6).map(|_| reader.next()["seq"].as_u64().expect("a number")).collect();
    assert_eq!(seqs, [7, 8, 9, 10, 11, 12]);
}

#[test]
fn what_cannot_be_resumed_is_a_gap() {
    for (from, reason) in [("3:3", "too_old"), ("2:7", "restarted"), ("3:99", "ahead"), ("4:0", "ahead")] {
        let rig = Rig::with_events(4);
        rig.board.tell(call_facts(1, CALLER, true));
        let mut reader = Reader::open(&rig, "viewer", &format!("?from={from}"));
        assert_eq!(reader.next()["type"], "hello");
        let gap = reader.next();
        assert_eq!((&gap["type"], &gap["reason"], &gap["seq"]), (&json!("gap"), &json!(reason), &json!(8)), "{from}");
        rig.board.tell([news(1, call::Fact::Confidential)]);
        assert_eq!(reader.next()["type"], "call.confidential", "after the gap it goes on");
    }
}

#[test]
fn who_may_not_read_or_asks_nonsense_gets_no_stream() {
    let rig = Rig::start();
    for bad in ["?from=3", "?from=a:b", "?from=-1:2", "?from=3:1&x=1"] {
        let refused = Reader::try_open(&rig, "viewer", bad).err().unwrap_or_default();
        assert!(refused.contains("400"), "{bad}: {refused}");
    }
    assert!(Reader::try_open(&rig, "nobody", "").err().is_some_and(|e| e.contains("401")));
}

#[test]
fn a_loss_on_the_way_is_a_gap_and_the_tables_are_whole() {
    let rig = Rig::start();
    let mut reader = Reader::open(&rig, "supervisor", "");
    reader.next();
    let facts = call_facts(2, CALLER, false).into_iter().filter_map(|news| match news {
        News::Fact { fact: switch::Fact::Call { fact, .. }, .. } => Some(fact),
        _ => None,
    });
    let picture = Box::new(Picture { calls: vec![(id(2), facts.collect())], ..Picture::default() });
    rig.board.tell([News::Anew { at: base::Wall(0), lost: 77, picture }]);
    let gap = reader.next();
    assert_eq!((&gap["type"], &gap["reason"], &gap["lost"]), (&json!("gap"), &json!("lost"), &json!(77)));
    let calls = rig.get("supervisor", "/calls").1;
    assert_eq!((&calls["seq"], &calls["calls"][0]["phase"]), (&gap["seq"], &json!("waiting")), "{calls}");
}

#[test]
fn each_reader_sees_what_is_for_it() {
    let rig = Rig::start();
    let mut viewer = Reader::open(&rig, "viewer", "");
    let mut agent = Reader::open(&rig, "agent", "");
    assert_eq!((&viewer.next()["type"], &agent.next()["type"]), (&json!("hello"), &json!("hello")));
    rig.open_calls();
    assert!((0..8).all(|_| viewer.next()["caller"] == MASKED));
    let mut own = Vec::new();
    for _ in 0..5 {
        let event = agent.next();
        own.push(event["type"].as_str().expect("a type").to_owned());
        assert!(event["caller"].is_null() || event["caller"] == CALLER, "the number of its own call: {event}");
        assert_ne!(event["call"], id(2).to_string(), "{event}");
    }
    assert_eq!(own, ["call.offered", "call.wait_ended", "call.connected", "call.talking", "agent.talking"]);
    let order = base::OrderNumber::parse("GD-1").expect("an order number");
    rig.board.tell([news(1, call::Fact::Ordered { order: order.clone() }), news(2, call::Fact::Ordered { order })]);
    let told = agent.next();
    assert_event(&rig.get("nobody", "/openapi.json").1, &told);
    let story = ["type", "call", "order", "agent"].map(|key| told[key].clone());
    assert_eq!(story, [json!("call.order"), json!(id(1).to_string()), json!("GD-1"), json!("1001")], "of its own call");
    let (_, call) = rig.get("agent", &format!("/calls/{}", id(1)));
    assert_eq!((&call["order"], &call["phase"]), (&json!("GD-1"), &json!("talking")), "and in the call from then on");
    rig.board.tell([news(1, call::Fact::Confidential)]);
    let hidden = agent.next();
    assert_eq!((&hidden["caller"], &hidden["order"]), (&json!(MASKED), &json!("GD-1")));
    let mut again = Reader::open(&rig, "agent", "?from=3:0");
    again.next();
    assert_eq!(again.next()["caller"], MASKED, "events of the past are masked too");
}

#[test]
fn a_stop_is_told_and_many_readers_get_all() {
    let rig = Rig::start();
    let mut readers: Vec<_> = (0..20).map(|_| Reader::open(&rig, "operator", "")).collect();
    readers.iter_mut().for_each(|reader| drop(reader.next()));
    rig.board.tell(call_facts(1, CALLER, true));
    for reader in &mut readers {
        assert_eq!(reader.types(STORY.len()), STORY);
    }
    let Rig { http, .. } = rig;
    drop(http);
    let last = readers[0].0.read().expect("a last word");
    assert!(matches!(&last, Message::Close(Some(frame)) if u16::from(frame.code) == 1001), "{last:?}");
}
