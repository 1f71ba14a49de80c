//! How far a person is from each node of a menu, at worst.

use std::time::Duration;

use base::SoundId;

use crate::compile::{Fault, Place, Problem};
use crate::graph::Graph;
use crate::menu::{Kind, Node};
use crate::say::{Say, What};
use crate::{Menu, NodeId, tree};

mod speaking;

/// The longest that operators may put on air at once: it comes on top of what a menu says by itself.
pub const ON_AIR_MAX: Duration = Duration::from_secs(15);
/// Pieces of a value that is spoken: an identity number, or a day with its year.
const PIECES_MAX: u32 = 18;
/// A syllable or two.
const PIECE: Duration = Duration::from_millis(600);

/// The way from one node to a queue of people, at worst: whatever the hour, the caller and other systems make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Keys that a caller presses who wants a person.
    pub keys: u8,
    /// Announcements that such a caller cannot cut short.
    pub deaf: Duration,
    /// Announcements that a caller hears who presses nothing; none where such a caller never comes to a person.
    pub announcements: Option<Duration>,
    /// The whole time until such a caller is in a queue, with the silences.
    pub silent: Option<Duration>,
    /// The same where such a caller speaks at each choice that listens, and is never understood; none too where that leads round until the
    /// menu's longest time is over, and in a menu that listens nowhere.
    pub speaking: Option<Duration>,
}

/// By `NodeId`; `lengths` are those of the sounds, by `SoundId`, and `understands` is how long the service may take that understands what
/// callers say.
pub fn reach(menu: &Menu, lengths: &[Duration], understands: Option<Duration>) -> Vec<Reach> {
    let graph = Graph::new(menu);
    let mut reaches = Distances::of(&graph, lengths).reaches();
    if let Some(answer) = understands.filter(|_| menu.listens()) {
        let speaking = speaking::times(&graph, &Costs { lengths }, answer);
        reaches.iter_mut().zip(speaking).for_each(|(reach, time)| reach.speaking = time);
    }
    reaches
}

/// Nodes that are too far from a person.
pub(crate) fn too_far(graph: &Graph<'_>, lengths: &[Duration], limit: tree::Reach) -> Vec<Fault> {
    let distances = Distances::of(graph, lengths);
    let reaches = distances.reaches();
    let far = |id: &NodeId| reaches.get(usize::from(id.0)).is_some_and(|r| is_far(r, limit));
    // Whoever comes by a node that is told of is told of with it.
    let mut behind = vec![false; graph.len()];
    for id in graph.ids().filter(far) {
        graph.silent(id).iter().for_each(|to| behind[usize::from(to.0)] = true);
    }
    let mut faults = Vec::new();
    for (id, reach) in graph.ids().zip(&reaches).filter(|(id, _)| far(id)) {
        let place = Place::node(graph.menu.node_name(id), "");
        if reach.keys > limit.keys {
            let problem = Problem::ManyKeys { keys: reach.keys, max: limit.keys };
            faults.push(Fault { place: place.clone(), problem });
        }
        let Some(heard) = reach.announcements.filter(|heard| *heard > limit.announcements) else { continue };
        if !behind[usize::from(id.0)] || id == graph.menu.start {
            let (seconds, max) = (ceiling(heard), limit.announcements.as_secs());
            let problem = Problem::FarFromPerson { seconds, max, path: distances.way(id) };
            faults.push(Fault { place, problem });
        }
    }
    faults
}

fn is_far(reach: &Reach, limit: tree::Reach) -> bool {
    reach.keys > limit.keys || reach.announcements.is_some_and(|heard| heard > limit.announcements)
}

fn ceiling(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

/// What one node costs a silent caller.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    announcements: Duration,
    time: Duration,
}

struct Distances<'a> {
    graph: &'a Graph<'a>,
    own: Vec<Cost>,
    deaf: Vec<Duration>,
    /// Of the worst way from each node on; none where it ends without a person.
    total: Vec<Option<Cost>>,
    worst: Vec<Option<NodeId>>,
}

impl<'a> Distances<'a> {
    fn of(graph: &'a Graph<'a>, lengths: &[Duration]) -> Distances<'a> {
        let costs = Costs { lengths };
        let mut own: Vec<Cost> = graph.menu.nodes.iter().map(|node| costs.of(node)).collect();
        // The one for `back`.
        own.push(Cost::default());
        let deaf = graph.menu.nodes.iter().map(|node| costs.deaf(node)).collect();
        let (total, worst) = (vec![None; graph.len()], vec![None; graph.len()]);
        let mut distances = Distances { graph, own, deaf, total, worst };
        distances.add_up();
        distances
    }

    /// Each node after all that it leads to.
    fn add_up(&mut self) {
        let mut entered = vec![false; self.graph.len()];
        for from in self.graph.ids() {
            let mut open = Vec::new();
            self.open(from, &mut entered, &mut open);
            while let Some((id, next, at)) = open.last_mut() {
                if let Some(to) = next.get(*at).copied() {
                    *at += 1;
                    self.open(to, &mut entered, &mut open);
                } else {
                    let (id, next) = (*id, std::mem::take(next));
                    open.pop();
                    self.take_worst(id, &next);
                }
            }
        }
    }

    /// Each node once.
    fn open(&self, id: NodeId, entered: &mut [bool], open: &mut Vec<(NodeId, Vec<NodeId>, usize)>) {
        if !std::mem::replace(&mut entered[usize::from(id.0)], true) {
            open.push((id, self.graph.silent(id), 0));
        }
    }

    fn take_worst(&mut self, id: NodeId, next: &[NodeId]) {
        let place = usize::from(id.0);
        let is_people = matches!(self.graph.menu.node(id).map(|n| &n.kind), Some(Kind::Queue { call_back: false, .. }));
        let own = self.own[place];
        let costs = next.iter().map(|to| (*to, self.total[usize::from(to.0)]));
        let worst = costs.filter_map(|(to, cost)| Some((to, cost?))).max_by_key(|(_, cost)| cost.announcements);
        // The whole time may be worse on another way.
        let time = next.iter().filter_map(|to| self.total[usize::from(to.0)]).map(|cost| cost.time).max();
        self.worst[place] = worst.map(|(to, _)| to);
        self.total[place] = match worst {
            _ if is_people => Some(Cost::default()),
            Some((_, cost)) => Some(Cost {
                announcements: own.announcements + cost.announcements,
                time: own.time + time.unwrap_or_default(),
            }),
            None => None,
        };
    }

    fn reaches(&self) -> Vec<Reach> {
        let nodes = self.graph.menu.nodes.iter().zip(&self.deaf).zip(&self.total);
        let one = |((node, deaf), total): ((&Node, &Duration), &Option<Cost>)| {
            let keys = match node.kind {
                Kind::Queue { call_back: false, .. } => 0,
                Kind::Digits(_) => 2,
                _ => 1,
            };
            let (announcements, silent) = (total.map(|cost| cost.announcements), total.map(|cost| cost.time));
            Reach { keys, deaf: *deaf, announcements, silent, speaking: None }
        };
        nodes.map(one).collect()
    }

    /// The worst way in words, each node with what it says.
    fn way(&self, from: NodeId) -> Vec<String> {
        let mut words = Vec::new();
        let mut at = Some(from);
        while let Some(id) = at.filter(|_| words.len() < self.graph.len()) {
            if id != self.graph.back() {
                let said = ceiling(self.own[usize::from(id.0)].announcements);
                let name = self.graph.menu.node_name(id);
                words.push(if said == 0 { name.to_owned() } else { format!("{name} {said} s") });
            }
            at = self.worst[usize::from(id.0)];
        }
        words
    }
}

struct Costs<'a> {
    lengths: &'a [Duration],
}

impl Costs<'_> {
    fn of(&self, node: &Node) -> Cost {
        let said = self.says(&node.prompt);
        let times = |tries: u8, silence: Duration| Cost {
            announcements: said * u32::from(tries),
            time: (said + silence) * u32::from(tries),
        };
        let once = |extra: Duration| Cost { announcements: said, time: said + extra };
        match &node.kind {
            Kind::Menu(keys) => times(keys.silence_tries, keys.silence),
            Kind::Digits(digits) => times(digits.tries.saturating_add(1), digits.silence),
            Kind::Rate { silence, tries, .. } => times(*tries, *silence),
            Kind::OnAir { .. } => Cost { announcements: ON_AIR_MAX, time: ON_AIR_MAX },
            Kind::Http(http) => Cost { announcements: said.min(http.timeout), time: http.timeout },
            Kind::Speak(speak) => {
                let worst = speak.timeout + speak.max.max(self.says(&speak.otherwise));
                Cost { announcements: worst, time: worst }
            }
            Kind::Transfer(transfer) => once(transfer.ring),
            Kind::Play { .. } | Kind::End => once(Duration::ZERO),
            Kind::Queue { .. } | Kind::Hours { .. } | Kind::When { .. } | Kind::Set { .. } => Cost::default(),
        }
    }

    /// Digits are heard over everything but where 0 is one and the prompt is not to be cut short.
    fn deaf(&self, node: &Node) -> Duration {
        match &node.kind {
            Kind::Digits(_) if !node.interrupt => self.says(&node.prompt),
            Kind::Transfer(transfer) => self.says(&node.prompt) + transfer.ring,
            _ => Duration::ZERO,
        }
    }

    /// In the language that takes longest, with everything that is said on some condition.
    fn says(&self, parts: &[Say]) -> Duration {
        let locales =
            parts.iter().filter_map(|part| if let What::Sound(s) = &part.what { Some(s.len()) } else { None });
        let count = locales.max().unwrap_or(1);
        (0..count).map(|locale| parts.iter().map(|part| self.part(part, locale)).sum()).max().unwrap_or_default()
    }

    fn part(&self, part: &Say, locale: usize) -> Duration {
        match &part.what {
            What::Sound(sounds) => self.length(sounds.get(locale).copied().flatten()),
            What::Value(..) => PIECE * PIECES_MAX,
        }
    }

    fn length(&self, sound: Option<SoundId>) -> Duration {
        let place = sound.and_then(|sound| usize::try_from(sound.0).ok());
        place.and_then(|place| self.lengths.get(place)).copied().unwrap_or_default()
    }
}
