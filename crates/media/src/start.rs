//! Starting and stopping the workers.

use std::any::Any;
use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use base::{NetworkId, Notice, Rng, WorkerId};
use rustix::process::{Resource, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::counts::SharedCounts;
use crate::ends::Ends;
use crate::link::{Bell, JOBS, NOTICES};
use crate::turn::{Parts, Turns};
use crate::{Clock, Error, Sounds, WorkerLink};

/// How media is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Threads; at least one is started.
    pub workers: u8,
    /// By `NetworkId`: the id is the place in the list.
    pub networks: Vec<NetworkMedia>,
    /// Whether each worker keeps a CPU of its own, from the last one down.
    pub pin: bool,
    /// Ends that each worker binds on each network at once and reports as leased.
    pub leases_ready: u16,
    pub limits: legs::Limits,
    /// The first worker panics on purpose at its job of this number, from 1.
    pub drill: Option<u64>,
}

/// Where the media of one `[[network]]` flows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkMedia {
    /// The local address of the sockets.
    pub bind: IpAddr,
    /// The address in our session descriptions.
    pub advertised: IpAddr,
    /// RTP on the even ports, RTCP on the odd ones; shared out among the workers.
    pub ports: RangeInclusive<u16>,
    /// The Differentiated Services code point, 0 to 63; 46 is expedited forwarding (RFC 3246).
    pub dscp: u8,
}

/// The running workers.
#[derive(Debug)]
pub struct Media {
    sounds: Arc<Sounds>,
    stop: Arc<AtomicBool>,
    failure: Arc<OnceLock<String>>,
    threads: Vec<(Arc<Bell>, JoinHandle<()>)>,
}

type Wake = Arc<dyn Fn() + Send + Sync>;

impl Media {
    /// Binds the first ends and starts the workers; the links come in the order of their workers.
    ///
    /// `wake` is called from a worker's thread after it queued notices, and when it failed.
    ///
    /// # Errors
    /// When a network's address or ports cannot be used, or a thread cannot be started.
    pub fn start(
        config: &Config,
        bank: &Arc<legs::Bank>,
        clock: Clock,
        rng: &mut Rng,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<(Media, Vec<WorkerLink>), Error> {
        raise_file_limit();
        let wake: Wake = Arc::new(wake);
        let (sounds, threads) = (Arc::new(Sounds::new(Arc::clone(bank))), Vec::with_capacity(config.workers.into()));
        let mut media = Media { sounds, stop: Arc::default(), failure: Arc::default(), threads };
        let mut links = Vec::with_capacity(config.workers.into());
        for index in 0..config.workers.max(1) {
            links.push(media.start_worker(index, config, clock, rng, &wake)?);
        }
        Ok((media, links))
    }

    fn start_worker(
        &mut self,
        index: u8,
        config: &Config,
        clock: Clock,
        rng: &mut Rng,
        wake: &Wake,
    ) -> Result<WorkerLink, Error> {
        let failed = |source| Error::Worker { source };
        let bell = Arc::new(Bell::new().map_err(failed)?);
        let (jobs, job_queue) = rtrb::RingBuffer::new(JOBS);
        let (notice_queue, notices) = rtrb::RingBuffer::new(NOTICES);
        let counts = Arc::<SharedCounts>::default();
        let mut ends = Ends::new(index, config.workers.max(1), &config.networks, rng).map_err(failed)?;
        let ready = first_leases(&mut ends, config, clock)?;
        let limits = legs::Config { worker: WorkerId(index), limits: config.limits.clone() };
        let worker = legs::Worker::new(limits, self.sounds.get(), clock.time(), rng.fork());
        let parts = Parts {
            ends,
            worker,
            clock,
            jobs: job_queue,
            sounds: Arc::clone(&self.sounds),
            sounds_known: 0,
            notices: notice_queue,
            counts: Arc::clone(&counts),
            bell: Arc::clone(&bell),
            wake: Arc::clone(wake),
            stop: Arc::clone(&self.stop),
            drill: config.drill.filter(|_| index == 0),
        };
        let turns = Turns::new(parts, ready).map_err(failed)?;
        let cpu = if config.pin { cpu_of(index) } else { None };
        let (failure, wake) = (Arc::clone(&self.failure), Arc::clone(wake));
        let thread = std::thread::Builder::new()
            .name(format!("media-{index}"))
            .spawn(move || guard(index, cpu, turns, &failure, &wake))
            .map_err(failed)?;
        self.threads.push((Arc::clone(&bell), thread));
        Ok(WorkerLink::new(WorkerId(index), jobs, notices, bell, counts))
    }

    /// What all workers play.
    pub fn sounds(&self) -> Arc<Sounds> {
        Arc::clone(&self.sounds)
    }

    /// Why a worker died; look after each `wake`. Its calls are deaf from then on: say it and exit non-zero, so that
    /// the service manager starts the process anew.
    pub fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// Ends the threads and closes every socket.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Release);
        for (bell, _) in &self.threads {
            bell.ring();
        }
        for (_, thread) in self.threads.drain(..) {
            // A panic was caught and reported by `guard`.
            let _ = thread.join();
        }
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs a worker and reports why it died, if it does.
fn guard(index: u8, cpu: Option<usize>, mut turns: Turns, failure: &OnceLock<String>, wake: &Wake) {
    if let Some(cpu) = cpu {
        pin(cpu);
    }
    let reason = match catch_unwind(AssertUnwindSafe(|| turns.run())) {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic_text(&*panic),
    };
    let _ = failure.set(format!("media worker {index} died: {reason}; restart the server and report this"));
    // The call may be what panicked; the server also looks at `failure` on its own.
    let _ = catch_unwind(AssertUnwindSafe(|| wake()));
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}

/// Binds the leases that calls find ready; at the start a port problem is an error, later it is a notice.
fn first_leases(ends: &mut Ends, config: &Config, clock: Clock) -> Result<Vec<Notice>, Error> {
    let mut ready = Vec::new();
    for (id, network) in (0..=u8::MAX).zip(&config.networks) {
        for _ in 0..config.leases_ready {
            let lease = ends.lease(NetworkId(id), clock.time()).map_err(|error: io::Error| Error::Ports {
                address: network.bind,
                first: *network.ports.start(),
                last: *network.ports.end(),
                reason: error.to_string(),
            })?;
            ready.push(Notice::Leased(lease));
        }
    }
    Ok(ready)
}

/// Two sockets an end: the usual soft limit of 1024 files would end at 500 legs.
fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!("cannot raise the limit of open files: {error}; raise it for the service, e.g. LimitNOFILE");
    }
}

/// The CPU of a worker: from the last one down, because interrupts and the control thread live at the first ones.
fn cpu_of(index: u8) -> Option<usize> {
    let allowed = sched_getaffinity(None).ok()?;
    let cpus: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).collect();
    cpus.iter().rev().nth(usize::from(index) % cpus.len().max(1)).copied()
}

fn pin(cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu);
    if let Err(error) = sched_setaffinity(None, &set) {
        tracing::warn!("cannot pin a media worker to CPU {cpu}: {error}; it runs unpinned");
    }
}
