//! One turn of the exchange: an input, everything that follows from it, what was written, what leaves; then every rule is looked at.

use switch::{Input, Said, Wire};

use super::addresses::{self, Person};
use super::quiet::Bridged;
use super::world::{Deed, World, config, fresh_media};
use crate::addresses::server;
use crate::check::Queue;
use crate::network::Packet;

const WIRES: [Wire; 3] = [Wire::ToQueue, Wire::ToRoster, Wire::ToSwitch];
/// Turns from one comparison of journal and owners to the next: each costs a copy of both.
const AGREE_EVERY: u64 = 32;
/// Deliveries of one turn, as `Exchange::settle` bounds them.
const DELIVERIES_MAX: usize = 100_000;

impl World {
    /// What the process had to say at its start.
    pub(super) fn begin(&mut self) -> Result<(), String> {
        self.after_turn()
    }

    pub(super) fn turn(&mut self, input: Input<'_>) -> Result<(), String> {
        self.exchange.feed(self.now, input, &mut self.effects);
        self.listen([0; 3]);
        self.settle()?;
        self.after_turn()
    }

    /// Owners hear each other until nobody has anything more to say, in the order of the server.
    fn settle(&mut self) -> Result<(), String> {
        for _ in 0..DELIVERIES_MAX {
            let Some(wire) = WIRES.into_iter().find(|wire| self.exchange.waiting(*wire) > 0) else { return Ok(()) };
            let mut known = WIRES.map(|wire| self.exchange.waiting(wire));
            if let Some(Said::ToQueue(command)) = self.exchange.said(wire, 0) {
                self.queue.heard(self.now.time, command);
                self.tally.waits.heard(self.now.time, command);
                if let acd::Command::Plan(plan) = command {
                    self.owners.plan = acd::Plan::clone(plan);
                }
                if let acd::Command::Enqueue { call, .. } | acd::Command::Return { call, .. } = command {
                    let call = *call;
                    self.asked(call);
                }
            }
            known[wire as usize] -= 1;
            self.exchange.deliver(self.now, wire, &mut self.effects);
            self.listen(known);
            self.queue.check(self.now.time)?;
        }
        Err(format!("owners talk to each other for ever: {DELIVERIES_MAX} deliveries"))
    }

    /// Hears what was put on the wires beyond the `known`; the queue's words to the calls come before those to the roster.
    fn listen(&mut self, known: [usize; 3]) {
        for wire in [Wire::ToSwitch, Wire::ToRoster, Wire::ToQueue] {
            for place in known[wire as usize]..self.exchange.waiting(wire) {
                let Some(said) = self.exchange.said(wire, place) else { continue };
                self.queue.said(said);
                if let Said::ByQueue(action) = &said {
                    self.tally.waits.said(self.now.time, action);
                }
                if self.tells() {
                    let line = format!("    {said:?}");
                    self.tell(|| line);
                }
            }
        }
    }

    /// Somebody asks for an agent, or comes back to the line: from here on patience runs.
    fn asked(&mut self, call: base::CallId) {
        let Some((who, serial)) = self.callers.get(&call).copied() else { return };
        let now = self.now.time;
        let Some(citizen) = self.people.citizen(who).filter(|citizen| citizen.serial == serial) else { return };
        citizen.turn += 1;
        citizen.with = None;
        let (turn, patience, pressed) = (citizen.turn, citizen.patience, citizen.pressed_at);
        self.tally.asks(now, call, pressed);
        if let Some(patience) = patience {
            self.plan(now + patience, Deed::CitizenHangsUp { who, serial, turn });
        }
    }

    fn after_turn(&mut self) -> Result<(), String> {
        if !self.disk.write(self.now, &mut self.effects) {
            self.killed();
            return Ok(());
        }
        self.carry_out_effects()?;
        self.deadline = self.exchange.next_timeout();
        if self.steps.is_multiple_of(AGREE_EVERY) {
            self.disk.agrees(&self.exchange)?;
        }
        let queue = self.exchange.acd.view(self.now);
        self.tally.look(self.now.time, &queue);
        self.owners.always(&queue, &self.exchange)?;
        self.owners.settled(&queue, &self.exchange)
    }

    fn carry_out_effects(&mut self) -> Result<(), String> {
        for entry in std::mem::take(&mut self.effects.records) {
            self.records.take(&entry)?;
            self.disk.recorded(&entry);
            for record in self.records.records.drain(..) {
                self.tally.ends(&record);
                self.callers.remove(&record.start.id);
            }
        }
        for (_, job) in std::mem::take(&mut self.effects.jobs) {
            self.quiet.job(self.now.time, &job)?;
            if let base::Job::Open { leg, params, .. } = &job {
                self.opened(leg.call, params.remote);
            }
            if let Some(bridged) = self.quiet.bridged.take() {
                self.bridged(bridged);
            }
        }
        // No target is a name, nobody asks from outside, nobody keeps ladders.
        self.effects.lookups.clear();
        // Nobody speaks here: callers hear what is said instead.
        self.effects.speeches.clear();
        self.effects.answers.clear();
        self.effects.legs.clear();
        for message in std::mem::take(&mut self.effects.messages) {
            self.send(Packet { from: server(), to: message.flow.peer, bytes: message.bytes.to_vec() });
        }
        Ok(())
    }

    /// Media of a phone begins; a phone that fell silent meanwhile is not heard.
    fn opened(&mut self, call: base::CallId, remote: std::net::SocketAddr) {
        let Some(who) = addresses::owner(remote) else { return };
        if let Some(citizen) = self.people.citizen(who) {
            let serial = citizen.serial;
            self.callers.insert(call, (who, serial));
        }
        let gone = self.people.handset(who).is_none_or(|handset| handset.gone || handset.media() != remote);
        if gone {
            self.quiet.falls_silent(self.now.time, remote);
        }
    }

    /// A citizen and an agent hear each other.
    fn bridged(&mut self, Bridged { listener, speaker }: Bridged) {
        if let (Some(who), Some(Person::Desk(desk))) = (addresses::owner(listener), addresses::owner(speaker)) {
            self.connected(who, desk, listener);
        }
    }

    /// What the process held in its memory is gone.
    fn killed(&mut self) {
        self.tell(|| "killed".to_owned());
        self.disk.forget_confirmed();
        self.deadline = None;
        self.tally.waits.cut();
        self.quiet = fresh_media(&self.sounds);
        self.quiet.notices.clear();
        self.people.citizens.iter_mut().flatten().for_each(|citizen| citizen.cut = true);
        self.tally.look(self.now.time, &acd::View::default());
    }

    /// The next process is there.
    pub(super) fn restart(&mut self) -> Result<(), String> {
        self.tell(|| "started again".to_owned());
        self.restarts += 1;
        self.quiet = fresh_media(&self.sounds);
        self.exchange = self.disk.start(config(), self.now, &mut self.effects);
        let plan = self.disk.plans().acd.clone();
        let reserved = self.queue.reserved;
        self.queue = Queue::new(plan.clone());
        self.queue.reserved = reserved;
        self.owners.plan = plan;
        self.queue.restarted(&self.exchange.acd.ledger());
        self.after_turn()
    }
}
