//! A ladder as text: a column for each party, one for the engine, an arrow for each message.

use serde_json::Value;

use crate::client::{list, text};
use crate::table::printable;

/// From one column to the next.
const PITCH: usize = 24;
/// The first column, behind the times.
const MARGIN: usize = 12;
/// What the longest time takes.
const TIMES: usize = 26;
/// The engine's column.
const ENGINE: usize = 1;
/// A frame of dashes and an arrow's head stay visible around a label.
const LABEL: usize = PITCH - 6;

/// The whole picture.
pub(super) fn picture(ladder: &Value) -> String {
    let columns = columns(ladder);
    let mut out = head(ladder);
    out.push_str(&format!("\n{}{}\n", " ".repeat(TIMES), names(&columns)));
    for message in list(ladder, "messages") {
        out.push_str(&row(ladder, message, &columns));
        if let Some(full) = message["text"].as_str() {
            full.trim_end().lines().for_each(|line| out.push_str(&format!("    {}\n", printable(line).trim_end())));
            out.push('\n');
        }
    }
    out
}

fn head(ladder: &Value) -> String {
    let number = |name| ladder[name].as_str().unwrap_or("somebody");
    let (call, began) = (text(ladder, "call"), text(ladder, "began"));
    let told = format!("call {call} from {} to {}, began {began}", number("caller"), number("called"));
    let mut out = printable(&told) + "\n";
    if ladder["masked"] == true {
        out.push_str("numbers and names are masked\n");
    }
    if let Some(gone) = ladder["gone"].as_u64().filter(|gone| *gone > 0) {
        out.push_str(&format!("the first {gone} messages are not kept any more\n"));
    }
    for leg in list(ladder, "legs") {
        let first = list(ladder, "messages").iter().find(|message| message["leg"] == leg["leg"]);
        let peer = first.map(|message| text(message, "peer").to_owned() + ", ").unwrap_or_default();
        let told = format!("leg {}: {}, {peer}Call-ID {}", leg["leg"], text(leg, "party"), text(leg, "call_id"));
        out.push_str(&(printable(&told) + "\n"));
    }
    out
}

/// The citizen, the engine, then agents as they came.
fn columns(ladder: &Value) -> Vec<String> {
    let legs = list(ladder, "legs").iter().chain(list(ladder, "messages"));
    let mut columns = Vec::new();
    for party in legs.map(|of| text(of, "party")) {
        if !columns.iter().any(|known| known == party) {
            columns.push(printable(party));
        }
    }
    columns.insert(columns.len().min(ENGINE), "hotline".to_owned());
    columns
}

fn middle(column: usize) -> usize {
    MARGIN + column * PITCH
}

fn names(columns: &[String]) -> String {
    let mut line = String::new();
    for (place, name) in columns.iter().enumerate() {
        let begin = middle(place).saturating_sub(name.len() / 2);
        line.push_str(&" ".repeat(begin.saturating_sub(line.len())));
        line.push_str(name);
    }
    line
}

fn row(ladder: &Value, message: &Value, columns: &[String]) -> String {
    let party = columns.iter().position(|name| name == text(message, "party")).unwrap_or(0);
    let clock = text(message, "at").get(11..23).unwrap_or_default();
    let times = format!("{:>9} ms  {clock}", message["at_ms"].as_u64().unwrap_or(0));
    let arrow = arrow(columns.len(), party, text(message, "direction") == "in", &label(message));
    format!("{times:<TIMES$}{arrow}  {}\n", details(ladder, message))
}

/// Lifelines, and an arrow between the engine's and the party's.
fn arrow(columns: usize, party: usize, comes: bool, label: &str) -> String {
    let mut line = vec![' '; middle(columns.saturating_sub(1)) + 1];
    for place in 0..columns {
        put(&mut line, middle(place), "|");
    }
    let (left, right) = (middle(party.min(ENGINE)), middle(party.max(ENGINE)));
    put(&mut line, left + 1, &"-".repeat((right - left).saturating_sub(1)));
    // The label stands beside its party, whatever lies between that and the engine.
    let near = if party < ENGINE { left + PITCH / 2 } else { right.saturating_sub(PITCH / 2) };
    put(&mut line, near.saturating_sub(label.len().div_ceil(2)), &format!(" {label} "));
    match comes == (party < ENGINE) {
        true => put(&mut line, right.saturating_sub(1), ">"),
        false => put(&mut line, left + 1, "<"),
    }
    line.into_iter().collect()
}

fn put(line: &mut [char], at: usize, text: &str) {
    line.iter_mut().skip(at).zip(text.chars()).for_each(|(place, c)| *place = c);
}

/// Method or status line in plain letters, which all take one column.
fn label(message: &Value) -> String {
    let what = text(message, "what");
    let plain = |text: &str| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    match (what, message["status"].as_u64()) {
        ("", _) => "unreadable".to_owned(),
        (what, _) if plain(what) => what.chars().take(LABEL).collect::<String>().trim_end().to_owned(),
        (_, Some(status)) => status.to_string(),
        (_, None) => "?".to_owned(),
    }
}

fn details(ladder: &Value, message: &Value) -> String {
    let mut details = vec![printable(text(message, "cseq"))];
    if message["again"] == true {
        details.push("again".to_owned());
    }
    let same = list(ladder, "legs").iter().filter(|leg| leg["party"] == message["party"]);
    if same.count() > 1 {
        details.push(format!("leg {}", message["leg"]));
    }
    details.extend(list(message, "sdp").iter().map(stream));
    let headers = list(message, "headers").iter();
    details.extend(headers.map(|header| printable(&format!("{}: {}", text(header, "name"), text(header, "value")))));
    if message["body"].is_object() {
        let hidden = if message["body"]["digits_hidden"] == true { ", digits hidden" } else { "" };
        let kind = printable(text(&message["body"], "type"));
        details.push(format!("{kind} {} bytes{hidden}", message["body"]["bytes"]));
    }
    details.retain(|detail| !detail.is_empty());
    details.join("; ")
}

fn stream(stream: &Value) -> String {
    let (media, address, port) = (text(stream, "media"), text(stream, "address"), &stream["port"]);
    let address = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    let codecs: Vec<&str> = list(stream, "codecs").iter().filter_map(Value::as_str).collect();
    let told = match port.as_u64() {
        Some(0) => format!("{media} refused"),
        _ => format!("{media} {address}:{port} {} {}", text(stream, "direction"), codecs.join(" ")),
    };
    printable(&told)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(at_ms: u64, direction: &str, leg: u16, party: &str, what: &str) -> Value {
        let at = format!("2026-11-30T03:50:{:02}.{:03}Z", at_ms / 1000, at_ms % 1000);
        let status = what.split(' ').next().and_then(|word| word.parse::<u16>().ok());
        json!({
            "at_ms": at_ms, "at": at, "direction": direction, "leg": leg, "party": party, "peer": "udp 192.0.2.9:5060",
            "what": what, "method": "INVITE", "status": status, "cseq": "1 INVITE", "again": false, "headers": [], "sdp": [],
            "body": null, "text": null,
        })
    }

    fn ladder() -> Value {
        let mut offer = message(0, "in", 0, "citizen", "INVITE");
        offer["sdp"] = json!([
            {"media": "audio", "address": "192.0.2.9", "port": 4000, "codecs": ["PCMA", "telephone-event"], "direction": "sendrecv"},
            {"media": "audio", "address": "2001:db8::9", "port": 4002, "codecs": ["opus/48000/2"], "direction": "inactive"},
            {"media": "video", "address": "192.0.2.9", "port": 0, "codecs": ["96"], "direction": "sendrecv"},
        ]);
        let mut again = message(501, "out", 0, "citizen", "200 OK");
        again["again"] = json!(true);
        let mut keys = message(2000, "in", 0, "citizen", "INFO");
        keys["body"] = json!({"type": "application/dtmf-relay", "bytes": 24, "digits_hidden": true});
        let mut busy = message(9000, "in", 2, "agent 1002", "486 Busy Here And A Very Long Reason");
        busy["headers"] = json!([{"name": "Reason", "value": "Q.850;cause=17\u{1b}[2J"}]);
        busy["text"] = json!("SIP/2.0 486 Busy Here\r\nTo: <sip:1002@h>\r\n\r\n");
        json!({
            "call": "0000000000000001000000070000002a", "began": "2026-11-30T03:50:00.000Z", "caller": "138******00",
            "called": "12345", "masked": true, "gone": 3,
            "legs": [
                {"leg": 0, "party": "citizen", "call_id": "a"}, {"leg": 1, "party": "agent 1001", "call_id": "b"},
                {"leg": 2, "party": "agent 1002", "call_id": "c"}, {"leg": 3, "party": "agent 1002", "call_id": "d"},
            ],
            "messages": [
                offer, again, keys, message(2001, "out", 1, "agent 1001", "INVITE"), message(2002, "out", 3, "agent 1002", "INVITE"),
                busy, message(9001, "in", 0, "citizen", ""), message(9002, "in", 0, "citizen", "200 好"),
            ],
        })
    }

    #[test]
    fn each_message_is_an_arrow_between_the_engine_and_its_party() {
        insta::assert_snapshot!(picture(&ladder()));
    }

    #[test]
    fn an_answer_of_any_shape_is_drawn() {
        for odd in [
            json!(null),
            json!({"messages": [1, {}, {"party": 7}]}),
            json!({"legs": [{"party": "x"}], "messages": [{"party": "y"}]}),
        ] {
            assert!(picture(&odd).starts_with("call "), "{odd}");
        }
    }
}
