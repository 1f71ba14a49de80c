//! Prompts and conditions as they are written.

use ivr::tree::{Say, Test};

use crate::reader::Table;
use crate::value::Value;

/// `"welcome"`, `"{digits:order}"`, or `{ say = "welcome-back", called_before = 1 }`.
pub(super) fn parts(value: &Value<'_>) -> Vec<Say> {
    value.list().iter().filter_map(part).collect()
}

fn part(value: &Value<'_>) -> Option<Say> {
    if value.as_names().is_none() {
        return value.text().map(|text| Say::always(&text));
    }
    let table = value.table(&["say", "test"])?;
    let text = table.need("say", "\"welcome\"").and_then(|v| v.text());
    Some(Say { text: text?, when: tests(&table) })
}

/// Every condition of a table.
pub(super) fn tests(table: &Table<'_>) -> Vec<Test> {
    let list = |key| table.get(key).map(|v| words(&v));
    let mut tests = Vec::new();
    tests.extend(list("locale").map(Test::Locale));
    tests.extend(list("callers").map(Test::Callers));
    tests.extend(list("city").map(Test::City));
    tests.extend(list("county").map(Test::County));
    tests.extend(list("line").map(Test::Line));
    tests.extend(list("called").map(Test::Called));
    tests.extend(list("surge").map(Test::Surge));
    tests.extend(table.get("open").and_then(|v| v.text()).map(Test::Open));
    let before = table.get("called_before").and_then(|v| v.number(1, 1000));
    tests.extend(before.and_then(|n| u32::try_from(n).ok()).map(Test::CalledBefore));
    for (name, _, value) in table.get("value").map(|v| v.names()).unwrap_or_default() {
        tests.push(Test::Value { name: name.to_owned(), is: texts(&value) });
    }
    tests
}

/// One text, or a list of them.
pub(super) fn words(value: &Value<'_>) -> Vec<String> {
    value.texts().into_iter().map(|(text, _)| text).collect()
}

/// The same where an empty one means that nothing was set.
fn texts(value: &Value<'_>) -> Vec<String> {
    value.list().iter().filter_map(|item| item.as_text().map(str::to_owned).or_else(|| item.text())).collect()
}
