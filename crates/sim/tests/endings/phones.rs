//! Agents with more than one phone, or with one that moves.

use base::EndReason::CallerHangup;
use base::WaitOutcome::Answered;
use phone::{Answering, Status, What, Why};
use sim::{Person, Setting, Stage};

use crate::kit::{connected, ms, says, serves_again, talk, waiting};

/// An agent with two phones and one citizen.
fn two_phones() -> (Stage, Person, [Person; 2]) {
    let mut stage = Stage::new(&Setting { phones: 2, citizens: 2, ..Setting::default() });
    let (citizen, phones) = (stage.citizen(0), [stage.phone_of(0, 0), stage.phone_of(0, 1)]);
    for phone in phones {
        stage.sign_on(phone);
        stage.config(phone).answering = Answering::Never;
    }
    stage.dial(citizen, &[1]);
    stage.until("two ringing phones", |stage| phones.iter().all(|p| stage.phone(*p).status() == Status::Ringing));
    (stage, citizen, phones)
}

fn hung_up(stage: &Stage, phone: Person, why: Why) -> bool {
    stage.told(phone).any(|what| matches!(what, What::HungUp { why: told, .. } if *told == why))
}

#[test]
fn one_of_two_phones_answers() {
    let (mut stage, citizen, [idle, answers]) = two_phones();
    stage.act(answers, |phone, now, out| phone.pick_up(now, out));
    talk(&mut stage, citizen, answers);
    assert!(hung_up(&stage, idle, Why::Cancelled));
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

/// Both 200s cross the CANCELs: exactly one phone is connected, the other gets a BYE.
#[test]
fn both_phones_answer_at_once() {
    let (mut stage, citizen, phones) = two_phones();
    for phone in phones {
        stage.act(phone, |phone, now, out| phone.pick_up(now, out));
    }
    stage
        .until("one talk", |stage| phones.iter().filter(|p| stage.phone(**p).status() == Status::Talking).count() == 1);
    let winner = phones.into_iter().find(|p| stage.phone(*p).status() == Status::Talking).unwrap_or(phones[0]);
    let loser = if winner == phones[0] { phones[1] } else { phones[0] };
    assert!(hung_up(&stage, loser, Why::Bye));
    talk(&mut stage, citizen, winner);
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn one_of_two_phones_declines() {
    let (mut stage, citizen, [declines, answers]) = two_phones();
    stage.hang_up(declines);
    stage.pass(ms(300));
    stage.act(answers, |phone, now, out| phone.pick_up(now, out));
    talk(&mut stage, citizen, answers);
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

#[test]
fn both_phones_decline() {
    let (mut stage, citizen, phones) = two_phones();
    for phone in phones {
        stage.hang_up(phone);
        stage.config(phone).answering = Answering::After(ms(200));
    }
    stage.pass(ms(200));
    assert_eq!(waiting(&stage), 1);
    stage.until("a talk", |stage| phones.iter().any(|p| stage.phone(*p).status() == Status::Talking));
    stage.pass(ms(1000));
    stage.hang_up(citizen);
    says(&stage.finish()[0], CallerHangup, Some("1001"), &[Answered]);
}

/// The phone's address changes in a call: the call goes on at the old one, the next call rings the new one alone.
#[test]
fn a_phone_registers_from_a_new_address_in_a_call() {
    let (mut stage, citizen, old) = connected(&Setting { phones: 2, citizens: 2, ..Setting::default() });
    let (later, new) = (stage.citizen(1), stage.phone_of(0, 1));
    stage.sign_on(new);
    stage.act(old, |phone, now, out| phone.unregister(now, out));
    stage.pass(ms(1000));
    talk(&mut stage, citizen, old);
    stage.hang_up(citizen);
    stage.pass(ms(100));
    serves_again(&mut stage, new, later);
    assert_eq!(stage.told(old).filter(|what| matches!(what, What::Incoming { .. })).count(), 1);
    let records = stage.finish();
    says(&records[0], CallerHangup, Some("1001"), &[Answered]);
    says(&records[1], CallerHangup, Some("1001"), &[Answered]);
}

/// The last phone signs off in a call: the call goes on, and nobody is offered afterwards.
#[test]
fn a_phone_signs_off_in_a_call() {
    let (mut stage, citizen, agent) = connected(&Setting { citizens: 2, ..Setting::default() });
    let later = stage.citizen(1);
    stage.act(agent, |phone, now, out| phone.unregister(now, out));
    stage.pass(ms(1000));
    talk(&mut stage, citizen, agent);
    stage.hang_up(citizen);
    stage.dial(later, &[1]);
    stage.pass(ms(3000));
    assert_eq!(waiting(&stage), 1);
    stage.sign_on(agent);
    talk(&mut stage, later, agent);
    stage.hang_up(later);
    says(&stage.finish()[1], CallerHangup, Some("1001"), &[Answered]);
}
