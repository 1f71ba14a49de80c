//! The event stream: a WebSocket that a screen-pop can live on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::WebSocketUpgrade;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use axum::response::Response;
use base::Epoch;
use serde_json::Value;
use server::events::{Missed, Position};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::access::Who;
use crate::dispatch::PROTOCOL;
use crate::guard::{Lease, Peer};
use crate::problem::Problem;
use crate::route::Request;
use crate::serve::Shared;
use crate::{render, time};

/// A screen at each seat of the largest hall, and some on walls.
const STREAMS_MAX: usize = 2000;
/// Events taken from the ring at once.
const BATCH: usize = 64;
/// Half of what proxies let pass in silence.
const PING: Duration = Duration::from_secs(20);
/// Three pings without an answer.
const SILENCE: Duration = Duration::from_secs(65);
/// A reader that takes nothing for so long is cut off; the ring keeps what it missed.
const SEND_TIME: Duration = Duration::from_secs(10);
/// Readers have nothing to say but pongs.
const MESSAGE_BYTES: usize = 4096;
/// Of one event, some; more waits in the ring.
const BUFFER_BYTES: usize = 64 * 1024;

/// Close codes (RFC 6455 §7.4.1, and 1013 of its registry: try again later).
const GOING_AWAY: u16 = 1001;
const TOO_SLOW: u16 = 1013;

/// Streams that are open.
#[derive(Debug, Default)]
pub(crate) struct Streams(AtomicUsize);

impl Streams {
    pub(crate) fn open(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// One of them.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Place> {
        let open = &shared.streams.0;
        let taken = open.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < STREAMS_MAX).then_some(n + 1));
        taken.ok().map(|_| Place(Arc::clone(shared)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.streams.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// # Errors
/// When `from` is no position, or too many streams are open.
pub(crate) fn open(request: Request, peer: Peer, upgrade: WebSocketUpgrade) -> Result<Response, Problem> {
    let from = request.text("from").map(position).transpose()?;
    let who = request.who()?.clone();
    let Some(place) = Place::take(&request.shared) else {
        return Err(Problem::busy(format!("{STREAMS_MAX} event streams are open already")));
    };
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(MESSAGE_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(BUFFER_BYTES)
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let shared = Arc::clone(&place.0);
        let stream =
            Stream { socket, who, lease: peer.lease, position: Position::default(), heard: Instant::now(), shared };
        // An end that the reader did not ask for is told to it where it still listens.
        if let Err(Some((code, reason))) = stream.run(from).await {
            tracing::debug!(code, reason, "event stream closed");
        }
        drop(place);
    }))
}

fn position(text: &str) -> Result<Position, Problem> {
    let parts = text
        .split_once(':')
        .and_then(|(epoch, seq)| Some(Position { epoch: Epoch(epoch.parse().ok()?), seq: seq.parse().ok()? }));
    parts.ok_or_else(|| Problem::bad("from is not EPOCH:SEQ, two whole numbers"))
}

/// Returns when the server stops.
async fn stops(stopping: &mut watch::Receiver<bool>) {
    // A sender that is gone means the same.
    drop(stopping.wait_for(|stop| *stop).await);
}

struct Stream {
    socket: WebSocket,
    who: Who,
    lease: Arc<Lease>,
    /// The last event told.
    position: Position,
    /// When the reader last showed life.
    heard: Instant,
    shared: Arc<Shared>,
}

/// Why a stream ends: none when the reader left.
type End = Option<(u16, &'static str)>;

impl Stream {
    async fn run(mut self, from: Option<Position>) -> Result<(), End> {
        let mut newest = self.shared.board.watch();
        let ended = self.serve(from, &mut newest).await;
        if let Err(Some((code, reason))) = ended {
            let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
            // The reader may be gone already.
            let _ = timeout(SEND_TIME, self.socket.send(Message::Close(Some(frame)))).await;
        }
        ended
    }

    async fn serve(&mut self, from: Option<Position>, newest: &mut watch::Receiver<u64>) -> Result<(), End> {
        self.begin(from).await?;
        let mut stopping = self.shared.stopping.clone();
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            newest.mark_unchanged();
            let all_told = self.tell().await?;
            tokio::select! {
                biased;
                () = stops(&mut stopping) => return Err(Some((GOING_AWAY, "the engine stops"))),
                _ = ping.tick() => self.ping().await?,
                heard = self.socket.recv() => self.hear(heard)?,
                _ = std::future::ready(()), if !all_told => {}
                changed = newest.changed() => changed.map_err(|_| Some((GOING_AWAY, "the engine stops")))?,
            }
        }
    }

    /// Where the reader goes on, or where it begins.
    async fn begin(&mut self, from: Option<Position>) -> Result<(), End> {
        let newest = self.shared.board.read(|_, position| position);
        self.position = from.unwrap_or(newest);
        let missed = self.shared.board.after(self.position, 0).err();
        self.send(&render::hello(newest, time::now())).await?;
        if let Some(missed) = missed {
            self.position = newest;
            self.send(&render::gap(newest, time::now(), missed.name())).await?;
        }
        Ok(())
    }

    /// One batch; false when more waits.
    async fn tell(&mut self) -> Result<bool, End> {
        let slow = |_: Missed| Some((TOO_SLOW, "too slow: the events moved on; come back with from=EPOCH:SEQ"));
        let events = self.shared.board.after(self.position, BATCH).map_err(slow)?;
        for event in &events {
            if let Some(message) = render::event(event, self.position, &self.who, &self.shared.areas) {
                self.send(&message).await?;
            }
            self.position.seq = event.seq;
        }
        Ok(events.len() < BATCH)
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.heard.elapsed() > SILENCE {
            return Err(Some((GOING_AWAY, "no pong")));
        }
        self.put(Message::Ping(Bytes::new())).await
    }

    /// Any message is a sign of life; what it says is nobody's business.
    fn hear(&mut self, heard: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        match heard {
            None | Some(Err(_) | Ok(Message::Close(_))) => Err(None),
            Some(Ok(_)) => {
                self.heard = Instant::now();
                self.lease.renew();
                Ok(())
            }
        }
    }

    async fn send(&mut self, message: &Value) -> Result<(), End> {
        self.put(Message::Text(message.to_string().into())).await
    }

    async fn put(&mut self, message: Message) -> Result<(), End> {
        match timeout(SEND_TIME, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(None),
            Err(_) => Err(Some((TOO_SLOW, "too slow: nothing was taken for 10 s; come back with from=EPOCH:SEQ"))),
        }
    }
}
