//! The life of one call: events of legs, menu and queue in, actions out.
