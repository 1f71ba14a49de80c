//! Many datagrams in one call of the kernel: what a listener received, and what a turn sends.

use std::io;
use std::mem::{MaybeUninit, size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

/// Datagrams of one call: beyond it the way into the kernel is a hundredth of what the datagrams themselves cost there.
pub(crate) const DATAGRAMS: usize = 32;
/// The largest UDP payload.
const DATAGRAM_MAX: usize = 65_535;
/// From one datagram's room to the next: no power of two, so that short ones do not all fall into the same lines of the cache.
const PITCH: usize = 65_536 + 17 * 64;

/// Room for what one call receives: pages that no long datagram touches cost no memory.
pub(crate) struct Incoming {
    bytes: Box<[u8]>,
    lengths: [usize; DATAGRAMS],
    names: [libc::sockaddr_storage; DATAGRAMS],
}

impl Incoming {
    #[expect(unsafe_code, reason = "a C structure of numbers begins as zeros")]
    pub(crate) fn new() -> Incoming {
        // SAFETY: an address of zeros is a valid one, of no family.
        let names = unsafe { zeroed() };
        Incoming { bytes: vec![0; PITCH * DATAGRAMS].into_boxed_slice(), lengths: [0; DATAGRAMS], names }
    }

    /// Takes what waits, at most `DATAGRAMS`; how many.
    ///
    /// # Errors
    /// When nothing was taken: nothing waits, or an earlier datagram failed.
    #[expect(unsafe_code, reason = "recvmmsg has no safe interface")]
    pub(crate) fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        let mut rooms = self.bytes.chunks_exact_mut(PITCH);
        let mut vectors = std::array::from_fn::<_, DATAGRAMS, _>(|_| {
            let room = rooms.next().unwrap_or_default();
            libc::iovec { iov_base: room.as_mut_ptr().cast(), iov_len: room.len().min(DATAGRAM_MAX) }
        });
        let mut headers = empty_headers();
        for ((header, vector), name) in headers.iter_mut().zip(&mut vectors).zip(&mut self.names) {
            header.msg_hdr.msg_name = (&raw mut *name).cast();
            header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
        }
        let (fd, flags, forever) = (socket.as_raw_fd(), libc::MSG_DONTWAIT, std::ptr::null_mut());
        // SAFETY: the descriptor is open, and each header describes buffers of the lengths it states, which outlive the call.
        let got = unsafe { libc::recvmmsg(fd, headers.as_mut_ptr(), DATAGRAMS as libc::c_uint, flags, forever) };
        let got = usize::try_from(got).map_err(|_| io::Error::last_os_error())?;
        for (length, header) in self.lengths.iter_mut().zip(&headers).take(got) {
            *length = header.msg_len as usize;
        }
        Ok(got)
    }

    /// Who sent the datagram of that place, and its bytes; of the last call alone.
    pub(crate) fn get(&self, place: usize) -> Option<(SocketAddr, &[u8])> {
        let begin = place * PITCH;
        let bytes = self.bytes.get(begin..begin + self.lengths.get(place)?)?;
        Some((address(self.names.get(place)?)?, bytes))
    }
}

/// Hands over `datagrams` in order, at most `DATAGRAMS` of them; how many the kernel took.
///
/// # Errors
/// Why it did not take the first one.
#[expect(unsafe_code, reason = "sendmmsg has no safe interface")]
pub(crate) fn send<'a>(
    socket: &UdpSocket,
    datagrams: impl Iterator<Item = (SocketAddr, &'a [u8])>,
) -> io::Result<usize> {
    let mut names = [const { MaybeUninit::<libc::sockaddr_storage>::uninit() }; DATAGRAMS];
    let mut vectors = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; DATAGRAMS];
    let mut headers = empty_headers();
    let mut count = 0;
    for (place, (to, bytes)) in datagrams.take(DATAGRAMS).enumerate() {
        vectors[place] = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        let header = &mut headers[place].msg_hdr;
        header.msg_namelen = write_address(&mut names[place], to);
        header.msg_name = names[place].as_mut_ptr().cast();
        header.msg_iov = &raw mut vectors[place];
        header.msg_iovlen = 1;
        count += 1;
    }
    // SAFETY: the descriptor is open; each of the `count` headers names an address and bytes that outlive the call, which only
    // reads them.
    let took = unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, libc::MSG_NOSIGNAL) };
    usize::try_from(took).map_err(|_| io::Error::last_os_error())
}

#[expect(unsafe_code, reason = "a C structure of pointers and numbers begins as zeros")]
fn empty_headers() -> [libc::mmsghdr; DATAGRAMS] {
    // SAFETY: all of its fields are valid as zeros.
    unsafe { zeroed() }
}

/// Writes the address as C has it; returns its length.
fn write_address(name: &mut MaybeUninit<libc::sockaddr_storage>, of: SocketAddr) -> libc::socklen_t {
    match of {
        SocketAddr::V4(v4) => {
            let name_v4 = libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from(*v4.ip()).to_be() },
                sin_zero: [0; 8],
            };
            put(name, name_v4)
        }
        SocketAddr::V6(v6) => {
            let name_v6 = libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as libc::sa_family_t,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: v6.flowinfo(),
                sin6_addr: libc::in6_addr { s6_addr: v6.ip().octets() },
                sin6_scope_id: v6.scope_id(),
            };
            put(name, name_v6)
        }
    }
}

#[expect(unsafe_code, reason = "an address of any family lies at the beginning of a sockaddr_storage")]
fn put<T: Copy>(name: &mut MaybeUninit<libc::sockaddr_storage>, of: T) -> libc::socklen_t {
    const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
    // SAFETY: the storage has room for it and is aligned for every family.
    unsafe { name.as_mut_ptr().cast::<T>().write(of) };
    size_of::<T>() as libc::socklen_t
}

#[expect(unsafe_code, reason = "a sockaddr_storage is read as the family that it names")]
pub(crate) fn address(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that this is a sockaddr_in, which is smaller than the storage.
            let v4 = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::new(IpAddr::V4(ip), u16::from_be(v4.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that this is a sockaddr_in6, which is smaller than the storage.
            let v6 = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let (port, scope) = (u16::from_be(v6.sin6_port), v6.sin6_scope_id);
            // Two phones of one link-local address on two links differ in the scope.
            Some(SocketAddr::V6(std::net::SocketAddrV6::new(ip, port, v6.sin6_flowinfo, scope)))
        }
        _ => None,
    }
}
