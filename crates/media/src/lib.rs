//! Worker threads: sockets, batches and the clock around legs.
