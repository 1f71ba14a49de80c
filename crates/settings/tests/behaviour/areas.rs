//! Where callers are at home: the table of mobiles beside the configuration, and counties in it.

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
    let cases: [(&str, &[u8], &str); 10] = [
        ("code", b"1390139,010\n1390140,10\n", "mobiles.csv:2: \"10\" is no area code"),
        ("no-code", b"# x\n1390139\n", "mobiles.csv:2: \"\" is no area code"),
        ("prefix", b"139013,010\n", "mobiles.csv:1: \"139013\" is not the first seven digits"),
        ("fixed", b"0755833,0755\n", "\"0755833\" is not the first seven digits"),
        ("twice", b"1390139,010\n1390139,020\n", "mobiles.csv:2: 1390139 was said to be in another area above"),
        ("many", b"1390139,010\na\nb\nc\n", "mobiles.csv:2: \"\" is no area code, and 2 more lines are wrong"),
        ("merged", b"1390139,0378\n", "mobiles.csv:1: no city has the area code 0378; a code that went to a neighbour"),
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

#[test]
fn counties_are_where_the_configuration_says() {
    let text = std::fs::read_to_string(config().join("hotline.toml")).expect("the shipped file");
    // What the shipped file shows as comments, with the marks taken away.
    let shown = |line: &str| {
        line.starts_with("# [[county]]")
            || line.starts_with("# name = \"富阳区\"")
            || line.starts_with("# prefixes = [\"057163\"")
    };
    let text: Vec<&str> =
        text.lines().map(|line| line.strip_prefix("# ").filter(|_| shown(line)).unwrap_or(line)).collect();
    let dir = folder_with("counties", "hotline.toml", text.join("\n").as_bytes());
    let plans = load(&dir).unwrap_or_else(|report| panic!("{report}"));
    let counties = |areas: &settings::Areas| {
        ["057163322110", "057183322110", "13800138000"].map(|n| areas.home(n, false).county.map(str::to_owned))
    };
    assert_eq!(counties(&plans.server.areas), [Some("富阳区".to_owned()), None, None]);
    let alone = settings::load_areas(&dir, []).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(alone, *plans.server.areas, "the same tables without the rest of the configuration");
}

#[test]
fn too_many_counties_are_told() {
    let text = std::fs::read_to_string(config().join("hotline.toml")).expect("the shipped file");
    let county = |n: u32| format!("[[county]]\nname = \"x\"\nprefixes = [\"0571{}\"]\n", 2000 + n);
    let counties: String = (0..4001).map(county).collect();
    let exchanges: Vec<String> = (0..501).map(|n| format!("\"020{}\"", 2000 + n)).collect();
    let wide = format!("[[county]]\nname = \"y\"\nprefixes = [{}]\n", exchanges.join(","));
    for (case, text, told) in [
        ("counties-many", format!("{text}\n{counties}"), "4001 counties, but at most 4000 are possible"),
        ("counties-wide", format!("{text}\n{wide}"), "501 prefixes, but a county has 1 to 500"),
    ] {
        let report = load(&folder_with(case, "hotline.toml", text.as_bytes())).expect_err(case).to_string();
        assert!(report.contains(told) && report.contains("1 error in"), "{report}");
    }
}

#[test]
fn who_needs_the_tables_alone_is_told_of_their_faults_alone() {
    let dir = folder_with("alone", "hotline.toml", b"[http]\nlisten = 5\n[numbers]\nmobile_areas = \"mobiles.csv\"\n");
    std::fs::remove_file(dir.join("queues.toml")).expect("it was there");
    std::fs::write(dir.join("mobiles.csv"), "1390139,010\n").expect("a writable folder");
    let areas = settings::load_areas(&dir, []).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(areas.city("13901390000"), Some("北京"));
    let env = |name: &str, text: &str| [(name.to_owned(), text.to_owned())];
    let elsewhere =
        settings::load_areas(&dir, env("HOTLINE__NUMBERS__MOBILE_AREAS", "/nowhere")).expect_err("not there");
    assert!(elsewhere.to_string().contains("cannot read /nowhere"), "{elsewhere}");
    assert!(settings::load_areas(&dir, env("HOTLINE__HTTP__LISTEN", "x")).is_ok(), "the server's alone");
    std::fs::write(dir.join("hotline.toml"), "[numbers\n").expect("a writable folder");
    assert!(settings::load_areas(&dir, []).is_err());
}
