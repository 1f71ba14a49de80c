//! One caller in a menu, on virtual time: keys, announcements, silences, and what others answer.

use std::collections::BTreeSet;
use std::time::Duration;

use base::{Digit, GroupId, Now, SoundId, Time};
use call::plan::MenuVersion;
use ivr::{Event, Heard, Menu, NodeId, Request, Speech, Step, Walk, Way};

use crate::setting::Setting;
use crate::speech::{self, Listening};
use crate::{Deed, End, Misfit, Stage, Who};

/// Announcements that one wait hears out: the interpreter takes a caller to a person after a hundred of a call.
const ANNOUNCEMENTS_MAX: usize = 200;

/// A caller who came by some nodes and is somewhere now.
#[derive(Clone, Debug)]
pub struct Visit<'a> {
    stage: Stage<'a>,
    version: &'a MenuVersion,
    setting: Setting<'a>,
    walk: Walk,
    is_survey: bool,
    now: Now,
    /// When the menu has had the caller for its longest time.
    limit: Time,
    /// When what plays will have been heard.
    heard_at: Option<Time>,
    /// When the silence counts.
    until: Option<Time>,
    asks: Option<Request>,
    /// To be spoken: that happens with whatever comes next, unless it is said that nobody speaks.
    speech: Option<Speech>,
    listening: Listening,
    path: Vec<Stop>,
    taken: BTreeSet<(NodeId, Way)>,
    announcements: Duration,
    rated: Option<u8>,
    no_line: Option<String>,
    outcome: Option<Outcome>,
    news: Vec<News>,
}

/// A node on a caller's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    pub node: NodeId,
    /// How the caller came there; none at the beginning, and by 0, `*` or a limit.
    pub by: Option<Way>,
}

/// Where the menu has left a caller to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Queue(GroupId),
    CallBack(GroupId),
    Transfer(String),
    /// It said goodbye.
    Over,
}

/// What a caller notices, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Enters(NodeId),
    Speaks(String),
    /// In words, and the sounds of it.
    Hears(Vec<Heard>, Vec<SoundId>),
    /// Another system is asked.
    Asks(Request),
    Rated(u8),
    /// No rule leads to that line, so that nobody is called.
    NoLine(String),
    /// The menu had the caller for its longest time.
    Limit,
    Leaves(Outcome),
}

impl<'a> Visit<'a> {
    /// A call of such a caller begins, in the menu at that place of the plans; none where there is no such menu, or no such survey.
    pub fn begin(stage: Stage<'a>, menu: usize, who: &Who) -> Option<Visit<'a>> {
        let plan = stage.plan;
        let version = plan.menus.get(menu)?.as_ref();
        let setting = Setting::new(plan, menu, who);
        let walk = match &who.survey {
            Some(survey) => {
                let locale = survey.locale.as_ref().and_then(|name| plan.prompts.locale(name));
                Walk::survey(&version.menu, locale.unwrap_or(version.menu.locale()))?
            }
            None if setting.is_surging(version.menu.person().0) => Walk::in_surge(&version.menu),
            None => Walk::new(&version.menu),
        };
        let mut visit = Visit {
            stage,
            version,
            setting,
            walk: walk.watched(),
            is_survey: who.survey.is_some(),
            now: Now { time: Time::ZERO, wall: who.wall() },
            limit: Time::ZERO + plan.limits.menu,
            heard_at: None,
            until: None,
            listening: Listening::default(),
            asks: None,
            speech: None,
            path: Vec::new(),
            taken: BTreeSet::new(),
            announcements: Duration::ZERO,
            rated: None,
            no_line: None,
            outcome: None,
            news: Vec::new(),
        };
        visit.tell(Event::Start);
        Some(visit)
    }

    pub fn menu(&self) -> &'a Menu {
        &self.version.menu
    }

    pub fn node(&self) -> NodeId {
        self.walk.node()
    }

    pub fn path(&self) -> &[Stop] {
        &self.path
    }

    /// The ways that the caller took from nodes.
    pub fn taken(&self) -> &BTreeSet<(NodeId, Way)> {
        &self.taken
    }

    /// Of what was heard to its end.
    pub fn announcements(&self) -> Duration {
        self.announcements
    }

    pub fn rated(&self) -> Option<u8> {
        self.rated
    }

    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    pub fn now(&self) -> Now {
        self.now
    }

    pub fn group_name(&self, group: GroupId) -> &'a str {
        self.stage.plan.groups.get(usize::from(group.0)).map_or("", |group| group.name.as_str())
    }

    /// Whether a number is that line.
    pub fn is_line(&self, number: &str, line: &str) -> bool {
        self.stage.plan.line(number).as_deref() == Some(line)
    }

    /// Where the caller is, as a script says it.
    pub fn end(&self) -> End {
        match &self.outcome {
            Some(Outcome::Queue(group)) => End::Queue(self.group_name(*group).to_owned()),
            Some(Outcome::CallBack(group)) => End::CallBack(self.group_name(*group).to_owned()),
            Some(Outcome::Transfer(line)) => End::Transfer(line.clone()),
            Some(Outcome::Over) => End::Over,
            None => End::At(self.menu().node_name(self.node()).to_owned()),
        }
    }

    /// The newest line that was to be called, and that no rule leads to.
    pub fn no_line(&self) -> Option<&str> {
        self.no_line.as_deref()
    }

    /// Whether something plays, or is about to.
    pub fn is_played_to(&self) -> bool {
        self.heard_at.is_some() || self.speech.is_some()
    }

    /// The text that nobody has spoken yet.
    pub fn speech(&self) -> Option<&Speech> {
        self.speech.as_ref()
    }

    /// The question that another system has not answered yet.
    pub fn asks(&self) -> Option<&Request> {
        self.asks.as_ref()
    }

    /// What happened since this was asked for.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// # Errors
    /// When nothing of the kind can happen here; then nothing has happened.
    pub fn does(&mut self, deed: &Deed) -> Result<(), Misfit> {
        match deed {
            Deed::Press(keys) => keys.iter().try_for_each(|key| self.press(*key)),
            Deed::Listen => {
                self.listen();
                Ok(())
            }
            Deed::Wait => {
                self.wait();
                Ok(())
            }
            Deed::Answer(values) => self.answer(values),
            Deed::Say(text) => self.say(text.as_deref()),
            Deed::NoAnswer if self.listening == Listening::Said => {
                self.tell(Event::Understood(None));
                Ok(())
            }
            Deed::NoAnswer => {
                self.find_question(false)?;
                self.tell(if self.speech.is_some() { Event::Synthesized(None) } else { Event::Fetched(None) });
                Ok(())
            }
            Deed::LineRefused => self.refuse_line(),
        }
    }

    /// A key at once, whatever plays.
    fn press(&mut self, key: Digit) -> Result<(), Misfit> {
        if self.outcome.is_some() {
            return Err(Misfit::Gone);
        }
        self.speak();
        self.tell(Event::Digit(key));
        Ok(())
    }

    /// What plays is heard to its end, and what follows without a key too.
    fn listen(&mut self) {
        for _ in 0..ANNOUNCEMENTS_MAX {
            if !self.speak() && !self.hear() {
                return;
            }
        }
    }

    /// One announcement to its end; false where none plays.
    fn hear(&mut self) -> bool {
        // Where another system is asked, its time may be over before the prompt is.
        let Some(at) = self.heard_at.filter(|at| self.until.is_none_or(|until| *at <= until)) else { return false };
        self.announcements += at - self.now.time;
        self.heard_at = None;
        if self.pass_until(at) {
            self.tell(Event::Played);
        }
        true
    }

    /// The text that is to be spoken, at once; false where there is none.
    fn speak(&mut self) -> bool {
        let Some(speech) = self.speech.take() else { return false };
        self.tell(Event::Synthesized(Some(&speech::clip(&speech))));
        true
    }

    fn wait(&mut self) {
        self.listen();
        let Some(until) = self.until.take() else { return };
        if self.pass_until(until) {
            self.tell(Event::Deadline);
        }
    }

    fn answer(&mut self, values: &[(String, String)]) -> Result<(), Misfit> {
        self.find_question(!values.is_empty())?;
        if self.speak() {
            return Ok(());
        }
        let takes = self.menu().takes(self.node());
        if let Some((name, _)) = values.iter().find(|(name, _)| !takes.contains(&name.as_str())) {
            let takes = takes.into_iter().map(str::to_owned).collect();
            return Err(Misfit::NotTaken { name: name.clone(), takes });
        }
        // What an answer does not have is an empty text, as in a call.
        let text = |name: &&str| values.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
        let texts: Vec<String> = takes.iter().map(|name| text(name).unwrap_or_default()).collect();
        self.tell(Event::Fetched(Some(&texts)));
        Ok(())
    }

    /// After what plays: nobody is listened to before.
    fn say(&mut self, text: Option<&str>) -> Result<(), Misfit> {
        self.listen();
        if self.listening != Listening::Heard {
            return Err(Misfit::NobodyListens);
        }
        self.tell(Event::Speaking);
        self.tell(Event::Spoken);
        if text.is_some() {
            self.tell(Event::Understood(text));
        }
        Ok(())
    }

    /// The first question on the way, or the first that has values in its answer.
    fn find_question(&mut self, with_values: bool) -> Result<(), Misfit> {
        for _ in 0..ANNOUNCEMENTS_MAX {
            if self.asks.is_some() || self.speech.is_some() && !with_values {
                return Ok(());
            }
            if !self.speak() && !self.hear() {
                break;
            }
        }
        Err(Misfit::NobodyAsked)
    }

    fn refuse_line(&mut self) -> Result<(), Misfit> {
        if self.outcome.is_none() {
            self.listen();
        }
        if !matches!(self.outcome, Some(Outcome::Transfer(_))) {
            return Err(Misfit::NobodyCalled);
        }
        self.outcome = None;
        // The menu has the caller anew, for as long as at first.
        self.limit = self.now.time + self.stage.plan.limits.menu;
        self.tell(Event::Refused);
        Ok(())
    }

    /// Lets time pass; false where the menu's longest time is over before.
    fn pass_until(&mut self, at: Time) -> bool {
        let passes = at.min(self.limit);
        self.now = self.now.plus(passes - self.now.time);
        if at < self.limit {
            return true;
        }
        self.news.push(News::Limit);
        let (person, _) = self.menu().person_in(self.walk.locale());
        self.leave(if self.is_survey { Outcome::Over } else { Outcome::Queue(person) });
        false
    }

    fn tell(&mut self, event: Event<'_>) {
        let mut steps = Vec::new();
        self.walk.handle(&self.version.menu, &self.setting.around(), self.now, event, &mut steps);
        let ways = self.walk.ways().to_vec();
        self.taken.extend(ways.iter().copied());
        let mut ways = ways.into_iter().peekable();
        let mut nobody = false;
        for step in steps {
            match step {
                Step::Enter(node) => {
                    let last = self.path.last().map(|stop| stop.node);
                    let by = ways.next_if(|(from, _)| Some(*from) == last).map(|(_, way)| way);
                    self.path.push(Stop { node, by });
                    self.news.push(News::Enters(node));
                }
                Step::Transfer { to, .. } => nobody = self.transfer(&to),
                other => self.take(other),
            }
        }
        if nobody {
            // At most once more: where a line was refused the menu goes on, and every walk ends.
            self.tell(Event::Refused);
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Locale(locale) => {
                let name = self.stage.plan.prompts.locale_name(locale).to_owned();
                self.news.push(News::Speaks(name));
            }
            Step::Play => {
                self.heard_at = Some(self.now.time + self.length());
                self.news.push(News::Hears(self.walk.heard().to_vec(), self.walk.said().to_vec()));
            }
            Step::Hush => self.heard_at = None,
            Step::Wait { until } => {
                self.until = Some(until);
                // A key may have cut short what played.
                self.heard_at = self.heard_at.filter(|_| self.asks.is_some() || self.speech.is_some());
            }
            Step::StopWaiting => self.until = None,
            Step::Fetch(request) => {
                self.news.push(News::Asks((*request).clone()));
                self.asks = Some(*request);
            }
            Step::Synthesize(speech) => self.speech = Some(*speech),
            Step::PlayClip(clip) => {
                self.heard_at = Some(self.now.time + clip.duration());
                self.news.push(News::Hears(self.walk.heard().to_vec(), Vec::new()));
            }
            Step::StopFetching => (self.asks, self.speech) = (None, None),
            Step::Listen => self.listening = Listening::Heard,
            Step::StopListening => self.listening = Listening::Unheard,
            Step::Recognize => self.listening = Listening::Said,
            Step::Queue { group, call_back, .. } => {
                self.hears_at_last();
                self.leave(if call_back { Outcome::CallBack(group) } else { Outcome::Queue(group) });
            }
            Step::Rated(grade) => {
                self.rated = Some(grade);
                self.news.push(News::Rated(grade));
            }
            Step::End => self.leave(Outcome::Over),
            Step::Enter(_) | Step::Transfer { .. } | Step::WrongKey | Step::NotUnderstood => {}
        }
    }

    /// Whether nobody can be called there.
    fn transfer(&mut self, to: &str) -> bool {
        match self.stage.plan.line(to) {
            Some(line) => {
                self.hears_at_last();
                self.leave(Outcome::Transfer(line));
                false
            }
            None => {
                self.no_line = Some(to.to_owned());
                self.news.push(News::NoLine(to.to_owned()));
                true
            }
        }
    }

    /// What is said to somebody who leaves.
    fn hears_at_last(&mut self) {
        if !self.walk.heard().is_empty() {
            self.news.push(News::Hears(self.walk.heard().to_vec(), self.walk.said().to_vec()));
        }
    }

    fn leave(&mut self, outcome: Outcome) {
        (self.heard_at, self.until, self.asks, self.speech) = (None, None, None, None);
        self.news.push(News::Leaves(outcome.clone()));
        self.outcome = Some(outcome);
    }

    /// Of what is said now.
    fn length(&self) -> Duration {
        let length = |sound: &SoundId| usize::try_from(sound.0).ok().and_then(|place| self.stage.lengths.get(place));
        self.walk.said().iter().filter_map(length).sum()
    }
}
