//! What is said of a leg for the time after a restart, and the leg made again from it.

use std::sync::Arc;

use base::{Key, LegId, Time};

use super::client::Placed;
use super::deadline::Deadline;
use super::leg::{Cancel, Leg, Phase};
use super::{Endpoint, Output, hop};
use crate::transaction::Timer;
use crate::{Dialog, Fact, Image, NameAddr};

impl Endpoint {
    /// Says what a restart would need of a leg now.
    pub(super) fn note_image(&self, key: Key, out: &mut Output) {
        if let Some(leg) = self.legs.get(key)
            && let Some(image) = self.image(leg)
        {
            out.facts.push(Fact::Image { leg: leg.id, image: Box::new(image) });
        }
    }

    fn image(&self, leg: &Leg) -> Option<Image> {
        let user = leg.user.clone();
        match leg.phase {
            Phase::Ringing { .. } => None,
            Phase::Calling { client, .. } => {
                let client = self.clients.get(client)?;
                let Placed { sent, rings, .. } = client.placed.as_deref()?;
                Some(Image::Calling { flow: client.way.flow, user, invite: Arc::clone(sent), rings: *rings })
            }
            Phase::Up | Phase::Leaving { .. } | Phase::Ending => {
                let dialog = Box::new(leg.dialog.clone()?);
                let placed = leg.invite.and_then(|client| self.clients.get(client)?.placed.as_deref());
                let invite = placed.map(|placed| Arc::clone(&placed.sent));
                Some(Image::Up { flow: leg.flow, user, dialog, follow: leg.follow, calls: leg.calls, invite })
            }
        }
    }

    pub(super) fn revive(&mut self, now: Time, id: LegId, image: Image) {
        if self.by_leg.contains_key(&id) {
            return;
        }
        let (flow, user) = (image.flow(), image.user().to_owned());
        let tag = NameAddr::parse(image.local()).ok().and_then(|local| local.tag().map(str::to_owned));
        // Without a tag nobody finds the leg, but its BYE still leaves.
        let tag = tag.unwrap_or_else(|| self.draw_tag());
        let key = self.legs.next_key();
        let mut leg = Leg::new(id, flow, user, tag, Phase::Up);
        leg.muted = true;
        match image {
            Image::Calling { invite, rings, .. } => {
                let placed = Placed { rings, ..Placed::new(invite) };
                let client = self.resume(flow, key, placed);
                if !rings {
                    self.arm_client(now, client, Timer::B, self.config.timers.patience());
                    leg.presumed = Some(self.wheel.arm(now + 2 * self.config.timers.t1, Deadline::Presumed(key)));
                }
                leg.calls = true;
                leg.phase = Phase::Calling { client, cancel: Cancel::No };
            }
            Image::Up { dialog, follow, calls, invite, .. } => {
                (leg.follow, leg.calls) = (follow, calls);
                if let Some(invite) = invite {
                    let placed = Placed::new(invite);
                    leg.invite = Some(self.resume_answered(now, &leg, key, placed, &dialog));
                }
                leg.dialog = Some(*dialog);
            }
        }
        self.insert_leg(leg);
    }

    /// A phone whose ACK was lost with the process repeats its 2xx, and may be one of several that answered.
    fn resume_answered(&mut self, now: Time, leg: &Leg, key: Key, mut placed: Placed, dialog: &Dialog) -> Key {
        let flow = hop::next(leg.flow, leg.follow, dialog);
        let ack = self.acknowledgement(flow, &dialog.acknowledge(placed.sent.head.cseq), None);
        placed.acks.push((dialog.remote_tag().to_owned(), Some(ack)));
        let client = self.resume(leg.flow, key, placed);
        self.arm_client(now, client, Timer::M, self.config.timers.patience());
        client
    }
}
