//! A line in the log for each change of how a trunk leads out, and none for what stays as it is.

use base::Transport;
use carrier::{RegistrationState, RegistrationView, TargetState, TargetView, TrunkView};
use tracing::Level;

/// What was told last, by place in the plan.
#[derive(Debug, Default)]
pub(crate) struct Alarms(Vec<Option<TrunkView>>);

/// One line.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    level: Level,
    what: String,
}

impl Alarms {
    /// Tells what has changed; `names` are the trunks', in the order of `views`.
    pub(crate) fn note<'a>(&mut self, names: impl Iterator<Item = &'a str>, views: Vec<Option<TrunkView>>) {
        if views == self.0 {
            return;
        }
        let before = std::mem::replace(&mut self.0, views);
        let nothing = TrunkView::default();
        for (place, (trunk, now)) in names.zip(&self.0).enumerate() {
            let Some(now) = now else { continue };
            let then = before.get(place).and_then(Option::as_ref).unwrap_or(&nothing);
            for Line { level, what } in lines(then, now) {
                match level {
                    Level::ERROR => tracing::error!(trunk, "{what}"),
                    Level::WARN => tracing::warn!(trunk, "{what}"),
                    _ => tracing::info!(trunk, "{what}"),
                }
            }
        }
    }
}

fn lines(then: &TrunkView, now: &TrunkView) -> Vec<Line> {
    let mut lines: Vec<Line> = now.targets.iter().filter_map(|target| target_line(&then.targets, target)).collect();
    lines.extend(registration_line(then.registration.as_ref(), now.registration.as_ref()));
    lines
}

fn target_line(before: &[TargetView], now: &TargetView) -> Option<Line> {
    let same = |target: &&TargetView| target.uri == now.uri && target.address == now.address;
    let before = before.iter().find(same).map(|target| target.state);
    // A target is unknown in the first moments of every start.
    let is_news = before.unwrap_or(TargetState::Unknown) != now.state;
    let (level, is) = match now.state {
        TargetState::Up => (Level::INFO, "is up"),
        TargetState::Unknown => (Level::INFO, "may be up again"),
        TargetState::Avoided => (Level::INFO, "could not be reached by a call, and is avoided for a while"),
        TargetState::Busy => (Level::WARN, "is busy and gets no calls for a while"),
        TargetState::Down => (Level::WARN, "is down: it does not answer"),
        TargetState::Unresolved => (Level::WARN, "has no address that its network can reach; look at the DNS"),
        TargetState::TlsOnly => {
            (Level::ERROR, "offers TLS alone, which trunks are not reached over; ask the carrier for UDP or TCP")
        }
    };
    let address = now.address.map(|(transport, peer)| format!(" at {}", shown(transport, peer))).unwrap_or_default();
    is_news.then(|| Line { level, what: format!("target {}{address} {is}", now.uri) })
}

fn registration_line(then: Option<&RegistrationView>, now: Option<&RegistrationView>) -> Option<Line> {
    let now = now?;
    let key = |view: &RegistrationView| (view.state, view.trouble);
    if then.map_or((RegistrationState::Trying, None), key) == key(now) {
        return None;
    }
    let at = now.at.map(|at| format!(" at {at}")).unwrap_or_default();
    let (level, what) = match (now.state, now.trouble) {
        (RegistrationState::Registered, None) => (Level::INFO, format!("registered{at}")),
        (RegistrationState::Registered, Some(trouble)) => {
            (Level::WARN, format!("the registration stands and was not refreshed{at}: {trouble}"))
        }
        (_, Some(trouble)) => (Level::ERROR, format!("not registered{at}, and no call goes out: {trouble}")),
        (_, None) => (Level::INFO, "not registered yet".to_owned()),
    };
    Some(Line { level, what })
}

/// An address as people and the API read it.
pub fn shown(transport: Transport, peer: std::net::SocketAddr) -> String {
    format!("{}:{peer}", transport.via_name().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use base::Wall;
    use carrier::Trouble;

    use super::*;

    fn view(registration: (RegistrationState, Option<Trouble>), states: [TargetState; 2]) -> TrunkView {
        let target = |(place, state): (usize, TargetState)| TargetView {
            uri: format!("sip:p{place}.example.org"),
            address: Some((Transport::Tcp, ([192, 0, 2, place as u8], 5060).into())),
            state,
            since: Wall(0),
        };
        let (state, trouble) = registration;
        TrunkView {
            open: true,
            registration: Some(RegistrationView { state, since: Wall(0), at: None, until: None, trouble }),
            targets: states.into_iter().enumerate().map(target).collect(),
        }
    }

    #[test]
    fn a_change_is_told_once() {
        use RegistrationState::*;
        let story = [
            (view((Trying, None), [TargetState::Unknown, TargetState::Unknown]), vec![]),
            (
                view((Registered, None), [TargetState::Up, TargetState::Unknown]),
                vec!["INFO target sip:p0.example.org at tcp:192.0.2.0:5060 is up", "INFO registered"],
            ),
            (view((Registered, None), [TargetState::Up, TargetState::Unknown]), vec![]),
            (
                view((Registered, Some(Trouble::Silent)), [TargetState::Up, TargetState::Down]),
                vec![
                    "WARN target sip:p1.example.org at tcp:192.0.2.1:5060 is down: it does not answer",
                    "WARN the registration stands and was not refreshed: no answer",
                ],
            ),
            (
                view((Failed, Some(Trouble::WrongPassword)), [TargetState::Up, TargetState::Down]),
                vec!["ERROR not registered, and no call goes out: wrong user or password"],
            ),
        ];
        let mut then = TrunkView::default();
        for (now, expected) in story {
            let told: Vec<String> = lines(&then, &now).iter().map(|l| format!("{} {}", l.level, l.what)).collect();
            assert_eq!(told, expected);
            then = now;
        }
    }
}
