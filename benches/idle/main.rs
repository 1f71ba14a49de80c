//! How long the engine leaves an agent idle while callers wait: from the agent's BYE to that agent's next INVITE.
//!
//! Measured end to end at the agent's own socket, against the binary as it is shipped, with callers that send voice and
//! hear music. The baseline is the way of the same datagrams through two sockets and another thread, taken in every
//! round just before: what the system itself asks for.

mod agent;
mod callers;
mod echo;

use std::time::Duration;

use anyhow::{Result, bail};
use benches::engine::Engine;
use benches::{micros, percentile, quick, row, times};

use self::agent::Agent;
use self::callers::Callers;
use self::echo::Echo;

const ROUNDS_WARM: usize = 20;
const ROUNDS: usize = 300;
const ROUNDS_QUICK: usize = 100;
/// A citizen who waits does not notice it, and other engines need a hundred times as long.
const GOAL: Duration = Duration::from_millis(5);
/// A round takes some 35 ms; this many without a caller waiting mean that the callers do not keep up.
const ROUNDS_DRY_MAX: usize = 300;
/// A served caller is back in the queue within half a second: a dozen rounds. The rest wait.
const CALLERS: usize = 40;
/// The length of a talk, in two halves around the baseline.
const TALK: Duration = Duration::from_millis(30);

fn main() -> Result<()> {
    let engine = Engine::start(0)?;
    let mut agent = Agent::register(engine.sip)?;
    let callers = Callers::start(engine.sip, CALLERS);
    eprintln!("{CALLERS} callers dial, one agent answers each for {} ms.", TALK.as_millis());
    let measured = measure(&mut agent, &callers)?;
    let (served, failed) = callers.stop()?;
    eprintln!("{served} calls were served, {failed} failed.");
    let Measured { idle, wire, dry } = measured;
    eprintln!(
        "{} rounds with callers waiting, {dry} left out with none: the agent was idle for {} at best and {} at worst.",
        idle.len(),
        micros(percentile(&idle, 0)),
        micros(percentile(&idle, 100)),
    );
    for percent in [50, 99] {
        let (idle, wire) = (percentile(&idle, percent), percentile(&wire, percent));
        row(
            &format!("agent idle p{percent} (the datagrams alone)"),
            micros(wire),
            micros(idle),
            times(idle, wire),
            "-",
        );
    }
    let idle = percentile(&idle, 99);
    row("agent idle p99 (its goal)", micros(GOAL), micros(idle), times(idle, GOAL), "ratio <= 1");
    Ok(())
}

struct Measured {
    idle: Vec<Duration>,
    wire: Vec<Duration>,
    dry: usize,
}

fn measure(agent: &mut Agent, callers: &Callers) -> Result<Measured> {
    let mut echo = Echo::start()?;
    let mut measured = Measured { idle: Vec::new(), wire: Vec::new(), dry: 0 };
    let mut invite = agent.next_invite()?;
    // Everybody who dialled at the start is queued before the first round.
    callers.wait_for_queue(CALLERS / 2)?;
    let mut warm = 0;
    while measured.idle.len() < if quick() { ROUNDS_QUICK } else { ROUNDS } {
        let talk = agent.answer(&invite)?;
        std::thread::sleep(TALK / 2);
        let wire = echo.exchange(talk.sizes())?;
        std::thread::sleep(TALK / 2);
        let waits = callers.waiting() > 0;
        let (idle, next) = agent.hang_up(talk)?;
        invite = next;
        if warm < ROUNDS_WARM {
            warm += 1;
        } else if waits {
            measured.idle.push(idle);
            measured.wire.push(wire);
        } else {
            measured.dry += 1;
        }
        if measured.dry > ROUNDS_DRY_MAX {
            bail!("nobody waited in {} rounds: more callers are needed on this machine", measured.dry);
        }
    }
    Ok(measured)
}
