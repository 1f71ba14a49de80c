//! What happens at a node.

use std::time::Duration;

use base::{Clip, Digit, GroupId};

use super::{Compiler, Place, Problem};
use crate::LocaleId;
use crate::entry::{DIGITS_MAX, Form};
use crate::menu::{self, Keys};
use crate::tree::{self, Kind};

/// A caller who hears nothing but music for longer hangs up.
const TIMEOUT_MAX: Duration = Duration::from_secs(30);
/// A line that rings for longer has nobody.
const RING_MAX: Duration = Duration::from_secs(120);
/// Fewer digits are a key; and so `#` behind a lone 0 can mean a person.
const DIGITS_MIN: u8 = 2;

impl<'a> Compiler<'a> {
    pub(super) fn kind(&mut self, node: &'a tree::Node) -> Option<menu::Kind> {
        let at = |field| Place::node(&node.name, field);
        match &node.kind {
            Kind::Play { next } => Some(menu::Kind::Play { next: self.forward_target(at("next"), next)? }),
            Kind::OnAir { slot, next } => {
                let next = self.forward_target(at("next"), next)?;
                Some(menu::Kind::OnAir { slot: slot.clone(), next })
            }
            Kind::Menu { .. } => self.keys(node).map(|keys| menu::Kind::Menu(Box::new(keys))),
            Kind::Digits(digits) => self.digits(&node.name, digits).map(|digits| menu::Kind::Digits(Box::new(digits))),
            Kind::Hours { hours, open, closed } => {
                let hours = self.hours(at("hours"), hours);
                let (open, closed) = (self.forward_target(at("open"), open), self.forward_target(at("closed"), closed));
                Some(menu::Kind::Hours { hours: hours?, open: open?, closed: closed? })
            }
            Kind::When { cases, otherwise } => self.when(&node.name, cases, otherwise),
            Kind::Set { values, locale, priority, next } => {
                let values: Vec<_> = values.iter().map(|value| self.set_value(&node.name, value)).collect();
                let locale = locale.as_ref().map(|name| self.locale(at("locale"), name));
                let next = self.forward_target(at("next"), next)?;
                let values = values.into_iter().collect::<Option<_>>()?;
                Some(menu::Kind::Set { values, locale: locale.flatten(), priority: *priority, next })
            }
            Kind::Http(http) => self.http(&node.name, http).map(|http| menu::Kind::Http(Box::new(http))),
            Kind::Speak(speak) => self.speak(&node.name, speak).map(|speak| menu::Kind::Speak(Box::new(speak))),
            Kind::Queue { group, skills, by_locale, priority, call_back } => {
                let group = self.group_with(at("group"), group, skills);
                let by_locale: Vec<_> = by_locale.iter().map(|own| self.own_group(&node.name, own, skills)).collect();
                let by_locale = by_locale.into_iter().collect::<Option<_>>()?;
                let (priority, call_back) = (*priority, *call_back);
                Some(menu::Kind::Queue { group: group?, by_locale, priority, call_back })
            }
            Kind::Transfer(transfer) => {
                let transfer = self.transfer(&node.name, transfer)?;
                Some(menu::Kind::Transfer(Box::new(transfer)))
            }
            Kind::Rate { next } => {
                let (silence, tries) = (self.tree.silence, self.tree.silence_tries);
                Some(menu::Kind::Rate { silence, tries, next: self.forward_target(at("next"), next)? })
            }
            Kind::End => Some(menu::Kind::End),
        }
    }

    fn own_group(
        &mut self,
        node: &str,
        (locale, group): &(String, String),
        skills: &str,
    ) -> Option<(LocaleId, GroupId)> {
        let place = Place::node(node, "group_by_locale").named(locale);
        let id = self.locale(place.clone(), locale);
        let group = self.group_with(place, group, skills);
        Some((id?, group?))
    }

    fn keys(&mut self, node: &'a tree::Node) -> Option<Keys> {
        let Kind::Menu { keys, words, silence, silence_tries, invalid_tries, on_silence, on_invalid } = &node.kind
        else {
            return None;
        };
        let tree = self.tree;
        if keys.is_empty() {
            self.fault(Place::node(&node.name, "keys"), Problem::NoKeys);
        }
        self.check_limits(Some(&node.name), *silence, *silence_tries, *invalid_tries);
        let found: Vec<_> = keys.iter().map(|(key, choice)| self.choice(&node.name, *key, choice)).collect();
        let words = self.words(&node.name, keys, words);
        let on_silence = self.fallback(&node.name, "on_silence", on_silence.as_deref(), tree.on_silence.as_deref());
        let on_invalid = self.fallback(&node.name, "on_invalid", on_invalid.as_deref(), tree.on_invalid.as_deref());
        Some(Keys {
            keys: found.into_iter().collect::<Option<_>>()?,
            words,
            silence: silence.unwrap_or(tree.silence),
            silence_tries: silence_tries.unwrap_or(tree.silence_tries),
            invalid_tries: invalid_tries.unwrap_or(tree.invalid_tries),
            on_silence: on_silence?,
            on_invalid: on_invalid?,
        })
    }

    fn choice(&mut self, node: &str, key: Digit, choice: &tree::Choice) -> Option<(Digit, menu::Choice)> {
        let place = Place::node(node, "keys").key(key);
        if matches!(key, Digit::Number(0) | Digit::Star | Digit::Pound) {
            self.fault(place.clone(), Problem::ReservedKey(key));
        }
        let locale = match &choice.locale {
            Some(name) => Some(self.locale(place.clone(), name)?),
            None => None,
        };
        let next = self.target(place, &choice.next)?;
        Some((key, menu::Choice { locale, next }))
    }

    fn digits(&mut self, node: &str, digits: &tree::Digits) -> Option<menu::Digits> {
        let at = |field| Place::node(node, field);
        let tree = self.tree;
        let longest = u8::try_from(DIGITS_MAX).unwrap_or(u8::MAX);
        if !(DIGITS_MIN..=longest).contains(&digits.min) || !(digits.min..=longest).contains(&digits.max) {
            self.fault(at("length"), Problem::Length { min: DIGITS_MIN, max: longest });
        }
        self.check_seconds(at("silence_s"), digits.silence);
        self.check_seconds(at("gap_s"), digits.gap);
        self.check_tries(at("tries"), digits.tries);
        let valid: Vec<_> = digits.valid.iter().zip(0..).map(|(form, i)| self.form(node, digits, form, i)).collect();
        let confirm = digits.confirm.as_ref().map(|confirm| self.says(&at("confirm"), confirm));
        let into = self.value(at("into"), &digits.into);
        let next = self.forward_target(at("next"), &digits.next);
        let failed = self.fallback(node, "failed", digits.failed.as_deref(), tree.on_invalid.as_deref());
        Some(menu::Digits {
            into: into?,
            min: digits.min.into(),
            max: digits.max.into(),
            valid: valid.into_iter().collect::<Option<_>>()?,
            star: digits.star,
            confirm: match confirm {
                Some(confirm) => Some(confirm?),
                None => None,
            },
            silence: digits.silence.unwrap_or(tree.silence),
            gap: digits.gap.unwrap_or(tree.digit_gap),
            tries: digits.tries.unwrap_or(tree.invalid_tries),
            next: next?,
            failed: failed?,
        })
    }

    fn form(&mut self, node: &str, digits: &tree::Digits, text: &str, index: usize) -> Option<Form> {
        let place = Place::node(node, "valid").at(index);
        let Some(form) = Form::parse(text) else {
            self.fault(place, Problem::UnknownForm(text.to_owned()));
            return None;
        };
        let (shortest, longest) = form.lengths();
        if longest < digits.min.into() || shortest > digits.max.into() {
            self.fault(place, Problem::FormTooLong { form: text.to_owned(), min: digits.min, max: digits.max });
        }
        Some(form)
    }

    fn when(&mut self, node: &str, cases: &[tree::Case], otherwise: &str) -> Option<menu::Kind> {
        if cases.is_empty() {
            self.fault(Place::node(node, "case"), Problem::NoCase);
        }
        let mut found = Vec::new();
        for (case, index) in cases.iter().zip(0..) {
            let place = Place::node(node, "case").at(index);
            if case.when.is_empty() {
                self.fault(place.clone(), Problem::NoCondition);
            }
            let tests = self.tests(&place, &case.when);
            let next = self.forward_target(place, &case.next);
            found.push(tests.zip(next));
        }
        let otherwise = self.forward_target(Place::node(node, "otherwise"), otherwise)?;
        Some(menu::Kind::When { cases: found.into_iter().collect::<Option<_>>()?, otherwise })
    }

    fn http(&mut self, node: &str, http: &tree::Http) -> Option<menu::Http> {
        let at = |field| Place::node(node, field);
        let is_web = http.url.starts_with("http://") || http.url.starts_with("https://");
        if !is_web {
            self.fault(at("url"), Problem::NoUrl(http.url.clone()));
        }
        self.check_time(at("timeout_s"), http.timeout, TIMEOUT_MAX);
        let url = self.template(at("url"), &http.url);
        let send = http.send.as_ref().map(|send| self.templates(node, "send", send));
        let headers = self.templates(node, "headers", &http.headers);
        let take: Vec<_> = http.take.iter().map(|(name, place)| self.take(node, name, place)).collect();
        let (next, failed) =
            (self.forward_target(at("next"), &http.next), self.forward_target(at("failed"), &http.failed));
        Some(menu::Http {
            url: url?,
            send: match send {
                Some(send) => Some(send?),
                None => None,
            },
            headers: headers?,
            take: take.into_iter().collect::<Option<_>>()?,
            timeout: http.timeout,
            next: next?,
            failed: failed?,
        })
    }

    fn speak(&mut self, node: &str, speak: &tree::Speak) -> Option<menu::Speak> {
        let at = |field| Place::node(node, field);
        self.check_time(at("timeout_s"), speak.timeout, TIMEOUT_MAX);
        self.check_time(at("max_s"), speak.max, Clip::LENGTH_MAX);
        let text = self.texts(node, &speak.text);
        if speak.otherwise.is_empty() {
            self.fault(at("otherwise"), Problem::NoPrompt);
        }
        let otherwise = self.says(&at("otherwise"), &speak.otherwise);
        let next = self.forward_target(at("next"), &speak.next)?;
        Some(menu::Speak { text: text?, otherwise: otherwise?, timeout: speak.timeout, max: speak.max, next })
    }

    fn check_time(&mut self, place: Place, time: Duration, max: Duration) {
        let (min, max) = (1, max.as_secs());
        if !(min..=max).contains(&time.as_secs()) {
            self.fault(place, Problem::OutOfRange { min, max });
        }
    }

    fn transfer(&mut self, node: &str, transfer: &tree::Transfer) -> Option<menu::Transfer> {
        let at = |field| Place::node(node, field);
        self.check_time(at("ring_s"), transfer.ring, RING_MAX);
        let to = self.template(at("to"), &transfer.to);
        let failed = self.forward_target(at("failed"), &transfer.failed);
        Some(menu::Transfer { to: to?, ring: transfer.ring, talk_max: transfer.talk_max, failed: failed? })
    }
}
