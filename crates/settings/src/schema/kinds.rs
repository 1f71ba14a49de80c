//! What may stand behind each key.

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// One of these texts.
    Words(&'static [&'static str]),
    Bool,
    /// A whole number, not below 0.
    Whole,
    /// A text, or a list of them.
    Texts,
    Date,
    /// A table with the keys of this section.
    Table(&'static str),
    TextOrTable(&'static str),
    /// A text, or a list of texts and tables.
    TextOrTables(&'static str),
    /// A list of names, or names with levels.
    Levels,
    /// A table of names with a text each.
    NamedTexts,
    /// A text, or one for each name.
    TextOrNamed,
    /// A table of anything.
    Free,
    NamedLists,
    NamedTables(&'static str),
    /// The nodes of a menu.
    Nodes,
    /// What is said, with or without conditions.
    Says,
    /// Keys of a telephone.
    Keys,
    /// Words that may be said, by key.
    Spoken,
    /// Conditions and where they lead.
    Cases,
}

/// The kind of a key; what no list names is a text.
pub(super) fn kind(key: &str) -> Kind {
    if let Some((_, kind)) = OTHERS.iter().find(|(known, _)| *known == key) {
        return *kind;
    }
    let lists = [(BOOLS, Kind::Bool), (WHOLES, Kind::Whole), (TEXTS, Kind::Texts), (DATES, Kind::Date)];
    let found = lists.into_iter().find(|(keys, _)| keys.contains(&key));
    // Every time is a number of seconds.
    let seconds = key.ends_with("_s").then_some(Kind::Whole);
    found.map(|(_, kind)| kind).or(seconds).unwrap_or(Kind::Text)
}

/// True or false.
const BOOLS: &[&str] = &[
    "connect.show_citizen",
    "connect.say_agent_number",
    "callers.blocked",
    "group.announce_position",
    "group.announce_wait",
    "agent.ready_on_register",
    "hours.holidays",
    "node.interrupt",
];

/// Numbers beside seconds.
const WHOLES: &[&str] = &[
    "media.workers",
    "sip.contacts_max",
    "limits.calls",
    "limits.refusal",
    "ladder.keep_mib",
    "network.dscp_sip",
    "network.dscp_media",
    "trunk.calls",
    "trunk.refusal",
    "trunk.target.priority",
    "trunk.target.weight",
    "dial.per_hour",
    "callers.priority",
    "group.limit",
    "group.call_back_tries",
    "group.call_back_max",
    "group.surge.waiting",
    "group.surge.until_waiting",
    "group.ring_at_once",
    "agents.pause_after_unanswered",
    "agent.weight",
    "tree.silence_tries",
    "tree.invalid_tries",
    "tree.reach_keys",
    "survey.percent",
    "node.menu.silence_tries",
    "node.menu.invalid_tries",
    "node.queue.priority",
    "node.digits.tries",
    "node.set.priority",
    "test.called_before",
];

/// One text or several.
const TEXTS: &[&str] = &[
    "prompts.locales",
    "county.prefixes",
    "trunk.sources",
    "trunk.codecs",
    "trunk.callers",
    "dial.prefixes",
    "dial.trunks",
    "dial.agents",
    "dns.servers",
    "called.numbers",
    "callers.numbers",
    "agents.pause_reasons",
    "tree.locales",
    "node.digits.valid",
    "test.locale",
    "test.callers",
    "test.city",
    "test.county",
    "test.line",
    "test.called",
    "test.surge",
    "fragment.exits",
    "hours.monday",
    "hours.tuesday",
    "hours.wednesday",
    "hours.thursday",
    "hours.friday",
    "hours.saturday",
    "hours.sunday",
];

/// Days of the calendar.
const DATES: &[&str] = &["holiday.from", "holiday.to", "workday.date"];

/// Words, and what has a form of its own.
const OTHERS: &[(&str, Kind)] = &[
    ("token.role", Kind::Words(&["viewer", "agent", "supervisor", "operator", "admin"])),
    ("sip.digest", Kind::Words(&["md5", "sha-256", "both"])),
    ("trunk.identity", Kind::Words(&["asserted", "from"])),
    ("trunk.number_out", Kind::Words(&["national", "e164", "local"])),
    ("trunk.identity_out", Kind::Words(&["from", "asserted", "both"])),
    ("workday.like", Kind::Words(&["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])),
    ("trunk.targets", Kind::TextOrTables("trunk.target")),
    ("trunk.register", Kind::Table("trunk.register")),
    ("group.overflow", Kind::TextOrTable("group.overflow")),
    ("group.surge", Kind::Table("group.surge")),
    ("group.who", Kind::TextOrTables("group.step")),
    ("agents.star_codes", Kind::Table("agents.star_codes")),
    ("agents.talk_keys", Kind::Table("agents.talk_keys")),
    ("agent.skills", Kind::Levels),
    ("tree.survey", Kind::Table("survey")),
    ("tree.use", Kind::NamedTables("use")),
    ("tree.node", Kind::Nodes),
    ("fragment.node", Kind::Nodes),
    ("use.exits", Kind::NamedTexts),
    ("node.prompt", Kind::Says),
    ("node.digits.confirm", Kind::Says),
    ("node.menu.keys", Kind::Keys),
    ("node.menu.words", Kind::Spoken),
    ("speech.recognition", Kind::Table("speech.recognition")),
    ("speech.recognition.headers", Kind::NamedTexts),
    ("speech.recognition.form", Kind::NamedTexts),
    ("node.queue.group_by_locale", Kind::NamedTexts),
    ("node.set.values", Kind::NamedTexts),
    ("node.http.send", Kind::NamedTexts),
    ("node.http.headers", Kind::NamedTexts),
    ("node.http.take", Kind::NamedTexts),
    ("node.speak.text", Kind::TextOrNamed),
    ("node.speak.otherwise", Kind::Says),
    ("speech.synthesis", Kind::Table("speech.synthesis")),
    ("speech.synthesis.headers", Kind::NamedTexts),
    ("speech.synthesis.body", Kind::Free),
    ("speech.synthesis.voices", Kind::NamedTexts),
    ("node.when.case", Kind::Cases),
    ("test.value", Kind::NamedLists),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_key_that_is_listed_exists_and_stands_once() {
        let others = OTHERS.iter().map(|(key, _)| key);
        let all: Vec<&&str> = [BOOLS, WHOLES, TEXTS, DATES].into_iter().flatten().chain(others).collect();
        let unknown: Vec<_> = all.iter().filter(|key| !crate::keys().contains(key)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn tables_have_sections_that_exist() {
        for (key, kind) in OTHERS {
            if let Kind::Table(section)
            | Kind::TextOrTable(section)
            | Kind::TextOrTables(section)
            | Kind::NamedTables(section) = kind
            {
                assert!(crate::keys::of_section(section).next().is_some(), "{key}: {section}");
            }
        }
    }
}
