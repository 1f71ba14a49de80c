//! Whether a row of the table reached its goal.

/// Units and what they are of the smallest of their kind.
const UNITS: [(&str, f64); 5] = [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("KB", 1.0)];

/// `met` or `missed`; `-` where there is no goal.
///
/// # Errors
/// When the goal, or the cell that it speaks of, cannot be read.
pub(super) fn mark(goal: &str, ours: &str, ratio: &str) -> Result<&'static str, String> {
    if goal == "-" {
        return Ok("-");
    }
    let mut met = true;
    for condition in goal.split(", ") {
        let unread =
            || format!("goal '{condition}' is no 'ratio <= NUMBER' or 'ours <= NUMBER UNIT' that fits '{ours}'");
        let (subject, most) = condition.split_once(" <= ").ok_or_else(unread)?;
        let value = match subject {
            "ratio" => ratio,
            "ours" => ours,
            _ => return Err(unread()),
        };
        let ((value, kind), (most, most_kind)) = amount(value).zip(amount(most)).ok_or_else(unread)?;
        if kind != most_kind {
            return Err(unread());
        }
        met &= value <= most;
    }
    Ok(if met { "met" } else { "missed" })
}

/// What units may be compared with each other.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Time,
    Memory,
}

/// In the smallest unit of its kind.
fn amount(text: &str) -> Option<(f64, Kind)> {
    let Some((number, unit)) = text.split_once(' ') else { return Some((text.parse().ok()?, Kind::Number)) };
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let kind = if unit == "KB" { Kind::Memory } else { Kind::Time };
    Some((number.parse::<f64>().ok()? * factor, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_has_to_hold() {
        let cases = [
            ("-", "9 us", "7.00", "-"),
            ("ratio <= 2", "9 us", "2.00", "met"),
            ("ratio <= 2", "9 us", "2.01", "missed"),
            ("ratio <= 0.2, ours <= 1 us", "999.0 ns", "0.20", "met"),
            ("ratio <= 0.2, ours <= 1 us", "1000.1 ns", "0.20", "missed"),
            ("ratio <= 0.2, ours <= 1 us", "500.0 ns", "0.21", "missed"),
            ("ours <= 1 ms", "461 us", "1.69", "met"),
            ("ours <= 14 KB", "14.1 KB", "1.01", "missed"),
        ];
        for (goal, ours, ratio, expected) in cases {
            assert_eq!(mark(goal, ours, ratio), Ok(expected), "{goal}: {ours}, {ratio}");
        }
    }

    #[test]
    fn a_goal_that_cannot_be_read_is_an_error() {
        for goal in ["2", "p99 <= 5 ms", "ours <= 5", "ours <= 5 KB", "ratio <= fast", "ratio >= 2"] {
            assert!(mark(goal, "3 ms", "1.00").is_err_and(|error| error.contains(goal)), "{goal}");
        }
    }
}
