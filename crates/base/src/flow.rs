//! Where a SIP message came from and where an answer goes.

use std::fmt;
use std::net::SocketAddr;

/// A `[[network]]` of the configuration, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NetworkId(pub u8);

/// Where SIP over UDP and TCP is taken when nobody names a port (RFC 3261 §19.1.2).
pub const SIP_PORT: u16 = 5060;

/// What carries SIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Transport {
    #[default]
    Udp,
    Tcp,
    Tls,
    Ws,
    Wss,
}

impl Transport {
    /// Whether the transport itself repeats what was lost (RFC 3261 §17: no retransmission timers then).
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Transport::Udp)
    }

    /// The name in a Via header.
    pub const fn via_name(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
            Transport::Ws => "WS",
            Transport::Wss => "WSS",
        }
    }
}

/// A listener and a peer: a UDP address, or one TCP, TLS or WebSocket connection framed in the rim.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    pub network: NetworkId,
    pub transport: Transport,
    pub peer: SocketAddr,
    /// Counts the connections of the listener; 0 for UDP.
    pub connection: u32,
}

impl Flow {
    pub const fn udp(network: NetworkId, peer: SocketAddr) -> Flow {
        Flow { network, transport: Transport::Udp, peer, connection: 0 }
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}@{}", self.transport.via_name(), self.peer, self.network.0)
    }
}
