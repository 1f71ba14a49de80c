//! Where SIP comes in: a listener for datagrams on each network, and a door for connections.

use std::io;
use std::os::fd::OwnedFd;

use base::NetworkId;
use call::plan::Advertised;
use rustix::event::epoll;
use settings::Plans;

use crate::Error;
use crate::sockets::Listener;
use crate::streams::{Door, Streams};

/// The system picks a port for datagrams; one in a few thousand is taken for connections.
const PORT_TRIES: u32 = 16;

/// Binds the listeners; a port that the system picked stands in what we advertise.
pub(crate) fn bind(plans: &mut Plans) -> Result<(Vec<Listener>, Vec<Door>), Error> {
    let (mut listeners, mut doors) = (Vec::new(), Vec::new());
    for (place, network) in plans.server.networks.iter().enumerate() {
        let (listener, door) = listen_on(NetworkId(place as u8), network)?;
        let Advertised { udp_port, tcp_port, .. } = &mut plans.call.networks[place].advertised;
        if *udp_port == 0 {
            *udp_port = listener.local.port();
        }
        *tcp_port =
            tcp_port.map(|port| if port == 0 { door.as_ref().map_or(0, |door| door.local.port()) } else { port });
        listeners.push(listener);
        doors.extend(door);
    }
    Ok((listeners, doors))
}

/// Both transports on one port; where the system picks it, until it has picked one that is free for both.
fn listen_on(id: NetworkId, network: &settings::Network) -> Result<(Listener, Option<Door>), Error> {
    let mut tries = if network.listen.port() == 0 { PORT_TRIES } else { 1 };
    loop {
        tries -= 1;
        let listener = Listener::bind(id, network.listen, network.dscp_sip).map_err(|source| Error::Listen {
            network: network.name.clone(),
            address: network.listen,
            source,
        })?;
        let Some(mut tcp) = network.tcp else { return Ok((listener, None)) };
        if tcp.port() == 0 {
            tcp.set_port(listener.local.port());
        }
        match Door::open(id, tcp, network.dscp_sip) {
            Ok(door) => return Ok((listener, Some(door))),
            Err(e) if tries > 0 && e.kind() == io::ErrorKind::AddrInUse => {}
            Err(source) => return Err(Error::ListenTcp { network: network.name.clone(), address: tcp, source }),
        }
    }
}

/// The connections, and the poll that watches them.
pub(crate) fn watch(doors: Vec<Door>) -> io::Result<(OwnedFd, Streams)> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let streams = Streams::new(doors, poll.try_clone()?)?;
    Ok((poll, streams))
}
