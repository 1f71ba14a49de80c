//! The sum over every `test result:` line.

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Adds what one run of a test harness said; gives how many tests it ran.
    pub(super) fn add(&mut self, output: &str) -> u64 {
        let mut ran = 0;
        for line in output.lines().filter_map(|line| line.strip_prefix("test result: ")) {
            let (passed, failed) = (count(line, "passed"), count(line, "failed"));
            self.passed += passed;
            self.failed += failed;
            self.ignored += count(line, "ignored");
            ran += passed + failed;
        }
        ran
    }

    pub(super) fn line(&self) -> String {
        let ignored = if self.ignored == 0 { String::new() } else { format!(", {} ignored", self.ignored) };
        format!("{} passed, {} failed{ignored}", self.passed, self.failed)
    }
}

/// The number before `word` in `ok. 12 passed; 0 failed; …`.
fn count(line: &str, word: &str) -> u64 {
    let parts = line.split([';', '.']);
    parts.filter_map(|part| part.trim().strip_suffix(word)).find_map(|number| number.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_summed() {
        let mut tally = Tally::default();
        let ran = tally.add(
            "running 3 tests\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
             test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.20s\n",
        );
        assert_eq!(ran, 17);
        assert_eq!(tally, Tally { passed: 15, failed: 2, ignored: 1 });
        assert_eq!(tally.line(), "15 passed, 2 failed, 1 ignored");
    }

    #[test]
    fn a_clean_run_speaks_of_two_numbers() {
        let mut tally = Tally::default();
        assert_eq!(tally.add("no result here"), 0);
        assert_eq!(tally.line(), "0 passed, 0 failed");
    }
}
