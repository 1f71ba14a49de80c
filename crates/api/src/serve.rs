//! The thread that answers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use server::view::View;
use tokio::sync::oneshot;

use crate::guard::Guarded;
use crate::routes;

/// Where the last published view is found.
pub type Source = Arc<dyn Fn() -> Arc<View> + Send + Sync>;

/// How long answers under way may take when the server stops.
const FAREWELL: Duration = Duration::from_millis(500);

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
    /// Listens at `listen` (port 0 picks a free one) and answers from a thread of its own.
    ///
    /// # Errors
    /// When the address cannot be used or the thread cannot be started.
    pub fn start(listen: SocketAddr, source: Source) -> Result<Http, Error> {
        let failed = |source| Error::Listen { address: listen, source };
        let listener = std::net::TcpListener::bind(listen).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|source| Error::Thread { source })?;
        let listener = {
            let _context = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(failed)?
        };
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || run(&runtime, listener, source, stopped))
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

fn run(
    runtime: &tokio::runtime::Runtime,
    listener: tokio::net::TcpListener,
    source: Source,
    stopped: oneshot::Receiver<()>,
) {
    let (ending, ended) = oneshot::channel();
    let signal = async move {
        // Sent or dropped: both mean to stop.
        let _ = stopped.await;
        let _ = ending.send(());
    };
    let serving = axum::serve(Guarded::new(listener), routes::router(source)).with_graceful_shutdown(signal);
    let farewell = async move {
        let _ = ended.await;
        tokio::time::sleep(FAREWELL).await;
    };
    runtime.block_on(async move {
        tokio::select! {
            _ = serving => {}
            () = farewell => {}
        }
    });
}
