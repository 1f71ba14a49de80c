//! What an operator has done in a menu, and the story that it makes.

use std::io::{self, Write};

use base::Digit;
use ivr::{Outline, Way};
use rehearsal::{Deed, News, Outcome, Stage, Visit, Who};
use settings::script::{DEEDS_MAX, Phrase};
use settings::{Plans, Texts};

use super::show;
use crate::table::printable;

pub(super) struct Session<'a> {
    plans: &'a Plans,
    stage: Stage<'a>,
    texts: &'a Texts,
    menu: usize,
    outline: Vec<Outline>,
    who: Who,
    deeds: Vec<Deed>,
    /// The caller before anything was done, and after each deed: `DEEDS_MAX` and one.
    visits: Vec<Visit<'a>>,
    news: Vec<News>,
}

/// Takes what a phrase says of a call, instead of what was said before; gives back a deed.
pub(super) fn settle(who: &mut Who, phrase: Phrase) -> Option<Deed> {
    match phrase {
        Phrase::Day(day, clock) => {
            who.day = Some(day);
            who.minute = clock.or(who.minute);
        }
        Phrase::Clock(clock) => who.minute = Some(clock),
        Phrase::From(number) => who.caller = Some(number),
        Phrase::To(number) => who.called = Some(number),
        Phrase::CalledBefore(times) => who.called_before = Some(times),
        Phrase::Surge(group) if who.surge.contains(&group) => {}
        Phrase::Surge(group) => who.surge.push(group),
        Phrase::OnAir(slot, prompts) => {
            who.on_air.insert(slot, prompts);
        }
        Phrase::Survey(survey) => who.survey = Some(survey),
        Phrase::Deed(deed) => return Some(deed),
    }
    None
}

impl<'a> Session<'a> {
    pub(super) fn begin(
        plans: &'a Plans,
        stage: Stage<'a>,
        texts: &'a Texts,
        menu: usize,
        who: Who,
    ) -> Option<Session<'a>> {
        let groups: Vec<String> = plans.call.groups.iter().map(|group| group.name.clone()).collect();
        let outline = ivr::outline(&plans.call.menus.get(menu)?.menu, &groups, &plans.call.prompts);
        let visits = vec![Visit::begin(stage, menu, &who)?];
        let mut session =
            Session { plans, stage, texts, menu, outline, who, deeds: Vec::new(), visits, news: Vec::new() };
        session.news = session.visits[0].take_news();
        Some(session)
    }

    /// The caller now.
    fn visit(&self) -> &Visit<'a> {
        // The first one stays.
        &self.visits[self.visits.len() - 1]
    }

    /// Carries a line out; false where the operator leaves.
    ///
    /// # Errors
    /// Why nothing was done, or what was asked for.
    pub(super) fn takes(&mut self, line: &str) -> Result<bool, String> {
        match line {
            "" if self.visit().is_played_to() => self.does(Deed::Listen)?,
            "" => self.does(Deed::Wait)?,
            "quit" | "exit" | "q" => return Ok(false),
            "help" | "?" => return Err(show::HELP.to_owned()),
            "story" => return Err(self.story()),
            "restart" => self.restart(self.who.clone())?,
            "back" | "back one step" => self.back()?,
            keys if keys.chars().all(is_key) => {
                self.does(Deed::Press(keys.chars().filter_map(Digit::from_char).collect()))?;
            }
            phrase => {
                let phrase = Phrase::parse(phrase)
                    .map_err(|misfit| format!("{}\n{}; or type `help`", misfit.title, misfit.help))?;
                let mut who = self.who.clone();
                match settle(&mut who, phrase) {
                    Some(deed) => self.does(deed)?,
                    None => self.restart(who)?,
                }
            }
        }
        Ok(true)
    }

    fn does(&mut self, deed: Deed) -> Result<(), String> {
        if self.deeds.len() == DEEDS_MAX {
            return Err(format!("a story has {DEEDS_MAX} deeds at most: `back one step`, or `restart`"));
        }
        let mut visit = self.visit().clone();
        if visit.outcome().is_some() && matches!(deed, Deed::Listen | Deed::Wait) {
            return Err("the caller has left the menu: `back one step`, or `restart`".to_owned());
        }
        visit.does(&deed).map_err(|misfit| format!("{misfit}: `back one step`, `restart`, or `help`"))?;
        self.news = visit.take_news();
        self.deeds.push(deed);
        self.visits.push(visit);
        Ok(())
    }

    fn restart(&mut self, who: Who) -> Result<(), String> {
        self.unknown(&who).map_or(Ok(()), Err)?;
        let begun = Visit::begin(self.stage, self.menu, &who);
        let mut visit = begun.ok_or_else(|| "this menu has no survey".to_owned())?;
        self.news = visit.take_news();
        (self.who, self.deeds, self.visits) = (who, Vec::new(), vec![visit]);
        Ok(())
    }

    /// The first name that nobody knows.
    fn unknown(&self, who: &Who) -> Option<String> {
        let call = &self.plans.call;
        let slots: Vec<&str> = call.menus.get(self.menu).into_iter().flat_map(|menu| menu.menu.slots()).collect();
        let group = who.surge.iter().find(|group| call.group(group).is_none()).map(|name| ("group", name));
        let slot = who.on_air.keys().find(|slot| !slots.contains(&slot.as_str())).map(|name| ("slot", name));
        let prompt = who.on_air.values().flatten().find(|name| !call.prompts.has(name)).map(|name| ("prompt", name));
        let locale = who.survey.as_ref().and_then(|survey| survey.locale.as_ref());
        let locale = locale.filter(|name| call.prompts.locale(name).is_none()).map(|name| ("language", name));
        let (kind, name) = group.or(slot).or(prompt).or(locale)?;
        Some(format!("no {kind} is named `{name}`"))
    }

    fn back(&mut self) -> Result<(), String> {
        if self.deeds.pop().is_none() {
            return Err("nothing was done yet".to_owned());
        }
        self.visits.pop();
        // What is asked is shown anew; what was said was heard.
        self.news.clear();
        Ok(())
    }

    /// Writes what the caller noticed; gives the samples of what is to be heard.
    pub(super) fn take_news(&mut self, out: &mut impl Write) -> io::Result<Vec<Vec<i16>>> {
        let mut heard = Vec::new();
        for news in std::mem::take(&mut self.news) {
            if let News::Hears(_, sounds) = &news {
                let file = |sound: &base::SoundId| {
                    usize::try_from(sound.0).ok().and_then(|place| self.plans.sounds.get(place))
                };
                let files = sounds.iter().filter_map(file);
                heard.push(files.flat_map(|file| file.samples.iter().copied()).collect());
            }
            if let Some(line) = show::news(&news, self.visit(), &self.outline, self.plans, self.texts) {
                writeln!(out, "{}", printable(&line))?;
            }
        }
        Ok(heard)
    }

    /// Where the caller is, and what can be done there.
    pub(super) fn stands(&self) -> String {
        let visit = self.visit();
        let seconds = visit.announcements().as_millis() as f64 / 1000.0;
        if let Some(outcome) = visit.outcome() {
            let more = if matches!(outcome, Outcome::Transfer(_)) { " (or `line refused`)" } else { "" };
            return format!("= {}{more}, after {seconds:.1} s of announcements. Story: {}", visit.end(), self.story());
        }
        format!("? {} | {seconds:.1} s of announcements", self.asked())
    }

    fn asked(&self) -> String {
        let visit = self.visit();
        let outline = self.outline.get(usize::from(visit.node().0));
        let (name, kind) = outline.map_or(("", ""), |node| (node.name.as_str(), node.kind));
        if visit.asks().is_some() {
            let takes = visit.menu().takes(visit.node());
            let values: Vec<_> = takes.iter().map(|name| format!("{name}=…")).collect();
            return format!("{name}: another system is asked; `answer {}`, or `no answer`", values.join(" "));
        }
        if let Some(speech) = visit.speech() {
            return format!(
                "{name}: \"{}\" is to be spoken; Enter hears it, `no answer` what is said instead",
                speech.text
            );
        }
        match (kind, outline) {
            ("menu", Some(node)) => format!("{name} asks for a key: {}", self.keys(node)),
            ("digits", Some(node)) => format!("{name} asks for digits, the value `{}`", node.about),
            ("rate", _) => format!("{name} asks for a verdict, 1 to 5"),
            _ if self.is_remembered() => format!("{name} plays to its end; what was pressed counts afterwards"),
            _ => format!("{name} plays"),
        }
    }

    /// Whether keys were pressed last, and nothing came of them yet.
    fn is_remembered(&self) -> bool {
        let before = self.visits.len().checked_sub(2).map(|place| self.visits[place].path().len());
        matches!(self.deeds.last(), Some(Deed::Press(_))) && before == Some(self.visit().path().len())
    }

    fn keys(&self, node: &Outline) -> String {
        let key = |on: &ivr::WayOn| {
            let Way::Key(key) = on.way else { return None };
            let to = self.visit().menu().target_name(on.to);
            Some(format!("{} {to}{}", key.as_char(), self.words(key)))
        };
        let keys: Vec<_> = node.ways.iter().filter_map(key).collect();
        format!("{}, 0 a person{}", keys.join(", "), self.words(Digit::Number(0)))
    }

    /// What may be said instead of pressing a key.
    fn words(&self, key: Digit) -> String {
        let visit = self.visit();
        let words = visit.menu().words_of(visit.node(), key);
        if words.is_empty() { String::new() } else { format!(" (or say {})", words.join(", ")) }
    }

    /// The line of a script that tells the same.
    pub(super) fn story(&self) -> String {
        let visit = self.visit();
        let mut deeds: Vec<Deed> = Vec::new();
        for deed in &self.deeds {
            match (deeds.last_mut(), deed) {
                // What is waited for is heard first.
                (Some(last @ Deed::Listen), Deed::Wait | Deed::Listen) => *last = deed.clone(),
                (Some(Deed::Press(keys)), Deed::Press(more)) if keys.len() + more.len() <= KEYS_TOGETHER => {
                    keys.extend(more)
                }
                _ => deeds.push(deed.clone()),
            }
        }
        let who = Some(self.who.to_string()).filter(|who| !who.is_empty());
        let left: Vec<_> = who.into_iter().chain(deeds.iter().map(ToString::to_string)).collect();
        let rated = visit.rated().map(|grade| format!("rated {grade}, ")).unwrap_or_default();
        let nodes: Vec<_> = visit.path().iter().map(|stop| visit.menu().node_name(stop.node)).collect();
        let space = if left.is_empty() { "" } else { " " };
        format!("{}{space}-> {rated}{} through {}", left.join(", "), visit.end(), nodes.join(", "))
    }
}

/// Keys that one phrase of a story shows together.
const KEYS_TOGETHER: usize = 32;

fn is_key(c: char) -> bool {
    matches!(c, '0'..='9' | '*' | '#' | 'A'..='D')
}
