//! The automatic call distributor: who waits, who is offered whom, until when.
//!
//! # Who is next
//! A caller waits in one skill group at one priority. Its *turn* is the time since when it waits, that of `Command::Enqueue` or of a
//! place taken up again, less what its priority (`Plan::priority_worth` a step) and its group (`Group::head_start`) are worth; at the
//! same turn whoever arrived first goes first. So priorities age: what one is worth is a stretch of waiting, and nobody waits behind a
//! caller who came later than the difference of what both are worth.
//! An agent who becomes eligible takes, over all callers it serves, the one whose turn is first; the level of its skill plays no part in
//! that. A caller who arrives, or whose offer came to nothing, goes to the eligible agent who serves it at the best level (1 is best); at
//! one level by the group's `Strategy`. `Group::ring_at_once` phones ring for one caller as far as agents are free; the first `Accepted`
//! has the caller, and the other phones stop.
//!
//! # Who serves whom
//! What a group asks of agents is a list of steps, each an expression over skills from some length of the wait on (`Group::steps`); without
//! any it asks for the group's own skill. How well an agent serves is the worst level of all that is asked, or the best of what is asked as
//! one of several. Callers at one step stand in one queue (`Steps`), an agent serves the queues whose expression it meets, and positions
//! count over all queues of a group. The wait of a step counts from the caller's time in `Enqueue`.
//! A caller whose last talk is remembered (`Plan::remember`) waits for that agent alone, for `Group::prefer`, if that agent serves the
//! group and is at work; then, or when the agent goes away or an offer came to nothing, for whoever serves the group.
//!
//! An agent is eligible when the roster said `Ready` and the queue holds it for nothing: no open reservation, no talk,
//! no wrap-up, no back-off. With each `Action::Reserve` the queue takes the roster's `Ready` as used up; the roster says it
//! again when the slot is free. So the queue may be mistaken about a phone, and the slot has the last word.
//! Idling begins anew after a talk, a blamed offer, a slot that refused, and after `Away`; an agent whose caller hung up or
//! was connected elsewhere keeps its place among the idle. Calls and talk are counted for the day (`Plan::day_begins`) where a strategy
//! looks at them, and outlive a restart.
//!
//! # A reservation
//! A caller has as many open as phones ring for it. Each is open from `Reserve` until the first of: `Accepted`, `Declined`, `SlotRefused`, or the queue's own `Withdraw` (the
//! lease ran out, the caller left or is moved by `Enqueue`, or the call is with another agent). Meanwhile the
//! caller is out of line and keeps the turn; it is back in line when the last of them came to nothing. `Accepted` holds also after `Withdraw`: the caller leaves the queue, every other open
//! reservation of caller and agent is withdrawn, and a rest that the agent had begun is cancelled. Commands on a
//! reservation on which the last word was said, or that was made for an earlier `Enqueue` of the call, change nothing.
//! `Abandon` also ends a talk of the call, and `Enqueue` of a call in a talk ends that talk: no agent sticks to a call that is gone.
//!
//! # A talk that is handed on
//! `Claim` reserves one agent for a caller who talks with another: out of turn, since nobody's place is touched. `Accepted` ends the first
//! talk and begins the second; any other end of the offer is `Unclaimed`, and the talk goes on. `Return` ends the talk and puts the caller
//! back into a line, whatever its length; a claim that still rings then is an offer like any other, and the line comes after it.
//!
//! # Limits and overflow
//! A group is full when `limit` callers are in line; one who can be offered to an agent at once is always taken, and
//! one whose offer failed goes back in line whatever its length. `wait` counts from entering the group and lets an
//! open offer run its course. An overflow goes on to the next group when that one is full, by the rule of the full one,
//! at most as many times as there are groups. A caller moves for too long a wait at most as many times as there are
//! groups, then stays.
//! Where callers go is told by reason (`Overflows`). A group is unstaffed when nobody who serves it has been signed on for
//! `Plan::unstaffed_after`, by the roster's `SignedOn` and not by `Ready`: those in line go too then, but for who is called back. A caller whose wait
//! would be longer than `Group::expected`, by the middle of the range, overflows on arrival.
//!
//! # Rests
//! Wrap-up follows a talk for the agent's own time, or the group's; whoever may can move its end, or ask in a talk for a least
//! length. Back-off follows an offer that came to nothing for a cause that the agent is to blame for. `Rested` ends either; it is
//! no `Ready`, and an agent who is away stays away.
//!
//! # Expected waits
//! With each position a caller is told a range between whose ends eight of ten waits fall (`Range`), from now until an agent answers; none
//! where nobody is at work who serves the group, and on arrival none where an agent is free. It follows from who is served before, of all groups
//! as far as the same agents serve them, from the agents at work (`Ready` until `Away`, also while they talk), and from what was learned
//! of the group; how wide it is follows from how far outcomes lay from what was told on arrival (`estimate`). What the queue does hangs on none of it.
//!
//! # Steered by hand
//! `Raise` pulls a caller forward: its turn is before everybody's who waits, whatever group, time and priority; of those who were pulled the
//! one before goes first. That lasts until the caller is served or leaves, through offers that come to nothing, moves, and an agent who is
//! lost in the talk; after a restart a place is that of before. `Move` has a caller who waits, or for whom phones ring, wait on in another
//! group with the same turn; it needs room there as an arrival does, and goes nowhere else. `Release` tells the caller that nobody can
//! answer. A word of the call that crosses any of them counts as it does against a `Withdraw`.
//! A closed group (`Open`) takes nobody new: whoever asks for it overflows by the rule of a full one, also where an agent is free. Those in
//! its line go where it overflows to, in order of turn, and those for whom a phone rings if the offer comes to nothing; where there is no
//! such group, or no room in it, they wait on and are served. Whoever comes back from a talk is taken all the same.
//!
//! # Who calls again
//! With `Called` the switch tells of each citizen's call whose number may be counted, before it asks for anything. `Action::Repeats` tells it how
//! many of the same number began within `Plan::repeat` before, nine at most. Nothing else hangs on that.
//!
//! # Surges
//! A group is in surge while somebody says so (`Command::Surge`), or else by its rule (`plan::Surge`): from when as many callers wait, or a newcomer would
//! have to expect as long a wait, as it names; until fewer wait than it names for that and a newcomer would wait for less than half as long, and not before
//! `hold`. What is said by hand outlives a restart and any plan; the rule goes on looking meanwhile, and decides again when that is
//! taken back. `Action::Surge` tells the switch. The queue serves whom it serves all the same.
//!
//! # Called back
//! `CallBack` has a caller who waits hang up and keep the turn: a *promise* (`Promises`), one a number, takes the caller's place in line under
//! an id of its own, `CallId::again`. It is next when the caller would have been, neither sooner nor later, and is offered as any other, so
//! that an agent is reserved before anything is dialled; before the first offer `CallsBack` says whom to call. It counts against no room, and
//! its wait has no end. `Accepted` is the agent's word; the promise is over with `Reached`. With `Unreached`, or `Keep`, the agent is free
//! without wrap-up and the citizen rests in no line for `plan::CallBack::retry`, then stands at the old turn again, under the next id; after
//! `tries` of them nobody calls any more. A call of the same number takes the turn up, as that of a place, and the promise is over; so it
//! is with any other word that takes the caller out of the queue. `HoldCallBacks` takes all out of line, and the next process has them
//! there again. Promises outlive a restart; whose call was under way then rests first.
//!
//! # Another plan
//! `Command::Plan` has another plan hold while callers wait and talk. Ids mean what they meant. Callers keep their times, and the turns that
//! those come to now; talks, open offers and rests run on. Of those in line, whoever stays is offered, in order of turn, to agents who may
//! serve now; then callers of groups that are `removed` overflow, in order of turn, and are refused where there is no room. A wait of
//! another length counts from when the caller entered the group; where no end was set it counts from now. A group that was closed
//! by hand stays closed.
//!
//! # Facts, and a restart
//! Each change of what a restart needs is told as an `Action::Fact`: who waits or talks, the highest reservation, wrap-up and back-off,
//! places, closed groups, surges, and now and then what is learned of waits. A `Ledger` is made of facts and nothing else. `Acd::restore` makes of it the queue of the next process: the calls are gone
//! with the old one, rests stand, and reservations are numbered on, so that words on an old one are stale. Facts that belong
//! together are told in an order in which a journal that is cut between them loses nobody's place.
//!
//! # Places for a redial
//! A caller whose call was cut short by us, by a restart or by `Keep`, keeps a place for `Plan::redial`, and one who hung up while
//! waiting for `Plan::hung_up`: the next `Enqueue` of the same
//! number that is not refused takes it up, waits since the earlier of both times and at the higher priority, in the group asked for now. A
//! place serves once, also when its caller then hangs up. Two calls of one number leave one place, the better of both. It gives
//! a turn, not room: a full group refuses its caller as any other, and the place stays.
//!
//! # Invariants
//! - No caller is in line while an eligible agent serves it.
//! - A caller's turn is before that of anybody who arrives `priority_worth` × 255 and the largest head start later, and is not pulled
//!   forward: nobody starves.
//! - No agent has two calls, no call two agents.
//! - A position told never grows while the caller waits in one group at one priority, whoever is let in ahead.
//! - No end of a range told rises while the caller waits in one group, unless the low end lies beyond what was told before.
//! - The facts told up to now, applied to an empty ledger, make `Acd::ledger`; each of them changes it.
//! - A claim ends with its caller: no phone rings for a talk that is over.
//! - For each `Reserve`: it becomes a talk, its slot refuses it, or there is one `OfferOver`. `WrapsUp` is told with each change of
//!   the end of wrap-up, and with none else.
//! - No number has two promises, and nobody is being called back whom no agent is reserved for.
//! - At most 100,000 places are kept, 100,000 last agents remembered and 100,000 callers counted; the oldest deadline goes first.
//! - For each of `Raise`, `Move`, `Release`, `Open` and `Surge` there is one `Steered`.
//! - No command fails or panics, in whatever order commands arrive.
//! - A match looks at the first of each queue that the agent serves, or of each level of the caller's queue: its cost does not
//!   depend on how many wait or idle. Leaving a line from the middle, a return to a place ahead of the last, and joining the idle of a
//!   strategy that is not the longest idle, search by halves. Whoever idles no more is passed over where it stood, and now and then all
//!   of those are cleared from a list at once. A position adds up one counter per 32 in line, from the nearer end.

mod acd;
mod agents;
mod call_backs;
mod callers;
mod claim;
mod control;
mod estimate;
mod expect;
mod idle;
mod index;
mod kept;
mod last;
mod line;
mod list;
mod near;
mod offer;
mod overflow;
mod places;
mod range;
mod reload;
mod repeat;
mod rest;
mod restore;
mod staffing;
mod steps;
mod surge;
mod tally;
mod timer;
mod waits;

pub mod action;
pub mod command;
pub mod fact;
pub mod ledger;
pub mod need;
pub mod plan;
pub mod view;

pub use acd::Acd;
pub use action::{Action, Granted, Refusal, Steered};
pub use call_backs::Citizen;
pub use command::{Command, Decline, Reservation};
pub use fact::Fact;
pub use ledger::Ledger;
pub use list::InLine;
pub use need::{Need, SkillId};
pub use plan::{Agent, BackOff, CallBack, Crowd, Group, Overflow, Overflows, Plan, Skill, Step, Strategy, Surge};
pub use range::Range;
pub use view::{AgentState, GroupView, View};
