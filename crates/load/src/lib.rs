//! Real SIP and RTP callers and agents for measuring and for the command line.
