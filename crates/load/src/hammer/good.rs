//! The call that must work after every batch: a citizen and an agent hear each other.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use base::{Digit, Secret};
use phone::{Act, Answering, Config, Status, Step, TonePair, Voice};

use crate::{PhoneId, Runner, address_towards};

pub(super) const CITIZEN: TonePair = TonePair { low_hz: 1250, high_hz: 1850 };
/// Every agent's voice: whoever answers, it is heard.
pub(super) const AGENT: TonePair = TonePair { low_hz: 1450, high_hz: 2350 };
/// Agents that only good calls need; those of the batch may answer too.
const NUMBERS: [u32; 2] = [1009, 1010];
/// Half a second of windows that hold the other's voice.
const WINDOWS: usize = 5;
/// Registering, the menu, ringing: what has to wait for the end of the batch's calls included.
const CALL_MAX: Duration = Duration::from_secs(60);
/// What a citizen who was turned away waits.
const REDIAL: Duration = Duration::from_secs(1);

pub(super) struct Pair {
    citizen: PhoneId,
    agents: Vec<PhoneId>,
}

impl Pair {
    pub(super) fn new(runner: &mut Runner, server: SocketAddr) -> io::Result<Pair> {
        let local = address_towards(server)?;
        let listen_hz = vec![AGENT.low_hz, AGENT.high_hz];
        let script = (1..=3).map(|_| Step { after: Duration::from_millis(700), act: Act::Press(Digit::Number(0)) });
        let citizen = runner.add(local, |sip, media| Config {
            voice: Voice::Tones(CITIZEN),
            listen_hz,
            script: script.collect(),
            ..Config::new("13800138000", server, sip, media)
        })?;
        let mut agents = Vec::new();
        for number in NUMBERS {
            agents.push(runner.add(local, |sip, media| Config {
                password: Some(Secret(format!("example-{number}"))),
                answering: Answering::After(Duration::from_millis(200)),
                voice: Voice::Tones(AGENT),
                listen_hz: vec![CITIZEN.low_hz, CITIZEN.high_hz],
                ..Config::new(&number.to_string(), server, sip, media)
            })?);
        }
        Ok(Pair { citizen, agents })
    }

    /// Dials, presses, waits until the citizen hears an agent, and hangs up; gives the milliseconds from dialling to hearing.
    pub(super) fn call(&self, runner: &mut Runner) -> Result<u64, String> {
        let broken = |error: io::Error| format!("the phones cannot wait on their sockets: {error}");
        for id in &self.agents {
            runner.act(*id, |phone, now, out| phone.register(now, out));
        }
        let ready = |r: &mut Runner| self.agents.iter().all(|id| r.phone(*id).is_registered());
        if !runner.run_until(CALL_MAX, ready).map_err(broken)? {
            return Err("the good call's agents cannot register".into());
        }
        let began = runner.now();
        let mut dialled = began;
        let heard = runner.run_until(CALL_MAX, |r| {
            r.take_events();
            if r.phone(self.citizen).status() == Status::Idle && (dialled == began || r.now() > dialled + REDIAL) {
                // Turned away for want of a free port, which closed ones become again within seconds.
                dialled = r.now();
                r.act(self.citizen, |phone, now, out| phone.dial(now, "12345", out));
            }
            self.both_hear(r, dialled)
        });
        if !heard.map_err(broken)? {
            let status = runner.phone(self.citizen).status();
            return Err(format!("the good call had no voice within {} s; its phone is {status:?}", CALL_MAX.as_secs()));
        }
        let took = runner.now().since(began);
        runner.act(self.citizen, |phone, now, out| phone.hang_up(now, out));
        let over =
            |r: &mut Runner| self.agents.iter().chain([&self.citizen]).all(|id| r.phone(*id).status() == Status::Idle);
        if !runner.run_until(CALL_MAX, over).map_err(broken)? {
            return Err("the good call did not end for its agent".into());
        }
        Ok(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
    }

    /// The citizen hears an agent; where it is one of ours, it hears the citizen.
    fn both_hear(&self, runner: &Runner, since: base::Time) -> bool {
        let hears = |id: PhoneId| {
            let both = |w: &&phone::Window| w.at > since && w.tones == 0b11;
            runner.phone(id).ear().windows().rev().take(50).filter(both).count() >= WINDOWS
        };
        let mut talking = self.agents.iter().filter(|id| runner.phone(**id).status() == Status::Talking);
        hears(self.citizen) && talking.all(|id| hears(*id))
    }
}
