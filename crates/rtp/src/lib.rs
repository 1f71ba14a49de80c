//! RTP and RTCP packets, G.711, DTMF, tones and quality (RFC 3550, RFC 4733).
