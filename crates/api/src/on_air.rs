//! What is on air in menus: looked at, and changed at once.

use serde_json::{Value, json};
use server::Slot;

use crate::problem::Problem;
use crate::reload::{answer, apart};
use crate::route::Request;

pub(crate) async fn list(request: Request) -> Result<Value, Problem> {
    let slots = apart(&request, |configuration| configuration.on_air()).await?;
    Ok(json!({"slots": slots.iter().map(slot).collect::<Vec<_>>()}))
}

fn slot(Slot { name, prompts, by_hand, menus }: &Slot) -> Value {
    json!({"slot": name, "prompts": prompts, "by_hand": by_hand, "menus": menus})
}

pub(crate) async fn put(request: Request) -> Result<Value, Problem> {
    let slot = request.place("slot").to_owned();
    let names = |list: &Vec<Value>| list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let prompts: Option<Vec<String>> = request.body["prompts"].as_array().map(names);
    let what = json!({"change": "on_air", "slot": slot, "prompts": prompts});
    let outcome = apart(&request, move |configuration| configuration.put_on_air(&slot, prompts.as_deref())).await;
    request.audited(what, outcome.map(|reloaded| answer(&reloaded))).await
}
