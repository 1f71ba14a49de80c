//! JSON Schema (draft 7) of the files, for editors: what may stand where, and what each key is, in the words of the reference.

mod describe;
mod kinds;

use serde_json::{Map, Value, json};

use crate::keys::of_section;
use crate::menu::kinds as node_kinds;
use crate::reader::tables;
use crate::source::Part;

use describe::{description, is_required};
use kinds::{Kind, kind};

/// A kind of file that editors are told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    Hotline,
    Queues,
    Menu,
    Fragment,
    Calendar,
    OnAir,
}

impl Schema {
    pub const ALL: [Schema; 6] =
        [Schema::Hotline, Schema::Queues, Schema::Menu, Schema::Fragment, Schema::Calendar, Schema::OnAir];

    /// As it is asked for, and as the file in `config/schema/` is named.
    pub const fn name(self) -> &'static str {
        match self {
            Schema::Hotline => "hotline",
            Schema::Queues => "queues",
            Schema::Menu => "menu",
            Schema::Fragment => "fragment",
            Schema::Calendar => "calendar",
            Schema::OnAir => "on-air",
        }
    }

    const fn part(self) -> Part {
        match self {
            Schema::Hotline => Part::Main,
            Schema::Queues => Part::Queues,
            Schema::Menu => Part::Menu,
            Schema::Fragment => Part::Fragment,
            Schema::Calendar => Part::Calendar,
            Schema::OnAir => Part::OnAir,
        }
    }

    /// The whole schema, as text that ends with a line.
    pub fn text(self) -> String {
        let (sections, names) = tables(self.part());
        let mut properties = Map::new();
        let mut required = Vec::new();
        for section in sections {
            fill(section, &mut properties, &mut required);
        }
        for name in names {
            properties.insert((*name).to_owned(), table(name));
        }
        let mut root = object(properties, required);
        root["$schema"] = json!("http://json-schema.org/draft-07/schema#");
        root["title"] = json!(format!("{} of a hotline", self.name()));
        if matches!(self, Schema::Menu | Schema::Fragment) {
            root["definitions"] = json!({"node": node(), "say": say()});
        }
        // A schema is made of nothing that cannot be written as JSON.
        serde_json::to_string_pretty(&root).unwrap_or_default() + "\n"
    }
}

/// A table of a file by its name.
fn table(name: &str) -> Value {
    match name {
        "county" | "network" | "trunk" | "dial" | "called" | "token" | "callers" | "skill" | "group" | "agent"
        | "holiday" | "workday" => json!({"type": "array", "items": section(&[name])}),
        "hours" => named(&section(&["hours"])),
        "on_air" => named(&texts()),
        other => section(&[other]),
    }
}

/// A table that may hold the keys of these sections.
fn section(names: &[&str]) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    names.iter().for_each(|name| fill(name, &mut properties, &mut required));
    object(properties, required)
}

fn fill(section: &str, properties: &mut Map<String, Value>, required: &mut Vec<String>) {
    for key in of_section(section) {
        let full = format!("{section}.{key}");
        let mut schema = of_kind(kind(&full));
        if let Some(text) = description(&full) {
            // A reference stands alone in draft 7.
            schema = if schema.get("$ref").is_some() { json!({"allOf": [schema]}) } else { schema };
            schema["description"] = json!(text);
        }
        properties.insert(key.to_owned(), schema);
        if is_required(&full) {
            required.push(key.to_owned());
        }
    }
}

fn object(properties: Map<String, Value>, mut required: Vec<String>) -> Value {
    required.sort();
    let mut object = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn of_kind(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({"type": "string"}),
        Kind::Words(words) => json!({"enum": words}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Whole => json!({"type": "integer", "minimum": 0}),
        Kind::Texts => texts(),
        // What TOML writes as a date is a text in JSON.
        Kind::Date => json!({"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}"}),
        Kind::Table(name) => section(&[name]),
        Kind::TextOrTable(name) => json!({"anyOf": [{"type": "string"}, section(&[name])]}),
        Kind::TextOrTables(name) => {
            let item = json!({"anyOf": [{"type": "string"}, section(&[name])]});
            json!({"anyOf": [{"type": "string"}, {"type": "array", "items": item}]})
        }
        Kind::Levels => json!({"anyOf": [texts(), named(&json!({"type": "integer", "minimum": 1, "maximum": 9}))]}),
        Kind::TextOrNamed => json!({"anyOf": [{"type": "string"}, named(&json!({"type": "string"}))]}),
        Kind::Free => json!({"type": "object"}),
        Kind::NamedTexts => named(&json!({"type": "string"})),
        Kind::NamedLists => named(&texts()),
        Kind::NamedTables(name) => named(&section(&[name])),
        Kind::Nodes => named(&json!({"$ref": "#/definitions/node"})),
        Kind::Says => {
            let say = json!({"$ref": "#/definitions/say"});
            json!({"anyOf": [{"type": "string"}, {"type": "array", "items": say}]})
        }
        Kind::Keys => {
            let choice = json!({"anyOf": [{"type": "string"}, section(&["key"])]});
            json!({"type": "object", "patternProperties": {"^[1-9A-Da-d]$": choice}, "additionalProperties": false})
        }
        Kind::Spoken => {
            json!({"type": "object", "patternProperties": {"^[0-9A-Da-d*#]$": texts()}, "additionalProperties": false})
        }
        Kind::Cases => json!({"type": "array", "items": section(&["case", "test"])}),
    }
}

/// One text, or a list of them.
fn texts() -> Value {
    json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
}

/// A table whose keys are names.
fn named(value: &Value) -> Value {
    json!({"type": "object", "additionalProperties": value})
}

/// A node: its kind decides what may stand in it.
fn node() -> Value {
    let one = |(word, own): (&str, &'static str)| {
        let mut schema = section(&["node", own]);
        schema["properties"]["kind"]["enum"] = json!([word]);
        schema["title"] = json!(word);
        schema
    };
    json!({"oneOf": node_kinds().map(one).collect::<Vec<_>>()})
}

fn say() -> Value {
    json!({"anyOf": [{"type": "string"}, section(&["say", "test"])]})
}
