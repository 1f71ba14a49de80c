//! An address translator between one phone and the engine, over UDP, which can forget what it has mapped.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often its threads look whether they are still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) struct Translator {
    /// Where the phone finds it.
    pub(crate) at: SocketAddr,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    inside: UdpSocket,
    /// What the engine takes for the phone.
    outside: Mutex<Arc<UdpSocket>>,
    phone: Mutex<Option<SocketAddr>>,
    /// The start of everything that went in to the phone since the mapping was made.
    came: Mutex<Vec<String>>,
    over: AtomicBool,
}

impl Translator {
    pub(crate) fn start(engine: SocketAddr) -> Translator {
        let inside = socket();
        let at = inside.local_addr().expect("bound");
        let shared = Shared {
            inside,
            outside: Mutex::new(Arc::new(socket())),
            phone: Mutex::new(None),
            came: Mutex::new(Vec::new()),
            over: AtomicBool::new(false),
        };
        let shared = Arc::new(shared);
        let (outwards, inwards) = (Arc::clone(&shared), Arc::clone(&shared));
        let threads = vec![
            std::thread::spawn(move || outwards.carry_out(engine)),
            std::thread::spawn(move || inwards.carry_in()),
        ];
        Translator { at, shared, threads }
    }

    /// The phone is seen at another port from now on, and what is sent to the old one is lost.
    pub(crate) fn forget(&self) {
        *lock(&self.shared.outside) = Arc::new(socket());
        lock(&self.shared.came).clear();
    }

    /// Whether something that begins so went in to the phone since the mapping was made.
    pub(crate) fn let_in(&self, start: &str) -> Option<()> {
        lock(&self.shared.came).iter().any(|text| text.starts_with(start)).then_some(())
    }
}

impl Drop for Translator {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

impl Shared {
    fn carry_out(&self, engine: SocketAddr) {
        let mut room = [0; 65_535];
        while !self.over.load(Ordering::Relaxed) {
            let Ok((length, phone)) = self.inside.recv_from(&mut room) else { continue };
            *lock(&self.phone) = Some(phone);
            let _ = self.mapping().send_to(&room[..length], engine);
        }
    }

    fn carry_in(&self) {
        let mut room = [0; 65_535];
        while !self.over.load(Ordering::Relaxed) {
            let mapping = self.mapping();
            let Ok((length, _)) = mapping.recv_from(&mut room) else { continue };
            if !Arc::ptr_eq(&mapping, &self.mapping()) {
                continue;
            }
            lock(&self.came).push(room[..length.min(32)].iter().map(|byte| char::from(*byte)).collect());
            if let Some(phone) = *lock(&self.phone) {
                let _ = self.inside.send_to(&room[..length], phone);
            }
        }
    }

    fn mapping(&self) -> Arc<UdpSocket> {
        Arc::clone(&lock(&self.outside))
    }
}

fn lock<T>(what: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(LOOK_EVERY)).expect("an option");
    socket
}
