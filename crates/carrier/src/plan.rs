//! What an operator decides about the trunks that we call out through.

use std::time::Duration;

use base::{NetworkId, Secret};

use crate::{Host, Target};

/// By place as in `call::Plan::trunks`.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub trunks: Vec<Trunk>,
}

impl Plan {
    /// Whether a target is a name that has to be looked up.
    pub fn needs_dns(&self) -> bool {
        self.trunks.iter().flat_map(|trunk| &trunk.targets).any(|target| matches!(target.host, Host::Name(_)))
    }
}

/// One trunk; without targets it only brings calls in.
#[derive(Clone, Debug, Default)]
pub struct Trunk {
    pub targets: Vec<Target>,
    /// The network that its targets are reached on.
    pub network: NetworkId,
    /// The addresses that this network can send to.
    pub family: Family,
    /// The domain in our Request-URIs; none for the target's host.
    pub domain: Option<String>,
    pub register: Option<Register>,
    /// How often a target is asked whether it lives; none for never.
    pub options: Option<Duration>,
    /// What answers a challenge.
    pub login: Option<Login>,
}

/// A version of IP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    #[default]
    V4,
    V6,
}

/// Our place at the carrier's registrar.
#[derive(Clone, Debug)]
pub struct Register {
    /// The address of record: this user at the domain.
    pub user: String,
    /// None for the trunk's domain.
    pub domain: Option<String>,
    pub expires: Duration,
    /// The user part of our Contact.
    pub contact_user: String,
}

/// A user name and its password, for digest.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: String,
    pub password: Secret,
}

/// Where a network's peers reach us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Local {
    /// Host or IP address, without brackets.
    pub host: String,
    pub udp_port: u16,
    /// None where no connections are taken.
    pub tcp_port: Option<u16>,
}
