//! SIP messages, transactions, dialogs and digest (RFC 3261 and friends), without sockets or clocks.
