//! The table of mobiles: read beside the configuration, and told of where it is none.

use crate::broken::folder_with;
use crate::kit::{config, load, load_with};

/// The shipped configuration with this table.
fn with_table(case: &str, table: &[u8]) -> Result<settings::Plans, String> {
    let text = std::fs::read_to_string(config().join("hotline.toml")).expect("the shipped file");
    let text = format!("{text}\n[numbers]\nmobile_areas = \"mobiles.csv\"\n");
    let dir = folder_with(case, "hotline.toml", text.as_bytes());
    std::fs::write(dir.join("mobiles.csv"), table).expect("a writable folder");
    load(&dir).map_err(|report| report.to_string())
}

#[test]
fn mobiles_are_at_home_where_the_table_says() {
    let table = "\u{feff}# prefix, area code\r\n1390139,010\r\n\r\n 1380755 , 0755 \r\n1390139,010";
    let plans = with_table("mobiles", table.as_bytes()).unwrap_or_else(|report| panic!("{report}"));
    let areas = &plans.server.areas;
    let cities = ["13901390000", "13807550000", "13901400000", "02083322110"].map(|number| areas.city(number));
    assert_eq!(cities, [Some("北京"), Some("深圳"), None, Some("广州")]);
    let shipped = load(&config()).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!((shipped.server.areas.mobiles(), shipped.server.areas.city("01083322110")), (0, Some("北京")));
}

#[test]
fn a_table_that_is_none_is_told_with_its_line() {
    let cases: [(&str, &[u8], &str); 9] = [
        ("code", b"1390139,010\n1390140,10\n", "mobiles.csv:2: \"10\" is no area code"),
        ("no-code", b"# x\n1390139\n", "mobiles.csv:2: \"\" is no area code"),
        ("prefix", b"139013,010\n", "mobiles.csv:1: \"139013\" is not the first seven digits"),
        ("fixed", b"0755833,0755\n", "\"0755833\" is not the first seven digits"),
        ("twice", b"1390139,010\n1390139,020\n", "mobiles.csv:2: 1390139 was said to be in another area above"),
        ("many", b"1390139,010\na\nb\nc\n", "mobiles.csv:2: \"\" is no area code, and 2 more lines are wrong"),
        ("empty", b"# nothing\n", "names no mobile"),
        ("bytes", b"\xff\xfe1\x003\x00", "cannot read"),
        ("large", &vec![b'#'; (20 << 20) + 1], "larger than 20971520 bytes"),
    ];
    for (case, table, told) in cases {
        let report = with_table(case, table).expect_err(case);
        assert!(
            report.contains(told) && report.contains("mobile_areas") && report.contains("help"),
            "{case}: {report}"
        );
    }
    for path in ["/nowhere/mobiles.csv", "/dev/zero", "/"] {
        let report = load_with(&config(), &[("HOTLINE__NUMBERS__MOBILE_AREAS", path)]).expect_err(path).to_string();
        assert!(report.contains(&format!("cannot read {path}: ")), "{report}");
    }
}
