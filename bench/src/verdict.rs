//! What a check found, as figures beside their bounds, and whether all of them hold.

use std::fmt::{self, Display, Write as _};
use std::time::Duration;

/// Figures in the order in which they were found.
#[derive(Debug, Default)]
pub struct Verdict {
    figures: Vec<Figure>,
}

#[derive(Debug)]
struct Figure {
    text: String,
    holds: bool,
}

impl Verdict {
    /// A figure that must not be above its bound.
    pub fn at_most(self, what: &str, found: f64, bound: f64) -> Self {
        self.with(found <= bound, format!("{what} {} (<= {})", Short(found), Short(bound)))
    }

    /// A figure that must not be below its bound.
    pub fn at_least(self, what: &str, found: f64, bound: f64) -> Self {
        self.with(found >= bound, format!("{what} {} (>= {})", Short(found), Short(bound)))
    }

    /// A time that must not be longer than its bound.
    pub fn within(self, what: &str, found: Duration, bound: Duration) -> Self {
        self.with(found <= bound, format!("{what} {} ms (<= {})", millis(found), millis(bound)))
    }

    /// A count that must be exactly this.
    pub fn exactly(self, what: &str, found: usize, wanted: usize) -> Self {
        self.with(found == wanted, format!("{what} {found} (= {wanted})"))
    }

    /// Something that must be so.
    pub fn holds(self, what: &str, holds: bool) -> Self {
        self.with(holds, what.to_owned())
    }

    /// A figure without a bound, for whoever reads the line.
    pub fn note(self, what: impl Display) -> Self {
        self.with(true, what.to_string())
    }

    /// Whether every figure holds; one without figures says nothing and does not pass.
    pub fn passes(&self) -> bool {
        !self.figures.is_empty() && self.figures.iter().all(|figure| figure.holds)
    }

    fn with(mut self, holds: bool, text: String) -> Self {
        self.figures.push(Figure { text, holds });
        self
    }
}

/// The figures in one line; those that do not hold say so.
impl Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Figure { text, holds }) in self.figures.iter().enumerate() {
            let before = if index == 0 { "" } else { "; " };
            write!(out, "{before}{}{text}", if *holds { "" } else { "NOT " })?;
        }
        Ok(())
    }
}

/// Milliseconds with what follows the point only where it matters.
fn millis(time: Duration) -> Short {
    Short(time.as_secs_f64() * 1e3)
}

/// A number as people write it: no more than three decimals, no zeros at their end.
struct Short(f64);

impl Display for Short {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        write!(text, "{:.3}", self.0)?;
        out.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_itself_holds_and_a_little_beyond_does_not() {
        let passes = |change: fn(Verdict) -> Verdict| change(Verdict::default()).passes();
        assert!(passes(|verdict| verdict.at_most("x", 1.2, 1.2)));
        assert!(!passes(|verdict| verdict.at_most("x", 1.2001, 1.2)));
        assert!(passes(|verdict| verdict.at_least("x", 99.85, 99.85)));
        assert!(!passes(|verdict| verdict.at_least("x", 99.849, 99.85)));
        assert!(passes(|verdict| verdict.within("x", Duration::from_secs(1), Duration::from_secs(1))));
        assert!(!passes(|verdict| verdict.within(
            "x",
            Duration::from_micros(1001),
            Duration::from_millis(1)
        )));
        assert!(passes(|verdict| verdict.exactly("x", 1, 1)));
        assert!(
            !passes(|verdict| verdict.exactly("x", 2, 1)) && !passes(|verdict| verdict.exactly("x", 0, 1))
        );
        assert!(!passes(|verdict| verdict.holds("x", false)));
        assert!(!passes(|verdict| verdict), "nothing was found");
    }

    #[test]
    fn one_figure_that_does_not_hold_fails_all_and_is_named() {
        let verdict = Verdict::default()
            .at_least("success", 99.9, 99.85)
            .exactly("doubled", 3, 0)
            .note("7 torn")
            .within("p99", Duration::from_micros(1250), Duration::from_secs(1));
        assert!(!verdict.passes());
        assert_eq!(
            verdict.to_string(),
            "success 99.9 (>= 99.85); NOT doubled 3 (= 0); 7 torn; p99 1.25 ms (<= 1000)"
        );
    }
}
