//! Virtual clock, network and people around the production wiring; the checkers.
