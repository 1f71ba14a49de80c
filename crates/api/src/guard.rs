//! Connections with bounds: strangers have little time, readers with a token may stay, and neither keeps the other out.

use std::collections::BTreeMap;
use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep};

/// Probes, scrapers and whoever has not shown a token yet. One more ends the one that came first, so that a thousand idle
/// connections keep no probe out: it needs milliseconds.
const STRANGERS_MAX: usize = 256;
/// Connections that showed a token: two for each seat of the largest hall.
const READERS_MAX: usize = 2500;
/// A stranger's one short request and its answer, over a slow line.
const LIFE: Duration = Duration::from_secs(5);
/// A reader's silence; longer than the 60 s that browsers and proxies keep an idle connection.
const KEPT: Duration = Duration::from_secs(75);
/// A head with room for a proxy's headers; exceeded by at most one read.
const HEAD_BYTES: usize = 16 * 1024;
/// A reader's head and body, and one body too long, so that it is told so.
const REQUEST_BYTES: usize = HEAD_BYTES + 2 * crate::dispatch::BODY_BYTES;
/// After accept failed for want of files or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts guarded connections.
pub(crate) struct Guarded<L> {
    listener: L,
    pool: Arc<Pool>,
}

impl<L> Guarded<L> {
    pub(crate) fn new(listener: L) -> Guarded<L> {
        Guarded { listener, pool: Arc::default() }
    }
}

impl<L: Listener<Addr = SocketAddr>> Listener for Guarded<L> {
    type Io = Connection<L::Io>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection<L::Io>, SocketAddr) {
        let (stream, peer) = self.listener.accept().await;
        let lease = Pool::admit(&self.pool);
        let end = Box::pin(tokio::time::sleep(LIFE));
        (Connection { stream, end, lease }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Accepts from the network.
pub(crate) struct Tcp(pub(crate) TcpListener);

impl Listener for Tcp {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, peer)) => {
                    // Small answers and events leave at once; a system that refuses is only slower.
                    let _ = stream.set_nodelay(true);
                    return (stream, peer);
                }
                Err(error) => {
                    tracing::debug!("HTTP connection not accepted: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Every open connection.
#[derive(Debug, Default)]
struct Pool(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    /// By age.
    strangers: BTreeMap<u64, Arc<Lease>>,
    readers: usize,
    next: u64,
}

impl Pool {
    fn admit(pool: &Arc<Pool>) -> Arc<Lease> {
        let mut inside = pool.inside();
        if inside.strangers.len() >= STRANGERS_MAX
            && let Some((_, oldest)) = inside.strangers.pop_first()
        {
            oldest.evict();
        }
        let number = inside.next;
        inside.next += 1;
        let terms = Terms { deadline: Instant::now() + LIFE, left: HEAD_BYTES, class: Class::Stranger, waker: None };
        let lease = Arc::new(Lease { pool: Arc::clone(pool), number, terms: Mutex::new(terms) });
        inside.strangers.insert(number, Arc::clone(&lease));
        lease
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // Counts and leases change together or not at all.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one connection may still do.
#[derive(Debug)]
pub(crate) struct Lease {
    pool: Arc<Pool>,
    number: u64,
    terms: Mutex<Terms>,
}

#[derive(Debug)]
struct Terms {
    deadline: Instant,
    /// Bytes that may still be read.
    left: usize,
    class: Class,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Stranger,
    Reader,
    Evicted,
}

impl Lease {
    /// A token was shown, or a reader showed life: time and bytes for the next request. False when there are too many readers.
    pub(crate) fn renew(&self) -> bool {
        // Pool before terms, here as in `admit`.
        let mut inside = self.pool.inside();
        let mut terms = self.terms();
        match terms.class {
            Class::Evicted => return false,
            Class::Stranger if inside.readers >= READERS_MAX => return false,
            Class::Stranger => {
                inside.strangers.remove(&self.number);
                inside.readers += 1;
                terms.class = Class::Reader;
            }
            Class::Reader => {}
        }
        (terms.deadline, terms.left) = (Instant::now() + KEPT, REQUEST_BYTES);
        true
    }

    fn evict(&self) {
        let mut terms = self.terms();
        terms.class = Class::Evicted;
        if let Some(waker) = terms.waker.take() {
            waker.wake();
        }
    }

    fn terms(&self) -> MutexGuard<'_, Terms> {
        self.terms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self) {
        let mut inside = self.pool.inside();
        match self.terms().class {
            Class::Stranger => drop(inside.strangers.remove(&self.number)),
            Class::Reader => inside.readers = inside.readers.saturating_sub(1),
            Class::Evicted => {}
        }
    }
}

/// Who is at the other end, and the terms of the connection.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) lease: Arc<Lease>,
}

impl<L: Listener<Addr = SocketAddr>> Connected<IncomingStream<'_, Guarded<L>>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Guarded<L>>) -> Peer {
        Peer { address: *stream.remote_addr(), lease: Arc::clone(&stream.io().lease) }
    }
}

/// A connection that ends itself.
pub(crate) struct Connection<I> {
    stream: I,
    end: Pin<Box<Sleep>>,
    lease: Arc<Lease>,
}

impl<I> Drop for Connection<I> {
    fn drop(&mut self) {
        self.lease.give_back();
    }
}

impl<I> Connection<I> {
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let deadline = {
            let mut terms = self.lease.terms();
            if terms.class == Class::Evicted {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            terms.waker = Some(context.waker().clone());
            terms.deadline
        };
        while self.end.as_mut().poll(context).is_ready() {
            if deadline <= Instant::now() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.end.as_mut().reset(deadline);
        }
        Ok(())
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Connection<I> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        if self.lease.terms().left == 0 {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buf);
        let read = buf.filled().len().saturating_sub(before);
        let mut terms = self.lease.terms();
        terms.left = terms.left.saturating_sub(read);
        drop(terms);
        polled
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Connection<I> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
