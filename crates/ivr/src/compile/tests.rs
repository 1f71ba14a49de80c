//! Conditions, with every name looked up.

use super::{Compiler, Place, Problem};
use crate::tree;
use crate::when::Test;

impl Compiler<'_> {
    pub(super) fn tests(&mut self, place: &Place, tests: &[tree::Test]) -> Option<Vec<Test>> {
        let all: Vec<_> = tests.iter().map(|test| self.test(place, test)).collect();
        all.into_iter().collect()
    }

    fn test(&mut self, place: &Place, test: &tree::Test) -> Option<Test> {
        match test {
            tree::Test::Locale(names) => self.each(names, |c, name| c.locale(place.clone(), name)).map(Test::Locale),
            tree::Test::Callers(lists) => self.each(lists, |c, list| c.list(place, list)).map(Test::Callers),
            tree::Test::City(cities) => Some(Test::City(cities.clone())),
            tree::Test::County(counties) => Some(Test::County(counties.clone())),
            tree::Test::Line(kinds) => self.each(kinds, |c, kind| c.line(place, kind)).map(Test::Line),
            tree::Test::Called(numbers) => Some(Test::Called(numbers.clone())),
            tree::Test::CalledBefore(least) => Some(Test::CalledBefore(*least)),
            tree::Test::Surge(groups) => self.each(groups, |c, group| c.group(place.clone(), group)).map(Test::Surge),
            tree::Test::Open(hours) => self.hours(place.clone(), hours).map(Test::Open),
            tree::Test::Value { name, is } => {
                self.value(place.clone(), name).map(|of| Test::Value { of, is: is.clone() })
            }
        }
    }

    fn each<T>(&mut self, names: &[String], one: impl Fn(&mut Self, &str) -> Option<T>) -> Option<Vec<T>> {
        let all: Vec<_> = names.iter().map(|name| one(self, name)).collect();
        all.into_iter().collect()
    }

    fn list(&mut self, place: &Place, name: &str) -> Option<String> {
        let found = self.names.lists.iter().find(|known| *known == name).cloned();
        if found.is_none() {
            self.fault(place.clone(), Problem::UnknownList(name.to_owned()));
        }
        found
    }

    fn line(&mut self, place: &Place, kind: &str) -> Option<String> {
        let known = self.names.lines.contains(&kind);
        if !known {
            self.fault(place.clone(), Problem::UnknownLine(kind.to_owned()));
        }
        known.then(|| kind.to_owned())
    }
}
