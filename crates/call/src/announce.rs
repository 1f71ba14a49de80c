//! What somebody hears who waits: music, announcements, and once that many are calling.

use std::sync::Arc;

use base::{After, GroupId, Now, SoundId};

use crate::journey::{Journey, Waiting, Wants};
use crate::{Action, Call, Plan, Timer};

impl Call {
    pub(crate) fn begin_wait(&mut self, now: Now, group: GroupId, said: Vec<SoundId>, out: &mut Vec<Action>) {
        if let Some(plan) = self.plan.groups.get(usize::from(group.0)) {
            self.account.wait_began(now, &plan.name, out);
            let mut said = said;
            said.extend(self.say_call_back(group));
            self.program.play(said, After::Loop(plan.music));
        }
        self.arm_announcement(now, group, out);
    }

    fn arm_announcement(&self, now: Now, group: GroupId, out: &mut Vec<Action>) {
        match self.plan.groups.get(usize::from(group.0)).and_then(|g| g.announce_every) {
            Some(every) => out.push(Action::Arm { timer: Timer::Announce, at: now.time + every }),
            None => out.push(Action::Disarm(Timer::Announce)),
        }
    }

    /// Another plan: whoever waits hears announcements from now on, or none any more, if that has changed; the menu stays.
    pub(crate) fn adopt(&mut self, now: Now, plan: Arc<Plan>, out: &mut Vec<Action>) {
        let before = std::mem::replace(&mut self.plan, plan);
        let Journey::Waiting(Waiting { place, .. }) = self.journey else { return };
        let announces =
            |plan: &Plan| plan.groups.get(usize::from(place.group.0)).is_some_and(|g| g.announce_every.is_some());
        if announces(&before) != announces(&self.plan) {
            self.arm_announcement(now, place.group, out);
        }
    }

    pub(crate) fn ask_position(&self, out: &mut Vec<Action>) {
        if matches!(self.journey, Journey::Waiting(_)) {
            out.push(Action::Queue(acd::Command::Locate { call: self.start.id }));
        }
    }

    pub(crate) fn announce(
        &mut self,
        now: Now,
        group: GroupId,
        (position, wait): (u32, Option<acd::Range>),
        out: &mut Vec<Action>,
    ) {
        let Journey::Waiting(_) = self.journey else { return };
        let Some(plan) = self.plan.groups.get(usize::from(group.0)) else { return };
        let music = plan.music;
        let mut sounds = if plan.announce_position { self.say_position(position) } else { Vec::new() };
        if let Some(wait) = wait.filter(|_| plan.announce_wait) {
            sounds.extend(self.plan.prompts.say_wait(self.locale, wait.low(), wait.high()));
        }
        if sounds.is_empty() {
            sounds = self.sounds(&["please-wait"]);
        }
        sounds.extend(self.say_call_back(group));
        self.program.play(sounds, After::Loop(music));
        self.arm_announcement(now, group, out);
    }

    fn say_position(&self, position: u32) -> Vec<SoundId> {
        let ahead = position.saturating_sub(1);
        if ahead == 0 {
            return self.sounds(&["position-next"]);
        }
        let mut sounds = self.sounds(&["position-before"]);
        sounds.extend(self.plan.prompts.say_number(self.locale, ahead));
        sounds.extend(self.sounds(&["position-after"]));
        sounds
    }

    pub(crate) fn sounds(&self, names: &[&str]) -> Vec<SoundId> {
        let mut sounds = Vec::with_capacity(names.len());
        sounds.extend(names.iter().filter_map(|name| self.plan.prompts.sound(self.locale, name)));
        sounds
    }

    /// The group is in surge that the caller has come to: says so before the offer of a call, and both before the music.
    pub(crate) fn tell_surge(&mut self, group: GroupId) {
        let citizen = matches!(self.journey, Journey::Waiting(Waiting { wants: Wants::Service, .. }));
        if !citizen || std::mem::replace(&mut self.told_of_surge, true) {
            return;
        }
        let Some(plan) = self.plan.groups.get(usize::from(group.0)) else { return };
        let (said, offer) = (self.sounds(&[plan.surge_prompt.as_str()]), self.say_call_back(group).len());
        self.program.add(said, offer);
    }
}
