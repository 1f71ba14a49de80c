//! Phones in calls whose messages are stolen, spoilt and sent again, also from their own sockets.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use base::{Digit, Rng, Secret};
use phone::{Act, Answering, Config, Status, Step, Voice};

use super::good;
use super::seeds::Seeds;
use crate::{PhoneId, Runner, address_towards};

/// Citizens in calls, and agents that answer them.
const CITIZENS: u32 = 6;
const AGENTS: [u32; 3] = [1001, 1002, 1003];

pub(super) struct Victims {
    citizens: Vec<PhoneId>,
    all: Vec<PhoneId>,
}

impl Victims {
    pub(super) fn new(runner: &mut Runner, server: SocketAddr) -> io::Result<Victims> {
        let local = address_towards(server)?;
        let mut all = Vec::new();
        for number in AGENTS {
            all.push(runner.add(local, |sip, media| Config {
                password: Some(Secret(format!("example-{number}"))),
                answering: Answering::After(Duration::from_millis(200)),
                voice: Voice::Tones(good::AGENT),
                ..Config::new(&number.to_string(), server, sip, media)
            })?);
        }
        let mut citizens = Vec::new();
        for number in 0..CITIZENS {
            citizens.push(runner.add(local, |sip, media| Config {
                voice: Voice::Tones(good::CITIZEN),
                script: script(number),
                ..Config::new(&format!("1390000000{number}"), server, sip, media)
            })?);
        }
        all.extend(&citizens);
        Ok(Victims { citizens, all })
    }

    /// Whoever is idle calls, or hangs up now and then.
    pub(super) fn live(&mut self, runner: &mut Runner, rng: &mut Rng) {
        for id in &self.all {
            let is_citizen = self.citizens.contains(id);
            let idle = runner.phone(*id).status() == Status::Idle;
            if is_citizen && idle && rng.chance(0.3) {
                runner.act(*id, |phone, now, out| phone.dial(now, "12345", out));
            } else if rng.chance(0.003) {
                runner.act(*id, |phone, now, out| phone.hang_up(now, out));
            } else if !is_citizen && (rng.chance(0.01) || !runner.phone(*id).is_registered() && rng.chance(0.1)) {
                runner.act(*id, |phone, now, out| phone.register(now, out));
            }
        }
        runner.take_events();
    }

    /// What they sent becomes seed.
    pub(super) fn give(&self, runner: &mut Runner, seeds: &mut Seeds) {
        for id in &self.all {
            runner.tap(*id).into_iter().for_each(|sent| seeds.keep(sent));
        }
    }

    pub(super) fn any(&self, rng: &mut Rng) -> Option<PhoneId> {
        self.all.get(rng.below(self.all.len() as u64) as usize).copied()
    }

    /// Ends every call.
    pub(super) fn rest(&self, runner: &mut Runner) {
        for id in &self.all {
            runner.act(*id, |phone, now, out| phone.hang_up(now, out));
        }
    }

    pub(super) fn are_quiet(&self, runner: &Runner) -> bool {
        self.all.iter().all(|id| runner.phone(*id).status() == Status::Idle)
    }
}

/// Presses, holds, resumes and hangs up, each citizen in another rhythm.
fn script(number: u32) -> Vec<Step> {
    let after = |ms: u32, act| Step { after: Duration::from_millis(u64::from(ms)), act };
    let key = Digit::Number((number % 3) as u8);
    vec![
        after(300 + 100 * number, Act::Press(key)),
        after(300, Act::Press(Digit::Number(0))),
        after(1500, Act::Hold),
        after(400, Act::Resume),
        after(600 + 200 * number, Act::HangUp),
    ]
}
