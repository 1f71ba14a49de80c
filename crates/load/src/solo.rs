//! One phone for one person at a terminal, with a recording.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use base::{Now, Time};
use phone::{Config, Event, Output, Phone, What};

use crate::wav::Recorder;
use crate::{PhoneId, Runner, address_towards};

/// A runner with a single phone. Errors are sentences for the person.
pub struct Solo {
    runner: Runner,
    id: PhoneId,
    recorder: Option<Recorder>,
}

impl Solo {
    /// A phone called `user` that talks to `server` from the address that leads there.
    ///
    /// # Errors
    /// When no route leads to the server, no port is free, or the recording cannot be made.
    pub fn new(
        user: &str,
        server: SocketAddr,
        record: Option<&Path>,
        adjust: impl FnOnce(&mut Config),
    ) -> Result<Solo, String> {
        let no_way = |e: io::Error| format!("no way to {server}: {e}; check the address");
        let local = address_towards(server).map_err(no_way)?;
        let recorder = record.map(Recorder::create).transpose().map_err(|e| e.to_string())?;
        let mut runner = Runner::new().map_err(|e| format!("the phone cannot be set up: {e}"))?;
        let configure = |sip, media| {
            let mut config = Config::new(user, server, sip, media);
            config.hand_out_audio = record.is_some();
            adjust(&mut config);
            config
        };
        let id = runner.add(local, configure).map_err(|e| format!("the phone gets no ports at {local}: {e}"))?;
        Ok(Solo { runner, id, recorder })
    }

    pub fn now(&self) -> Time {
        self.runner.now()
    }

    pub fn phone(&self) -> &Phone {
        self.runner.phone(self.id)
    }

    pub fn act(&mut self, act: impl FnOnce(&mut Phone, Now, &mut Output)) {
        self.runner.act(self.id, act);
    }

    /// Waits at most `wait` for something to happen; what was heard goes into the recording.
    ///
    /// # Errors
    /// When the recording cannot be written or the sockets fail.
    pub fn turn(&mut self, wait: Duration) -> Result<Vec<Event>, String> {
        self.runner.turn(wait).map_err(|e| format!("the phone cannot wait on its sockets: {e}"))?;
        let events: Vec<Event> = self.runner.take_events().into_iter().map(|(_, event)| event).collect();
        let heard = self.runner.take_heard(self.id);
        if let Some(recorder) = &mut self.recorder {
            recorder.write(&heard).map_err(|e| e.to_string())?;
            if events.iter().any(|e| matches!(e.what, What::HungUp { .. })) {
                recorder.flush().map_err(|e| e.to_string())?;
            }
        }
        Ok(events)
    }

    /// Ends the recording; gives its seconds, if there is one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<Option<f64>, String> {
        self.recorder.map(Recorder::finish).transpose().map_err(|e| e.to_string())
    }
}
