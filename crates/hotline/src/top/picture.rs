//! What a screen shows, as the server tells it.

use serde_json::Value;

use crate::client::{Server, list, piece, text};

/// One look at the server.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Picture {
    /// When, in the server's words.
    pub(super) at: String,
    pub(super) queues: Vec<Queue>,
    pub(super) agents: Agents,
    /// The longest waiting, of all groups.
    pub(super) callers: Vec<Caller>,
    pub(super) trunks: Vec<Trunk>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Queue {
    pub(super) group: String,
    pub(super) open: bool,
    pub(super) surge: bool,
    pub(super) waiting: u64,
    pub(super) longest_ms: u64,
    /// Citizens who are to be called back.
    pub(super) call_backs: u64,
    /// Within which a caller is served who comes now, nine times of ten.
    pub(super) within_ms: Option<u64>,
    pub(super) ready: u64,
    pub(super) ringing: u64,
    pub(super) talking: u64,
    pub(super) wrap_up: u64,
    pub(super) answered: u64,
    pub(super) abandoned: u64,
    pub(super) level: Option<f64>,
    /// The calls that the level is of.
    pub(super) of_late: u64,
}

/// Agents by what they do.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Agents {
    pub(super) ready: usize,
    pub(super) ringing: usize,
    pub(super) talking: usize,
    pub(super) wrap_up: usize,
    pub(super) paused: usize,
    /// Without a phone too.
    pub(super) signed_off: usize,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Caller {
    pub(super) call: String,
    pub(super) group: String,
    pub(super) caller: String,
    pub(super) turn: u64,
    pub(super) waited_ms: u64,
    pub(super) pulled: bool,
    pub(super) offered: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Trunk {
    pub(super) name: String,
    pub(super) calls: u64,
    pub(super) limit: Option<u64>,
    pub(super) came: u64,
    pub(super) asr: Option<f64>,
    pub(super) went: Option<u64>,
    /// Whether calls go out, where they do.
    pub(super) open: Option<bool>,
}

/// Groups whose callers are asked for: those who wait longest are in one of them unless a turn is worth more than a wait.
const GROUPS_ASKED_MAX: usize = 5;
/// Callers of each, and of all that are shown.
const CALLERS_MAX: usize = 8;

impl Picture {
    /// # Errors
    /// What the server, or the way to it, has to say.
    pub(super) fn of(server: &Server) -> Result<Picture, String> {
        let queues: Vec<Queue> = list(&server.get("/api/v1/queues")?, "queues").iter().map(queue).collect();
        let agents = agents(&server.get("/api/v1/agents")?);
        let trunks = list(&server.get("/api/v1/trunks")?, "trunks").iter().map(trunk).collect();
        let callers = callers(server, &queues)?;
        Ok(Picture { at: now(), queues, agents, callers, trunks })
    }
}

/// In UTC, without milliseconds.
fn now() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let wall = base::Wall(i64::try_from(since.as_millis()).unwrap_or_default()).to_string();
    wall.get(..19).unwrap_or_default().replace('T', " ")
}

/// Those of the groups with the longest waits.
fn callers(server: &Server, queues: &[Queue]) -> Result<Vec<Caller>, String> {
    let mut groups: Vec<&Queue> = queues.iter().filter(|queue| queue.waiting > 0).collect();
    groups.sort_by_key(|queue| std::cmp::Reverse(queue.longest_ms));
    let mut all = Vec::new();
    for queue in groups.iter().take(GROUPS_ASKED_MAX) {
        let path = format!("/api/v1/queues/{}/callers?limit={CALLERS_MAX}", piece(&queue.group));
        let answer = server.get(&path)?;
        all.extend(list(&answer, "callers").iter().map(|value| caller(value, &queue.group)));
    }
    all.sort_by_key(|caller| std::cmp::Reverse(caller.waited_ms));
    all.truncate(CALLERS_MAX);
    Ok(all)
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_default()
}

fn queue(value: &Value) -> Queue {
    let agents = &value["agents"];
    Queue {
        group: text(value, "group").to_owned(),
        open: value["open"] != false,
        surge: value["surge"] == true,
        waiting: number(value, "waiting"),
        longest_ms: number(value, "longest_wait_ms"),
        call_backs: number(value, "call_backs"),
        within_ms: value["expected_wait_high_ms"].as_u64(),
        ready: number(agents, "ready"),
        ringing: number(agents, "offered"),
        talking: number(agents, "talking"),
        wrap_up: number(agents, "wrap_up"),
        answered: number(value, "answered"),
        abandoned: number(value, "abandoned"),
        level: value["service_level"].as_f64(),
        of_late: number(value, "service_level_calls"),
    }
}

fn agents(answer: &Value) -> Agents {
    let mut agents = Agents::default();
    for agent in list(answer, "agents") {
        let count = match text(agent, "state") {
            "ready" => &mut agents.ready,
            "offered" => &mut agents.ringing,
            "talking" => &mut agents.talking,
            "wrap_up" => &mut agents.wrap_up,
            "paused" => &mut agents.paused,
            _ => &mut agents.signed_off,
        };
        *count += 1;
    }
    agents
}

fn caller(value: &Value, group: &str) -> Caller {
    Caller {
        call: text(value, "call").to_owned(),
        group: group.to_owned(),
        caller: text(value, "caller").to_owned(),
        turn: number(value, "position"),
        waited_ms: number(value, "waited_ms"),
        pulled: value["pulled"] == true,
        offered: value["offered"] == true,
    }
}

fn trunk(value: &Value) -> Trunk {
    Trunk {
        name: text(value, "trunk").to_owned(),
        calls: number(value, "calls"),
        limit: value["limit"].as_u64(),
        came: number(value, "seizures"),
        asr: value["asr"].as_f64(),
        went: value["calls_out"]["placed"].as_u64(),
        open: value["outward"]["open"].as_bool(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_of_any_shape_is_read() {
        for odd in [json!(null), json!([]), json!({"agents": [{}, 3]}), json!({"group": 7, "agents": "x"})] {
            assert_eq!(queue(&odd).waiting, 0);
            assert_eq!(trunk(&odd), Trunk::default());
            assert_eq!(caller(&odd, "g").turn, 0);
            assert!(agents(&odd).signed_off <= 2);
        }
    }

    #[test]
    fn agents_are_counted_by_what_they_do() {
        let states = ["ready", "ready", "offered", "talking", "wrap_up", "paused", "signed_on", "signed_off"];
        let all: Vec<_> = states.iter().map(|state| json!({"state": state})).collect();
        let expected = Agents { ready: 2, ringing: 1, talking: 1, wrap_up: 1, paused: 1, signed_off: 2 };
        assert_eq!(agents(&json!({"agents": all})), expected);
    }
}
