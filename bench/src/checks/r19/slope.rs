//! The straight line that lies closest to what was seen of the memory.

use std::time::Duration;

/// What was seen: seconds, and MiB.
#[derive(Clone, Debug, Default)]
pub(super) struct Slope(Vec<(f64, f64)>);

impl Slope {
    /// At this time it was so much.
    pub(super) fn see(&mut self, at: Duration, mib: f64) {
        self.0.push((at.as_secs_f64(), mib));
    }

    /// How much the line rises in an hour.
    pub(super) fn an_hour(&self) -> f64 {
        self.a_second() * 3600.0
    }

    /// How much the line rises from the first to the last that was seen.
    pub(super) fn growth(&self) -> f64 {
        match (self.0.first(), self.0.last()) {
            (Some(first), Some(last)) => self.a_second() * (last.0 - first.0),
            _ => 0.0,
        }
    }

    /// By least squares.
    fn a_second(&self) -> f64 {
        let count = self.0.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| self.0.iter().map(of).sum::<f64>() / count;
        let (time, memory) = (mean(|seen| seen.0), mean(|seen| seen.1));
        let together: f64 = self.0.iter().map(|seen| (seen.0 - time) * (seen.1 - memory)).sum();
        let alone: f64 = self.0.iter().map(|seen| (seen.0 - time).powi(2)).sum();
        if alone > 0.0 { together / alone } else { 0.0 }
    }
}

impl FromIterator<(f64, f64)> for Slope {
    fn from_iter<I: IntoIterator<Item = (f64, f64)>>(seen: I) -> Self {
        Self(seen.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_passes_by_what_comes_and_goes() {
        let steady: Slope =
            (0..100).map(|second| (f64::from(second), 50.0 + f64::from(second % 2))).collect();
        assert!(steady.growth().abs() < 0.1, "{}", steady.growth());
        let rising: Slope =
            (0..=100).map(|second| (f64::from(second), 50.0 + f64::from(second) / 10.0)).collect();
        assert!((rising.growth() - 10.0).abs() < 1e-9 && (rising.an_hour() - 360.0).abs() < 1e-6);
        assert_eq!(
            (Slope::default().growth(), [(5.0, 7.0)].into_iter().collect::<Slope>().growth()),
            (0.0, 0.0)
        );
    }
}
