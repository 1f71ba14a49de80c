//! Why media cannot start.

use std::net::IpAddr;

/// What to change before the next start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "media ports {first}-{last} of {address}: {reason}; give the network an address of this host and an even port range of its own"
    )]
    Ports { address: IpAddr, first: u16, last: u16, reason: String },
    #[error("cannot start a media worker: {source}; raise the limits of threads, memory or open files")]
    Worker { source: std::io::Error },
}
