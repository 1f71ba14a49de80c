//! The small hotline that every scenario runs: two groups, a menu of one node, short sounds.

use std::sync::Arc;
use std::time::Duration;

use acd::SkillId;
use base::{Clip, Digit, GroupId, Rng, Secret, SoundId};
use call::plan::{Advertised, CalledNumber, Connect, DialRule, Limits, MenuVersion, Network, Subnet, Trunk};
use ivr::tree::{Say, Speak, Text};
use ivr::{Kind, LocaleId, Node, Prompts, Tree};
use legs::Bank;

use crate::Scenario;
use crate::carriers::Carriers;
use crate::lines::line_number;

/// How long a phone rings before the next agent is tried.
pub(crate) const RING: Duration = Duration::from_secs(4);
/// The longest talk.
pub(crate) const TALK_MAX: Duration = Duration::from_secs(25);
/// The greeting is shorter than this, with every sound of it.
pub(crate) const GREETING_MAX: Duration = Duration::from_millis(1500);
const LOCALE: &str = "zh-CN";
pub(crate) const GROUPS: [&str; 2] = ["consult", "complaint"];
const MUSIC: &str = "music";
const SOUNDS: [&str; 21] = [
    "welcome",
    "invalid",
    "job-number",
    "at-your-service",
    "number-0",
    "number-1",
    "number-yao",
    "number-2",
    "number-3",
    "number-4",
    "number-5",
    "number-6",
    "number-7",
    "position-before",
    "position-after",
    "position-next",
    "please-wait",
    "queue-refused",
    "queue-unstaffed",
    "requeued",
    MUSIC,
];

/// The plans of all owners.
pub(crate) struct Plans {
    pub(crate) call: Arc<call::Plan>,
    pub(crate) acd: acd::Plan,
    pub(crate) roster: roster::Plan,
    pub(crate) carrier: carrier::Plan,
    pub(crate) bank: Arc<Bank>,
}

pub(crate) fn agent_number(place: usize) -> String {
    format!("{}", 1001 + place)
}

pub(crate) fn group_number(place: usize) -> String {
    format!("{}", 8001 + place % GROUPS.len())
}

pub(crate) fn password(number: &str) -> Secret {
    Secret(format!("sim-{number}"))
}

pub(crate) fn plans(scenario: &Scenario, rng: &mut Rng) -> Plans {
    let mut bank = Bank::new();
    let mut prompts = Prompts::new(vec![LOCALE.to_owned()]);
    for (place, name) in SOUNDS.iter().enumerate() {
        let ms = if *name == MUSIC { 1000 } else { 100 + rng.below(10) * 10 };
        let sound = bank.push(&hum(300 + 40 * place as u32, ms));
        prompts.insert(name, LocaleId(0), sound);
    }
    let mut call = call_plan(scenario, prompts, rng);
    let (acd, roster) = (acd_plan(scenario, rng), roster_plan(scenario));
    let carrier = if scenario.lines > 0 { lead_out(&mut call, scenario, rng) } else { carrier::Plan::default() };
    let mut plans = Plans { call: Arc::new(call), acd, roster, carrier, bank: Arc::new(bank) };
    if scenario.calls_back() {
        crate::called_back::offer(&mut plans);
    }
    plans
}

/// Two trunks more, that lead to the carriers, the first now and then to both where they send calls on, and one rule that leads to their lines; now and then somebody is on duty at the first.
fn lead_out(call: &mut call::Plan, scenario: &Scenario, rng: &mut Rng) -> carrier::Plan {
    let outward = call::plan::Outward {
        number: call::number::NumberForm::default(),
        caller: Some("02012345".to_owned()),
        callers: Vec::new(),
        identity: call::plan::IdentityOut::default(),
    };
    let mut trunks = vec![carrier::Trunk::default()];
    for place in 0..Carriers::COUNT {
        let name = format!("outward {place}");
        let one = Trunk { name, sources: Vec::new(), outward: Some(outward.clone()), ..call.trunks[0].clone() };
        call.trunks.push(one);
        let target = carrier::Target::parse(&format!("sip:{}", crate::addresses::carrier(place)));
        let targets = vec![target.expect("an address is a target")];
        let options = rng.chance(0.5).then(|| Duration::from_millis(3000 + rng.below(20_000)));
        trunks.push(carrier::Trunk { targets, options, ..carrier::Trunk::default() });
    }
    if scenario.sending_on > 0.0 && rng.chance(0.5) {
        let other = trunks[2].targets[0].clone();
        trunks[1].targets.push(carrier::Target { priority: 2, ..other });
    }
    let per_hour = rng.chance(0.2).then(|| 1 + rng.below(2) as u32);
    let lines = DialRule { prefixes: vec!["139".to_owned()], trunks: vec![1, 2], per_hour, ..DialRule::default() };
    call.dial.push(lines);
    for group in &mut call.groups {
        group.duty_line = rng.chance(0.5).then(|| line_number(0));
    }
    carrier::Plan { trunks }
}

/// A low tone, below all tones that people speak with; begins and ends softly, so that its edges are no other tone.
fn hum(hz: u32, ms: u64) -> Vec<i16> {
    let count = ms as usize * 8;
    let sample = |i: usize| {
        let turn = i as f32 * hz as f32 / 8000.0 * std::f32::consts::TAU;
        let edge = (i.min(count - 1 - i) as f32 / 80.0).min(1.0);
        (turn.sin() * edge * 4000.0) as i16
    };
    (0..count).map(sample).collect()
}

fn tree(scenario: &Scenario, rng: &mut Rng) -> Tree {
    let menu = Kind::menu(&[(Digit::Number(1), "consult"), (Digit::Number(2), "complaint")]);
    let mut queue = |group: &str| Kind::queue(group, if rng.chance(0.3) { 1 } else { 0 });
    let mut nodes = vec![
        Node::new("main", &["welcome"], menu),
        Node::new("consult", &["please-wait"], queue("consult")),
        Node::new("complaint", &["please-wait"], queue("complaint")),
        Node::new("person", &[], queue("consult")),
    ];
    let start = if scenario.texts { "tell" } else { "main" };
    nodes.extend(scenario.texts.then(|| Node::new("tell", &["please-wait"], speak("main"))));
    let (silence, surge_start) = (Duration::from_secs(1), Some("person".to_owned()));
    let mut tree = Tree { silence, surge_start, ..Tree::new(LOCALE, start, "person", "invalid", nodes) };
    if scenario.speaking > 0.0 {
        crate::speaking::listen(&mut tree);
    }
    tree
}

fn speak(next: &str) -> Kind {
    Kind::Speak(Speak {
        text: Text::One("来电{caller}".to_owned()),
        otherwise: vec![Say::always("requeued")],
        timeout: Duration::from_secs(1),
        max: Duration::from_secs(2),
        next: next.to_owned(),
    })
}

/// What the service says; its tone is below those of all prompts.
pub(crate) fn spoken(ms: u64) -> Clip {
    legs::clip(&hum(260, ms))
}

fn call_plan(scenario: &Scenario, prompts: Prompts, rng: &mut Rng) -> call::Plan {
    let names: Vec<String> = GROUPS.iter().map(|g| (*g).to_owned()).collect();
    let understands = (scenario.speaking > 0.0).then_some(crate::speaking::ANSWER);
    let looked_up = ivr::Names { understands, ..ivr::Names::new(&names, &prompts) };
    let menu = ivr::compile(&tree(scenario, rng), looked_up).expect("the menu above names what is above").menu;
    let music = SoundId(SOUNDS.len() as u32 - 1);
    let number = |name: &str| GROUPS.iter().position(|known| *known == name).map(group_number);
    let group = |name: &&str| call::plan::Group {
        name: (*name).to_owned(),
        number: number(name),
        music,
        announce_every: rng.chance(0.7).then(|| Duration::from_millis(1500 + rng.below(3000))),
        announce_position: rng.chance(0.5),
        announce_wait: false,
        duty_line: None,
        call_back: None,
        surge_prompt: "please-wait".to_owned(),
        removed: false,
    };
    let groups = GROUPS.iter().map(group).collect();
    let server = crate::addresses::server();
    call::Plan {
        known: call::listed::KnownCallers::default(),
        areas: Arc::default(),
        on_air: Arc::default(),
        realm: "sim".to_owned(),
        digest: vec![call::plan::Digest::Md5],
        networks: vec![Network {
            name: "virtual".to_owned(),
            advertised: Advertised {
                host: server.ip().to_string(),
                udp_port: server.port(),
                tcp_port: Some(server.port()),
            },
        }],
        trunks: vec![Trunk {
            name: "carrier".to_owned(),
            sources: vec![Subnet { address: [10, 0, 1, 0].into(), prefix: 24 }],
            credentials: None,
            identity: call::plan::Identity::default(),
            area_code: None,
            network: None,
            limits: call::plan::TrunkLimits::default(),
            codecs: base::Codec::ALL.to_vec(),
            by_targets: false,
            outward: None,
        }],
        dial: Vec::new(),
        called: vec![CalledNumber { number: "12345".to_owned(), menu: 0 }],
        menus: vec![Arc::new(MenuVersion { name: "12345".to_owned(), version: "v1".to_owned(), menu })],
        prompts,
        understands,
        groups,
        agents: (0..usize::from(scenario.agents)).map(agent).collect(),
        star_codes: roster::StarCodes::default(),
        talk_keys: call::plan::TalkKeys::default(),
        connect: Connect { show_citizen: true, say_agent_number: scenario.greeting },
        session_expires: Duration::from_secs(1800),
        limits: Limits {
            calls: 4 + rng.below(20) as usize,
            talk: TALK_MAX,
            menu: Duration::from_secs(8),
            ..Limits::default()
        },
    }
}

fn agent(place: usize) -> call::plan::Agent {
    let number = agent_number(place);
    call::plan::Agent { password: password(&number), number, removed: false }
}

fn acd_plan(scenario: &Scenario, rng: &mut Rng) -> acd::Plan {
    let group = |place: usize, rng: &mut Rng| acd::Group {
        name: GROUPS[place].to_owned(),
        ring: RING,
        wrap_up: Duration::from_millis([0, 0, 700][rng.below(3) as usize]),
        limit: 2 + rng.below(20) as usize,
        // Bounds every wait, so that each scenario ends.
        wait: Some(Duration::from_secs(6 + rng.below(25))),
        overflow: match (place, rng.below(2)) {
            (0, 0) => acd::Overflow::Group(GroupId(1)).into(),
            _ => acd::Overflow::Message.into(),
        },
        ..acd::Group::default()
    };
    let groups = (0..GROUPS.len()).map(|place| group(place, rng)).collect();
    let skill = |group, rng: &mut Rng| acd::Skill { skill: SkillId(group), level: 1 + rng.below(2) as u8 };
    let skills = |rng: &mut Rng| match rng.below(4) {
        0 => vec![skill(0, rng)],
        1 => vec![skill(1, rng)],
        _ => vec![skill(0, rng), skill(1, rng)],
    };
    let agents = (0..scenario.agents).map(|_| acd::Agent { skills: skills(rng), ..acd::Agent::default() }).collect();
    let ms = Duration::from_millis;
    let back_off = acd::BackOff { rejected: ms(1500), busy: ms(1000), no_answer: ms(2000), unreachable: ms(2000) };
    // Shorter than the aftermath, so that nothing is left when a scenario ends.
    let mut plan = acd::Plan {
        groups,
        agents,
        back_off,
        redial: Duration::from_secs(60),
        remember: Duration::from_secs(60),
        repeat: Duration::from_secs(60),
        ..acd::Plan::default()
    };
    route(&mut plan, &mut rng.clone());
    plan
}

/// How callers find agents: drawn aside, so that what else a seed stands for stays what it is.
fn route(plan: &mut acd::Plan, rng: &mut Rng) {
    use acd::Strategy::{FewestCalls, Fixed, LeastTalk, LongestIdle, Random, RoundRobin};
    for (place, group) in plan.groups.iter_mut().enumerate() {
        let strategies = [LongestIdle, FewestCalls, LeastTalk, RoundRobin, Fixed, Random];
        group.strategy = strategies[rng.below(6) as usize];
        group.head_start = Duration::from_secs([0, 0, 5][rng.below(3) as usize]);
        group.prefer = Duration::from_secs(if rng.chance(0.15) { 3 } else { 0 });
        group.ring_at_once = [1, 1, 2, 3][rng.below(4) as usize];
        if rng.chance(0.3) {
            // The good ones first.
            let step = |after, worst| acd::Step {
                after: Duration::from_secs(after),
                need: acd::Need::Skill { skill: SkillId(place as u16), worst },
            };
            group.steps = vec![step(0, 1), step(1 + rng.below(5), 9)];
        }
    }
    plan.priority_worth = Duration::from_secs(1 + rng.below(20));
    let other = |place: usize| acd::Overflow::Group(GroupId((place as u16 + 1) % GROUPS.len() as u16));
    for (place, group) in plan.groups.iter_mut().enumerate() {
        let (stay, message) = (acd::Overflow::Stay, acd::Overflow::Message);
        group.overflow.unstaffed = [stay, stay, stay, message, other(place)][rng.below(5) as usize];
    }
    // Whoever is led in a circle waits for people without end, as operators want it, and no scenario would be over.
    if plan.groups[0].overflow.waited == other(0) && plan.groups[1].overflow.unstaffed == other(1) {
        plan.groups[1].overflow.unstaffed = acd::Overflow::Message;
    }
    plan.unstaffed_after = Duration::from_secs(1 + rng.below(8));
    plan.hung_up = Duration::from_secs([0, 20][rng.below(2) as usize]);
}

fn roster_plan(scenario: &Scenario) -> roster::Plan {
    let agent = |place| roster::Agent { number: agent_number(place), ready_on_register: true, removed: false };
    roster::Plan {
        agents: (0..usize::from(scenario.agents)).map(agent).collect(),
        expires_min: Duration::from_secs(10),
        expires_default: Duration::from_secs(60),
        expires_max: Duration::from_secs(300),
        contacts_max: 4,
        // Nobody here dials the code that ends such a pause.
        pause_after_unanswered: 0,
        ..roster::Plan::default()
    }
}
