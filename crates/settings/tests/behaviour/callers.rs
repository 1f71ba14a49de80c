//! Lists of callers, in the configuration and in files beside it.

use crate::broken::folder_with;
use crate::kit::{config, load};

/// The shipped queues with these lists, and a file beside them.
fn with_lists(case: &str, lists: &str, file: &[u8]) -> Result<settings::Plans, String> {
    let text = std::fs::read_to_string(config().join("queues.toml")).expect("the shipped file");
    let dir = folder_with(&format!("callers-{case}"), "queues.toml", format!("{text}\n{lists}").as_bytes());
    std::fs::write(dir.join("list.txt"), file).expect("a writable folder");
    load(&dir).map_err(|report| report.to_string())
}

#[test]
fn callers_are_known_by_number_however_it_is_written() {
    let lists = "[[callers]]\nname = \"elderly\"\nfile = \"list.txt\"\npriority = 2\n\
                 [[callers]]\nname = \"nuisance\"\nnumbers = [\"0571-8800 1122\", \"0085*\"]\nblocked = true\n";
    let file = "\u{feff}# who is over eighty\r\n+86 13900139000\r\n\r\n 139001390* \r\n13900139000";
    let plans = with_lists("good", lists, file.as_bytes()).unwrap_or_else(|report| panic!("{report}"));
    let found = |number: &str| plans.call.known.find(number).map(|l| (l.name.as_str(), l.priority, l.blocked));
    assert_eq!(found("13900139000"), Some(("elderly", 2, false)));
    assert_eq!(found("13900139077"), Some(("elderly", 2, false)));
    assert_eq!(found("057188001122"), Some(("nuisance", 0, true)));
    assert_eq!(found("0085212345678"), Some(("nuisance", 0, true)));
    assert_eq!(found("13900140000"), None);
}

#[test]
fn a_list_that_is_none_is_told_with_its_line() {
    let file = "[[callers]]\nname = \"x\"\nfile = \"list.txt\"\n";
    let two =
        "[[callers]]\nname = \"x\"\nfile = \"list.txt\"\n[[callers]]\nname = \"y\"\nnumbers = [\"13900139000\"]\n";
    let twins = "[[callers]]\nname = \"x\"\nnumbers = [\"1*\"]\n[[callers]]\nname = \"x\"\nnumbers = [\"2*\"]\n";
    let both = "[[callers]]\nname = \"x\"\nnumbers = [\"1*\"]\npriority = 1\nblocked = true\n";
    let cases: [(&str, &str, &[u8], &str); 9] = [
        ("word", file, b"13900139000\nLi\n", "list.txt:2: `Li` is no number"),
        ("many", file, b"Li\nWang\nZhao\n", "list.txt:1: `Li` is no number, and 2 more lines are wrong"),
        ("star", file, b"*\n", "`*` is no number"),
        ("bytes", file, b"\xff\xfe1\x003\x00", "cannot read"),
        ("large", file, &vec![b'#'; (16 << 20) + 1], "larger than 16777216 bytes"),
        ("two", two, b"13900139000\n", "`13900139000` stands in the list `x`"),
        ("nobody", "[[callers]]\nname = \"x\"\n", b"", "nobody stands in this list"),
        ("twins", twins, b"", "two lists of callers are `x`"),
        ("both", both, b"", "blocked and have a priority"),
    ];
    for (case, lists, file, told) in cases {
        let report = with_lists(case, lists, file).expect_err(case);
        assert!(report.contains(told) && report.contains("queues.toml"), "{case}: {report}");
    }
    let many: String = (0..51).map(|n| format!("[[callers]]\nname = \"l{n}\"\nnumbers = [\"{n}*\"]\n")).collect();
    let report = with_lists("lists", &many, b"").expect_err("too many");
    assert!(report.contains("51 lists of callers, but at most 50"), "{report}");
}
