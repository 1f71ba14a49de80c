//! The thread that answers.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::serve::Listener;
use server::view::View;
use server::{Board, Configurable, Desk, Inbox, Ladders};
use settings::{Areas, Token};
use tokio::net::{TcpSocket, UnixStream};
use tokio::sync::{Semaphore, oneshot, watch};

use crate::attempts::Attempts;
use crate::audit::Audit;
use crate::guard::{Guarded, Peer, Tcp};
use crate::routes;
use crate::stream::Streams;
use crate::tokens::Tokens;

/// Where the last published view is found.
pub type Source = Arc<dyn Fn() -> Arc<View> + Send + Sync>;

/// Reads the configuration anew and publishes menus; each blocks until that holds or is refused.
pub type Configuration = Arc<dyn Configurable>;

/// How long answers under way may take when the server stops.
const FAREWELL: Duration = Duration::from_millis(500);
/// Connections that the system holds until they are accepted: a hall of screens that comes back at once after a restart.
const BACKLOG: u32 = 4096;
/// Threads for files: readers of records, the audit, and a reload.
const FILE_THREADS: usize = 7;
/// Messages are taken in so often: in that time their ring fills to a twentieth at 200 calls a second.
const MESSAGES_EVERY: Duration = Duration::from_millis(200);
/// Readers of records at once; the audit keeps threads of its own.
const READING: usize = 4;

/// What HTTP serves.
pub struct Setup {
    pub view: Source,
    pub desk: Desk,
    pub configuration: Configuration,
    /// What the control thread tells; none where somebody else folds it into the board.
    pub inbox: Option<Inbox>,
    pub board: Arc<Board>,
    /// The messages of calls; taken in here.
    pub ladders: Arc<Ladders>,
    pub tokens: Vec<Token>,
    /// Where callers' numbers are at home.
    pub areas: Arc<Areas>,
    /// The folder of records and of the audit.
    pub data: PathBuf,
}

/// What every request may use.
pub(crate) struct Shared {
    pub(crate) view: Source,
    pub(crate) desk: Desk,
    pub(crate) configuration: Configuration,
    pub(crate) board: Arc<Board>,
    pub(crate) ladders: Arc<Ladders>,
    pub(crate) tokens: Tokens,
    pub(crate) areas: Arc<Areas>,
    pub(crate) attempts: Attempts,
    pub(crate) audit: Arc<Audit>,
    pub(crate) data: PathBuf,
    pub(crate) reading: Arc<Semaphore>,
    pub(crate) streams: Streams,
    pub(crate) counts: Counts,
    pub(crate) stopping: watch::Receiver<bool>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

/// Since the start.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) requests: AtomicU64,
    pub(crate) auth_failed: AtomicU64,
}

/// Why HTTP cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot serve HTTP at {address}: {source}; free that address or set another as http.listen")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cannot start the HTTP thread: {source}; raise the limits of threads and memory")]
    Thread { source: io::Error },
}

/// The running HTTP server; dropping it ends it.
#[derive(Debug)]
pub struct Http {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Http {
    /// Listens on `listen`, where port 0 picks a free one, and answers from a thread of its own.
    ///
    /// # Errors
    /// When the address cannot be used or the thread cannot be started.
    pub fn start(listen: SocketAddr, setup: Setup) -> Result<Http, Error> {
        let failed = |source| Error::Listen { address: listen, source };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(FILE_THREADS)
            .build()
            .map_err(|source| Error::Thread { source })?;
        let listener = {
            let _context = runtime.enter();
            listener(listen).map_err(failed)?
        };
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || runtime.block_on(serve(setup, Tcp(listener), stopped)))
            .map_err(|source| Error::Thread { source })?;
        Ok(Http { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic would have been printed; nothing else depends on it.
            let _ = thread.join();
        }
    }
}

fn listener(listen: SocketAddr) -> io::Result<tokio::net::TcpListener> {
    let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(listen)?;
    socket.listen(BACKLOG)
}

/// Answers whoever comes to `listener`, over whatever it accepts, until `stopped` is sent or dropped.
///
/// Needs the clock of the runtime that runs it, and its sockets where the setup has an inbox.
pub async fn serve<L: Listener<Addr = SocketAddr>>(setup: Setup, listener: L, stopped: oneshot::Receiver<()>) {
    let Setup { view, desk, configuration, inbox, board, ladders, tokens, areas, data } = setup;
    let (stopping, told) = watch::channel(false);
    let mut ended = told.clone();
    if let Some(inbox) = inbox {
        tokio::spawn(take_in(inbox, Arc::clone(&board)));
    }
    if ladders.is_on() {
        tokio::spawn(take_in_messages(Arc::clone(&ladders)));
    }
    let shared = Arc::new(Shared {
        view,
        desk,
        configuration,
        board,
        ladders,
        tokens: Tokens::new(tokens),
        areas,
        attempts: Attempts::default(),
        audit: Audit::new(&data),
        data,
        reading: Arc::new(Semaphore::new(READING)),
        streams: Streams::default(),
        counts: Counts::default(),
        stopping: told,
    });
    let signal = async move {
        // Sent or dropped: both mean to stop.
        let _ = stopped.await;
        stopping.send_replace(true);
    };
    let service = routes::router(&shared).into_make_service_with_connect_info::<Peer>();
    let farewell = async move {
        let _ = ended.wait_for(|stop| *stop).await;
        tokio::time::sleep(FAREWELL).await;
    };
    let serving = axum::serve(Guarded::new(listener), service).with_graceful_shutdown(signal);
    tokio::select! {
        _ = serving => {}
        () = farewell => {}
    }
}

/// Folds what the control thread tells into the board, as it rings.
async fn take_in(mut inbox: Inbox, board: Arc<Board>) {
    let Some(Ok(bell)) = inbox.bell().map(UnixStream::from_std) else {
        tracing::error!("the API cannot watch for news: its tables stay empty; raise the limits of files and restart");
        return;
    };
    while bell.readable().await.is_ok() {
        // Silent before it is emptied: what comes after rings again.
        while bell.try_read(&mut [0; 256]).is_ok_and(|read| read > 0) {}
        let stopped = matches!(bell.try_read(&mut [0]), Ok(0));
        while board.take_in(&mut inbox) {
            tokio::task::yield_now().await;
        }
        if stopped {
            return;
        }
    }
}

/// Takes in the messages of calls from time to time, so that nobody is woken for each.
async fn take_in_messages(ladders: Arc<Ladders>) {
    loop {
        tokio::time::sleep(MESSAGES_EVERY).await;
        while ladders.take_in() {
            tokio::task::yield_now().await;
        }
    }
}
