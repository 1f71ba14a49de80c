//! Callers at menus, by table.

use base::GroupId;
use ivr::{Around, Kind, LocaleId, Tree, Walk, compile};

use crate::kit::{compiled, faults, lines, names, node, prompts, small, told};

#[test]
fn what_a_caller_hears() {
    let menu = compiled(&small());
    let main = "@notice, 20 | @hello, 30 | @main, 40+31";
    let cases = [
        ("..", main.to_owned()),
        ("...~.~", format!("{main} | wait 5 | stop, 40+31 | wait 5 | stop, @staff, queue 0 at 5 saying 60")),
        ("..1", format!("{main} | @staff, queue 0 at 5 saying 60")),
        ("...1", format!("{main} | wait 5 | stop, @staff, queue 0 at 5 saying 60")),
        ("...0", format!("{main} | wait 5 | stop, @staff, queue 0 at 5 saying 60")),
        ("0", "@notice, 20 | @staff, queue 0 at 5 saying 60".to_owned()),
        ("00", "@notice, 20 | @staff, queue 0 at 5 saying 60 | ".to_owned()),
        // A key skips an announcement and counts at the menu behind it.
        (".1", "@notice, 20 | @hello, 30 | @main, @staff, queue 0 at 5 saying 60".to_owned()),
        // Only 0 interrupts the notice; other keys count after it.
        ("2.", "@notice, 20 |  | @hello, @main, @deep, 60".to_owned()),
        ("21.", "@notice, 20 |  |  | @hello, @main, @deep, @staff, queue 0 at 5 saying 60".to_owned()),
        // Back and again.
        ("..22", format!("{main} | @deep, 60 | @main, 40+31")),
        ("..2*", format!("{main} | @deep, 60 | @main, 40+31")),
        ("..2*.*", format!("{main} | @deep, 60 | @main, 40+31 | wait 5 | stop, 40+31")),
        ("..21*", format!("{main} | @deep, 60 | @staff, queue 0 at 5 saying 60 | ")),
        ("..#", format!("{main} | 40+31")),
        ("..23", format!("{main} | @deep, 60 | 60")),
        (".*", "@notice, 20 | @hello, 30 | 30".to_owned()),
        // Wrong keys.
        ("..7.7", format!("{main} | wrong, 10+40+31 | wait 5 | wrong, stop, @staff, queue 0 at 5 saying 60")),
        ("..A", format!("{main} | wrong, 10+40+31")),
        // A language changes what is said and who answers.
        ("..9.1", format!("{main} | locale 1, @main, 41+31 | wait 5 | stop, @staff, queue 1 at 5 saying 61")),
        // Farewell, and nothing after it.
        ("..3.0.", format!("{main} | @farewell, 50 | end |  | ")),
        // What is late or early is ignored.
        ("~", "@notice, 20 | ".to_owned()),
        ("....", format!("{main} | wait 5 | ")),
    ];
    for (script, expected) in cases {
        assert_eq!(told(&menu, script), expected, "{script}");
    }
}

#[test]
fn the_person_is_known_by_language() {
    let menu = compiled(&small());
    assert_eq!(menu.person(), (GroupId(0), 5));
    assert_eq!(menu.person_in(LocaleId(1)), (GroupId(1), 5));
}

#[test]
fn a_way_without_keys_ends_at_a_person() {
    let mut tree = small();
    tree.on_silence = Some("farewell".to_owned());
    let path = "notice → hello → main → farewell";
    assert_eq!(faults(&tree), [format!("farewell.: a caller who presses nothing never reaches a person: {path}")]);
    tree.on_silence = Some("hello".to_owned());
    assert_eq!(faults(&tree), ["hello.: goes round in a circle without a key: hello → main → hello"]);
    tree.on_silence = Some("back".to_owned());
    assert_eq!(faults(&tree), [".on_silence: `back` is a target for keys alone"]);
}

#[test]
fn in_surge_a_call_begins_where_the_menu_says() {
    let tree = Tree { surge_start: Some("main".to_owned()), ..small() };
    let (menu, plain) = (compiled(&tree), compiled(&small()));
    let told_of = |mut walk: Walk, menu, script| lines(menu, &Around::default(), &mut walk, script, &[]);
    assert_eq!(told_of(Walk::in_surge(&menu), &menu, " 2*"), "@main, 40+31 | @deep, 60 | @main, 40+31");
    assert_eq!(told(&menu, ""), "@notice, 20", "the start of other calls is what it was");
    assert_eq!(told_of(Walk::in_surge(&plain), &plain, " "), "@notice, 20", "a menu that says nothing has one start");
}

#[test]
fn what_is_proved_of_the_start_is_proved_of_that_in_surge() {
    let mut tree = Tree { surge_start: Some("farewell".to_owned()), ..small() };
    assert_eq!(faults(&tree), ["farewell.: a caller who presses nothing never reaches a person: farewell"]);
    tree.surge_start = Some("short".to_owned());
    assert_eq!(faults(&tree), [".surge_start: no node is named `short`"]);
    tree.nodes.push(node("short", &["deep"], Kind::Play { next: "farewell".to_owned() }));
    assert_eq!(faults(&tree), ["farewell.: a caller who presses nothing never reaches a person: short → farewell"]);
    tree.nodes.pop();
    tree.nodes.push(node("short", &["deep"], Kind::Play { next: "staff".to_owned() }));
    let prompts = prompts();
    assert_eq!(compile(&tree, names(&prompts)).map(|compiled| compiled.warnings), Ok(Vec::new()), "calls come to it");
}
