//! What an operator decides about calls: numbers, networks, trunks, announcements, limits.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base::{AgentId, Codec, Digit, NetworkId, Secret, SoundId};
use ivr::{Hours, Menu, OnAir, Prompts};
use roster::StarCodes;

use crate::area::Areas;
use crate::listed::KnownCallers;
use crate::number::{AreaCode, NumberForm};

/// Everything a switch and its calls need to know. Another plan may take its place while calls run: ids, locales and sounds mean what
/// they meant, and a call keeps the menu that it began with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The realm of digest challenges.
    pub realm: String,
    /// What a challenge offers, the preferred one first.
    pub digest: Vec<Digest>,
    /// By `NetworkId`: the id is the place in the list.
    pub networks: Vec<Network>,
    pub trunks: Vec<Trunk>,
    /// Where calls may go out to, and whose.
    pub dial: Vec<DialRule>,
    /// Callers who go ahead or are not let in.
    pub known: KnownCallers,
    /// Where callers are at home.
    pub areas: Arc<Areas>,
    /// What operators have put on air in menus.
    pub on_air: Arc<OnAir>,
    /// The numbers that are ours.
    pub called: Vec<CalledNumber>,
    pub menus: Vec<Arc<MenuVersion>>,
    pub prompts: Prompts,
    /// How long the service may take that understands what callers say; none where there is none.
    pub understands: Option<Duration>,
    /// By `GroupId`, as in `acd::Plan`.
    pub groups: Vec<Group>,
    /// By `AgentId`, as in `acd::Plan` and `roster::Plan`.
    pub agents: Vec<Agent>,
    /// What agents dial to change their state; as in `roster::Plan`.
    pub star_codes: StarCodes,
    /// What agents press in a talk whose phones have no keys of their own for it.
    pub talk_keys: TalkKeys,
    pub connect: Connect,
    /// How long a dialog lives without a refresh, as our INVITEs ask for it (RFC 4028).
    pub session_expires: Duration,
    pub limits: Limits,
}

/// The highest priority of a menu, and of a caller in it; an agent hands a citizen on at more.
pub const PRIORITY_MAX: u8 = 9;

/// A hash of digest authentication (RFC 8760).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    Md5,
    Sha256,
}

/// A `[[network]]`: where we listen and how its peers reach us.
#[derive(Clone, Debug)]
pub struct Network {
    pub name: String,
    pub advertised: Advertised,
}

/// What stands in our Via and Contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertised {
    /// Host or IP address, without brackets.
    pub host: String,
    pub udp_port: u16,
    /// None where no connections are taken.
    pub tcp_port: Option<u16>,
}

base::packed_struct!(Advertised { host, udp_port, tcp_port });

/// A carrier's trunk.
#[derive(Clone, Debug)]
pub struct Trunk {
    pub name: String,
    /// Senders inside one of these belong to the trunk without a password.
    pub sources: Vec<Subnet>,
    /// The addresses that its targets have are sources too.
    pub by_targets: bool,
    /// Senders from elsewhere prove themselves with these.
    pub credentials: Option<Credentials>,
    pub identity: Identity,
    /// Where its local numbers are; none where it delivers area codes.
    pub area_code: Option<AreaCode>,
    /// The network that its sources are on; none for any.
    pub network: Option<NetworkId>,
    pub limits: TrunkLimits,
    /// What is spoken on it, the preferred one first; never empty.
    pub codecs: Vec<Codec>,
    /// How numbers stand in calls that go out through it; none where none do. Where they go is in `carrier::Plan`.
    pub outward: Option<Outward>,
}

/// A `[[dial]]`: some numbers outside, who may call them, and through which trunks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialRule {
    pub name: String,
    /// What the numbers begin with, in their one form; the longest prefix of all rules decides.
    pub prefixes: Vec<String>,
    /// Places in `Plan::trunks`, in the order in which they are tried.
    pub trunks: Vec<usize>,
    /// The number that is shown; none for the trunk's own.
    pub caller: Option<String>,
    /// Who may; nobody named, everybody.
    pub agents: Vec<AgentId>,
    /// When; at any time without.
    pub hours: Option<Hours>,
    /// Calls of one agent in an hour.
    pub per_hour: Option<u32>,
}

/// How a carrier wants to read the numbers of a call that we place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outward {
    pub number: NumberForm,
    /// The number of ours that is shown unless a call says otherwise; none for the user that the trunk registers.
    pub caller: Option<String>,
    /// Further numbers that may be shown.
    pub callers: Vec<String>,
    pub identity: IdentityOut,
}

impl Outward {
    /// Whether the carrier lets us show that number.
    pub fn may_show(&self, number: &str) -> bool {
        self.caller.iter().chain(&self.callers).any(|known| known == number)
    }
}

/// Where we say who calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdentityOut {
    /// In From alone.
    From,
    /// In P-Asserted-Identity (RFC 3325) alone; From shows the user that the trunk registers, else `Outward::caller`.
    Asserted,
    #[default]
    Both,
}

/// Bounds of one trunk, within those of the switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrunkLimits {
    /// Calls at once.
    pub calls: Option<usize>,
    /// New calls in a second.
    pub calls_per_s: Option<u32>,
    /// How a new call is told to come later, where this carrier wants another answer.
    pub refusal: Option<Refusal>,
}

/// Where a trunk says who calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// In From, which the caller's own phone may have written.
    From,
    /// In P-Asserted-Identity (RFC 3325) or Remote-Party-ID, for which the carrier vouches; else in From.
    #[default]
    Asserted,
}

/// An address and how many of its leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    pub address: IpAddr,
    pub prefix: u8,
}

impl Subnet {
    pub fn contains(&self, peer: IpAddr) -> bool {
        match (self.address, peer) {
            (IpAddr::V4(net), IpAddr::V4(peer)) => {
                let bits = u32::from(self.prefix.min(32));
                let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
                (u32::from(net) ^ u32::from(peer)) & mask == 0
            }
            (IpAddr::V6(net), IpAddr::V6(peer)) => {
                let bits = u32::from(self.prefix.min(128));
                let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
                (u128::from(net) ^ u128::from(peer)) & mask == 0
            }
            _ => false,
        }
    }
}

/// A user name and its password.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub user: String,
    pub password: Secret,
}

/// A called number and the menu that answers it.
#[derive(Clone, Debug)]
pub struct CalledNumber {
    pub number: String,
    /// Place in `Plan::menus`.
    pub menu: usize,
}

/// A menu as published.
#[derive(Clone, Debug)]
pub struct MenuVersion {
    pub name: String,
    /// The content hash.
    pub version: String,
    pub menu: Menu,
}

/// What a waiting caller hears.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    /// What agents dial to ask the group, or to hand a caller on to it; its name is understood too.
    pub number: Option<String>,
    pub music: SoundId,
    /// From the start of the wait to the first announcement, and from one to the next; none for music alone.
    pub announce_every: Option<Duration>,
    /// Whether an announcement tells the position.
    pub announce_position: bool,
    /// Whether an announcement tells how long the wait will be.
    pub announce_wait: bool,
    /// The line that a caller is brought to whom the queue cannot keep, in its one form: the mobile of who is on duty.
    pub duty_line: Option<String>,
    /// The key by which a caller who waits asks to be called back; none where nobody is.
    pub call_back: Option<Digit>,
    /// What whoever joins it in surge hears once.
    pub surge_prompt: String,
    /// It stood in a plan of before and keeps its id alone: nobody reaches it.
    pub removed: bool,
}

/// An agent as the call sees one.
#[derive(Clone, Debug)]
pub struct Agent {
    pub number: String,
    pub password: Secret,
    /// Stood in a plan of before and keeps the id alone: proves nothing, and nobody reaches such an agent.
    pub removed: bool,
}

/// Codes that an agent presses in a talk, each a star and digits; no two begin alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TalkKeys {
    /// Hands the citizen on to the number behind it, which `#` ends; without a number to whom was asked.
    pub hand_on: String,
    /// Calls the number behind it, which `#` ends, while the citizen waits.
    pub ask: String,
    /// Back to the citizen.
    pub back: String,
}

impl Default for TalkKeys {
    fn default() -> TalkKeys {
        TalkKeys { hand_on: "*1".to_owned(), ask: "*2".to_owned(), back: "*0".to_owned() }
    }
}

/// What both parties are told at connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connect {
    /// The agent's phone shows the citizen's number, the group and the wait.
    pub show_citizen: bool,
    /// The citizen hears the agent's number.
    pub say_agent_number: bool,
}

/// The answer to a call that has to come later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// 480, 486, 503 or 600.
    pub status: u16,
    pub retry_after: Duration,
}

/// Bounds of a call and of a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls at once; the next is told to come later.
    pub calls: usize,
    /// New calls in a second; more are told to come later. None for as many as come.
    pub calls_per_s: Option<u32>,
    /// How a new call is told to come later: 503 as RFC 3261 §21.5.4 says, or what a carrier takes better that takes a trunk
    /// out of service after a 503.
    pub refusal: Refusal,
    /// The longest talk.
    pub talk: Duration,
    /// The longest time in the menu; then the caller goes to the menu's queue.
    pub menu: Duration,
}

impl Default for Limits {
    /// A city's hotline on one machine.
    fn default() -> Limits {
        Limits {
            calls: 2000,
            calls_per_s: None,
            refusal: Refusal { status: 503, retry_after: Duration::from_secs(10) },
            talk: Duration::from_secs(7200),
            menu: Duration::from_secs(300),
        }
    }
}
