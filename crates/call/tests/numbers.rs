//! Numbers as carriers write them, and the one form that they come to.

use base::{CallerKey, Rng};
use call::number::{AreaCode, NumberForm, canonical, dialled, written};

fn code(text: &str) -> AreaCode {
    AreaCode::parse(text).unwrap_or_else(|| panic!("{text} is an area code"))
}

#[track_caller]
fn all_become(area_code: Option<&str>, rows: &[(&str, &str)]) {
    let area_code = area_code.map(code);
    for (came, form) in rows {
        assert_eq!(canonical(came, area_code.as_ref()), *form, "{came}");
    }
}

#[test]
fn mobiles_are_eleven_digits() {
    all_become(
        Some("020"),
        &[
            ("13800138000", "13800138000"),
            ("+8613800138000", "13800138000"),
            ("008613800138000", "13800138000"),
            ("8613800138000", "13800138000"),
            ("013800138000", "13800138000"),
            ("+86013800138000", "13800138000"),
            ("+86 138-0013-8000", "13800138000"),
            ("(+86)13800138000", "13800138000"),
            ("19912345678", "19912345678"),
            ("+8617012345678", "17012345678"),
            // No mobile begins with 12, and none has ten or twelve digits.
            ("12800138000", "12800138000"),
            ("+8612800138000", "+8612800138000"),
            ("+861380013800", "+861380013800"),
            ("8613800138", "8613800138"),
            ("86138001380001", "86138001380001"),
        ],
    );
}

#[test]
fn fixed_lines_begin_with_the_0_of_their_area_code() {
    all_become(
        Some("0755"),
        &[
            ("02012345678", "02012345678"),
            ("02087654321", "02087654321"),
            ("+862087654321", "02087654321"),
            ("862087654321", "02087654321"),
            ("00862087654321", "02087654321"),
            ("+8602087654321", "02087654321"),
            ("+86 (0)20 8765 4321", "02087654321"),
            ("01065551234", "01065551234"),
            ("+861065551234", "01065551234"),
            ("861065551234", "01065551234"),
            ("+8675586543210", "075586543210"),
            ("8675586543210", "075586543210"),
            ("+865727654321", "05727654321"),
            ("020-8765-4321", "02087654321"),
            ("(0755)8654.3210", "075586543210"),
            // No local number begins with 0 or 1.
            ("+862002345678", "+862002345678"),
            ("862002345678", "862002345678"),
        ],
    );
}

#[test]
fn local_numbers_get_the_area_code_of_their_trunk() {
    let rows = [("87654321", "87654321"), ("7654321", "7654321"), ("86123456", "86123456"), ("8612345", "8612345")];
    all_become(None, &rows);
    all_become(
        Some("0755"),
        &[
            ("87654321", "075587654321"),
            ("7654321", "07557654321"),
            ("8765-4321", "075587654321"),
            // Not 86 and the rest.
            ("86123456", "075586123456"),
            ("8612345", "07558612345"),
            ("654321", "654321"),
            ("187654321", "187654321"),
            ("17654321", "17654321"),
            ("07654321", "07654321"),
            ("95512345", "95512345"),
        ],
    );
}

#[test]
fn service_numbers_stay_alone_or_behind_an_area_code() {
    all_become(
        Some("020"),
        &[
            ("12345", "12345"),
            ("+8612345", "12345"),
            ("008612345", "12345"),
            ("110", "110"),
            ("+86110", "110"),
            ("10086", "10086"),
            ("+8610086", "10086"),
            ("1008611", "1008611"),
            ("118114", "118114"),
            ("95588", "95588"),
            ("+8695588", "95588"),
            ("96110", "96110"),
            ("4008001234", "4008001234"),
            ("+864008001234", "4008001234"),
            ("864008001234", "4008001234"),
            ("400-800-1234", "4008001234"),
            ("8008101234", "8008101234"),
            ("+868008101234", "8008101234"),
            ("02012345", "02012345"),
            ("+862012345", "02012345"),
            ("862012345", "02012345"),
            ("075512345", "075512345"),
            ("+8675512345", "075512345"),
            ("+861012345", "01012345"),
            ("+8620110", "020110"),
            ("+862096110", "02096110"),
            ("+8695512345", "095512345"),
        ],
    );
}

#[test]
fn numbers_of_other_countries_begin_with_a_plus() {
    all_become(
        Some("020"),
        &[
            ("+85223456789", "+85223456789"),
            ("0085223456789", "+85223456789"),
            ("+886 2 2345 6789", "+886223456789"),
            ("00886223456789", "+886223456789"),
            ("+1-212-555-0100", "+12125550100"),
            ("0012125550100", "+12125550100"),
            ("00491234567890123", "+491234567890123"),
            // Too short, too long, no country.
            ("00123", "00123"),
            ("001234567890123456", "001234567890123456"),
            ("000123456789", "000123456789"),
        ],
    );
}

#[test]
fn what_is_no_number_stays_as_it_came() {
    for text in
        ["", "+", "anonymous", "*72", "#31#13800138000", "+86x", "1001 A", "-", "( )", "一二三四五", "13800138000,1"]
    {
        assert_eq!(canonical(text, Some(&code("020"))), text);
    }
}

#[test]
fn an_area_code_is_010_02x_or_four_digits() {
    for text in ["010", "020", "029", "0311", "0755", "0898", "0999"] {
        assert_eq!(AreaCode::parse(text).as_ref().map(AreaCode::as_str), Some(text));
    }
    for text in ["", "0", "02", "20", "755", "0100", "011", "0201", "075", "07550", "+860755", "075x", "02é", "0 20"] {
        assert_eq!(AreaCode::parse(text), None, "{text}");
    }
}

#[test]
fn carriers_get_numbers_as_they_want_them() {
    // As it came: national, E.164, local in 020.
    let table = [
        ("13800138000", ["13800138000", "+8613800138000", "13800138000"]),
        ("+8613800138000", ["13800138000", "+8613800138000", "13800138000"]),
        ("02083322110", ["02083322110", "+862083322110", "83322110"]),
        ("83322110", ["02083322110", "+862083322110", "83322110"]),
        ("+86 755 8332 2110", ["075583322110", "+8675583322110", "075583322110"]),
        ("02012345", ["02012345", "+862012345", "12345"]),
        ("12345", ["12345", "12345", "12345"]),
        ("4008123123", ["4008123123", "+864008123123", "4008123123"]),
        ("0012125550100", ["0012125550100", "+12125550100", "0012125550100"]),
        ("+12125550100", ["0012125550100", "+12125550100", "0012125550100"]),
        ("reception", ["reception", "reception", "reception"]),
        ("", ["", "", ""]),
    ];
    let area = code("020");
    for (text, expected) in table {
        let forms = [NumberForm::National, NumberForm::E164, NumberForm::Local];
        assert_eq!(forms.map(|form| written(text, form, Some(&area))), expected, "{text}");
    }
    assert_eq!(written("83322110", NumberForm::E164, None), "83322110", "nobody knows where it is");
}

#[test]
fn inside_an_area_a_service_number_is_dialled_without_its_code() {
    for came in ["12345", "+8612345", "02012345", "+862012345", "862012345", "008602012345"] {
        assert_eq!(dialled(came, Some(&code("020"))), "12345", "{came}");
    }
    let elsewhere = [("02012345", "0755"), ("02087654321", "020"), ("020123", "020")];
    assert_eq!(elsewhere.map(|(came, area)| dialled(came, Some(&code(area)))), ["02012345", "02087654321", "123"]);
    assert_eq!(dialled("+862012345", None), "02012345");
}

#[test]
fn whoever_redials_over_another_carrier_is_the_same_caller() {
    let key = |came: &str| CallerKey::of(&canonical(came, Some(&code("020"))));
    for same in ["87654321", "02087654321", "+862087654321", "862087654321", "020-8765-4321"] {
        assert_eq!(key(same), key("02087654321"), "{same}");
    }
    assert_ne!(key("075587654321"), key("87654321"));
}

#[test]
fn any_text_comes_to_a_form_that_is_its_own() {
    let pieces =
        ["86", "+", "0", "00", "20", "755", "10", "12345", "1", "138", "95", "400", "-", " ", "x", "é", "7", "8"];
    for seed in 0..200 {
        let mut rng = Rng::from_number(seed);
        for _ in 0..500 {
            let mut pick = |most: u64| rng.below(most) as usize;
            let area_code = [None, Some("020"), Some("0755"), Some("010")][pick(4)].map(code);
            let text: String = (0..pick(9)).map(|_| pieces[pick(pieces.len() as u64)]).collect();
            let longest = text.len() + area_code.as_ref().map_or(0, |code| code.as_str().len());
            for form in [canonical, dialled] {
                let once = form(&text, area_code.as_ref());
                assert_eq!(form(&once, area_code.as_ref()), once, "seed {seed}: {text:?} in {area_code:?}");
                assert!(once.len() <= longest, "seed {seed}: {text:?} became {once:?}");
            }
        }
    }
}

/// Whatever way a number is written outwards, it comes back as the same number.
#[test]
fn what_is_written_reads_back() {
    let area = code("020");
    for text in ["13800138000", "02083322110", "075583322110", "02012345", "4008123123", "+12125550100", "110"] {
        let form = canonical(text, Some(&area));
        for way in [NumberForm::National, NumberForm::E164] {
            assert_eq!(canonical(&written(text, way, Some(&area)), Some(&area)), form, "{text}");
        }
        assert_eq!(dialled(&written(text, NumberForm::Local, Some(&area)), Some(&area)), dialled(text, Some(&area)));
    }
}
