//! The media of one call: packets out at their time, packets in to the ear.

use std::net::SocketAddr;
use std::time::Duration;

use base::{Digit, MediaParams, Now, Rng, Time};
use rtp::dtmf::{Event, Presses};
use rtp::{Header, Packet};

use crate::config::{Config, Voice};
use crate::event::Output;
use crate::mouth::{KeyOut, Keypad, Mouth};
use crate::reports::Reports;

/// Packets sent at once by a phone that was woken late; what is older is left out.
const CATCH_UP_MAX: u32 = 5;
/// A receiver that lags by more than this behind the clock missed packets: the gap is filled.
const SLACK_SAMPLES: u64 = 1600;
/// The longest gap filled at once: one hour, longer than any call on hold.
const FILL_SAMPLES_MAX: u64 = 8000 * 3600;

/// What a phone saw arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Reception {
    pub packets: u64,
    /// Sequence numbers that never came, or came too late.
    pub missing: u64,
    /// Behind a newer packet, or twice.
    pub late: u64,
    /// Times the source id changed: one too many for a phone that mixes by it.
    pub source_changes: u32,
    /// Voice whose timestamp does not follow from its sequence number.
    pub timestamp_jumps: u32,
    /// Not RTP, or of a payload type that was not agreed.
    pub refused: u64,
    /// Sender reports.
    pub reports: u64,
    /// From the other side's reports on us.
    pub round_trip: Option<Duration>,
}

/// The newest packet of the source.
#[derive(Clone, Copy, Debug)]
struct Last {
    header: Header,
    /// Voice in it, zero for events.
    samples: u32,
}

pub(crate) struct Stream {
    pub(crate) params: MediaParams,
    mouth: Mouth,
    pub(crate) keypad: Keypad,
    mute: bool,
    quiet: bool,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    /// The next packet has the marker: first of all, or first after a pause.
    marker: bool,
    next_send: Time,
    last: Option<Last>,
    presses: Presses,
    opened: Time,
    /// Samples handed to the ear or filled with zeros.
    handed: u64,
    reports: Reports,
    reception: Reception,
}

/// What a received packet holds for the phone.
pub(crate) enum Arrived {
    Nothing,
    /// Zeros to put before, then voice.
    Voice {
        gap: usize,
        samples: Vec<i16>,
    },
    Key(Digit),
}

impl Stream {
    pub(crate) fn new(now: Time, params: MediaParams, config: &Config, rng: &mut Rng) -> Stream {
        Stream {
            params,
            mouth: Mouth::new(&config.voice, params.codec),
            keypad: Keypad::default(),
            mute: config.faults.no_rtp || config.quiet,
            quiet: config.quiet,
            sequence: rng.u32() as u16,
            timestamp: rng.u32(),
            ssrc: rng.u32(),
            marker: true,
            next_send: now,
            last: None,
            presses: Presses::default(),
            opened: now,
            handed: 0,
            reports: Reports::new(now),
            reception: Reception::default(),
        }
    }

    /// A new agreement: the voice goes on in the new terms.
    pub(crate) fn change(&mut self, params: MediaParams, voice: &Voice) {
        if params.codec != self.params.codec {
            self.mouth = Mouth::new(voice, params.codec);
        }
        self.marker |= params.direction.sends() && !self.params.direction.sends();
        self.params = params;
    }

    pub(crate) fn speak(&mut self, voice: &Voice) {
        self.mouth = Mouth::new(voice, self.params.codec);
    }

    /// None while a quiet phone has no key to press.
    pub(crate) fn next_timeout(&self) -> Option<Time> {
        let sleeps = self.quiet && self.keypad.is_idle();
        (!sleeps).then(|| self.next_send.min(self.reports.next_timeout()))
    }

    pub(crate) fn reception(&self) -> Reception {
        Reception { reports: self.reports.heard_count(), round_trip: self.reports.round_trip(), ..self.reception }
    }

    /// Sends the report that is due, unless the phone sends no media at all.
    pub(crate) fn report(&mut self, now: Now, user: &str, out: &mut Output) {
        if let Some(bytes) = self.reports.due(now, self.ssrc, self.timestamp, user)
            && !self.mute
        {
            out.rtcp.push((self.params.remote_rtcp, bytes));
        }
    }

    /// Whether media from there is this stream's.
    pub(crate) fn hears(&self, from: SocketAddr) -> bool {
        from == self.params.remote || from == self.params.remote_rtcp
    }

    pub(crate) fn receive_report(&mut self, now: Time, bytes: &[u8]) {
        self.reports.heard(now, self.ssrc, bytes);
    }

    /// Sends what is due; gives the keys that began to sound.
    pub(crate) fn handle_timeout(&mut self, now: Time, out: &mut Output) -> Vec<Digit> {
        let mut began = Vec::new();
        let ptime = Duration::from_millis(u64::from(self.params.ptime_ms));
        if self.quiet {
            self.wake(now, ptime);
        }
        for _ in 0..CATCH_UP_MAX {
            if self.next_send > now {
                return began;
            }
            began.extend(self.send(out));
            self.next_send = self.next_send + ptime;
        }
        while self.next_send <= now {
            self.next_send = self.next_send + ptime;
            self.timestamp = self.timestamp.wrapping_add(self.samples());
        }
        began
    }

    /// Leaves out what a quiet phone slept through, in one step however long that was.
    fn wake(&mut self, now: Time, ptime: Duration) {
        let slept = (now.since(self.next_send).as_nanos() / ptime.as_nanos().max(1)) as u32;
        self.next_send = self.next_send + ptime * slept;
        self.timestamp = self.timestamp.wrapping_add(self.samples().wrapping_mul(slept));
    }

    fn samples(&self) -> u32 {
        u32::from(self.params.ptime_ms) * 8
    }

    /// One packet; gives the key that begins with it.
    fn send(&mut self, out: &mut Output) -> Option<Digit> {
        let samples = self.samples();
        let event_type = self.params.dtmf_send_type;
        // At most 60 ms, 480 samples.
        let key = event_type.and_then(|t| Some((t, self.keypad.tick(self.timestamp, samples as u16)?)));
        if !self.mute && self.params.direction.sends() {
            let packet = match &key {
                Some((payload_type, KeyOut { event, marker, timestamp, .. })) => {
                    [&self.header(*payload_type, *marker, *timestamp).to_bytes()[..], &event.to_bytes()].concat()
                }
                None => {
                    let marker = std::mem::take(&mut self.marker);
                    let mut packet = self.header(self.params.send_type, marker, self.timestamp).to_bytes().to_vec();
                    self.mouth.say(samples as usize, &mut packet);
                    packet
                }
            };
            self.sequence = self.sequence.wrapping_add(1);
            self.reports.sent(packet.len().saturating_sub(rtp::packet::HEADER_LEN));
            out.rtp.push((self.params.remote, packet));
        }
        self.timestamp = self.timestamp.wrapping_add(samples);
        key.and_then(|(_, key)| key.began)
    }

    fn header(&self, payload_type: u8, marker: bool, timestamp: u32) -> Header {
        Header { marker, payload_type, sequence: self.sequence, timestamp, ssrc: self.ssrc }
    }

    pub(crate) fn receive(&mut self, now: Time, bytes: &[u8]) -> Arrived {
        let Some(packet) = Packet::parse(bytes) else {
            self.reception.refused += 1;
            return Arrived::Nothing;
        };
        let voice = packet.header.payload_type == self.params.receive_type;
        let event = Some(packet.header.payload_type) == self.params.dtmf_receive_type;
        if !voice && !event {
            self.reception.refused += 1;
            return Arrived::Nothing;
        }
        self.reports.received(now, &packet.header, voice);
        if !self.is_newer(packet.header, if voice { packet.payload.len() as u32 } else { 0 }) {
            return Arrived::Nothing;
        }
        if voice {
            return self.voice(now, packet.payload);
        }
        let key = Event::parse(packet.payload).and_then(|event| self.presses.receive(now, &packet.header, event));
        key.map_or(Arrived::Nothing, Arrived::Key)
    }

    /// Counts the packet; false when it stands behind a newer one.
    fn is_newer(&mut self, header: Header, samples: u32) -> bool {
        self.reception.packets += 1;
        let Some(last) = self.last.replace(Last { header, samples }) else { return true };
        if last.header.ssrc != header.ssrc {
            self.reception.source_changes += 1;
            return true;
        }
        let step = header.sequence.wrapping_sub(last.header.sequence);
        if step == 0 || step >= 0x8000 {
            self.last = Some(last);
            self.reception.late += 1;
            return false;
        }
        self.reception.missing += u64::from(step) - 1;
        let follows = last.header.timestamp.wrapping_add(last.samples.wrapping_mul(u32::from(step)));
        if samples > 0 && last.samples > 0 && follows != header.timestamp {
            self.reception.timestamp_jumps += 1;
        }
        true
    }

    fn voice(&mut self, now: Time, payload: &[u8]) -> Arrived {
        let samples: Vec<i16> = payload.iter().map(|code| rtp::g711::decode(self.params.codec, *code)).collect();
        let gap = self.gap(now, samples.len() as u64);
        self.handed += samples.len() as u64;
        Arrived::Voice { gap, samples }
    }

    /// The zeros missing so that what was handed out is in step with the clock.
    pub(crate) fn gap(&mut self, now: Time, coming: u64) -> usize {
        let due = now.since(self.opened).as_nanos() as u64 / 125_000;
        let behind = due.saturating_sub(self.handed + coming);
        let gap = if behind > SLACK_SAMPLES { behind.min(FILL_SAMPLES_MAX) } else { 0 };
        self.handed += gap;
        gap as usize
    }
}
