//! What is on air in menus of a running server, as people see and change it.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use crate::client::{Where, list, piece, text};
use crate::table::{self, printable, reader_left};

/// Shows what is on air in menus, or puts prompts on air in a slot at once, for calls that run too; no publication, whatever else is half edited
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where, as the `slot` of a node of kind `on_air` is called [default: shows all]
    #[arg(value_name = "SLOT")]
    slot: Option<String>,
    /// What callers hear there, one prompt after the other; a recording that is new lies in the folder of prompts
    #[arg(value_name = "PROMPT", requires = "slot")]
    prompts: Vec<String>,
    /// Nothing is on air in the slot
    #[arg(long, requires = "slot", conflicts_with_all = ["prompts", "as_written"])]
    off: bool,
    /// The slot says what on-air.toml of the configuration says again
    #[arg(long, requires = "slot", conflicts_with = "prompts")]
    as_written: bool,
    /// Prints a JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), String> {
        let Some(slot) = &self.slot else { return self.show() };
        let prompts = match (self.as_written, self.off, self.prompts.as_slice()) {
            (true, ..) => Value::Null,
            (_, true, _) => json!([]),
            (_, _, []) => {
                return Err(format!("name the prompts that `{slot}` is to say, or give --off or --as-written"));
            }
            (_, _, prompts) => json!(prompts),
        };
        let server = self.at.server()?;
        let answer = server.post(&format!("/api/v1/menu/on-air/{}", piece(slot)), &json!({"prompts": prompts}))?;
        for warning in list(&answer, "warnings").iter().filter_map(Value::as_str) {
            eprintln!("{}", printable(warning));
        }
        let slots = server.get("/api/v1/menu/on-air")?;
        let said = list(&slots, "slots").iter().filter(|found| text(found, "slot") == slot);
        self.write(said)
    }

    fn show(&self) -> Result<(), String> {
        let answer = self.at.server()?.get("/api/v1/menu/on-air")?;
        let slots = list(&answer, "slots");
        if slots.is_empty() && !self.json {
            println!("no menu has a node of kind `on_air`");
            return Ok(());
        }
        self.write(slots.iter())
    }

    fn write<'a>(&self, slots: impl Iterator<Item = &'a Value>) -> Result<(), String> {
        let mut out = io::stdout().lock();
        if self.json {
            return slots.map(Value::to_string).try_for_each(|line| writeln!(out, "{line}")).or_else(reader_left);
        }
        let head = ["SLOT", "ON AIR", "BY", "MENUS"].map(str::to_owned);
        let lines: Vec<[String; 4]> = std::iter::once(head).chain(slots.map(row)).collect();
        table::write(&lines, &mut out).or_else(reader_left)
    }
}

fn row(slot: &Value) -> [String; 4] {
    let words = |name| list(slot, name).iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
    let on_air = Some(words("prompts")).filter(|prompts| !prompts.is_empty());
    let by = if slot["by_hand"] == true { "hand" } else { "file" };
    let cells =
        [text(slot, "slot").to_owned(), on_air.unwrap_or_else(|| "-".to_owned()), by.to_owned(), words("menus")];
    cells.map(|cell| printable(&cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_a_line() {
        let slot = json!({"slot": "news", "prompts": ["storm", "water"], "by_hand": true, "menus": ["12345"]});
        assert_eq!(row(&slot), ["news", "storm water", "hand", "12345"]);
        let slot = json!({"slot": "sea", "prompts": [], "by_hand": false, "menus": []});
        assert_eq!(row(&slot), ["sea", "-", "file", ""]);
    }
}
