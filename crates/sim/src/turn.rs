//! One turn of the exchange: facts are written, effects leave, every rule is looked at; and the end of a process.

use base::{SwitchId, WorkerId};
use switch::{Input, Said, Wire};

use crate::Scenario;
use crate::addresses;
use crate::check::Queue;
use crate::network::Packet;
use crate::rim::Rim;
use crate::wire::delay;
use crate::world::{START, STORY_MAX, WIRES, World};

/// Steps from one comparison of journal and owners to the next: each costs a copy of both.
const AGREE_EVERY: u64 = 8;

/// What is done to the exchange.
pub(crate) enum Turn<'a> {
    Feed(Input<'a>),
    Deliver(Wire),
}

impl World {
    /// One input of the exchange, or one message between its owners; then everything is looked at.
    pub(crate) fn turn(&mut self, turn: Turn<'_>) -> Result<(), String> {
        let now = self.now;
        let mut known = WIRES.map(|wire| self.exchange.waiting(wire));
        if let Some(tapes) = &mut self.disk.tapes {
            match &turn {
                Turn::Feed(input) => tapes.given(now, input),
                Turn::Deliver(wire) => tapes.delivered(now, *wire),
            }
        }
        match turn {
            Turn::Feed(input) => self.exchange.feed(now, input, &mut self.effects),
            Turn::Deliver(wire) => {
                if let Some(Said::ToQueue(command)) = self.exchange.said(wire, 0) {
                    self.checks.queue.heard(now.time, command);
                    if let acd::Command::Plan(plan) = command {
                        self.checks.owners.plan = acd::Plan::clone(plan);
                    }
                }
                known[wire as usize] -= 1;
                self.arrive[wire as usize] = None;
                self.exchange.deliver(now, wire, &mut self.effects);
            }
        }
        self.after_turn(known)
    }

    /// Facts are written, effects leave, and everything is looked at.
    fn after_turn(&mut self, known: [usize; 3]) -> Result<(), String> {
        let now = self.now;
        self.listen(known);
        if let Some(tapes) = &mut self.disk.tapes {
            tapes.turn(now, &mut self.exchange, &self.effects);
        }
        if !self.disk.write(now, &mut self.effects) {
            self.killed();
            return Ok(());
        }
        self.carry_out_effects()?;
        self.deadline = self.exchange.next_timeout();
        if self.steps.is_multiple_of(AGREE_EVERY) {
            self.disk.agrees(&self.exchange)?;
        }
        self.checks.queue.check(now.time)?;
        let queue = self.exchange.acd.view(now);
        self.checks.owners.always(&queue, &self.exchange)?;
        if WIRES.iter().all(|wire| self.exchange.waiting(*wire) == 0) {
            self.checks.owners.settled(&queue, &self.exchange)?;
        }
        Ok(())
    }

    /// Hears what was put on the wires beyond the `known`, and sets when each wire delivers.
    pub(crate) fn listen(&mut self, known: [usize; 3]) {
        // The queue takes callers back before it chooses anew, so its words to the calls come before those to the roster.
        for wire in [Wire::ToSwitch, Wire::ToRoster, Wire::ToQueue] {
            for place in known[wire as usize]..self.exchange.waiting(wire) {
                let Some(said) = self.exchange.said(wire, place) else { continue };
                self.checks.queue.said(said);
                if let Said::ToRoster(roster::Command::OwnCall { agent, begins: false }) = said {
                    self.checks.own_over.insert(*agent, self.now.time);
                }
                if self.story.len() == STORY_MAX {
                    self.story.pop_front();
                }
                self.story.push_back(format!("{:?}     {said:?}", self.now.time));
            }
        }
        for wire in WIRES {
            let arrive = &mut self.arrive[wire as usize];
            if self.exchange.waiting(wire) > 0 && arrive.is_none() {
                *arrive = Some(self.now.time + delay(&mut self.rng, self.scenario.wire_delay_max));
            }
        }
    }

    pub(crate) fn carry_out_effects(&mut self) -> Result<(), String> {
        let now = self.now.time;
        for entry in self.effects.records.drain(..) {
            self.checks.records.take(&entry)?;
            self.disk.recorded(&entry);
        }
        for (worker, job) in self.effects.jobs.drain(..) {
            self.rims[usize::from(worker.0)].jobs.push(now, job);
        }
        // No target of a scenario is a name.
        self.effects.lookups.clear();
        // Who asked that somebody be called back sees the phone ring, or not.
        self.effects.answers.clear();
        for (call, question, speech) in self.effects.speeches.drain(..) {
            self.voice.ask(now, call, question, &speech);
        }
        self.ask_service()?;
        // Nobody keeps ladders here.
        self.effects.legs.clear();
        let from = addresses::server();
        for message in self.effects.messages.drain(..) {
            self.network.send(now, Packet { from, to: message.flow.peer, bytes: message.bytes.to_vec() });
        }
        Ok(())
    }

    /// A text of a call is a sound, or nobody speaks it.
    pub(crate) fn spoken(&mut self) -> Result<(), String> {
        let Some((call, question, clip)) = self.voice.take() else { return Ok(()) };
        self.turn(Turn::Feed(Input::Synthesized { call, question, clip }))
    }

    /// What the process held in its memory is gone.
    fn killed(&mut self) {
        self.tell(|| "killed".to_owned());
        self.disk.forget_confirmed();
        // Whoever starts the next process means it to serve.
        (self.draining, self.stop_at) = (false, self.scenario.last_drain(START.time));
        (self.arrive, self.deadline) = ([None; 3], None);
        self.rims.clear();
        self.voice.forget();
        self.checks.audio.cut(self.now.time, true);
        self.people.orphan();
    }

    /// The next process is there.
    pub(crate) fn start(&mut self) -> Result<(), String> {
        let now = self.now;
        self.tell(|| "started again".to_owned());
        let (scenario, bank, rng) = (&self.scenario, &self.bank, &mut self.rng);
        let rim = |w| Rim::new(WorkerId(w), scenario, bank.clone(), now.time, rng);
        self.rims = (0..scenario.workers).map(rim).collect();
        self.exchange = self.disk.start(config(&self.scenario), now, &mut self.effects);
        self.checks.queue = Queue::new(self.disk.plans().acd.clone());
        self.checks.owners.plan = self.disk.plans().acd.clone();
        self.checks.queue.restarted(&self.exchange.acd.ledger());
        self.checks.audio.cut(now.time, false);
        self.after_turn([0; 3])
    }
}

pub(crate) fn config(scenario: &Scenario) -> switch::Config {
    switch::Config {
        id: SwitchId::default(),
        epoch: base::Epoch::default(),
        product: "sim".to_owned(),
        nonce_key: [7; 32],
        workers: scenario.workers,
        leases_ready: scenario.leases_ready,
        drill: scenario.drill,
    }
}
