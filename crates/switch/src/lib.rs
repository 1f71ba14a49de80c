//! One SIP endpoint, a slab of calls and the routing between sip, call, ivr, acd and roster.
