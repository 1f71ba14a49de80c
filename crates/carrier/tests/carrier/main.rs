//! Trunks on virtual time: name servers, proxies and registrars that answer, err, stay silent and come back.

mod challenge;
mod failover;
mod kit;
mod moved;
mod property;
mod registration;
