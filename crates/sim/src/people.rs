//! Citizens and agents: who they are, their phones, and what they have in mind.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use base::{Digit, Now, Rng, Time};
use phone::{Answering, Config, Faults, Keys, Line, Output, Phone, Status, Step, TonePair, Voice, What};

use crate::asking::Code;
use crate::called_back::Wishes;
use crate::carriers::Mood;
use crate::plan::{RING, agent_number, password};
use crate::{Scenario, addresses};

/// The tones that people speak with: above every sound of the engine, far enough from each other not to leak.
pub(crate) const TONES_HZ: [u16; 8] = [1300, 1500, 1700, 1900, 2100, 2300, 2500, 2700];

/// How phones refuse: for a person, for a fault, for everybody, and elsewhere.
const REFUSALS: [u16; 12] = [486, 480, 603, 500, 302, 301, 401, 404, 503, 600, 604, 606];

/// Whose phone it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Citizen,
    Agent(usize),
    /// Outside, behind the carriers.
    Line,
}

/// What somebody does to a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Dial,
    Register,
    Unregister,
    /// The phone crashes; none: for good.
    Vanish {
        back_after: Option<Duration>,
    },
    Return,
    /// These concern the call of that number alone.
    HangUp {
        serial: u32,
    },
    Hold {
        serial: u32,
    },
    Resume {
        serial: u32,
    },
    /// Hands the other party on, and where `leaves` hangs up at once.
    Refer {
        serial: u32,
        to: Next,
        leaves: bool,
    },
    /// Calls somebody, beside the running call if there is one.
    Call {
        whom: Whom,
    },
    /// Presses a code of a talk.
    Press {
        serial: u32,
        code: Code,
    },
    /// The house calls the agent, and then this line.
    CallBack {
        line: usize,
    },
    /// How a carrier is from now on; nobody's phone does it.
    Carrier {
        place: usize,
        mood: Mood,
    },
    /// The operator has another configuration hold.
    Reload,
    /// A supervisor changes something in the queue.
    Steer,
    Surge(base::GroupId, Option<bool>),
    /// Brings together whom the phone has on two lines, and where `leaves` hangs up at once.
    Join {
        serial: u32,
        on: Line,
        leaves: bool,
    },
}

/// Whom an agent calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    Colleague(usize),
    Line(usize),
    Group(usize),
}

/// To whom an agent hands a citizen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Agent(usize),
    Group(usize),
    Line(usize),
    Nobody,
}

/// A person at a phone.
pub(crate) struct Seat {
    pub(crate) who: Who,
    pub(crate) name: String,
    pub(crate) phone: Phone,
    /// Counts the calls of this phone.
    pub(crate) serial: u32,
    /// When the running call was answered, or dialled by an agent.
    pub(crate) answered_at: Time,
    /// Counts the media ports: each call has its own.
    pub(crate) ports: u32,
    /// The seat of the citizen, or of the colleague who calls, while an agent's phone has a call.
    pub(crate) citizen: Option<usize>,
    /// A colleague is called, who has not answered.
    pub(crate) calls: bool,
    /// When a colleague was last called.
    pub(crate) dialled_at: Option<Time>,
    /// The process that knew of the call was killed, or none was there: the phone waits until the next one has said so.
    pub(crate) orphaned: bool,
    /// The line whose answer the agent's only call waits for.
    pub(crate) awaits: Option<usize>,
    /// A group was called, and is waited for or talked with.
    pub(crate) asks: bool,
    /// It was so in this call: music was heard in no talk.
    pub(crate) asked: bool,
    /// Codes of a talk were pressed in this call: who is asked hears the agent, or whom the agent talked with.
    pub(crate) pressed: bool,
    /// Whom the seat talked with when its phone vanished behind such codes: the engine learns of that later, and whoever was asked may
    /// have them meanwhile.
    pub(crate) left_behind: Vec<usize>,
    /// Counts the calls to colleagues.
    pub(crate) called: u32,
    /// How many calls to colleagues the caller had made when this phone rang last.
    pub(crate) rung_by: u32,
    /// What was asked and not answered: that the caller be handed on, that two calls be joined.
    pub(crate) hands: bool,
    pub(crate) joins: bool,
    pub(crate) gone: bool,
    /// When the phone last came back after a crash.
    pub(crate) back_at: Option<Time>,
    /// Whether the host tells senders that nobody listens while the phone is gone.
    pub(crate) says_unreachable: bool,
    pub(crate) due: Option<Time>,
    /// Somebody else reads and writes the phone's SIP, but for its registration.
    pub(crate) by_hand: bool,
    /// What came for whoever does; the oldest first.
    pub(crate) inbox: VecDeque<String>,
}

impl Seat {
    pub(crate) fn is_citizen(&self) -> bool {
        self.who == Who::Citizen
    }

    /// Where the phone takes RTP now.
    pub(crate) fn media(&self) -> SocketAddr {
        self.phone.config().media_address
    }

    /// Whether the phone behaves as its owner means it: it is there, has no fault, and no INVITE from before its crash can
    /// still come again (64 × T1, RFC 3261 §17.1.1.2).
    pub(crate) fn is_sound(&self, now: Time) -> bool {
        let fresh = self.back_at.is_some_and(|at| now.since(at) < Duration::from_secs(32));
        !self.gone && !self.is_faulty() && !fresh
    }

    /// Whether nothing is to come of its phone. A line rings for ever where the carrier died before our CANCEL.
    pub(crate) fn is_done(&self) -> bool {
        let status = self.phone.status();
        self.gone || self.is_faulty() || status == Status::Idle || self.who == Who::Line && status == Status::Ringing
    }

    /// Whether a message is for the hand instead of the phone.
    pub(crate) fn overhears(&self, bytes: &[u8]) -> bool {
        let registers = |line: &[u8]| line.starts_with(b"CSeq:") && line.trim_ascii().ends_with(b" REGISTER");
        self.by_hand && !bytes.split(|byte| *byte == b'\n').any(registers)
    }

    pub(crate) fn is_faulty(&self) -> bool {
        let Faults { no_bye, no_ack, deaf_to_cancel, no_provisional, .. } = self.phone.config().faults;
        // Who rings without saying so cannot be told to stop (RFC 3261 §9.1).
        no_bye || no_ack || deaf_to_cancel || no_provisional
    }
}

pub(crate) struct People {
    pub(crate) seats: Vec<Seat>,
    /// What somebody will do at a time; the order of entry decides between equal times.
    pub(crate) agenda: Vec<(Time, usize, Deed)>,
    pub(crate) rng: Rng,
    /// Draws what supervisors do, so that everybody else does what they did without any.
    pub(crate) supervisor: Rng,
    pub(crate) wishes: Wishes,
    /// The same of the operator.
    pub(crate) operator: Rng,
    pub(crate) dial_until: Time,
    pub(crate) scenario: Scenario,
    pub(crate) out: Output,
    /// Whom colleagues may come to hear when they answer: of an agent's phone that asked for it, and in which of its calls.
    pub(crate) promises: Vec<(usize, u32, Vec<usize>)>,
    /// What phones told, when people do nothing by themselves; none when they do.
    pub(crate) told: Option<Vec<(usize, What)>>,
}

/// The bits of a seat's own tones.
pub(crate) fn tones_of(seat: usize) -> u64 {
    let (low, high) = tone_places(seat);
    1 << low | 1 << high
}

/// The seat's own pair out of 28.
fn tone_places(seat: usize) -> (usize, usize) {
    let pairs = (0..TONES_HZ.len()).flat_map(|low| (low + 1..TONES_HZ.len()).map(move |high| (low, high)));
    pairs.cycle().nth(seat).unwrap_or((0, 1))
}

pub(crate) fn citizen_number(place: usize) -> String {
    format!("1380000{place:04}")
}

impl People {
    pub(crate) fn new(scenario: &Scenario, now: Now, mut rng: Rng) -> People {
        let mut people = People::nobody(scenario, now, rng.fork());
        for place in 0..usize::from(scenario.citizens.min(Scenario::CITIZENS_MAX)) {
            people.sit(now, Who::Citizen, citizen_number(place));
            let at = now.time + people.up_to(scenario.span);
            people.agenda.push((at, place, Deed::Dial));
        }
        for agent in 0..usize::from(scenario.agents.min(Scenario::AGENTS_MAX)) {
            let phones = if people.rng.chance(0.2) { 2 } else { 1 };
            for _ in 0..phones {
                let seat = people.sit(now, Who::Agent(agent), agent_number(agent));
                people.plan_shift(now, seat);
            }
        }
        people.lines_sit(now);
        people.supervisors_come(now);
        people.surges_come(now);
        people.operator_comes(now);
        people
    }

    fn nobody(scenario: &Scenario, now: Now, rng: Rng) -> People {
        People {
            seats: Vec::new(),
            agenda: Vec::new(),
            dial_until: now.time + scenario.span,
            scenario: scenario.clone(),
            out: Output::default(),
            promises: Vec::new(),
            told: None,
            rng,
            supervisor: Rng::from_number(scenario.seed),
            wishes: Wishes::new(scenario),
            operator: Rng::from_number(!scenario.seed),
        }
    }

    /// People who do what they are told and nothing else; each agent has so many phones.
    pub(crate) fn scripted(scenario: &Scenario, now: Now, rng: Rng, phones: u16) -> People {
        let mut people = People { told: Some(Vec::new()), ..People::nobody(scenario, now, rng) };
        for place in 0..usize::from(scenario.citizens) {
            people.sit(now, Who::Citizen, citizen_number(place));
        }
        for phone in 0..usize::from(scenario.agents * phones) {
            let agent = phone / usize::from(phones);
            people.sit(now, Who::Agent(agent), agent_number(agent));
        }
        people
    }

    pub(crate) fn sit(&mut self, now: Now, who: Who, name: String) -> usize {
        let seat = self.seats.len();
        let config = self.config(seat, who, &name);
        let phone = Phone::new(config, now, self.rng.fork());
        let says_unreachable = self.rng.chance(0.5);
        self.seats.push(Seat {
            who,
            name,
            phone,
            serial: 0,
            answered_at: Time::ZERO,
            ports: 0,
            citizen: None,
            calls: false,
            dialled_at: None,
            orphaned: false,
            awaits: None,
            asks: false,
            asked: false,
            pressed: false,
            left_behind: Vec::new(),
            called: 0,
            rung_by: 0,
            hands: false,
            joins: false,
            gone: false,
            back_at: None,
            says_unreachable,
            due: None,
            by_hand: false,
            inbox: VecDeque::new(),
        });
        seat
    }

    /// When an agent's phone registers, and the troubles of its day.
    fn plan_shift(&mut self, now: Now, seat: usize) {
        let late = self.rng.chance(0.2);
        let span = if late { self.scenario.span } else { Duration::from_millis(500) };
        let on = now.time + self.up_to(span);
        self.agenda.push((on, seat, Deed::Register));
        if self.trouble() || self.rng.chance(0.1) {
            let off = on + self.up_to(self.scenario.span);
            self.agenda.push((off, seat, Deed::Unregister));
            let again = off + self.up_to(Duration::from_secs(5));
            self.agenda.push((again, seat, Deed::Register));
        }
        if self.trouble() {
            let at = on + self.up_to(self.scenario.span);
            let deed = self.crash();
            self.agenda.push((at, seat, deed));
        }
        self.may_call(on, seat);
        self.may_be_called_back(on, seat);
    }

    pub(crate) fn crash(&mut self) -> Deed {
        let back_after = self.rng.chance(0.7).then(|| self.up_to(Duration::from_secs(10)));
        Deed::Vanish { back_after }
    }

    fn config(&mut self, seat: usize, who: Who, name: &str) -> Config {
        let ports = self.seats.get(seat).map_or(0, |s| s.ports);
        let media = addresses::phone_media(seat, ports);
        let mut config = Config::new(name, addresses::server(), addresses::phone_sip(seat), media);
        let [a, u] = base::Codec::ALL;
        config.codecs = [vec![a], vec![u], vec![a, u], vec![u, a]][self.rng.below(4) as usize].clone();
        if self.scenario.media {
            let (low, high) = tone_places(seat);
            config.voice = Voice::Tones(TonePair { low_hz: TONES_HZ[low], high_hz: TONES_HZ[high] });
            config.listen_hz = TONES_HZ.to_vec();
        }
        let info = !self.scenario.media || self.rng.chance(0.3);
        config.keys = if info { Keys::Info } else { Keys::Rtp };
        config.faults = Faults { no_rtp: !self.scenario.media, ..Faults::default() };
        if self.trouble() {
            match self.rng.below(3) {
                0 => config.faults.no_bye = true,
                1 => config.faults.no_ack = true,
                _ => config.faults.deaf_to_cancel = true,
            }
        }
        config.late_offer = who == Who::Citizen && self.rng.chance(0.1);
        if let Who::Agent(_) = who {
            config.faults.no_provisional = self.rng.chance(0.05);
            config.faults.answers_twice = self.rng.chance(0.1);
            config.password = Some(password(name));
            config.register_for = Duration::from_secs(12 + self.rng.below(30));
            config.answering = self.answering();
        }
        config
    }

    /// What an agent does with the next call.
    pub(crate) fn answering(&mut self) -> Answering {
        let ms = Duration::from_millis;
        if self.trouble() || self.rng.chance(0.15) {
            return match self.rng.below(4) {
                0 => Answering::Never,
                1 => Answering::Reject(REFUSALS[self.rng.below(REFUSALS.len() as u64) as usize]),
                // Just when the queue's patience ends, as the phone and the wires see it.
                _ => Answering::After(RING - ms(150) + self.up_to(ms(250))),
            };
        }
        Answering::After(self.up_to(ms(1500)))
    }

    /// What a citizen does in the next call.
    pub(crate) fn intentions(&mut self, now: Now, seat: usize) {
        let ms = Duration::from_millis;
        let keys: &[u8] = match self.rng.below(10) {
            0..2 => &[],
            2..5 => &[1],
            5..7 => &[2],
            7 => &[0],
            8 => &[9, 1],
            _ => &[7, 7, 7],
        };
        let keys = if self.would_speak() { &[] } else { keys };
        let step = |people: &mut People, key: u8| Step {
            after: ms(100) + people.up_to(ms(1200)),
            act: phone::Act::Press(Digit::Number(key)),
        };
        let script = keys.iter().map(|key| step(self, *key)).collect();
        let leaves = match self.rng.below(20) {
            0 => self.up_to(ms(30)),
            1..3 => self.up_to(ms(1500)),
            _ => ms(2000) + self.up_to(ms(25_000)),
        };
        self.seats[seat].phone.config_mut().script = script;
        self.may_ask_to_be_called(seat);
        self.seats[seat].serial += 1;
        let serial = self.seats[seat].serial;
        self.agenda.push((now.time + leaves, seat, Deed::HangUp { serial }));
        if self.trouble() && self.rng.chance(0.3) {
            let at = now.time + self.up_to(ms(12_000));
            self.agenda.push((at, seat, Deed::Vanish { back_after: None }));
        }
    }

    /// A fresh phone where one crashed.
    pub(crate) fn replace(&mut self, now: Now, seat: usize) {
        self.seats[seat].ports += 1;
        let (who, name) = (self.seats[seat].who, self.seats[seat].name.clone());
        let config = self.config(seat, who, &name);
        let phone = Phone::new(config, now, self.rng.fork());
        let old = &mut self.seats[seat];
        (old.phone, old.gone, old.citizen, old.back_at) = (phone, false, None, Some(now.time));
        (old.calls, old.orphaned, old.dialled_at, old.awaits) = (false, false, None, None);
        (old.hands, old.joins, old.pressed) = (false, false, false);
        (old.asks, old.asked) = (false, false);
    }

    pub(crate) fn next_deed(&self) -> Option<Time> {
        self.agenda.iter().map(|(at, ..)| *at).min()
    }

    pub(crate) fn take_deed(&mut self, now: Time) -> Option<(usize, Deed)> {
        let (place, _) = self.agenda.iter().enumerate().min_by_key(|(_, (at, ..))| *at)?;
        if self.agenda[place].0 > now {
            return None;
        }
        let (_, seat, deed) = self.agenda.remove(place);
        Some((seat, deed))
    }

    pub(crate) fn trouble(&mut self) -> bool {
        self.rng.chance(self.scenario.trouble)
    }

    pub(crate) fn up_to(&mut self, max: Duration) -> Duration {
        Duration::from_nanos(self.rng.below(max.as_nanos() as u64 + 1))
    }
}
