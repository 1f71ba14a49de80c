//! Threads, sockets, rings and the clock around switch, acd, roster, media and store.
