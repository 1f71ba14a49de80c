//! The message layer from outside: tables, properties, and another reader as oracle.

mod corpus;
mod digest;
mod generate;
mod images;
mod message;
mod oracle;
mod properties;
mod torture;
mod uri;
