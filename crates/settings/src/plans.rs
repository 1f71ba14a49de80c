//! What the configuration comes to.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::{Secret, SoundId};
use call::area::Areas;

use crate::{Calendars, Finding, Synthesis};

/// Everything the engine is started with.
#[derive(Clone, Debug)]
pub struct Plans {
    pub server: Server,
    pub acd: acd::Plan,
    pub roster: roster::Plan,
    pub call: call::Plan,
    pub carrier: carrier::Plan,
    /// The service that understands what callers say.
    pub recognition: Option<Recognition>,
    /// By `SoundId`.
    pub sounds: Vec<SoundFile>,
    /// The files of the folders of prompts, each with the sound that it holds; others of `sounds` are kept for calls that began before a
    /// reload.
    pub prompt_files: Vec<(PathBuf, SoundId)>,
    /// By `SkillId`: groups have a skill each, of their own names, empty where one is removed.
    pub skills: Vec<String>,
    /// Who speaks the texts of menus; none where nobody does.
    pub synthesis: Option<Arc<Synthesis>>,
    /// The years whose holidays are known.
    pub calendars: Calendars,
    /// What works, but probably not as meant.
    pub warnings: Vec<Finding>,
}

/// What the rim needs: sockets, folders, threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// By `NetworkId`, as in `call::Plan::networks`; at least one.
    pub networks: Vec<Network>,
    /// Where HTTP is served; port 0 takes a free one.
    pub http: SocketAddr,
    /// Who may use the API.
    pub tokens: Vec<Token>,
    /// Where records and recordings lie.
    pub data: PathBuf,
    /// A filter as `info` or `info,media=debug`.
    pub log: String,
    /// Media threads; none for one a core beside the control thread.
    pub media_workers: Option<usize>,
    /// How long calls may go on after the first SIGTERM.
    pub drain: Duration,
    /// Name servers to ask; none for those of the system.
    pub dns: Vec<SocketAddr>,
    /// What the messages kept for ladders may weigh; 0 for none.
    pub ladder_bytes: usize,
    /// Where callers' numbers are at home.
    pub areas: Arc<Areas>,
}

/// A service that understands what callers say, over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognition {
    pub url: String,
    pub headers: Vec<(String, Secret)>,
    /// The fields beside the sound, in which `{locale}` and `{language}` stand for the caller's; none where the sound is all that is sent.
    pub form: Option<Vec<(String, String)>>,
    /// Where the answer's JSON has the text (RFC 6901).
    pub text_at: String,
    pub timeout: Duration,
}

/// Who may use the API: whoever shows the text with this digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Stands in the audit and in records.
    pub name: String,
    pub role: Role,
    /// SHA-256 of the token.
    pub digest: [u8; 32],
}

/// What the owner of a token may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads, with callers' numbers masked.
    Viewer,
    /// Reads and changes one agent, and sees the calls of that agent.
    Agent { number: String },
    /// Reads with callers' numbers, changes every agent, ends calls.
    Supervisor,
    /// Reads, with callers' numbers masked; for those who keep the machine running.
    Operator,
    /// Everything.
    Admin,
}

/// Where one network's packets come in and go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    pub name: String,
    /// For datagrams. Port 0 takes a free one; the advertised one is then 0 too and the bound port stands for it.
    pub listen: SocketAddr,
    /// For connections; none where they are not taken. Port 0 takes that of the datagrams.
    pub tcp: Option<SocketAddr>,
    /// The address that media ports are bound at.
    pub media_bind: IpAddr,
    /// The address that stands in our SDP.
    pub media_advertised: IpAddr,
    /// RTP takes the even ports, RTCP the odd ones.
    pub media_ports: RangeInclusive<u16>,
    /// The DSCP value (RFC 2474) of SIP packets, 0 to 63.
    pub dscp_sip: u8,
    /// The DSCP value of media packets.
    pub dscp_media: u8,
}

/// A sound of the bank: 8 kHz, mono.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundFile {
    pub path: PathBuf,
    pub samples: Arc<[i16]>,
}
