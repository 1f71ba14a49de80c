use super::*;

fn code(text: &str) -> AreaCode {
    AreaCode::parse(text).expect("an area code")
}

#[test]
fn numbers_are_lines_of_a_kind_and_fixed_ones_at_home_where_their_area_code_is() {
    use LineKind::{Fixed, Foreign, Mobile, Service, Unknown};
    let cases = [
        ("01083322110", Fixed, Some("北京")),
        ("02083322110", Fixed, Some("广州")),
        ("075583322110", Fixed, Some("深圳")),
        ("073183322110", Fixed, Some("长沙、株洲、湘潭")),
        ("02933322110", Fixed, Some("西安、咸阳")),
        ("037123322110", Fixed, Some("郑州、开封")),
        ("09923322110", Fixed, Some("奎屯")),
        ("08983322110" /* ten digits: seven behind the code */, Fixed, Some("海南")),
        ("08973322110", Fixed, Some("阿里")),
        // A city's own code from before it shared its neighbour's, and one that never was.
        ("03783322110", Fixed, None),
        ("03003322110", Fixed, None),
        ("83322110" /* of a trunk without area code */, Fixed, None),
        ("8332211", Fixed, None),
        ("02012345", Service, Some("广州")),
        ("0755110", Service, Some("深圳")),
        ("12345", Service, None),
        ("110", Service, None),
        ("95588", Service, None),
        ("1008611", Service, None),
        ("4008001234", Service, None),
        ("13800138000", Mobile, None),
        ("19912345678", Mobile, None),
        ("+85223456789", Foreign, None),
        ("+14155550100", Foreign, None),
        ("+8612800138000" /* of China, and no number there */, Unknown, None),
        ("+1", Unknown, None),
        ("+", Unknown, None),
        ("0731" /* no number behind it */, Unknown, None),
        ("0", Unknown, None),
        ("1001", Unknown, None),
        ("12800138000", Unknown, None),
        ("073103322110", Unknown, None),
        ("0755-8332x", Unknown, None),
        ("匿名", Unknown, None),
        ("anonymous", Unknown, None),
        ("", Unknown, None),
    ];
    let areas = Areas::default();
    for (number, line, city) in cases {
        let home = areas.home(number, false);
        assert_eq!((home.line, home.city, home.county), (line, city, None), "{number}");
    }
    assert_eq!(LineKind::ALL.map(LineKind::name), ["mobile", "fixed", "service", "foreign", "unknown"]);
}

#[test]
fn mobiles_are_at_home_where_the_table_says() {
    let mut areas = Areas::default();
    assert_eq!(areas.add_mobiles("1390139", &code("010")), Ok(()));
    assert_eq!(areas.add_mobiles("1300000", &code("0755")), Ok(()));
    assert_eq!(areas.add_mobiles("1999999", &code("0898")), Ok(()));
    assert_eq!(areas.add_mobiles("1999999", &code("0898")), Ok(()), "said twice");
    let cities = ["13901390000", "13000000000", "19999999999", "13901400000", "1390139"].map(|n| areas.city(n));
    assert_eq!(cities, [Some("北京"), Some("深圳"), Some("海南"), None, None]);
    assert_eq!(areas.add_mobiles("1390139", &code("020")), Err(Misfit::Elsewhere));
    assert_eq!(areas.add_mobiles("1390138", &code("0378")), Err(Misfit::City));
    for prefix in ["", "139013", "13901390", "1200000", "2000000", "139013x", "139０13", "-390139"] {
        assert_eq!(areas.add_mobiles(prefix, &code("020")), Err(Misfit::Prefix), "{prefix}");
    }
    assert_eq!(format!("{areas:?}"), "Areas { mobiles: 3, counties: 0 }");
}

#[test]
fn the_longest_beginning_names_the_county_of_a_fixed_line() {
    let mut areas = Areas::default();
    for (prefix, name) in [("05716", "杭州郊县"), ("057163", "富阳区"), ("05716372", "桐庐县"), ("0106", "海淀区")]
    {
        assert_eq!(areas.add_county(prefix, name), Ok(()), "{prefix}");
    }
    let cases = [
        ("057163322110", Some("富阳区")),
        ("057163722110", Some("桐庐县")),
        ("057164322110", Some("杭州郊县")),
        ("057183322110", None),
        ("01062345678", Some("海淀区")),
        // Another city, a mobile, a service number of the city, a local number, another country.
        ("02063322110", None),
        ("15716332211", None),
        ("057112345", None),
        ("01096110", None),
        ("63322110", None),
        ("+57163322110", None),
        ("", None),
    ];
    for (number, county) in cases {
        assert_eq!(areas.home(number, false).county, county, "{number}");
    }
    assert_eq!(areas.add_county("057163", "富阳区"), Err(Misfit::Elsewhere), "said twice");
    assert_eq!(areas.add_county("037823", "通许县"), Err(Misfit::City));
    let bad =
        ["", "0", "0571", "010", "057103", "057113", "0571633221", "57163", "1390139", "0571６", "057163x", "0571 6"];
    for prefix in bad {
        assert_eq!(areas.add_county(prefix, "x"), Err(Misfit::Prefix), "{prefix}");
    }
}

#[test]
fn a_confidential_caller_is_at_home_nowhere() {
    let mut areas = Areas::default();
    areas.add_county("057163", "富阳区").expect("fits");
    let (open, hidden) = (areas.home("057163322110", false), areas.home("057163322110", true));
    assert_eq!(open, Home { line: LineKind::Fixed, city: Some("杭州"), county: Some("富阳区") });
    assert_eq!(hidden, Home { line: LineKind::Fixed, city: None, county: None });
}
