//! A menu as it is written: names, not yet looked up.

use std::time::Duration;

use base::Digit;

/// The whole menu. A target is the name of a node, or [`Tree::BACK`] or [`Tree::REPEAT`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Language tags; the caller begins in the first.
    pub locales: Vec<String>,
    /// The node that a call enters first.
    pub start: String,
    /// The node that a call enters first while the group behind 0 is in surge; `start` where nothing else is said.
    pub surge_start: Option<String>,
    /// The queue node behind 0, and behind silence and invalid keys where nothing else is said.
    pub person: String,
    /// The node that a citizen enters whose agent has hung up.
    pub survey: Option<Survey>,
    /// From the end of a prompt until the silence counts.
    pub silence: Duration,
    /// From one digit to the next, where several are asked for.
    pub digit_gap: Duration,
    /// How often a prompt is heard before silence leads to `on_silence`.
    pub silence_tries: u8,
    /// How many invalid keys a node takes; the next one leads to `on_invalid`.
    pub invalid_tries: u8,
    pub on_silence: Option<String>,
    pub on_invalid: Option<String>,
    /// Said after an invalid key, before the node's own prompt again.
    pub invalid_prompt: String,
    /// What the way to a person may cost.
    pub reach: Reach,
    pub nodes: Vec<Node>,
}

impl Tree {
    /// With the limits that suit callers where nothing else is said: five seconds, everything twice.
    pub fn new(locale: &str, start: &str, person: &str, invalid_prompt: &str, nodes: Vec<Node>) -> Tree {
        Tree {
            locales: vec![locale.to_owned()],
            start: start.to_owned(),
            surge_start: None,
            person: person.to_owned(),
            survey: None,
            silence: Duration::from_secs(5),
            digit_gap: Duration::from_secs(5),
            silence_tries: 2,
            invalid_tries: 2,
            on_silence: None,
            on_invalid: None,
            invalid_prompt: invalid_prompt.to_owned(),
            reach: Reach::default(),
            nodes,
        }
    }

    /// The target that means the node where the caller last had a choice.
    pub const BACK: &'static str = "back";
    /// The target that means the same node again.
    pub const REPEAT: &'static str = "repeat";
}

/// Who is asked how satisfied they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    pub start: String,
    /// Talks of at least this length.
    pub talk_min: Duration,
    /// Of a hundred talks that are long enough, so many.
    pub percent: u8,
}

/// The most that may lie between any caller and a queue of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Keys that somebody presses who wants a person.
    pub keys: u8,
    /// Announcements that somebody hears who presses nothing.
    pub announcements: Duration,
}

/// What GB/T 33358 asks of a menu, in figures: shallow, and a person behind any of it.
impl Default for Reach {
    fn default() -> Reach {
        Reach { keys: 2, announcements: Duration::from_secs(30) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    /// What is said, one after the other.
    pub prompt: Vec<Say>,
    /// Whether a key cuts the prompt short; 0 does so in any case.
    pub interrupt: bool,
    pub kind: Kind,
}

impl Node {
    pub fn new(name: &str, prompt: &[&str], kind: Kind) -> Node {
        let prompt = prompt.iter().map(|text| Say::always(text)).collect();
        Node { name: name.to_owned(), prompt, interrupt: true, kind }
    }
}

/// A part of a prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Say {
    /// `name`, `name@locale` for one language whatever the caller chose, or a value as `{digits:order}`, `{number:ahead}`, `{date:due}`,
    /// `{time:due}`.
    pub text: String,
    /// Said where all of them hold.
    pub when: Vec<Test>,
}

impl Say {
    pub fn always(text: &str) -> Say {
        Say { text: text.to_owned(), when: Vec::new() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An announcement.
    Play { next: String },
    /// Whatever operators have put on air here; nothing most of the time.
    OnAir { slot: String, next: String },
    /// A choice. The four limits go before the tree's.
    Menu {
        keys: Vec<(Digit, Choice)>,
        /// What may be said instead of pressing a key.
        words: Vec<(Digit, Vec<String>)>,
        silence: Option<Duration>,
        silence_tries: Option<u8>,
        invalid_tries: Option<u8>,
        on_silence: Option<String>,
        on_invalid: Option<String>,
    },
    /// Several digits that the caller is asked for.
    Digits(Digits),
    /// A branch by opening hours.
    Hours { hours: String, open: String, closed: String },
    /// The first case that holds.
    When { cases: Vec<Case>, otherwise: String },
    /// Values, language and least priority from now on; `{name}` in a value stands for another one.
    Set { values: Vec<(String, String)>, locale: Option<String>, priority: u8, next: String },
    /// A question to another system.
    Http(Http),
    /// A text that is spoken in the call.
    Speak(Speak),
    /// A skill group; the group of the caller's language where one is named.
    Queue { group: String, skills: String, by_locale: Vec<(String, String)>, priority: u8, call_back: bool },
    /// A line outside.
    Transfer(Transfer),
    /// How satisfied the citizen is, 1 to 5.
    Rate { next: String },
    /// Farewell.
    End,
}

impl Kind {
    /// Keys and where they lead, with the tree's limits.
    pub fn menu(keys: &[(Digit, &str)]) -> Kind {
        let choice = |next: &str| Choice { locale: None, next: next.to_owned() };
        Kind::Menu {
            keys: keys.iter().map(|(key, next)| (*key, choice(next))).collect(),
            words: Vec::new(),
            silence: None,
            silence_tries: None,
            invalid_tries: None,
            on_silence: None,
            on_invalid: None,
        }
    }

    pub fn queue(group: &str, priority: u8) -> Kind {
        let (group, skills) = (group.to_owned(), String::new());
        Kind::Queue { group, skills, by_locale: Vec::new(), priority, call_back: false }
    }

    /// The names of the values that it sets, and the field that they stand in.
    pub fn sets(&self) -> Option<(&'static str, Vec<&str>)> {
        match self {
            Kind::Digits(digits) => Some(("into", vec![digits.into.as_str()])),
            Kind::Set { values, .. } => Some(("values", values.iter().map(|(name, _)| name.as_str()).collect())),
            Kind::Http(http) => Some(("take", http.take.iter().map(|(name, _)| name.as_str()).collect())),
            _ => None,
        }
    }

    /// Calls `change` with everything that this leads to.
    pub fn each_target(&mut self, mut change: impl FnMut(&mut String)) {
        match self {
            Kind::Play { next } | Kind::OnAir { next, .. } | Kind::Set { next, .. } | Kind::Rate { next } => {
                change(next);
            }
            Kind::Menu { keys, on_silence, on_invalid, .. } => {
                keys.iter_mut().for_each(|(_, choice)| change(&mut choice.next));
                on_silence.iter_mut().chain(on_invalid).for_each(change);
            }
            Kind::Digits(digits) => {
                change(&mut digits.next);
                digits.failed.iter_mut().for_each(change);
            }
            Kind::Hours { open, closed, .. } => [open, closed].into_iter().for_each(change),
            Kind::When { cases, otherwise } => {
                cases.iter_mut().for_each(|case| change(&mut case.next));
                change(otherwise);
            }
            Kind::Http(http) => [&mut http.next, &mut http.failed].into_iter().for_each(change),
            Kind::Speak(speak) => change(&mut speak.next),
            Kind::Transfer(transfer) => change(&mut transfer.failed),
            Kind::Queue { .. } | Kind::End => {}
        }
    }
}

/// What a key does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The language from now on.
    pub locale: Option<String>,
    pub next: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    /// The value that holds them.
    pub into: String,
    pub min: u8,
    pub max: u8,
    /// Any of them fits: a form as `1xxxxxxxxxx`, `mobile`, `id_card` or `luhn`. None: all digits do.
    pub valid: Vec<String>,
    /// What `*` stands for, where it is no way back: the X of an identity card.
    pub star: Option<char>,
    /// Said before what was typed, which the caller then confirms.
    pub confirm: Option<Vec<Say>>,
    pub silence: Option<Duration>,
    pub gap: Option<Duration>,
    pub tries: Option<u8>,
    pub next: String,
    /// Behind too many tries.
    pub failed: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// All of them hold.
    pub when: Vec<Test>,
    pub next: String,
}

/// A condition on the caller, the call or the hour; of several words one has to fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    Locale(Vec<String>),
    /// Lists of `[[callers]]`.
    Callers(Vec<String>),
    /// Chinese name of the city that the caller's number is at home in.
    City(Vec<String>),
    County(Vec<String>),
    /// `mobile`, `fixed`, `service`, `foreign`, `unknown`.
    Line(Vec<String>),
    /// The number that was dialled.
    Called(Vec<String>),
    /// At least so many calls of this number before this one, lately.
    CalledBefore(u32),
    /// Groups in surge.
    Surge(Vec<String>),
    /// Opening hours.
    Open(String),
    Value {
        name: String,
        is: Vec<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// With `{name}` for values.
    pub url: String,
    /// What a POST holds, as one JSON object of texts; none for a GET.
    pub send: Option<Vec<(String, String)>>,
    pub headers: Vec<(String, String)>,
    /// Values, and where the answer has them (RFC 6901).
    pub take: Vec<(String, String)>,
    pub timeout: Duration,
    pub next: String,
    /// Behind no answer in time, an answer that is no success, or one that is no JSON.
    pub failed: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speak {
    pub text: Text,
    /// Said where nobody speaks the text in time.
    pub otherwise: Vec<Say>,
    pub timeout: Duration,
    /// What is spoken is cut after so long.
    pub max: Duration,
    pub next: String,
}

/// What is spoken, with `{name}` for values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// In the menu's first language; in each where it has no words beside values.
    One(String),
    ByLocale(Vec<(String, String)>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// A number, or `{name}`.
    pub to: String,
    pub ring: Duration,
    /// The talk is cut after so long.
    pub talk_max: Option<Duration>,
    pub failed: String,
}
