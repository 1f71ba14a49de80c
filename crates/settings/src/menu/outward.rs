//! Where menus lead out of the house, compared with the rules that lead there.

use ivr::tree::Transfer;
use ivr::{Kind, Place, Tree};

use super::Menus;
use crate::problem::{Problem, Problems, Spot};

/// A node that is of no use without something that stands elsewhere.
#[derive(Clone, Debug)]
pub(super) struct WayOut {
    spot: Spot,
    to: To,
}

#[derive(Clone, Debug)]
enum To {
    /// A line, by its number.
    Line(String),
    /// Back to the caller, by a group.
    Caller { group: String },
}

pub(super) fn of(tree: &Tree, spot: impl Fn(&Place) -> Spot) -> Vec<WayOut> {
    let mut ways = Vec::new();
    for node in &tree.nodes {
        let at = |field, entry: Option<&String>| {
            spot(&Place { node: Some(node.name.clone()), field, entry: entry.cloned(), ..Place::default() })
        };
        match &node.kind {
            // Where a value goes nobody knows before the call.
            Kind::Transfer(Transfer { to, .. }) if !to.contains('{') => {
                ways.push(WayOut { spot: at("to", None), to: To::Line(to.clone()) });
            }
            Kind::Queue { group, by_locale, call_back: true, .. } => {
                ways.push(WayOut { spot: at("group", None), to: To::Caller { group: group.clone() } });
                ways.extend(by_locale.iter().map(|(locale, group)| WayOut {
                    spot: at("group_by_locale", Some(locale)),
                    to: To::Caller { group: group.clone() },
                }));
            }
            _ => {}
        }
    }
    ways
}

/// Tells of lines that no rule leads to, and of groups that call nobody back; `calls_back` is by the place in `groups`.
pub(crate) fn doubt_ways_out(
    menus: &Menus,
    plan: &call::Plan,
    groups: &[String],
    calls_back: &[Option<Spot>],
    problems: &Problems,
) {
    for WayOut { spot, to } in &menus.ways_out {
        match to {
            To::Line(number) if plan.line(number).is_none() => {
                let title = format!("no rule leads to `{number}`");
                let help = "add a `[[dial]]` to hotline.toml with a prefix of it and a trunk that leads out; until then callers \
                            come to `failed`";
                problems.warn(Problem::new(spot.clone(), title, "cannot be called", help));
            }
            To::Caller { group } if !has(groups, calls_back, group) => {
                let title = format!("the group `{group}` calls nobody back");
                let help = "give it a `call_back_key` in queues.toml; until then callers wait on the line here";
                problems.warn(Problem::new(spot.clone(), title, "promises a call", help));
            }
            _ => {}
        }
    }
}

fn has(groups: &[String], calls_back: &[Option<Spot>], group: &str) -> bool {
    let place = groups.iter().position(|known| known == group);
    place.and_then(|place| calls_back.get(place)).is_some_and(Option::is_some)
}
