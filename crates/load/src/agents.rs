//! Agents of the shipped configuration at the load generator's phones.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use base::Secret;
use phone::{Answering, Config, TonePair, Voice};

use crate::{PhoneId, Runner, address_towards};

/// How long all agents together may take to register.
const SIGN_ON_MAX: Duration = Duration::from_secs(60);

/// Agents 1001 and up with the shipped passwords, who answer soon and say `voice`; `edit` may change them.
pub(crate) fn add(
    runner: &mut Runner,
    server: SocketAddr,
    count: u32,
    voice: TonePair,
    edit: impl Fn(&mut Config),
) -> io::Result<Vec<PhoneId>> {
    let local = address_towards(server)?;
    let one = |number: u32| {
        runner.add(local, |sip, media| {
            let mut config = Config {
                password: Some(Secret(format!("example-{number}"))),
                answering: Answering::After(Duration::from_millis(300)),
                voice: Voice::Tones(voice),
                ..Config::new(&number.to_string(), server, sip, media)
            };
            edit(&mut config);
            config
        })
    };
    (1001..).take(count as usize).map(one).collect()
}

pub(crate) fn sign_on(runner: &mut Runner, agents: &[PhoneId]) -> Result<(), String> {
    for id in agents {
        runner.act(*id, |phone, now, out| phone.register(now, out));
    }
    let all = |r: &mut Runner| agents.iter().all(|id| r.phone(*id).is_registered());
    match runner.run_until(SIGN_ON_MAX, all) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("not all of {} agents could register", agents.len())),
        Err(error) => Err(format!("the phones cannot wait: {error}")),
    }
}
