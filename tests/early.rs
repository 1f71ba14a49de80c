//! Before the answer: whoever has agreed on the media by then may move it (RFC 3262, RFC 3311), as carriers do it for their resources.

use std::time::Duration;

use crate::kit::puppet::Puppet;
use crate::kit::raw::{self, Dialog};
use crate::kit::tone::Pair;
use crate::kit::voice::{Voice, live};
use crate::lines;

const AGENT: Pair = Pair(620.0, 1510.0);
const LINE: Pair = Pair(560.0, 1330.0);
const LINE_MOVED: Pair = Pair(700.0, 1660.0);
const NUMBER: &str = "13900139000";
/// How long somebody is listened to, and how much of it has to be heard.
const LISTEN: Duration = Duration::from_secs(3);
const ENOUGH_S: f64 = 2.0;

/// With further headers.
fn with(message: &str, headers: &str) -> String {
    message.replacen("Max-Forwards: 70\r\n", &format!("Max-Forwards: 70\r\n{headers}\r\n"), 1)
}

/// An agent's phone and the phone of the line that it called, both by hand, and what the line says of its dialog.
struct Early {
    agent: Puppet,
    line: Puppet,
    asked: Dialog,
    invite: String,
}

impl Early {
    /// The line describes itself in a reliable 183, and so do we to the agent's phone; both have their PRACK.
    fn begin(agent: &mut Voice, line: &mut Voice, engine: &crate::kit::engine::Engine, mut callee: Puppet) -> Early {
        let mut caller = Puppet::new(engine.sip);
        caller.sign_on(1001);
        let mut asked = Dialog::calling_to(engine.sip, ("1001", NUMBER), "early", caller.address());
        caller.say(&with(&asked.request("INVITE", &agent.description()), "Require: 100rel"));
        let invite = callee.hear("INVITE");
        line.speak_to(&invite);
        let reliable = raw::contact(callee.address()) + "Require: 100rel\r\nRSeq: 7\r\n";
        callee.say(&raw::respond(&invite, 183, "line", &reliable, &line.description()));
        let prack = callee.hear("PRACK");
        callee.respond(&prack, (200, "line"), "");
        let progress = caller.hear("183");
        agent.speak_to(&progress);
        asked.answered(&progress);
        let rack = format!("RAck: {} 1 INVITE", raw::header(&progress, "RSeq"));
        caller.say(&with(&asked.request("PRACK", ""), &rack));
        assert!(raw::header(&caller.hear("200"), "CSeq").ends_with("PRACK"));
        Early { agent: caller, line: callee, asked, invite }
    }

    fn agent_moves(&mut self, to: &mut Voice) {
        self.agent.say(&self.asked.request("UPDATE", &to.description()));
        let ok = self.agent.hear("200");
        assert!(raw::header(&ok, "CSeq").ends_with("UPDATE"), "{ok}");
        to.speak_to(&ok);
    }

    fn line_moves(&mut self, to: &mut Voice) -> Dialog {
        let mut dialog = self.line.dialog(&self.invite, "line");
        self.line.say(&dialog.request("UPDATE", &to.description()));
        let ok = self.line.hear("200");
        assert!(raw::header(&ok, "CSeq").ends_with("UPDATE"), "{ok}");
        to.speak_to(&ok);
        dialog
    }

    /// The line's 200 says nothing of the media, or what its 183 said, which is past.
    fn answered(&mut self, body: &str) {
        self.line.respond(&self.invite, (200, "line"), body);
        self.line.hear("ACK");
        let ok = self.agent.hear("200");
        assert!(raw::header(&ok, "CSeq").ends_with("INVITE"), "{ok}");
        // The ACK has the number of the INVITE.
        self.agent.say(&self.asked.numbered("ACK", 1, ""));
    }
}

#[test]
fn both_may_move_before_the_answer_and_are_heard_where_they_went() {
    for says_again in [false, true] {
        let line = Puppet::new(([127, 0, 0, 1], 9).into());
        let engine = lines::engine(&[line.address()], "");
        let line = line.facing(engine.sip);
        let [mut agent, mut agent_moved] = [Voice::new(AGENT), Voice::new(AGENT)];
        let [mut outside, mut outside_moved] = [Voice::new(LINE), Voice::new(LINE_MOVED)];
        let mut early = Early::begin(&mut agent, &mut outside, &engine, line);
        live(&mut [&mut agent, &mut outside], LISTEN);
        assert!(agent.heard(LINE) >= ENOUGH_S, "what the line plays");

        early.agent_moves(&mut agent_moved);
        live(&mut [&mut agent_moved, &mut agent, &mut outside], LISTEN);
        let (there, before) = (agent_moved.heard(LINE), agent.heard(LINE));
        assert!(there >= ENOUGH_S && before < 0.3, "{there} s where the agent went, {before} s before");

        let mut dialog = early.line_moves(&mut outside_moved);
        live(&mut [&mut agent_moved, &mut outside_moved], LISTEN);
        assert!(agent_moved.heard(LINE_MOVED) >= ENOUGH_S, "the line is heard from where it went");

        early.answered(&if says_again { outside.description() } else { String::new() });
        live(&mut [&mut agent_moved, &mut outside_moved, &mut outside], LISTEN);
        let (there, before) = (outside_moved.heard(AGENT), outside.heard(AGENT));
        assert!(there >= ENOUGH_S && before < 0.3, "{there} s where the line went, {before} s before");
        assert!(agent_moved.heard(LINE_MOVED) >= ENOUGH_S, "the talk goes on");

        early.line.say(&dialog.request("BYE", ""));
        early.line.hear("200");
        let bye = early.agent.hear("BYE");
        early.agent.respond(&bye, (200, ""), "");
        let record = engine.ended_records(1).remove(0);
        // A line that an agent called stands where a citizen stands.
        assert_eq!(record["end_reason"], "caller_hangup", "{record}");
    }
}
