//! Drives many phones in real time on one thread.

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::time::Duration;

use base::{Now, Rng, Time, Wheel};
use phone::{Config, Event, Output, Phone};
use rustix::event::{Timespec, epoll};

use crate::clock::Clock;
use crate::seat::{Kind, Seat, Sent, Sockets};

/// One phone of a runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneId(pub usize);

/// Sockets told ready in one turn: a third of what 200 phones have; the others come in the next.
const READY_MAX: usize = 256;

/// Phones on sockets.
pub struct Runner {
    clock: Clock,
    poll: OwnedFd,
    seats: Vec<Seat>,
    wheel: Wheel<usize>,
    rng: Rng,
    out: Output,
    buffer: Vec<u8>,
}

impl Runner {
    /// # Errors
    /// When the system gives no more descriptors or no randomness.
    pub fn new() -> io::Result<Runner> {
        let mut seed = [0; 32];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut seed)?;
        Ok(Runner {
            clock: Clock::start(),
            poll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            seats: Vec::new(),
            wheel: Wheel::new(Time::ZERO),
            rng: Rng::from_seed(seed),
            out: Output::default(),
            buffer: Vec::new(),
        })
    }

    /// Adds a phone on free ports of `local`; `configure` is given its SIP and its RTP address.
    ///
    /// # Errors
    /// When no port is free or the system gives no more descriptors (three a phone).
    pub fn add(
        &mut self,
        local: IpAddr,
        configure: impl FnOnce(SocketAddr, SocketAddr) -> Config,
    ) -> io::Result<PhoneId> {
        let sockets = Sockets::bind(local)?;
        let config = configure(sockets.get(Kind::Sip).local_addr()?, sockets.get(Kind::Rtp).local_addr()?);
        let seat = Seat::new(sockets, config, self.clock.now(), self.rng.fork())?;
        let place = self.seats.len();
        for (i, kind) in Kind::ALL.into_iter().enumerate() {
            let token = epoll::EventData::new_u64((place * Kind::ALL.len() + i) as u64);
            epoll::add(&self.poll, seat.sockets.get(kind), token, epoll::EventFlags::IN)?;
        }
        self.seats.push(seat);
        Ok(PhoneId(place))
    }

    /// Sends the phone's requests to another server from now on, and hears that one alone.
    ///
    /// # Errors
    /// When no route leads there.
    ///
    /// # Panics
    /// When `id` is another runner's.
    pub fn lead_to(&mut self, id: PhoneId, server: SocketAddr) -> io::Result<()> {
        self.seats[id.0].lead_to(server)
    }

    /// The time since the runner began, as events carry it.
    pub fn now(&self) -> Time {
        self.clock.now().time
    }

    pub fn ids(&self) -> impl Iterator<Item = PhoneId> + use<> {
        (0..self.seats.len()).map(PhoneId)
    }

    /// # Panics
    /// When `id` is another runner's.
    pub fn phone(&self, id: PhoneId) -> &Phone {
        &self.seats[id.0].phone
    }

    /// Lets the phone act: `runner.act(id, |phone, now, out| phone.dial(now, "12345", out))`.
    ///
    /// # Panics
    /// When `id` is another runner's.
    pub fn act<R>(&mut self, id: PhoneId, act: impl FnOnce(&mut Phone, Now, &mut Output) -> R) -> R {
        let now = self.clock.now();
        let seat = &mut self.seats[id.0];
        let result = act(&mut seat.phone, now, &mut self.out);
        seat.carry_out(now, &mut self.out);
        self.arm(id.0);
        result
    }

    /// What the phones told since the last time, phone by phone, each in order.
    pub fn take_events(&mut self) -> Vec<(PhoneId, Event)> {
        let seats = self.seats.iter_mut().enumerate();
        seats.flat_map(|(place, seat)| seat.events.drain(..).map(move |event| (PhoneId(place), event))).collect()
    }

    /// What the phone heard since the last time, 8 kHz mono; empty unless its `hand_out_audio` is set.
    ///
    /// # Panics
    /// When `id` is another runner's.
    pub fn take_heard(&mut self, id: PhoneId) -> Vec<i16> {
        std::mem::take(&mut self.seats[id.0].heard)
    }

    /// What the phone sent since the last time; empty the first time, when the tapping begins.
    ///
    /// # Panics
    /// When `id` is another runner's.
    pub fn tap(&mut self, id: PhoneId) -> Vec<Sent> {
        self.seats[id.0].tap.replace(Vec::new()).unwrap_or_default()
    }

    /// Sends any bytes from the phone's sockets.
    ///
    /// # Panics
    /// When `id` is another runner's.
    pub fn send(&self, id: PhoneId, datagram: &Sent) {
        self.seats[id.0].send(datagram);
    }

    /// Waits for datagrams or a deadline, at most `wait`, and lets the phones take part.
    ///
    /// # Errors
    /// When the system cannot wait on the sockets.
    pub fn turn(&mut self, wait: Duration) -> io::Result<()> {
        let due = self.wheel.next().map_or(wait, |at| at.since(self.now()).min(wait));
        let timeout = Timespec { tv_sec: due.as_secs().cast_signed(), tv_nsec: i64::from(due.subsec_nanos()) };
        let mut ready: Vec<epoll::Event> = Vec::with_capacity(READY_MAX);
        match epoll::wait(&self.poll, rustix::buffer::spare_capacity(&mut ready), Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let now = self.clock.now();
        for event in &ready {
            let token = event.data.u64() as usize;
            let (place, kind) = (token / Kind::ALL.len(), Kind::ALL[token % Kind::ALL.len()]);
            if let Some(seat) = self.seats.get_mut(place) {
                seat.receive(now, kind, &mut self.buffer, &mut self.out);
                self.arm(place);
            }
        }
        while let Some(place) = self.wheel.pop(now.time) {
            if let Some(seat) = self.seats.get_mut(place) {
                seat.timer = None;
                seat.phone.handle_timeout(now, &mut self.out);
                seat.carry_out(now, &mut self.out);
                self.arm(place);
            }
        }
        Ok(())
    }

    /// Turns until `done` says so; false when `limit` passed first.
    ///
    /// # Errors
    /// As `turn`.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&mut Runner) -> bool) -> io::Result<bool> {
        let end = self.now() + limit;
        loop {
            if done(self) {
                return Ok(true);
            }
            let left = end.since(self.now());
            if left.is_zero() {
                return Ok(false);
            }
            self.turn(left.min(Duration::from_millis(50)))?;
        }
    }

    fn arm(&mut self, place: usize) {
        let Some(seat) = self.seats.get_mut(place) else { return };
        if let Some(timer) = seat.timer.take() {
            self.wheel.cancel(timer);
        }
        seat.timer = seat.phone.next_timeout().map(|at| self.wheel.arm(at, place));
    }
}

/// The address of ours that peers at `server` see.
///
/// # Errors
/// When no route leads there.
pub fn address_towards(server: SocketAddr) -> io::Result<IpAddr> {
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    Ok(socket.local_addr()?.ip())
}
