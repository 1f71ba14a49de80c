//! Shapes of JSON: declared once, for the document and for reading what comes in.

use base::order::ORDER_LETTERS_MAX;
use base::{CallId, OrderNumber};
use serde_json::{Map, Value, json};

use crate::time;

/// Letters of a text, where nothing narrower is said.
pub(crate) const TEXT_MAX: usize = 256;

/// What a value may be.
#[derive(Debug)]
pub(crate) enum Schema {
    Text,
    /// RFC 3339; answers are in UTC with milliseconds.
    Time,
    CallId,
    /// An agent's number.
    Number,
    /// That of an order which a desk has opened.
    OrderNumber,
    Words(&'static [&'static str]),
    Integer {
        min: u64,
        max: u64,
    },
    Bool,
    /// From 0 to 1.
    Share,
    List(&'static Schema),
    /// The value, or null.
    Maybe(&'static Schema),
    Object(&'static Shape),
    /// The document itself.
    Any,
}

/// An object with a name.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) fields: &'static [Field],
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) schema: Schema,
    pub(crate) required: bool,
}

/// A field that is always there.
pub(crate) const fn field(name: &'static str, schema: Schema, about: &'static str) -> Field {
    Field { name, about, schema, required: true }
}

/// A field that may be left out.
pub(crate) const fn optional(name: &'static str, schema: Schema, about: &'static str) -> Field {
    Field { name, about, schema, required: false }
}

pub(crate) const COUNT: Schema = Schema::Integer { min: 0, max: u64::MAX };

impl Schema {
    /// As JSON Schema 2020-12; objects are referred to by name.
    pub(crate) fn document(&self) -> Value {
        match self {
            Schema::Text => json!({"type": "string"}),
            Schema::Time => json!({"type": "string", "format": "date-time"}),
            Schema::CallId => json!({"type": "string", "pattern": "^[0-9a-f]{32}$"}),
            Schema::Number => json!({"type": "string", "pattern": "^[0-9]{1,32}$"}),
            Schema::OrderNumber => json!({"type": "string", "minLength": 1, "maxLength": ORDER_LETTERS_MAX}),
            Schema::Words(words) => json!({"type": "string", "enum": words}),
            Schema::Integer { min, max: u64::MAX } => json!({"type": "integer", "minimum": min}),
            Schema::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
            Schema::Bool => json!({"type": "boolean"}),
            Schema::Share => json!({"type": "number", "minimum": 0, "maximum": 1}),
            Schema::List(of) => json!({"type": "array", "items": of.document()}),
            Schema::Maybe(of) => json!({"anyOf": [of.document(), {"type": "null"}]}),
            Schema::Object(shape) => json!({"$ref": format!("#/components/schemas/{}", shape.name)}),
            Schema::Any => json!({"type": "object"}),
        }
    }

    /// Every named object in it, itself included.
    pub(crate) fn shapes(&self, out: &mut Vec<&'static Shape>) {
        match self {
            Schema::List(of) | Schema::Maybe(of) => of.shapes(out),
            Schema::Object(shape) => shape.gather(out),
            _ => {}
        }
    }

    /// # Errors
    /// What is wrong and where, for who sent it.
    pub(crate) fn check(&self, value: &Value, at: &str) -> Result<(), String> {
        match (self, value) {
            (Schema::Maybe(_), Value::Null) | (Schema::Any, Value::Object(_)) | (Schema::Bool, Value::Bool(_)) => {
                Ok(())
            }
            (Schema::Maybe(of), value) => of.check(value, at),
            (Schema::Share, Value::Number(share)) if share.as_f64().is_some_and(|s| (0.0..=1.0).contains(&s)) => Ok(()),
            (Schema::Integer { .. }, Value::Number(number)) => self.check_number(number.as_u64(), at),
            (Schema::List(of), Value::Array(items)) => {
                items.iter().enumerate().try_for_each(|(i, item)| of.check(item, &format!("{at}[{i}]")))
            }
            (Schema::Object(shape), Value::Object(object)) => shape.check(object, at),
            (_, Value::String(text)) => self.check_text(text, at),
            _ => Err(format!("{at} is not {}", self.wanted())),
        }
    }

    fn check_number(&self, number: Option<u64>, at: &str) -> Result<(), String> {
        let Schema::Integer { min, max } = self else { return Err(format!("{at} is not {}", self.wanted())) };
        let fits = number.is_some_and(|n| (*min..=*max).contains(&n));
        if fits { Ok(()) } else { Err(format!("{at} is not {}", self.wanted())) }
    }

    fn check_text(&self, text: &str, at: &str) -> Result<(), String> {
        let fits = match self {
            Schema::Text => text.chars().count() <= TEXT_MAX && !text.chars().any(char::is_control),
            Schema::Time => time::parse(text).is_some(),
            Schema::CallId => text.parse::<CallId>().is_ok(),
            Schema::Number => (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()),
            Schema::OrderNumber => OrderNumber::parse(text).is_some(),
            Schema::Words(words) => words.contains(&text),
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("{at} is not {}", self.wanted())) }
    }

    /// The same for a text of a path or a query, which has no types.
    pub(crate) fn check_plain(&self, text: &str, at: &str) -> Result<(), String> {
        match self {
            Schema::Integer { .. } => self.check_number(text.parse().ok(), at),
            Schema::Bool if matches!(text, "true" | "false") => Ok(()),
            _ => self.check_text(text, at),
        }
    }

    fn wanted(&self) -> String {
        match self {
            Schema::Text => format!("a text of at most {TEXT_MAX} characters"),
            Schema::Time => "a time as 2026-11-23T09:30:00+08:00".to_owned(),
            Schema::CallId => "a call id of 32 hexadecimal digits".to_owned(),
            Schema::Number => "an agent's number of 1 to 32 digits".to_owned(),
            Schema::OrderNumber => format!("an order number of 1 to {ORDER_LETTERS_MAX} characters that all show"),
            Schema::Words(words) => format!("one of {}", words.join(", ")),
            Schema::Integer { min, max: u64::MAX } => format!("a whole number from {min}"),
            Schema::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Schema::Bool => "true or false".to_owned(),
            Schema::Share => "a number from 0 to 1".to_owned(),
            Schema::List(_) => "a list".to_owned(),
            Schema::Maybe(of) => format!("{} or null", of.wanted()),
            Schema::Object(_) | Schema::Any => "an object".to_owned(),
        }
    }
}

impl Shape {
    /// Adds itself and every named object in it, each once.
    pub(crate) fn gather(&'static self, out: &mut Vec<&'static Shape>) {
        if !out.iter().any(|known| known.name == self.name) {
            out.push(self);
            self.fields.iter().for_each(|field| field.schema.shapes(out));
        }
    }

    pub(crate) fn document(&self) -> Value {
        let properties: Map<String, Value> = self.fields.iter().map(|f| (f.name.to_owned(), f.document())).collect();
        let required: Vec<&str> = self.fields.iter().filter(|f| f.required).map(|f| f.name).collect();
        json!({
            "type": "object",
            "description": self.about,
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    fn check(&self, object: &Map<String, Value>, at: &str) -> Result<(), String> {
        if let Some(name) = object.keys().find(|name| !self.fields.iter().any(|f| f.name == *name)) {
            let known: Vec<&str> = self.fields.iter().map(|f| f.name).collect();
            let name: String = name.chars().take(TEXT_MAX).collect();
            return Err(format!("{at} has no field \"{}\"; it has {}", name.escape_debug(), known.join(", ")));
        }
        self.fields.iter().try_for_each(|field| match object.get(field.name) {
            Some(value) => field.schema.check(value, field.name),
            None if field.required => Err(format!("{at} lacks the field {}", field.name)),
            None => Ok(()),
        })
    }
}

impl Field {
    fn document(&self) -> Value {
        let mut value = self.schema.document();
        // Beside a $ref a description is allowed since OpenAPI 3.1.
        value["description"] = json!(self.about);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: Shape =
        Shape { name: "Inner", about: "", fields: &[field("n", Schema::Integer { min: 1, max: 9 }, "")] };
    const OUTER: Shape = Shape {
        name: "Outer",
        about: "",
        fields: &[
            field("state", Schema::Words(&["ready", "paused"]), ""),
            optional("inner", Schema::Maybe(&Schema::Object(&INNER)), ""),
            optional("at", Schema::Time, ""),
            optional("list", Schema::List(&Schema::CallId), ""),
        ],
    };

    #[test]
    fn what_does_not_fit_is_named() {
        let cases = [
            (json!({"state": "ready"}), Ok(())),
            (json!({"state": "ready", "inner": null, "list": ["0".repeat(32)]}), Ok(())),
            (json!({"state": "ready", "at": "2026-11-23T09:30:00+08:00", "inner": {"n": 9}}), Ok(())),
            (json!([]), Err("the body is not an object")),
            (json!({}), Err("the body lacks the field state")),
            (json!({"state": "rady"}), Err("state is not one of ready, paused")),
            (json!({"state": 5}), Err("state is not one of ready, paused")),
            (json!({"state": "ready", "x\n": 1}), Err("the body has no field \"x\\n\"; it has state, inner, at, list")),
            (json!({"state": "ready", "inner": {"n": 0}}), Err("n is not a whole number from 1 to 9")),
            (json!({"state": "ready", "inner": {"n": 1.5}}), Err("n is not a whole number from 1 to 9")),
            (json!({"state": "ready", "at": "noon"}), Err("at is not a time as 2026-11-23T09:30:00+08:00")),
            (json!({"state": "ready", "list": ["0"]}), Err("list[0] is not a call id of 32 hexadecimal digits")),
        ];
        for (value, expected) in cases {
            let found = Schema::Object(&OUTER).check(&value, "the body");
            assert_eq!(found, expected.map_err(str::to_owned), "{value}");
        }
    }
}
