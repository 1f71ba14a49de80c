//! From plans to a running engine.

use std::fs::DirBuilder;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use base::{Epoch, NodeId, Rng, SwitchId};
use media::{Clock, Media, NetworkMedia, Sounds, WorkerLink};
use settings::Plans;
use store::Store;
use switch::trace::Head;
use switch::{Config, Drill, Effects, Exchange, Place};

use crate::board::Board;
use crate::books::{Books, Found};
use crate::control::{Control, Outcome, Parts};
use crate::desk::{self, Desk};
use crate::dns;
use crate::ladders::{self, Ladders};
use crate::listen;
use crate::news::{self, Inbox};
use crate::publish::Publisher;
use crate::reload::{self, Reloader, Voices};
use crate::stop::Stop;
use crate::tape::{self, Taped, Trace};
use crate::view::View;
use crate::web::recognition::Service;
use crate::web::{self, Speaker, Web};

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
    #[error(
        "cannot listen for SIP over TCP at {address} (network \"{network}\"): {source}; free that address or set another as `tcp` or HOTLINE__SIP__TCP, or \"off\""
    )]
    ListenTcp { network: String, address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Media(#[from] media::Error),
    #[error("cannot make the folder {}: {source}; give another with --data or make this one writable", path.display())]
    Data { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Trace(#[from] trace::Error),
    #[error("the system gives no randomness: {source}; /dev/urandom must be readable")]
    Randomness { source: io::Error },
    #[error("cannot start the control thread: {source}; raise the limits of threads and files")]
    Thread { source: io::Error },
}

/// What is said on the command line alone.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A fault on purpose.
    pub drill: Option<Drill>,
    /// Where every input is written for a replay.
    pub trace: Option<Trace>,
    /// The folder that a reload reads.
    pub config: PathBuf,
}

/// A running engine.
#[derive(Debug)]
pub struct Running {
    /// Where the first network takes SIP over UDP.
    pub sip: SocketAddr,
    /// Where it takes SIP over TCP, if it does.
    pub tcp: Option<SocketAddr>,
    pub stop: Arc<Stop>,
    pub view: Arc<ArcSwap<View>>,
    /// Asks the owners of calls, agents and queue.
    pub desk: Desk,
    /// Reads the configuration anew.
    pub reloader: Arc<Reloader>,
    /// What the control thread tells; the rim folds it into the board.
    pub inbox: Option<Inbox>,
    pub board: Arc<Board>,
    /// The messages of calls; the rim has to take them in.
    pub ladders: Arc<Ladders>,
    /// Calls found open from before a restart.
    pub closed: u64,
    thread: JoinHandle<io::Result<(Outcome, Store, Books)>>,
}

impl Running {
    /// Waits until the engine has stopped and its last record is written.
    ///
    /// # Errors
    /// A sentence for the operator: the control thread failed, or records were not written.
    pub fn wait(self) -> Result<Outcome, String> {
        let ended =
            self.thread.join().map_err(|_| "the control thread panicked; restart and report this".to_owned())?;
        let (outcome, store, books) = ended.map_err(|e| format!("the control thread cannot wait for events: {e}"))?;
        store.close(LAST_RECORDS).map_err(|unwritten| unwritten.to_string())?;
        books.close(LAST_RECORDS)?;
        Ok(outcome)
    }
}

/// Opens the store, binds every socket, starts the threads; calls are taken once this returns.
///
/// # Errors
/// When a socket, a file or a thread is not to be had; what was started ends again.
pub fn start(mut plans: Plans, data: PathBuf, options: Options) -> Result<Running, Error> {
    let wall = Clock::start(base::Time::ZERO).now().wall;
    make_folder(&data)?;
    // The records know epochs too, should the journal be gone.
    let known = store::last_epoch(&data, NodeId::default())?;
    let Found { books, ledger, epoch, last_time } = Books::open(&data, known)?;
    let opened = Store::open(&data, NodeId::default(), wall, epoch)?;
    let (store, epoch) = (opened.store, opened.epoch);
    let clock = Clock::start(last_time.max(opened.last_time));
    let mut rng = Rng::from_seed(random()?);
    let (listeners, doors) = listen::bind(&mut plans)?;
    let sip = listeners[0].local;
    let tcp = doors.iter().find(|door| door.network == listeners[0].network).map(|door| door.local);
    let (poll, streams) = listen::watch(doors).map_err(|source| Error::Thread { source })?;
    let stop = Arc::new(Stop::new().map_err(|source| Error::Thread { source })?);
    let (media, links) = start_media(&plans, clock, &mut rng, &stop, options.drill)?;
    let (web, voices) = start_web(&plans, media.sounds(), &stop)?;
    let (reloader, orders) = reload::open(options.config, &data, plans.clone(), voices, Arc::clone(&stop));
    let drain = plans.server.drain;
    let servers = std::mem::take(&mut plans.server.dns);
    let named = plans.carrier.needs_dns().then(|| dns::start(servers, Arc::clone(&stop)));
    let dns = named.transpose().map_err(no_thread)?;
    let closed = ledger.open_calls() as u64;
    let mut first = Effects::default();
    let config = config(&plans, links.len(), epoch, options.drill)?;
    let ladder_bytes = plans.server.ladder_bytes;
    let owners = reload::of_owners(plans);
    let (begin, seed) = (clock.now(), rng.seed());
    let traced = |trace| tape::open(&trace, &data, &Head::new(&config, &owners, &ledger, begin, seed));
    let tape = options.trace.map(traced).transpose()?.flatten();
    let exchange = Exchange::restore(config, owners, &ledger, begin, Rng::from_seed(seed), &mut first);
    let (tap, ladders) = ladders::keep(ladder_bytes);
    let exchange = Taped::new(exchange, tap, tape);
    drop(ledger);
    let view = Arc::new(ArcSwap::from_pointee(View::default()));
    let publisher = Publisher::new(Arc::clone(&view));
    let (desk, counter) = desk::open(Arc::clone(&stop));
    let (herald, inbox) = news::ring().map_err(|source| Error::Thread { source })?;
    let board = Arc::new(Board::new(epoch));
    let stop_too = Arc::clone(&stop);
    let parts = Parts {
        clock,
        exchange,
        listeners,
        streams,
        poll,
        media,
        links,
        store,
        books,
        first,
        stop: stop_too,
        publisher,
        drain,
        counter,
        dns,
        web,
        herald,
        orders,
    };
    let control = Control::new(parts);
    // Who asks right after the start finds what was restored, not an empty house.
    control.publish(begin);
    let thread = std::thread::Builder::new().name("control".to_owned()).spawn(|| control.run());
    let thread = thread.map_err(|source| Error::Thread { source })?;
    let ladders = Arc::new(ladders);
    let reloader = Arc::new(reloader);
    Ok(Running { sip, tcp, stop, view, desk, reloader, inbox: Some(inbox), board, ladders, closed, thread })
}

fn make_folder(data: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.map_err(|source| Error::Data { path: data.to_owned(), source })
}

/// What menus ask of other systems, and what a reload changes of it.
fn start_web(plans: &Plans, sounds: Arc<Sounds>, stop: &Arc<Stop>) -> Result<(Web, Voices), Error> {
    let speaker = Arc::new(Speaker::new(plans.synthesis.clone()));
    let recognition = Arc::new(Service::new(plans.recognition.clone()));
    let web = web::start(Arc::clone(stop), &speaker, Arc::clone(&recognition)).map_err(no_thread)?;
    Ok((web, Voices { sounds, speaker, recognition }))
}

fn no_thread(source: io::Error) -> Error {
    Error::Thread { source }
}

fn start_media(
    plans: &Plans,
    clock: Clock,
    rng: &mut Rng,
    stop: &Arc<Stop>,
    drill: Option<Drill>,
) -> Result<(Media, Vec<WorkerLink>), Error> {
    let bank = reload::bank(plans);
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
        drill: drill.filter(|drill| drill.place == Place::Worker).map(|drill| drill.nth),
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

fn config(plans: &Plans, workers: usize, epoch: Epoch, drill: Option<Drill>) -> Result<Config, Error> {
    Ok(Config {
        id: SwitchId::default(),
        epoch,
        product: PRODUCT.to_owned(),
        nonce_key: random()?,
        workers: workers as u8,
        leases_ready: leases_ready(plans),
        drill,
    })
}

fn random() -> Result<[u8; 32], Error> {
    use std::io::Read;
    let mut bytes = [0; 32];
    let mut source = std::fs::File::open("/dev/urandom").map_err(|source| Error::Randomness { source })?;
    source.read_exact(&mut bytes).map_err(|source| Error::Randomness { source })?;
    Ok(bytes)
}
