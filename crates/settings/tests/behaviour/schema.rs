//! The schemas for editors: up to date, kind to what is right, and strict with what is wrong.

use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;
use settings::Schema;

use crate::guide;
use crate::kit::{config, root};
use crate::routing;

/// A validator of one kind of file.
struct Judge {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Judge {
    fn of(schema: Schema) -> Judge {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let at = format!("{}.json", schema.name());
        let text: Value = serde_json::from_str(&schema.text()).expect("JSON");
        compiler.add_resource(&at, text).expect("a schema");
        let index = compiler.compile(&at, &mut schemas).unwrap_or_else(|error| panic!("{at}: {error:#}"));
        Judge { schemas, index }
    }

    fn judges(&self, text: &str) -> Result<(), String> {
        let table: toml::Table = text.parse().map_err(|error| format!("no TOML: {error}"))?;
        let value = json(&toml::Value::Table(table));
        self.schemas.validate(&value, self.index).map_err(|error| format!("{error:#}"))
    }
}

/// As editors read TOML: a date is a text.
fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
        toml::Value::Datetime(date) => date.to_string().into(),
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a configuration by the schema that they are of.
fn files(dir: &Path) -> Vec<(Schema, PathBuf)> {
    let mut all = vec![(Schema::Hotline, dir.join("hotline.toml")), (Schema::Queues, dir.join("queues.toml"))];
    let folders = [(Schema::Calendar, "calendar"), (Schema::Menu, "menu"), (Schema::Fragment, "menu/fragments")];
    for (schema, folder) in folders {
        let entries = fs::read_dir(dir.join(folder)).into_iter().flatten().flatten().map(|entry| entry.path());
        all.extend(entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).map(|path| (schema, path)));
    }
    all
}

#[test]
fn the_copies_for_editors_are_up_to_date() {
    for schema in Schema::ALL {
        let file = format!("config/schema/{}.json", schema.name());
        let copy = fs::read_to_string(root().join(&file)).unwrap_or_default();
        assert!(copy == schema.text(), "{file}: run `cargo run -- check --schema {} > {file}`", schema.name());
    }
    assert_eq!(fs::read_dir(config().join("schema")).expect("the folder").count(), Schema::ALL.len());
}

#[test]
fn what_is_shipped_fits_and_says_by_which_schema() {
    for (schema, path) in files(&config()) {
        let text = read(&path);
        Judge::of(schema).judges(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let named = text.lines().next().and_then(|line| line.strip_prefix("#:schema ")).expect("a line for editors");
        let there = path.parent().expect("a folder").join(named).canonicalize().expect("the schema");
        assert_eq!(there.file_stem().and_then(|stem| stem.to_str()), Some(schema.name()), "{}", path.display());
    }
}

#[test]
fn every_example_of_the_guides_fits() {
    let judges = Schema::ALL.map(|schema| (schema, Judge::of(schema)));
    let judge = |schema| &judges.iter().find(|(known, _)| *known == schema).expect("each").1;
    for (schema, path) in guide::folders().iter().flat_map(|dir| files(dir)) {
        judge(schema).judges(&read(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    for plan in routing::written() {
        judge(Schema::Queues).judges(&plan).unwrap_or_else(|error| panic!("{plan}: {error}"));
    }
    judge(Schema::OnAir).judges("[on_air]\nnews = [\"outage-water\"]\nsea = \"storm\"\n").expect("as documented");
}

#[test]
fn what_is_wrong_is_refused() {
    for (schema, file) in [
        (Schema::Hotline, "server/hotline.toml"),
        (Schema::Queues, "queues/queues.toml"),
        (Schema::Queues, "agents/queues.toml"),
        (Schema::Menu, "menu/menu/12345.toml"),
        (Schema::Menu, "messages/problem/NoPrompt.toml"),
    ] {
        let path = Path::new("tests/bad").join(file);
        let fits = Judge::of(schema).judges(&read(&path)).is_ok();
        assert_eq!(
            fits,
            file.ends_with("NoPrompt.toml"),
            "{file}: names and prompts are judged by `hotline check` alone"
        );
    }
}

#[test]
fn a_slip_in_any_file_is_found() {
    for (schema, file, from, to) in [
        (Schema::Hotline, "hotline.toml", "[server]\n", "[server]\ndatta = \"x\"\n"),
        (Schema::Hotline, "hotline.toml", "[server]\n", "[servers]\n"),
        (Schema::Hotline, "hotline.toml", "listen = \"127.0.0.1:5060\"\n", ""),
        (Schema::Queues, "queues.toml", "ring_s", "rings_s"),
        (Schema::Queues, "queues.toml", "[[group]]\n", "[[group]]\nlimit = \"many\"\n"),
        (Schema::Queues, "queues.toml", "[[group]]\n", "[[group]]\nannounce_wait = 1\n"),
        (Schema::Calendar, "calendar/2026.toml", "from = 2026-01-01", "from = \"New Year\""),
        (Schema::Calendar, "calendar/2026.toml", "like = \"friday\"", "like = \"freitag\""),
        (Schema::Calendar, "calendar/hours.toml", "holidays = true", "holidays = \"yes\""),
        (Schema::Menu, "menu/12345.toml", "silence_s = 5", "silence_s = \"5\""),
        (Schema::Menu, "menu/12345.toml", "kind = \"play\"", "kind = \"ply\""),
        (Schema::Menu, "menu/12345.toml", "kind = \"play\"", "kind = \"end\""),
        (Schema::Menu, "menu/12345.toml", "next = \"welcome\"", "nxet = \"welcome\""),
        (Schema::Menu, "menu/12345.toml", "4 = \"order-hours\"", "14 = \"order-hours\""),
        (Schema::Menu, "menu/12345.toml", "goto = \"main-english\"", "to = \"main-english\""),
    ] {
        let text = read(&config().join(file));
        assert!(text.contains(from), "{file} has {from}");
        assert!(Judge::of(schema).judges(&text.replacen(from, to, 1)).is_err(), "{file}: {to}");
    }
}
