//! Keys that lead nowhere stand in the record of the call, by the node at which they were pressed, and never which key it was.

use crate::kit::{Bench, plan};

#[test]
fn each_wrong_key_is_recorded_with_those_before_it() {
    let mut bench = Bench::known(plan(|_| {}), false);
    let first = bench.press('7').lines();
    assert!(first.contains("record wrong keys at main\n"), "{first}");
    let second = bench.press('8').lines();
    assert!(second.contains("record wrong keys at main, main\n"), "{second}");
    let right = bench.press('1').lines();
    assert!(!right.contains("wrong keys"), "{right}");
}
