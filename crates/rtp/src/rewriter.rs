//! A relayed stream inside the stream of its listener.

use base::Time;

use crate::packet::Header;
use crate::receiver::Place;
use crate::stream::{Sender, is_after, samples};

/// A sender whose timestamps stray this far from the arrivals has begun a new time line: a second, far beyond jitter.
const STRAY_MAX: u32 = 8_000;
/// The longest event segment (RFC 4733 §2.5.1.3): an event may carry a timestamp that long ago.
const EVENT_MAX: u32 = 0xffff;

/// How the packets of one source appear in the stream of one listener.
///
/// Losses and reordering stay visible, so that the far end conceals them. What would fall before the switch to this source is dropped.
#[derive(Clone, Debug, Default)]
pub struct Rewriter {
    anchor: Option<Anchor>,
}

#[derive(Clone, Debug)]
struct Anchor {
    /// Which restart of the source this holds for.
    stream: u32,
    /// The first sequence number of the source that may pass.
    floor: u32,
    /// The newest one seen.
    newest: u32,
    sequence_offset: u16,
    timestamp_offset: u32,
    /// The newest voice packet: its own timestamp and arrival.
    voice: Option<(u32, Time)>,
}

impl Rewriter {
    /// The next packet begins anew: after it the stream was somebody else's, or silent on purpose.
    pub fn forget(&mut self) {
        self.anchor = None;
    }

    /// The header under which a voice packet of `len` samples goes on; none when it must not.
    pub fn voice(
        &mut self,
        sender: &mut Sender,
        now: Time,
        place: Place,
        from: &Header,
        payload_type: u8,
        len: u32,
    ) -> Option<Header> {
        let fresh = self.anchor_for(sender, now, place, from)?;
        let anchor = self.anchor.as_mut()?;
        if place.sequence < anchor.floor {
            return None;
        }
        let newest = fresh || place.sequence > anchor.newest;
        let stray = newest && anchor.voice.is_some_and(|(timestamp, at)| strays(timestamp, at, from.timestamp, now));
        if stray {
            anchor.timestamp_offset = sender.next_timestamp(now).wrapping_sub(from.timestamp);
            anchor.floor = place.sequence;
            sender.mark();
        }
        if newest {
            anchor.newest = place.sequence;
            anchor.voice = Some((from.timestamp, now));
        }
        let marker = sender.take_marker() || from.marker;
        let header = anchor.header(sender.ssrc(), place, from, payload_type, marker);
        sender.sent_voice(now, &header, len);
        Some(header)
    }

    /// The header under which a telephone-event packet goes on; none when it must not.
    pub fn event(
        &mut self,
        sender: &mut Sender,
        now: Time,
        place: Place,
        from: &Header,
        payload_type: u8,
        duration: u16,
    ) -> Option<Header> {
        self.anchor_for(sender, now, place, from)?;
        let anchor = self.anchor.as_mut()?;
        if place.sequence < anchor.floor {
            return None;
        }
        let header = anchor.header(sender.ssrc(), place, from, payload_type, from.marker);
        let ahead = header.timestamp.wrapping_sub(sender.timestamp_now(now)).wrapping_add(EVENT_MAX + STRAY_MAX);
        if ahead > EVENT_MAX + 2 * STRAY_MAX {
            self.skip(place);
            return None;
        }
        anchor.newest = anchor.newest.max(place.sequence);
        sender.sent_event(now, &header, duration);
        Some(header)
    }

    /// A packet that the listener is not meant to get: the numbers close over it.
    pub fn skip(&mut self, place: Place) {
        let Some(anchor) = self.anchor.as_mut().filter(|a| a.stream == place.stream) else { return };
        if place.sequence > anchor.newest || place.sequence == anchor.floor {
            anchor.newest = place.sequence;
            anchor.floor = place.sequence.saturating_add(1);
            anchor.sequence_offset = anchor.sequence_offset.wrapping_sub(1);
        }
    }

    /// Makes sure that there is an anchor for this restart of the source: whether it is new, or none while it must wait.
    fn anchor_for(&mut self, sender: &mut Sender, now: Time, place: Place, from: &Header) -> Option<bool> {
        if self.anchor.as_ref().is_some_and(|a| a.stream == place.stream) {
            return Some(false);
        }
        self.forget();
        sender.mark();
        if sender.must_wait(now) {
            return None;
        }
        self.anchor = Some(Anchor {
            stream: place.stream,
            floor: place.sequence,
            newest: place.sequence,
            sequence_offset: sender.next_sequence().wrapping_sub(place.sequence as u16),
            timestamp_offset: sender.next_timestamp(now).wrapping_sub(from.timestamp),
            voice: None,
        });
        Some(true)
    }
}

impl Anchor {
    fn header(&self, ssrc: u32, place: Place, from: &Header, payload_type: u8, marker: bool) -> Header {
        Header {
            marker,
            payload_type,
            sequence: (place.sequence as u16).wrapping_add(self.sequence_offset),
            timestamp: from.timestamp.wrapping_add(self.timestamp_offset),
            ssrc,
        }
    }
}

/// Whether the step of the timestamps and the step of the arrivals have nothing to do with each other.
fn strays(timestamp: u32, at: Time, next: u32, now: Time) -> bool {
    let step = next.wrapping_sub(timestamp);
    let elapsed = samples(at, now);
    let difference = if is_after(step, elapsed) { step.wrapping_sub(elapsed) } else { elapsed.wrapping_sub(step) };
    difference > STRAY_MAX
}
