//! What nodes and keys change without a word: values, priority, language.

use super::{Step, Turn, Walk};
use crate::LocaleId;
use crate::menu::Kind;
use crate::ways::Way;

impl Walk {
    pub(super) fn set(&mut self, turn: &mut Turn<'_>, kind: &Kind) {
        let Kind::Set { values, locale, priority, next } = kind else { return };
        for (id, template) in values {
            let text = template.fill(&self.values, turn.around);
            self.values.set(*id, &text);
        }
        self.priority = self.priority.max(*priority);
        self.speak(turn, *locale);
        self.pass(turn, Way::On, *next);
    }

    pub(super) fn speak(&mut self, turn: &mut Turn<'_>, locale: Option<LocaleId>) {
        if let Some(locale) = locale.filter(|locale| *locale != self.locale) {
            self.locale = locale;
            turn.out.push(Step::Locale(locale));
        }
    }
}
