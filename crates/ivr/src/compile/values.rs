//! Values by their names, and texts that hold some.

use super::{Compiler, Fault, Place, Problem};
use crate::value::{GIVEN, Part, Piece, Source, Template, VALUES_MAX, ValueId, pieces};
use crate::{LocaleId, tree};

impl Compiler<'_> {
    /// Gathers the names of every value that some node sets.
    pub(super) fn find_values(&mut self) {
        for node in &self.tree.nodes {
            let Some((field, names)) = node.kind.sets() else { continue };
            for name in names {
                self.add_value(Place::node(&node.name, field), name);
            }
        }
    }

    fn add_value(&mut self, place: Place, name: &str) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(plain) || GIVEN.contains(&name) {
            return self.fault(place, Problem::ValueName(name.to_owned()));
        }
        if self.values.iter().any(|known| known == name) {
            return;
        }
        if self.values.len() == VALUES_MAX {
            return self.fault(place, Problem::TooManyValues { max: VALUES_MAX });
        }
        self.values.push(name.to_owned());
    }

    /// A value that some node sets.
    pub(super) fn value(&mut self, place: Place, name: &str) -> Option<ValueId> {
        let found = (0..).zip(&self.values).find(|(_, known)| *known == name).map(|(id, _)| ValueId(id));
        // A name that is wrong in itself was told of already, and so were too many names.
        let too_many = |fault: &Fault| matches!(fault.problem, Problem::TooManyValues { .. });
        if found.is_none()
            && !self.faults.iter().any(too_many)
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            self.fault(place, Problem::UnknownValue(name.to_owned()));
        }
        found
    }

    pub(super) fn source(&mut self, place: Place, name: &str) -> Option<Source> {
        match name {
            "caller" => Some(Source::Caller),
            "called" => Some(Source::Called),
            _ => self.value(place, name).map(Source::Value),
        }
    }

    pub(super) fn template(&mut self, place: Place, text: &str) -> Option<Template> {
        let Some(pieces) = pieces(text) else {
            self.fault(place, Problem::Braces(text.to_owned()));
            return None;
        };
        let parts: Vec<_> = pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => Some(Part::Text(text.to_owned())),
                Piece::Name(name) => self.source(place.clone(), name).map(Part::From),
            })
            .collect();
        parts.into_iter().collect::<Option<_>>().map(Template)
    }

    /// What is spoken in each language of the menu, by `LocaleId`.
    pub(super) fn texts(&mut self, node: &str, text: &tree::Text) -> Option<Vec<Option<Template>>> {
        let mut found = vec![None; self.names.prompts.locales().count()];
        let place = || Place::node(node, "text");
        let mut given: Vec<(LocaleId, Option<Template>)> = Vec::new();
        match text {
            tree::Text::One(text) => {
                let template = self.template(place(), text);
                let words = template.as_ref().is_some_and(Template::has_words);
                let locales = self.locales.iter().take(if words { 1 } else { usize::MAX });
                given.extend(locales.map(|locale| (*locale, template.clone())));
            }
            tree::Text::ByLocale(texts) => {
                for (name, text) in texts {
                    let locale = self.locale(place().named(name), name);
                    let template = self.template(place().named(name), text);
                    given.extend(locale.map(|locale| (locale, template)));
                }
            }
        }
        for locale in self.locales.clone() {
            if !given.iter().any(|(known, _)| *known == locale) {
                let locale = self.names.prompts.locale_name(locale).to_owned();
                self.fault(place(), Problem::MissingText { locale });
            }
        }
        for (locale, template) in given {
            *found.get_mut(usize::from(locale.0))? = Some(template?);
        }
        Some(found)
    }

    pub(super) fn templates(
        &mut self,
        node: &str,
        field: &'static str,
        texts: &[(String, String)],
    ) -> Option<Vec<(String, Template)>> {
        let one = |(name, text): &(String, String)| {
            let template = self.template(Place::node(node, field).named(name), text)?;
            Some((name.clone(), template))
        };
        let all: Vec<_> = texts.iter().map(one).collect();
        all.into_iter().collect()
    }

    pub(super) fn set_value(&mut self, node: &str, (name, text): &(String, String)) -> Option<(ValueId, Template)> {
        let place = Place::node(node, "values").named(name);
        let id = self.value(place.clone(), name);
        let template = self.template(place, text);
        Some((id?, template?))
    }

    /// A value and where an answer has it: a JSON pointer (RFC 6901).
    pub(super) fn take(&mut self, node: &str, name: &str, pointer: &str) -> Option<(ValueId, String)> {
        let place = Place::node(node, "take").named(name);
        if !pointer.is_empty() && !pointer.starts_with('/') {
            self.fault(place.clone(), Problem::NoPointer(pointer.to_owned()));
        }
        self.value(place, name).map(|id| (id, pointer.to_owned()))
    }
}
