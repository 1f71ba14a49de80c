use super::super::picture::Agents;
use super::*;

fn queue(group: &str, waiting: u64, longest_ms: u64, level: Option<f64>) -> Queue {
    let (ready, ringing, talking, wrap_up) = (1, 0, 12, 3);
    let (answered, abandoned, of_late) = (1234, 56, 100);
    let open = group != "投诉";
    Queue {
        group: group.to_owned(),
        open,
        surge: group == "english",
        waiting,
        longest_ms,
        call_backs: u64::from(group == "consult") * 5,
        within_ms: (group != "投诉").then_some(176_000),
        ready,
        ringing,
        talking,
        wrap_up,
        answered,
        abandoned,
        level,
        of_late,
    }
}

fn screen(groups: usize) -> Screen {
    let mut queues = vec![
        queue("consult", 12, 83_000, Some(0.86)),
        queue("投诉", 0, 0, None),
        queue("english", 1, 605_000, Some(0.5)),
    ];
    queues.extend((3..groups).map(|number| queue(&format!("group {number}"), 0, 0, Some(1.0))));
    let caller = |turn, pulled, offered| Caller {
        call: format!("0000000000000001000000070000002{turn}"),
        group: "consult".to_owned(),
        caller: "138******00".to_owned(),
        turn,
        waited_ms: 83_000 - 1_000 * turn,
        pulled,
        offered,
    };
    let callers = vec![caller(1, true, true), caller(2, true, false), caller(3, false, false)];
    let trunk = |name: &str, open: Option<bool>, limit| Trunk {
        name: name.to_owned(),
        calls: 40,
        limit,
        came: 2_000,
        asr: Some(0.97),
        went: open.map(|_| 7),
        open,
    };
    let trunks =
        vec![trunk("carrier", Some(true), Some(300)), trunk("second", Some(false), None), trunk("local", None, None)];
    let agents = Agents { ready: 1, ringing: 2, talking: 12, wrap_up: 3, paused: 4, signed_off: 20 };
    let at = "2026-11-30 08:00:00".to_owned();
    Screen { picture: Picture { at, queues, agents, callers, trunks }, ..Screen::default() }
}

fn drawn(screen: &Screen, columns: u16, rows: u16) -> String {
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    draw(screen, area, &mut buffer);
    text(&buffer)
}

#[test]
fn everything_has_its_place_on_the_smallest_screen() {
    insta::assert_snapshot!(drawn(&screen(3), 80, 24));
}

#[test]
fn what_has_no_room_is_counted() {
    insta::assert_snapshot!(drawn(&screen(30), 80, 24));
}

#[test]
fn groups_stand_in_the_order_that_is_asked_for() {
    let mut screen = screen(3);
    let mut first = Vec::new();
    for _ in 0..5 {
        let text = drawn(&screen, 80, 24);
        first.push(text.lines().nth(3).and_then(|row| row.split(' ').next()).unwrap_or_default().to_owned());
        screen.sort = screen.sort.next();
    }
    assert_eq!(first, ["consult", "consult", "english", "english", "consult"]);
}

#[test]
fn trouble_stands_where_the_keys_were_and_steers_nothing() {
    let screen = Screen { trouble: Some("nobody answers\u{1b}[2J".to_owned()), ..screen(3) };
    let text = drawn(&screen, 80, 24);
    assert_eq!(text.lines().last(), Some("nobody answers?[2J"));
    assert!(text.starts_with("hotline  2026-11-30"), "what was seen last stays");
}

#[test]
fn any_size_is_drawn() {
    for columns in [0, 1, 7, 40, 200] {
        for rows in [0, 1, 2, 5, 9, 13, 24, 100] {
            let lines = drawn(&screen(12), columns, rows).lines().count();
            assert_eq!(lines, usize::from(rows), "{columns} × {rows}");
            assert_eq!(drawn(&Screen::default(), columns, rows).lines().count(), usize::from(rows));
        }
    }
    let screen = screen(60);
    let all = drawn(&screen, 100, height(&screen));
    assert!(!all.contains("more") && all.contains("group 59") && all.contains("local"), "{all}");
}
