//! Who should hear whom: a pure function of journey and legs, told to the workers as differences.

use std::borrow::Cow;

use base::{After, Clip, Job, PlayId, SoundId, Source};

use crate::journey::{Calling, Journey, With};
use crate::leg::{Leg, State};
use crate::{Action, Call};

/// What the engine itself plays to the citizen.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    play: PlayId,
    source: Source,
}

impl Default for Program {
    fn default() -> Program {
        Program::of(PlayId(0), Vec::new(), After::Silence)
    }
}

impl Program {
    pub(crate) fn play(&mut self, sounds: Vec<SoundId>, after: After) {
        *self = Program::of(PlayId(self.play.0.wrapping_add(1)), sounds, after);
    }

    /// A sound of the call's own.
    pub(crate) fn play_clip(&mut self, clip: Clip) {
        let play = PlayId(self.play.0.wrapping_add(1));
        *self = Program { play, source: Source::Clip { play, clip } };
    }

    /// Begins anew, with these before the last so many.
    pub(crate) fn add(&mut self, sounds: Vec<SoundId>, before_last: usize) {
        let Source::Play { sounds: said, after, .. } = &self.source else { return };
        let (mut said, after) = (said.clone(), *after);
        let place = said.len().saturating_sub(before_last);
        said.splice(place..place, sounds);
        self.play(said, after);
    }

    fn of(play: PlayId, sounds: Vec<SoundId>, after: After) -> Program {
        Program { play, source: Source::Play { play, sounds, after } }
    }

    /// The next one of an agent's own; its numbers are apart from those of the citizen's.
    pub(crate) fn of_agent(before: Option<&Program>, sounds: Vec<SoundId>, after: After) -> Program {
        let number = before.map_or(1 << 31, |before| before.play.0.wrapping_add(1) | 1 << 31);
        Program::of(PlayId(number), sounds, after)
    }

    /// Whether nothing follows the last sound.
    pub(crate) fn ends(&self) -> bool {
        matches!(self.source, Source::Play { after: After::Silence, .. } | Source::Clip { .. })
    }

    pub(crate) fn is(&self, play: PlayId) -> bool {
        self.play == play
    }
}

impl Call {
    /// Tells the workers every difference between what legs hear and what they should hear.
    pub(crate) fn sync_stage(&mut self, out: &mut Vec<Action>) {
        for place in 0..self.legs.len() {
            let leg = &self.legs[place];
            let Some(heard) = &leg.heard else { continue };
            let wanted = self.wanted(leg);
            if *heard != *wanted {
                let wanted = wanted.into_owned();
                out.push(Action::Job(Job::Hear { end: leg.lease.end, source: wanted.clone() }));
                self.legs[place].heard = Some(wanted);
            }
        }
    }

    /// What a leg should hear now.
    fn wanted(&self, leg: &Leg) -> Cow<'_, Source> {
        let citizen = leg.id.index == self.citizen();
        let program = Cow::Borrowed(&self.program.source);
        match &self.journey {
            Journey::With(with) if with.greeting && (citizen || leg.id.index == with.leg) => program,
            Journey::With(With { told: Some(told), leg: agent, .. }) if leg.id.index == *agent => {
                Cow::Borrowed(&told.source)
            }
            // The agent talks with somebody else first.
            Journey::With(with) if !citizen && self.asked_leg().is_some() => {
                let asked = self.asked_leg().unwrap_or_default();
                let other = if leg.id.index == with.leg { asked } else { with.leg };
                Cow::Owned(if [asked, with.leg].contains(&leg.id.index) {
                    self.voice_of(other)
                } else {
                    Source::Silence
                })
            }
            // Who calls hears what a line plays before it answers; the line hears nobody yet.
            Journey::Calling(_) if citizen && leg.state == State::Early => Cow::Owned(self.early_voice()),
            Journey::Calling(Calling { menu: Some(_), .. }) if citizen => program,
            Journey::With(With { handing: Some(_), .. }) | Journey::Calling(_) => Cow::Owned(match citizen {
                true => Source::Play { play: PlayId(0), sounds: Vec::new(), after: self.hold_music() },
                false => Source::Silence,
            }),
            Journey::CallingBack(back) => Cow::Owned(match leg.id.index == back.leg {
                true => Source::Play { play: PlayId(0), sounds: Vec::new(), after: self.hold_music() },
                false => Source::Silence,
            }),
            Journey::With(with) if citizen => Cow::Owned(self.voice_of(with.leg)),
            Journey::With(with) if leg.id.index == with.leg => Cow::Owned(self.voice_of(self.citizen())),
            Journey::Arriving | Journey::Ending => Cow::Owned(Source::Silence),
            _ if citizen => program,
            _ => Cow::Owned(Source::Silence),
        }
    }

    /// The party's voice, or music while that party holds the other.
    fn voice_of(&self, index: u16) -> Source {
        match self.legs.iter().find(|l| l.id.index == index) {
            Some(leg) if leg.speaks() => Source::End(leg.lease.end),
            Some(_) => Source::Play { play: PlayId(0), sounds: Vec::new(), after: self.hold_music() },
            None => Source::Silence,
        }
    }

    fn early_voice(&self) -> Source {
        let early = self.legs[1..].iter().find(|leg| leg.state == State::Early && leg.heard.is_some());
        early.map_or(Source::Silence, |leg| Source::End(leg.lease.end))
    }

    pub(crate) fn hold_music(&self) -> After {
        // Who is in no queue hears what the first group plays.
        let group = self.place().map_or(0, |place| usize::from(place.group.0));
        self.plan.groups.get(group).map_or(After::Silence, |group| After::Loop(group.music))
    }
}
