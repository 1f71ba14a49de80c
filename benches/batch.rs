//! Many datagrams in one call of the system: a generator that pays for each one singly measures itself.

use std::io;
use std::mem::zeroed;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Datagrams a call; beyond it nothing is gained.
pub const BATCH: usize = 64;
/// The largest datagram that is received: a SIP message with its body.
const DATAGRAM_MAX: usize = 4096;
/// Room for one time stamp among the control messages.
const CONTROL: usize = 64;
/// Both directions; a burst waits here and is not lost.
const BUFFER_BYTES: libc::c_int = 8 << 20;

/// A datagram that arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    pub from: SocketAddrV4,
    /// When the kernel took it, since 1970; zero unless `Batched::stamp` was called.
    pub at: Duration,
    pub bytes: &'a [u8],
}

/// A UDP socket on loopback that sends and receives in batches and never blocks.
pub struct Batched {
    socket: UdpSocket,
    buffers: Vec<[u8; DATAGRAM_MAX]>,
    controls: Vec<[u64; CONTROL / 8]>,
    names: Vec<libc::sockaddr_in>,
}

impl Batched {
    /// # Errors
    /// When the system gives no socket.
    pub fn bind() -> io::Result<Batched> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        for option in [libc::SO_RCVBUFFORCE, libc::SO_SNDBUFFORCE] {
            // Only root may; others keep the usual size and may lose a burst.
            let _ = set(&socket, option, BUFFER_BYTES);
        }
        let name = address(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
        Ok(Batched {
            socket,
            buffers: vec![[0; DATAGRAM_MAX]; BATCH],
            controls: vec![[0; CONTROL / 8]; BATCH],
            names: vec![name; BATCH],
        })
    }

    /// Lets the kernel note when each datagram arrives.
    ///
    /// # Errors
    /// When it does not.
    pub fn stamp(&self) -> io::Result<()> {
        set(&self.socket, libc::SO_TIMESTAMPNS, 1)
    }

    /// # Errors
    /// When the socket is gone.
    pub fn local(&self) -> io::Result<SocketAddrV4> {
        match self.socket.local_addr()? {
            std::net::SocketAddr::V4(v4) => Ok(v4),
            std::net::SocketAddr::V6(_) => Err(io::Error::other("bound to IPv4")),
        }
    }

    /// Sends all of `datagrams`; how many the system took.
    ///
    /// # Errors
    /// When the socket is broken; a full buffer is none.
    #[expect(unsafe_code, reason = "sendmmsg has no safe interface")]
    pub fn send<'a>(&mut self, datagrams: impl IntoIterator<Item = (SocketAddrV4, &'a [u8])>) -> io::Result<usize> {
        let mut datagrams = datagrams.into_iter();
        let mut sent = 0;
        loop {
            let mut vectors = Vec::with_capacity(BATCH);
            for (name, (to, bytes)) in self.names.iter_mut().zip(datagrams.by_ref().take(BATCH)) {
                *name = address(to);
                vectors.push(libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() });
            }
            if vectors.is_empty() {
                return Ok(sent);
            }
            let mut headers = headers(&mut vectors, &mut self.names, None);
            // SAFETY: each header names an address and a buffer that live until the call returns; nothing is written to them.
            let took =
                unsafe { libc::sendmmsg(self.socket.as_raw_fd(), headers.as_mut_ptr(), headers.len() as u32, 0) };
            // An error of an earlier datagram, or no room: what did not leave is lost, as on any network.
            sent += usize::try_from(took).unwrap_or(0);
        }
    }

    /// Hands over what waits, at most a batch; how many datagrams.
    ///
    /// # Errors
    /// When the socket is broken.
    #[expect(unsafe_code, reason = "recvmmsg has no safe interface")]
    pub fn receive(&mut self, mut each: impl FnMut(Arrived<'_>)) -> io::Result<usize> {
        let vector = |buffer: &mut [u8; DATAGRAM_MAX]| libc::iovec {
            iov_base: buffer.as_mut_ptr().cast(),
            iov_len: DATAGRAM_MAX,
        };
        let mut vectors: Vec<_> = self.buffers.iter_mut().map(vector).collect();
        let mut headers = headers(&mut vectors, &mut self.names, Some(&mut self.controls));
        let length = headers.len() as u32;
        let flags = libc::MSG_DONTWAIT;
        // SAFETY: each header describes buffers of the stated lengths that live until the call returns.
        let got = unsafe {
            libc::recvmmsg(self.socket.as_raw_fd(), headers.as_mut_ptr(), length, flags, std::ptr::null_mut())
        };
        let got = usize::try_from(got).unwrap_or(0);
        for (place, header) in headers.iter().take(got).enumerate() {
            let name = self.names[place];
            let from = SocketAddrV4::new(u32::from_be(name.sin_addr.s_addr).into(), u16::from_be(name.sin_port));
            let bytes = &self.buffers[place][..header.msg_len as usize];
            each(Arrived { from, at: stamp_of(&header.msg_hdr), bytes });
        }
        Ok(got)
    }
}

fn headers(
    vectors: &mut [libc::iovec],
    names: &mut [libc::sockaddr_in],
    mut controls: Option<&mut Vec<[u64; CONTROL / 8]>>,
) -> Vec<libc::mmsghdr> {
    let mut all = Vec::with_capacity(vectors.len());
    for (place, (vector, name)) in vectors.iter_mut().zip(names).enumerate() {
        let mut header = empty_header();
        header.msg_hdr.msg_name = (&raw mut *name).cast();
        header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_in>() as libc::socklen_t;
        header.msg_hdr.msg_iov = vector;
        header.msg_hdr.msg_iovlen = 1;
        if let Some(control) = controls.as_mut().map(|controls| &mut controls[place]) {
            header.msg_hdr.msg_control = control.as_mut_ptr().cast();
            header.msg_hdr.msg_controllen = CONTROL;
        }
        all.push(header);
    }
    all
}

#[expect(unsafe_code, reason = "a C structure of pointers and numbers begins as zeros")]
fn empty_header() -> libc::mmsghdr {
    // SAFETY: all of its fields are valid as zeros.
    unsafe { zeroed() }
}

#[expect(unsafe_code, reason = "control messages are read through the macros of C")]
fn stamp_of(header: &libc::msghdr) -> Duration {
    // SAFETY: the kernel filled the control buffer that the header points to, and it is alive; a time stamp is a timespec.
    let stamp = unsafe {
        let first = libc::CMSG_FIRSTHDR(header);
        if first.is_null() || (*first).cmsg_type != libc::SCM_TIMESTAMPNS {
            return Duration::ZERO;
        }
        libc::CMSG_DATA(first).cast::<libc::timespec>().read_unaligned()
    };
    Duration::new(stamp.tv_sec.unsigned_abs(), stamp.tv_nsec.unsigned_abs() as u32)
}

#[expect(unsafe_code, reason = "options that the standard library does not name")]
fn set(socket: &UdpSocket, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the descriptor is open, and the value is a c_int of the stated length.
    let result =
        unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, (&raw const value).cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn address(of: SocketAddrV4) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: of.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from(*of.ip()).to_be() },
        sin_zero: [0; 8],
    }
}
