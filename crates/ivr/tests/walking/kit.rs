//! A small menu of every kind of node, and callers who walk it by a script.

use std::sync::LazyLock;
use std::time::Duration;

use base::{Clip, Digit, GroupId, Now, SoundId};
use ivr::tree::{Http, Say, Speak, Text, Transfer};
use ivr::{Around, Choice, Event, Hours, Kind, LocaleId, Menu, Names, Node, Prompts, Step, Tree, Walk, compile};

/// How long the service may take that understands what is said.
pub(crate) const ANSWER: Duration = Duration::from_secs(3);

pub(crate) const PROMPTS: [&str; 6] = ["invalid", "notice", "hello", "main", "bye", "deep"];

/// Sound 10 is `invalid` in Chinese, 11 in English, 20 is `notice`, and so on.
pub(crate) fn prompts() -> Prompts {
    let mut prompts = Prompts::new(vec!["zh-CN".to_owned(), "en".to_owned()]);
    for (name, number) in PROMPTS.iter().zip(1..) {
        prompts.insert(name, LocaleId(0), SoundId(number * 10));
        prompts.insert(name, LocaleId(1), SoundId(number * 10 + 1));
    }
    // Pieces of numbers are 1000 and more: 1003 is 三.
    for (locale, name) in [(LocaleId(0), "zh-CN"), (LocaleId(1), "en")] {
        let pieces = [ivr::number_pieces(name), ivr::date_pieces(name), ivr::time_pieces(name)].concat();
        for (piece, number) in pieces.into_iter().zip(1000..) {
            prompts.insert(piece, locale, SoundId(number));
        }
    }
    prompts
}

pub(crate) fn node(name: &str, prompt: &[&str], kind: Kind) -> Node {
    Node::new(name, prompt, kind)
}

pub(crate) fn menu_kind(keys: &[(u8, Option<&str>, &str)]) -> Kind {
    let choice =
        |locale: &Option<&str>, next: &str| Choice { locale: locale.map(str::to_owned), next: next.to_owned() };
    let keys = keys.iter().map(|(key, locale, next)| (Digit::Number(*key), choice(locale, next)));
    Kind::Menu {
        keys: keys.collect(),
        words: Vec::new(),
        silence: None,
        silence_tries: None,
        invalid_tries: None,
        on_silence: None,
        on_invalid: None,
    }
}

pub(crate) fn queue(group: &str) -> Kind {
    let by_locale = vec![("en".to_owned(), "english".to_owned())];
    Kind::Queue { group: group.to_owned(), skills: String::new(), by_locale, priority: 5, call_back: false }
}

/// Takes the value `id` from `/id`.
pub(crate) fn http(next: &str, failed: &str) -> Kind {
    Kind::Http(Http {
        url: "http://desk/orders?id={id}&of={caller}".to_owned(),
        send: None,
        headers: Vec::new(),
        take: vec![("id".to_owned(), "/id".to_owned())],
        timeout: Duration::from_secs(4),
        next: next.to_owned(),
        failed: failed.to_owned(),
    })
}

/// Speaks the value `id` in each language, or says `bye`.
pub(crate) fn speak(next: &str) -> Kind {
    let texts = [("zh-CN", "编号{id}"), ("en", "number {id} of {caller}")];
    Kind::Speak(Speak {
        text: Text::ByLocale(texts.map(|(locale, text)| (locale.to_owned(), text.to_owned())).to_vec()),
        otherwise: vec![Say::always("bye")],
        timeout: Duration::from_secs(3),
        max: Duration::from_secs(20),
        next: next.to_owned(),
    })
}

pub(crate) fn transfer(to: &str, failed: &str) -> Kind {
    let (to, failed) = (to.to_owned(), failed.to_owned());
    Kind::Transfer(Transfer { to, ring: Duration::from_secs(30), talk_max: None, failed })
}

pub(crate) fn small() -> Tree {
    let mut notice = node("notice", &["notice"], Kind::Play { next: "hello".to_owned() });
    notice.interrupt = false;
    let nodes = vec![
        notice,
        node("hello", &["hello"], Kind::Play { next: "main".to_owned() }),
        node(
            "main",
            &["main", "hello@en"],
            menu_kind(&[(1, None, "staff"), (2, None, "deep"), (3, None, "farewell"), (9, Some("en"), "main")]),
        ),
        node("deep", &["deep"], menu_kind(&[(1, None, "staff"), (2, None, "back"), (3, None, "repeat")])),
        node("farewell", &["bye"], Kind::End),
        node("staff", &["deep"], queue("consult")),
    ];
    let locales = vec!["zh-CN".to_owned(), "en".to_owned()];
    let digit_gap = Duration::from_secs(3);
    Tree { locales, digit_gap, invalid_tries: 1, ..Tree::new("zh-CN", "notice", "staff", "invalid", nodes) }
}

/// Groups, opening hours and lists of callers.
type Known = ([String; 2], [(String, Hours); 1], [String; 1]);

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let [consult, english, vip, never] = ["consult", "english", "vip", "never"].map(str::to_owned);
    ([consult, english], [(never, Hours::default())], [vip])
});

pub(crate) fn names(prompts: &Prompts) -> Names<'_> {
    let (groups, hours, lists) = &*KNOWN;
    Names { groups, hours, prompts, lists, lines: &["mobile", "fixed"], lengths: &[], understands: Some(ANSWER) }
}

pub(crate) fn compiled(tree: &Tree) -> Menu {
    compile(tree, names(&prompts())).unwrap_or_else(|faults| panic!("{faults:?}")).menu
}

fn shown(menu: &Menu, walk: &Walk, step: &Step) -> String {
    match step {
        Step::Enter(id) => format!("@{}", menu.node_name(*id)),
        Step::Locale(LocaleId(id)) => format!("locale {id}"),
        Step::Play => sounds(walk.said()),
        Step::Hush => "hush".to_owned(),
        Step::Wait { until } => format!("wait {}", until.as_millis() / 1000),
        Step::StopWaiting => "stop".to_owned(),
        Step::Fetch(request) => format!("fetch {} {:?} {:?}", request.url, request.send, request.take),
        Step::Synthesize(speech) => {
            let ivr::Speech { text, locale, timeout, max } = &**speech;
            format!("speak {text} in {locale} within {} s, {} s of it", timeout.as_secs(), max.as_secs())
        }
        Step::PlayClip(clip) => format!("clip {} of {:?}", clip.number, clip.duration()),
        Step::StopFetching => "fetch no more".to_owned(),
        Step::Queue { group: GroupId(id), priority, call_back } => {
            let promise = if *call_back { " to be called back" } else { "" };
            format!("queue {id} at {priority}{promise} saying {}", sounds(walk.said()))
        }
        Step::Transfer { to, ring, talk_max } => {
            let talk = talk_max.map_or(String::new(), |talk| format!(" for {} s", talk.as_secs()));
            format!("call {to} for {} s{talk} saying {}", ring.as_secs(), sounds(walk.said()))
        }
        Step::Rated(grade) => format!("rated {grade}"),
        Step::WrongKey => "wrong".to_owned(),
        Step::Listen => "listen".to_owned(),
        Step::StopListening => "listen no more".to_owned(),
        Step::Recognize => "recognize".to_owned(),
        Step::NotUnderstood => "not understood".to_owned(),
        Step::End => "end".to_owned(),
    }
}

fn sounds(said: &[SoundId]) -> String {
    said.iter().map(|s| s.0.to_string()).collect::<Vec<_>>().join("+")
}

/// Drives a walk by a script: `.` the prompt was heard, `~` the silence is over, `!` nobody was reached, `?` no answer came, `=` one
/// with `answer` came; `s` the text was spoken, `n` it was not, `e` as nothing; `<` the caller begins to speak, `>` has spoken, `+` the first of
/// `answer` was understood, `-` nothing was; anything else is a key.
pub(crate) fn drive(menu: &Menu, around: &Around<'_>, script: &str, answer: &[&str]) -> String {
    let mut walk = Walk::new(menu);
    lines(menu, around, &mut walk, &format!(" {script}"), answer)
}

pub(crate) fn lines(menu: &Menu, around: &Around<'_>, walk: &mut Walk, script: &str, answer: &[&str]) -> String {
    let answer: Vec<_> = answer.iter().map(|text| (*text).to_owned()).collect();
    let (clip, empty) = (Clip::silent(7, Duration::from_secs(2)), Clip::silent(8, Duration::ZERO));
    let mut lines = Vec::new();
    for c in script.chars() {
        let event = match c {
            ' ' => Event::Start,
            '.' => Event::Played,
            '~' => Event::Deadline,
            '!' => Event::Refused,
            's' => Event::Synthesized(Some(&clip)),
            'n' => Event::Synthesized(None),
            'e' => Event::Synthesized(Some(&empty)),
            '?' => Event::Fetched(None),
            '=' => Event::Fetched(Some(&answer)),
            '<' => Event::Speaking,
            '>' => Event::Spoken,
            '+' => Event::Understood(answer.first().map(String::as_str)),
            '-' => Event::Understood(None),
            key => Event::Digit(Digit::from_char(key).expect("a key")),
        };
        let mut out = Vec::new();
        walk.handle(menu, around, Now::default(), event, &mut out);
        lines.push(out.iter().map(|step| shown(menu, walk, step)).collect::<Vec<_>>().join(", "));
    }
    lines.join(" | ")
}

pub(crate) fn told(menu: &Menu, script: &str) -> String {
    let prompts = prompts();
    drive(menu, &Around { prompts: &prompts, ..Around::default() }, script, &[])
}

pub(crate) fn faults(tree: &Tree) -> Vec<String> {
    let prompts = prompts();
    let Err(faults) = compile(tree, names(&prompts)) else { return Vec::new() };
    let place = |p: &ivr::Place| format!("{}.{}", p.node.as_deref().unwrap_or(""), p.field);
    faults.iter().map(|f| format!("{}: {}", place(&f.place), f.problem)).collect()
}
