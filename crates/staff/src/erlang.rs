//! Erlang's two formulas of 1917: calls that are lost, and calls that wait for ever.

/// Erlang B: the share of calls that find all `servers` busy where nobody can wait. `load` is in erlangs: arrivals a second by the
/// mean service in seconds.
///
/// By the recursion over the number of servers, which adds positive numbers alone: stable for any load.
pub fn all_busy_without_queue(load: f64, servers: u32) -> f64 {
    1.0 / inverse_blocking(load, servers)
}

/// One over Erlang B; infinite where the share is too small for a number.
pub(crate) fn inverse_blocking(load: f64, servers: u32) -> f64 {
    if load <= 0.0 {
        return if servers == 0 { 1.0 } else { f64::INFINITY };
    }
    (1..=servers).fold(1.0, |inverse, server| 1.0 + inverse * f64::from(server) / load)
}

/// Erlang C: the share of calls that have to wait where nobody ever gives up; all of them where the load is too much.
pub fn wait_without_impatience(load: f64, servers: u32) -> f64 {
    let used = load / f64::from(servers.max(1));
    if servers == 0 || used >= 1.0 {
        return 1.0;
    }
    let blocked = all_busy_without_queue(load, servers);
    blocked / (1.0 - used * (1.0 - blocked))
}
