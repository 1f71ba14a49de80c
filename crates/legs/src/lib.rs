//! What a media worker decides: latching, digits, playout, bridge, continuity, quality.
