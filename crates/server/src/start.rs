//! From plans to a running engine.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use acd::Acd;
use arc_swap::ArcSwap;
use base::{Epoch, NetworkId, NodeId, Now, Rng, SwitchId};
use legs::Bank;
use media::{Clock, Media, NetworkMedia, WorkerLink};
use roster::Roster;
use settings::Plans;
use store::{Opened, Store};
use switch::{Config, Exchange, Switch};

use crate::control::{Control, Outcome, Parts};
use crate::publish::Publisher;
use crate::sockets::Listener;
use crate::stop::Stop;
use crate::view::View;

/// Ends that wait for a call on each worker and network: the INVITEs that come in while a worker binds more.
const LEASES_READY: u16 = 512;
/// Silence after which a phone is asked whether it lives: longer than pauses of phones that send nothing while nobody
/// speaks, shorter than a citizen's patience with a dead line.
const SILENCE: Duration = Duration::from_secs(60);
/// How long the last records may take when the engine stops.
const LAST_RECORDS: Duration = Duration::from_secs(10);
/// What `User-Agent` and `Server` say: the name alone, so that nobody looks up the faults of a version.
const PRODUCT: &str = "hotline";

/// Why the engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "cannot listen for SIP at {address} (network \"{network}\"): {source}; free that address or set another as `listen` or HOTLINE__SIP__UDP"
    )]
    Listen { network: String, address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Media(#[from] media::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the system gives no randomness: {source}; /dev/urandom must be readable")]
    Randomness { source: io::Error },
    #[error("cannot start the control thread: {source}; raise the limits of threads and files")]
    Thread { source: io::Error },
}

/// A running engine.
#[derive(Debug)]
pub struct Running {
    /// Where the first network takes SIP.
    pub sip: SocketAddr,
    pub stop: Arc<Stop>,
    pub view: Arc<ArcSwap<View>>,
    /// Calls found open from before a restart.
    pub closed: u64,
    thread: JoinHandle<io::Result<(Outcome, Store)>>,
}

impl Running {
    /// Waits until the engine has stopped and its last record is written.
    ///
    /// # Errors
    /// A sentence for the operator: the control thread failed, or records were not written.
    pub fn wait(self) -> Result<Outcome, String> {
        let ended =
            self.thread.join().map_err(|_| "the control thread panicked; restart and report this".to_owned())?;
        let (outcome, store) = ended.map_err(|e| format!("the control thread cannot wait for events: {e}"))?;
        store.close(LAST_RECORDS).map_err(|unwritten| unwritten.to_string())?;
        Ok(outcome)
    }
}

/// Opens the store, binds every socket, starts the threads; calls are taken once this returns.
///
/// # Errors
/// When a socket, a file or a thread is not to be had; what was started ends again.
pub fn start(mut plans: Plans, data: PathBuf) -> Result<Running, Error> {
    let Opened { store, epoch, last_time, closed } =
        Store::open(&data, NodeId::default(), Clock::start(base::Time::ZERO).now().wall)?;
    let clock = Clock::start(last_time);
    let mut rng = Rng::from_seed(random()?);
    let listeners = listen(&mut plans)?;
    let sip = listeners[0].local;
    let stop = Arc::new(Stop::new().map_err(|source| Error::Thread { source })?);
    let (media, links) = start_media(&plans, clock, &mut rng, &stop)?;
    let drain = plans.server.drain;
    let exchange = exchange(plans, links.len(), epoch, clock.now(), rng)?;
    let view = Arc::new(ArcSwap::from_pointee(View::default()));
    let publisher = Publisher::new(Arc::clone(&view));
    let parts = Parts { clock, exchange, listeners, media, links, store, stop: Arc::clone(&stop), publisher, drain };
    let control = Control::new(parts);
    let thread = std::thread::Builder::new().name("control".to_owned()).spawn(|| control.run());
    let thread = thread.map_err(|source| Error::Thread { source })?;
    Ok(Running { sip, stop, view, closed, thread })
}

/// Binds the listeners; a port that the system picked stands in what we advertise.
fn listen(plans: &mut Plans) -> Result<Vec<Listener>, Error> {
    let mut listeners = Vec::new();
    for (place, network) in plans.server.networks.iter().enumerate() {
        let listener = Listener::bind(NetworkId(place as u8), network.listen, network.dscp_sip)
            .map_err(|source| Error::Listen { network: network.name.clone(), address: network.listen, source })?;
        let advertised = &mut plans.call.networks[place];
        if advertised.advertised_port == 0 {
            advertised.advertised_port = listener.local.port();
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

fn start_media(
    plans: &Plans,
    clock: Clock,
    rng: &mut Rng,
    stop: &Arc<Stop>,
) -> Result<(Media, Vec<WorkerLink>), Error> {
    let mut bank = Bank::new();
    for sound in &plans.sounds {
        bank.push(&sound.samples);
    }
    let networks = plans.server.networks.iter().map(|n| NetworkMedia {
        bind: n.media_bind,
        advertised: n.media_advertised,
        ports: n.media_ports.clone(),
        dscp: n.dscp_media,
    });
    let config = media::Config {
        workers: workers(plans),
        networks: networks.collect(),
        pin: false,
        leases_ready: leases_ready(plans),
        limits: legs::Limits { silence: SILENCE, ..legs::Limits::default() },
    };
    let stop = Arc::clone(stop);
    Ok(Media::start(&config, &Arc::new(bank), clock, rng, move || stop.ring())?)
}

/// One worker a core beside the control thread's, where the operator says nothing else.
fn workers(plans: &Plans) -> u8 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let wanted = plans.server.media_workers.unwrap_or(cores.saturating_sub(1));
    u8::try_from(wanted.max(1)).unwrap_or(u8::MAX)
}

/// No more than half of the smallest port range.
fn leases_ready(plans: &Plans) -> u16 {
    let pairs = plans.server.networks.iter().map(|n| n.media_ports.len() / 2 / usize::from(workers(plans)));
    let half = pairs.min().unwrap_or(0) / 2;
    u16::try_from(half).unwrap_or(u16::MAX).clamp(1, LEASES_READY)
}

fn exchange(plans: Plans, workers: usize, epoch: Epoch, now: Now, mut rng: Rng) -> Result<Exchange, Error> {
    let config = Config {
        id: SwitchId::default(),
        epoch,
        product: PRODUCT.to_owned(),
        nonce_key: random()?,
        workers: workers as u8,
        leases_ready: leases_ready(&plans),
        drill: None,
    };
    let acd = Acd::new(plans.acd, now.time);
    let roster = Roster::new(plans.roster, now.time);
    let switch = Switch::new(config, Arc::new(plans.call), now.time, rng.fork());
    Ok(Exchange::new(switch, acd, roster))
}

fn random() -> Result<[u8; 32], Error> {
    use std::io::Read;
    let mut bytes = [0; 32];
    let mut source = std::fs::File::open("/dev/urandom").map_err(|source| Error::Randomness { source })?;
    source.read_exact(&mut bytes).map_err(|source| Error::Randomness { source })?;
    Ok(bytes)
}
