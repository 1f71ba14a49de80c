//! Digits that callers type.

use ivr::tree::{Digits, Say};
use ivr::{Kind, Menu, Tree};

use crate::kit::{compiled, faults, node, small, told};

/// Four to six digits, or what `change` makes of it; then a farewell that reads them aloud, pieces of numbers as 1000 and more.
fn asks(change: impl FnOnce(&mut Digits)) -> Tree {
    let mut digits = Digits {
        into: "order".to_owned(),
        min: 4,
        max: 6,
        valid: Vec::new(),
        star: None,
        confirm: None,
        silence: None,
        gap: None,
        tries: None,
        next: "read".to_owned(),
        failed: Some("deep".to_owned()),
    };
    change(&mut digits);
    let mut tree = small();
    tree.start = "ask".to_owned();
    tree.nodes.push(node("ask", &["main"], Kind::Digits(digits)));
    tree.nodes.push(node("read", &["{digits:order}"], Kind::Play { next: "deep".to_owned() }));
    tree
}

fn check(tree: &Tree, cases: &[(&str, &str)]) {
    let menu: Menu = compiled(tree);
    for (script, expected) in cases {
        let all = told(&menu, script);
        let told = all.strip_prefix("@ask, 40").expect("the question").trim_start_matches(" | ");
        assert_eq!(told, *expected, "{script}");
    }
}

#[test]
fn digits_are_typed() {
    check(
        &asks(|_| {}),
        &[
            // As many as there may be; the first one hushes the question.
            ("123456", "hush, wait 3 | wait 3 | wait 3 | wait 3 | wait 3 | stop, @read, 1010+1002+1003+1004+1005+1006"),
            // Ended by # or by a pause.
            (".1234#", "wait 5 | wait 3 | wait 3 | wait 3 | wait 3 | stop, @read, 1010+1002+1003+1004"),
            (".1234~", "wait 5 | wait 3 | wait 3 | wait 3 | wait 3 | stop, @read, 1010+1002+1003+1004"),
            // Too few: once more, and then the other way.
            (".12#.12#", "wait 5 | wait 3 | wait 3 | stop, 10+40 | wait 5 | wait 3 | wait 3 | stop, @deep, 60"),
            // Silence is a try.
            (".~.~", "wait 5 | stop, 40 | wait 5 | stop, @deep, 60"),
            // Taken back, and # for the question again.
            (".12*.#", "wait 5 | wait 3 | wait 3 | stop, 40 | wait 5 | stop, 40"),
            // 0 is a digit, and a person when it stays alone.
            (".0123#", "wait 5 | wait 3 | wait 3 | wait 3 | wait 3 | stop, @read, 1000+1010+1002+1003"),
            (".0#", "wait 5 | wait 3 | stop, @staff, queue 0 at 5 saying 60"),
            (".0~", "wait 5 | wait 3 | stop, @staff, queue 0 at 5 saying 60"),
            // No letter is one.
            (".A", "wait 5 | stop, 10+40"),
        ],
    );
}

#[test]
fn digits_have_forms() {
    let tree = asks(|digits| {
        (digits.min, digits.max) = (18, 18);
        (digits.star, digits.valid) = (Some('X'), vec!["id_card".to_owned()]);
    });
    let menu = compiled(&tree);
    let right = told(&menu, "11010519491231002*");
    assert!(right.contains("| stop, @read, 1010+1010+1000"), "{right}");
    let wrong = told(&menu, "110105194912310021");
    assert!(wrong.ends_with("stop, 10+40"), "{wrong}");
}

#[test]
fn digits_are_read_back() {
    let confirm =
        |digits: &mut Digits| digits.confirm = Some(vec![Say::always("hello"), Say::always("{digits:order}")]);
    let typed = "hush, wait 3 | wait 3 | wait 3 | wait 3 | stop, 30+1010+1002+1003+1004";
    let tree = asks(confirm);
    check(
        &tree,
        &[
            ("1234#.1", &format!("{typed} | wait 5 | stop, @read, 1010+1002+1003+1004")),
            ("1234#1", &format!("{typed} | @read, 1010+1002+1003+1004")),
            ("1234#2", &format!("{typed} | 40")),
            ("1234#2.~", &format!("{typed} | 40 | wait 5 | stop, @deep, 60")),
            ("1234##", &format!("{typed} | 30+1010+1002+1003+1004")),
            (
                "1234#.~.1",
                &format!("{typed} | wait 5 | stop, 30+1010+1002+1003+1004 | wait 5 | stop, @read, 1010+1002+1003+1004"),
            ),
            ("1234#7", &format!("{typed} | 10+30+1010+1002+1003+1004")),
            ("1234#77", &format!("{typed} | 10+30+1010+1002+1003+1004 | @deep, 60")),
            ("1234#0", &format!("{typed} | @staff, queue 0 at 5 saying 60")),
        ],
    );
}

#[test]
fn keys_are_typed_ahead_of_the_question() {
    let mut tree = asks(|_| {});
    tree.start = "notice".to_owned();
    tree.nodes[0].kind = Kind::Play { next: "ask".to_owned() };
    let menu = compiled(&tree);
    let ahead = "@notice, 20 |  |  |  |  |  | @ask, wait 3, wait 3, wait 3, wait 3, stop, @read, 1010+1002+1003+1004";
    assert_eq!(told(&menu, "1234#."), ahead);
    assert_eq!(told(&menu, "12."), "@notice, 20 |  |  | @ask, wait 3, wait 3");
}

#[test]
fn values_are_spoken() {
    let mut tree = asks(|digits| (digits.min, digits.max) = (2, 6));
    let read = |text: &str, tree: &mut Tree| tree.nodes.last_mut().expect("the last").prompt = vec![Say::always(text)];
    let last = |menu: &Menu, script: &str| {
        let all = told(menu, script);
        all.rsplit(", ").next().expect("something").to_owned()
    };
    // 10 五 is 105 in tens; 12 is 十二.
    read("{number:order}", &mut tree);
    assert_eq!(last(&compiled(&tree), "12#"), "1011+1002");
    read("{date:order}", &mut tree);
    assert_eq!(last(&compiled(&tree), "12#"), "1010+1002", "no day is read digit by digit");
    read("{date:nothing}", &mut tree);
    assert_eq!(faults(&tree), ["read.prompt: no node sets a value `nothing`"]);
    read("{day:order}", &mut tree);
    assert_eq!(faults(&tree), ["read.prompt: `{day:order}` has braces that hold no value"]);
}

#[test]
fn what_cannot_be_asked_for() {
    let wrong = |change: fn(&mut Digits)| faults(&asks(change));
    assert_eq!(wrong(|d| d.min = 1), ["ask.length: 2 to 32 digits may be asked for, the fewer first"]);
    assert_eq!(wrong(|d| d.max = 3), ["ask.length: 2 to 32 digits may be asked for, the fewer first"]);
    assert_eq!(wrong(|d| d.max = 33), ["ask.length: 2 to 32 digits may be asked for, the fewer first"]);
    assert_eq!(wrong(|d| d.valid = vec!["1?".to_owned()]), ["ask.valid: `1?` is no form of digits"]);
    let form = ["ask.valid: nothing of 4 to 6 digits has the form `mobile`"];
    assert_eq!(wrong(|d| d.valid = vec!["mobile".to_owned()]), form);
    assert_eq!(wrong(|d| d.into = "caller".to_owned())[0], "ask.into: `caller` cannot be the name of a value");
}
