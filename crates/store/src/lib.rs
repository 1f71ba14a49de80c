//! Records in SQLite: durable, idempotent, read while the server runs.
