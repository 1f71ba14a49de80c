//! What a stranger may make us hold or walk through.

/// A whole message: a UDP datagram cannot be larger, and no honest SIP message is.
pub const MESSAGE_BYTES_MAX: usize = 65_536;

/// Header lines in a message: calls through five carriers carry about 40; RFC 4475's longest sample has 70.
pub const HEADERS_MAX: usize = 160;

/// One header with its folded lines: `Identity` tokens (RFC 8224) are the longest in use, about 2 KB.
pub const HEADER_BYTES_MAX: usize = 8_192;

/// A URI: RFC 4475's longest is about 700 bytes.
pub const URI_BYTES_MAX: usize = 2_048;

/// Parameters of one URI or one header value: IMS phones send about 20 feature tags in a Contact.
pub const PARAMS_MAX: usize = 64;

/// Values in a comma list, all lines of that header together: a path has at most 70 hops (Max-Forwards).
pub const VALUES_MAX: usize = 96;

/// A datagram this short cannot hold even a start line; phones send such to keep a NAT binding open.
pub const KEEP_ALIVE_BYTES_MAX: usize = 4;
