//! Offers that come to nothing: the citizen keeps the place, the next agent is tried, the first is offered again.

use std::net::SocketAddr;
use std::time::Duration;

use acd::AgentState;
use base::EndReason::{AgentHangup, CallerHangup};
use base::WaitOutcome::Answered;
use sim::{Person, Setting, Stage};

use crate::kit::{UNUSABLE, answer, hear, ms, respond, respond_as, says, talk, waiting, waits};
use crate::raw::{self, Dialog};

/// 64 × T1 (RFC 3261 §17.1.1.2).
const TIMER_B: Duration = Duration::from_secs(32);

/// Two citizens in the order of their arrival, and the first agent's phone by hand, which has the INVITE for the first.
struct Offered {
    stage: Stage,
    first: Person,
    invite: String,
}

fn offered() -> Offered {
    let mut stage = Stage::new(&Setting { citizens: 2, agents: 2, ..Setting::default() });
    let first = stage.agent(0);
    stage.sign_on(first);
    stage.by_hand(first);
    let (citizen, later) = (stage.citizen(0), stage.citizen(1));
    stage.dial(citizen, &[1]);
    let invite = hear(&mut stage, first, "INVITE");
    waits(&mut stage, later);
    Offered { stage, first, invite }
}

impl Offered {
    fn answers(&mut self, status: u16) {
        let invite = self.invite.clone();
        respond(&mut self.stage, self.first, &invite, status, "");
    }

    fn accepts(&mut self, tag: &str, body: &str) {
        let invite = self.invite.clone();
        respond_as(&mut self.stage, self.first, &invite, (200, tag), body);
    }

    /// The BYE that ends what the phone answered in vain, and our 200 to it.
    fn hears_bye(&mut self) {
        hear(&mut self.stage, self.first, "ACK");
        let bye = hear(&mut self.stage, self.first, "BYE");
        respond(&mut self.stage, self.first, &bye, 200, "");
    }

    fn state(&self) -> AgentState {
        state(&self.stage)
    }

    /// Until the first agent's lease is over.
    fn rings_out(&mut self) {
        let over = |stage: &mut Stage| state(stage) == AgentState::BackOff;
        self.stage.until("the end of the lease", over);
    }

    /// The second agent signs on and serves who came first; then the first agent is offered who came later.
    fn passed_over(self) {
        self.passed_over_until(Duration::ZERO);
    }

    /// The same when the first phone's INVITE goes on for so long.
    fn passed_over_until(self, winds_down: Duration) {
        let Offered { mut stage, first, .. } = self;
        let (citizen, later, second) = (stage.citizen(0), stage.citizen(1), stage.agent(1));
        stage.sign_on(second);
        talk(&mut stage, citizen, second);
        stage.pass(winds_down);
        stage.hand_back(first);
        talk(&mut stage, later, first);
        stage.hang_up(citizen);
        stage.hang_up(later);
        let records = stage.finish();
        says(&records[0], CallerHangup, Some("1002"), &[Answered]);
        says(&records[1], CallerHangup, Some("1001"), &[Answered]);
    }
}

/// The phone by hand is in a talk and hangs up; then the agent serves who came later.
fn talked_by_hand(mut stage: Stage, first: Person, invite: &str, tag: &str) {
    assert_eq!(stage.exchange().switch.phases().talking, 1);
    let bye = Dialog::called(invite, tag, stage.sip_address(first)).request("BYE", "");
    stage.say(first, bye);
    stage.hand_back(first);
    let later = stage.citizen(1);
    talk(&mut stage, later, first);
    stage.hang_up(later);
    let records = stage.finish();
    says(&records[0], AgentHangup, Some("1001"), &[Answered]);
    says(&records[1], CallerHangup, Some("1001"), &[Answered]);
}

fn state(stage: &Stage) -> AgentState {
    stage.exchange().acd.view(stage.now()).agents[0]
}

/// The phone refuses with this status, and nothing else is known of it.
fn refused(status: u16) {
    let mut offer = offered();
    offer.answers(status);
    hear(&mut offer.stage, offer.first, "ACK");
    assert_eq!(offer.state(), AgentState::BackOff, "{status}");
    assert_eq!(waiting(&offer.stage), 2, "{status}");
    offer.passed_over();
}

#[test]
fn an_agent_declines() {
    refused(603);
    refused(480);
}

#[test]
fn an_agent_is_busy() {
    refused(486);
    refused(600);
}

#[test]
fn a_phone_forwards() {
    refused(302);
}

#[test]
fn a_phone_refuses_for_everybody() {
    refused(604);
    refused(606);
}

#[test]
fn a_phone_asks_for_a_password() {
    refused(401);
    refused(407);
}

#[test]
fn a_phone_cannot_now() {
    let mut offer = offered();
    let refusal = raw::respond(&offer.invite, 503, "hand", "Retry-After: 600\r\n", "");
    offer.stage.say(offer.first, refusal);
    hear(&mut offer.stage, offer.first, "ACK");
    assert_eq!(offer.state(), AgentState::BackOff);
    offer.passed_over();
    refused(500);
    refused(404);
}

#[test]
fn a_phone_rings_and_never_more() {
    let mut offer = offered();
    offer.answers(180);
    offer.rings_out();
    let cancel = hear(&mut offer.stage, offer.first, "CANCEL");
    respond(&mut offer.stage, offer.first, &cancel, 200, "");
    offer.answers(487);
    offer.passed_over();
}

#[test]
fn a_phone_never_answers_the_cancel() {
    let mut offer = offered();
    offer.answers(180);
    offer.rings_out();
    hear(&mut offer.stage, offer.first, "CANCEL");
    offer.passed_over();
}

#[test]
fn a_phone_sends_nothing_at_all() {
    let mut offer = offered();
    offer.rings_out();
    // An INVITE that nothing answered goes on to the end of Timer B, and no CANCEL may be sent (RFC 3261 §9.1).
    offer.passed_over_until(TIMER_B);
}

#[test]
fn a_phone_answers_without_a_provisional() {
    let Offered { mut stage, first, invite } = offered();
    stage.pass(ms(1000));
    let body = answer(&stage, first);
    respond(&mut stage, first, &invite, 200, &body);
    hear(&mut stage, first, "ACK");
    stage.pass(ms(200));
    talked_by_hand(stage, first, &invite, "hand");
}

#[test]
fn early_media_ends_in_busy() {
    let mut offer = offered();
    let (invite, body) = (offer.invite.clone(), answer(&offer.stage, offer.first));
    respond(&mut offer.stage, offer.first, &invite, 183, &body);
    offer.stage.pass(ms(500));
    offer.answers(486);
    hear(&mut offer.stage, offer.first, "ACK");
    assert_eq!(offer.state(), AgentState::BackOff);
    offer.passed_over();
}

/// The 200 was under way when the lease ended: it meets the CANCEL.
#[test]
fn an_answer_comes_after_the_lease() {
    let mut offer = offered();
    offer.answers(180);
    offer.rings_out();
    let body = answer(&offer.stage, offer.first);
    offer.accepts("hand", &body);
    let cancel = hear(&mut offer.stage, offer.first, "CANCEL");
    respond(&mut offer.stage, offer.first, &cancel, 481, "");
    offer.hears_bye();
    assert_eq!(offer.state(), AgentState::BackOff, "nobody answered in time");
    offer.passed_over();
}

/// The phone says yes to the CANCEL, and then yes to the INVITE.
#[test]
fn a_phone_answers_what_it_let_be_cancelled() {
    let mut offer = offered();
    offer.answers(180);
    offer.rings_out();
    let cancel = hear(&mut offer.stage, offer.first, "CANCEL");
    respond(&mut offer.stage, offer.first, &cancel, 200, "");
    offer.stage.pass(ms(1000));
    let body = answer(&offer.stage, offer.first);
    offer.accepts("hand", &body);
    offer.hears_bye();
    offer.passed_over();
}

/// Its first word is its answer, after the lease: no CANCEL could be sent before it (RFC 3261 §9.1).
#[test]
fn a_silent_phone_answers_after_the_lease() {
    let mut offer = offered();
    offer.rings_out();
    let body = answer(&offer.stage, offer.first);
    offer.accepts("hand", &body);
    offer.hears_bye();
    offer.passed_over();
}

#[test]
fn an_answer_has_no_description() {
    let mut offer = offered();
    offer.accepts("hand", "");
    offer.hears_bye();
    assert_eq!(offer.state(), AgentState::BackOff);
    offer.passed_over();
}

#[test]
fn an_answer_has_no_usable_codec() {
    for types in [UNUSABLE, "8 0"] {
        let mut offer = offered();
        let mut body = raw::sdp(SocketAddr::new(offer.stage.sip_address(offer.first).ip(), 4000), types);
        if types != UNUSABLE {
            body = body.replace("m=audio 4000", "m=audio 0");
        }
        offer.accepts("hand", &body);
        offer.hears_bye();
        assert_eq!(offer.state(), AgentState::BackOff, "{types}");
        offer.passed_over();
    }
}

#[test]
fn an_answer_is_no_description() {
    let mut offer = offered();
    offer.accepts("hand", "once upon a time");
    offer.hears_bye();
    offer.passed_over();
}

#[test]
fn a_dead_host_is_passed_over_at_once() {
    let mut stage = Stage::new(&Setting { agents: 2, ..Setting::default() });
    let (citizen, gone, agent) = (stage.citizen(0), stage.agent(0), stage.agent(1));
    stage.sign_on(gone);
    stage.sign_on(agent);
    stage.vanish(gone);
    stage.says_unreachable(gone);
    stage.dial(citizen, &[1]);
    talk(&mut stage, citizen, agent);
    stage.hang_up(citizen);
    let records = stage.finish();
    says(&records[0], CallerHangup, Some("1002"), &[Answered]);
    assert!(records[0].queued_ms < 1000, "no ring time is lost: {:?}", records[0]);
}

/// A proxy behind the contact rings two phones, and both answer: one is connected, the other hung up on.
#[test]
fn a_contact_forks_and_two_phones_answer() {
    let Offered { mut stage, first, invite } = offered();
    let body = answer(&stage, first);
    for (status, tag) in [(180, "one"), (180, "two")] {
        respond_as(&mut stage, first, &invite, (status, tag), "");
    }
    respond_as(&mut stage, first, &invite, (200, "two"), &body);
    respond_as(&mut stage, first, &invite, (200, "one"), &body);
    let bye = hear(&mut stage, first, "BYE");
    assert!(raw::header(&bye, "To").ends_with("tag=one"), "the second to answer: {bye}");
    respond(&mut stage, first, &bye, 200, "");
    stage.pass(ms(500));
    talked_by_hand(stage, first, &invite, "two");
}

#[test]
fn a_contact_forks_and_nobody_answers() {
    let mut offer = offered();
    let invite = offer.invite.clone();
    for tag in ["one", "two", "three"] {
        respond_as(&mut offer.stage, offer.first, &invite, (180, tag), "");
    }
    respond_as(&mut offer.stage, offer.first, &invite, (486, "one"), "");
    hear(&mut offer.stage, offer.first, "ACK");
    offer.passed_over();
}

/// The 200 is repeated because our ACK was lost: the ACK comes again, and nothing else happens.
#[test]
fn an_answer_comes_twice() {
    let Offered { mut stage, first, invite } = offered();
    let body = answer(&stage, first);
    for _ in 0..2 {
        respond(&mut stage, first, &invite, 200, &body);
        hear(&mut stage, first, "ACK");
        stage.pass(ms(500));
    }
    talked_by_hand(stage, first, &invite, "hand");
}

/// The phone is asked again within milliseconds of its own BYE and calls itself busy: not a word against the agent.
#[test]
fn a_phone_is_busy_with_its_own_goodbye() {
    let Offered { mut stage, first, invite } = offered();
    let body = answer(&stage, first);
    respond(&mut stage, first, &invite, 200, &body);
    hear(&mut stage, first, "ACK");
    let mut dialog = Dialog::called(&invite, "hand", stage.sip_address(first));
    let bye = dialog.request("BYE", "");
    stage.say(first, bye);
    for _ in 0..3 {
        let next = hear(&mut stage, first, "INVITE");
        respond(&mut stage, first, &next, 486, "");
        hear(&mut stage, first, "ACK");
        assert_eq!(state(&stage), AgentState::Offered, "not counted");
    }
    stage.hand_back(first);
    let later = stage.citizen(1);
    talk(&mut stage, later, first);
    stage.hang_up(later);
    let records = stage.finish();
    says(&records[1], CallerHangup, Some("1001"), &[Answered]);
    assert!(records[1].queued_ms < 3000, "{:?}", records[1]);
}
