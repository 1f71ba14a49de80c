//! The engine's media worker as the server starts it: a port pair a leg, latching, statistics, reports.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use base::{Codec, Direction, EndId, Job, Lease, LegId, MediaParams, Notice, Rng, Source, Time};
use legs::{Bank, Limits};
use media::{Clock, Config, Media, NetworkMedia, WorkerLink};

/// The thread of the first worker.
pub(crate) const NAME: &str = "media-0";
/// Jobs between two bells; the ring holds far more.
const JOBS: usize = 256;
/// Binding a thousand pairs takes a fraction of it.
const READY: Duration = Duration::from_secs(10);

pub(crate) struct Engine {
    pub(crate) legs: Vec<SocketAddrV4>,
    ends: Vec<EndId>,
    link: WorkerLink,
    _media: Media,
}

impl Engine {
    /// Starts one worker with this many ends bound.
    pub(crate) fn start(legs: usize) -> Result<Engine> {
        let network = NetworkMedia {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            advertised: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: 20_000..=31_999,
            dscp: 46,
        };
        let config = Config {
            workers: 1,
            networks: vec![network],
            pin: true,
            leases_ready: u16::try_from(legs)?,
            limits: Limits::default(),
            drill: None,
        };
        let mut rng = Rng::from_number(1);
        let (media, links) = Media::start(&config, &Arc::new(Bank::new()), Clock::start(Time::ZERO), &mut rng, || {})?;
        let Some(mut link) = links.into_iter().next() else { bail!("one worker was asked for") };
        let leases = leases(&mut link, legs)?;
        let address = |lease: &Lease| match lease.address {
            SocketAddr::V4(v4) => Ok(v4),
            SocketAddr::V6(_) => bail!("bound to IPv4"),
        };
        let addresses = leases.iter().map(address).collect::<Result<_>>()?;
        Ok(Engine { legs: addresses, ends: leases.iter().map(|lease| lease.end).collect(), link, _media: media })
    }

    /// Opens all ends towards `peer`, with reports to `reports` and these codecs by turns, each two of which hear each other.
    pub(crate) fn open(&mut self, peer: SocketAddrV4, reports: SocketAddrV4, codecs: [Codec; 2]) -> Result<()> {
        let ends = self.ends.clone();
        for (place, end) in ends.iter().enumerate() {
            let params = params(peer, reports, codecs[place % 2]);
            let signalled_from = IpAddr::V4(*peer.ip());
            self.send(place, Job::Open { end: *end, leg: LegId::default(), params, signalled_from })?;
        }
        for (place, end) in ends.iter().enumerate() {
            self.send(place, Job::Hear { end: *end, source: Source::End(ends[place ^ 1]) })?;
        }
        self.link.ring();
        Ok(())
    }

    /// Datagrams that the system did not take from the worker.
    pub(crate) fn send_failed(&self) -> u64 {
        self.link.counts().send_failed
    }

    /// Forgets what the worker says: its ring must not fill.
    pub(crate) fn drain(&mut self) {
        while self.link.notice().is_some() {}
    }

    fn send(&mut self, place: usize, job: Job) -> Result<()> {
        ensure!(self.link.send(job).is_ok(), "the ring of jobs is full");
        if place.is_multiple_of(JOBS) {
            self.link.ring();
        }
        Ok(())
    }
}

fn leases(link: &mut WorkerLink, count: usize) -> Result<Vec<Lease>> {
    let until = Instant::now() + READY;
    let mut leases = Vec::new();
    while leases.len() < count {
        match link.notice() {
            Some(Notice::Leased(lease)) => leases.push(lease),
            Some(_) => {}
            None => {
                ensure!(Instant::now() < until, "{} of {count} ends were bound", leases.len());
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
    Ok(leases)
}

fn params(peer: SocketAddrV4, reports: SocketAddrV4, codec: Codec) -> MediaParams {
    MediaParams {
        remote: peer.into(),
        remote_rtcp: reports.into(),
        codec,
        send_type: codec.payload_type(),
        receive_type: codec.payload_type(),
        dtmf_send_type: Some(101),
        dtmf_receive_type: Some(101),
        direction: Direction::SendRecv,
        ptime_ms: 20,
    }
}
