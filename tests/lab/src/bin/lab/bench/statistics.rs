//! Medians and percentiles of a few dozen measurements. Pure; all values are milliseconds.

/// Measurements of one thing, in the order they were taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sample(Vec<f64>);

impl Sample {
    /// The value in the middle; of an even number of values the mean of the two in the middle. NaN
    /// where nothing was measured.
    pub(super) fn median(&self) -> f64 {
        let sorted = self.sorted();
        let middle = sorted.len() / 2;
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        if sorted.len().is_multiple_of(2) {
            f64::midpoint(at(middle.wrapping_sub(1)), at(middle))
        } else {
            at(middle)
        }
    }

    /// The smallest measured value that at least 95 of 100 do not exceed. NaN where nothing was
    /// measured.
    pub(super) fn p95(&self) -> f64 {
        let sorted = self.sorted();
        let rank = (sorted.len() * 95).div_ceil(100);
        sorted
            .get(rank.wrapping_sub(1))
            .copied()
            .unwrap_or(f64::NAN)
    }

    /// How many measurements there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The differences run by run: what both have in common falls out of each.
    pub(super) fn minus(&self, other: &Self) -> Self {
        self.0
            .iter()
            .zip(&other.0)
            .map(|(one, two)| one - two)
            .collect()
    }

    /// The sums run by run.
    pub(super) fn plus(&self, other: &Self) -> Self {
        self.0
            .iter()
            .zip(&other.0)
            .map(|(one, two)| one + two)
            .collect()
    }

    /// Takes another measurement.
    pub(super) fn push(&mut self, milliseconds: f64) {
        self.0.push(milliseconds);
    }

    fn sorted(&self) -> Vec<f64> {
        let mut values = self.0.clone();
        values.sort_by(f64::total_cmp);
        values
    }
}

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact")]
mod tests {
    use super::*;

    fn sample(values: &[f64]) -> Sample {
        values.iter().copied().collect()
    }

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(sample(&[3.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(sample(&[4.0, 1.0, 3.0, 2.0]).median(), 2.5);
        assert_eq!(sample(&[7.0]).median(), 7.0);
    }

    #[test]
    fn one_of_twenty_may_exceed_the_95th_percentile() {
        let twenty: Sample = (1..=20).map(f64::from).collect();
        assert_eq!(twenty.p95(), 19.0);
        let hundred: Sample = (1..=100).rev().map(f64::from).collect();
        assert_eq!(hundred.p95(), 95.0);
        assert_eq!(sample(&[5.0]).p95(), 5.0);
    }

    #[test]
    fn nothing_measured_is_not_a_number() {
        assert!(Sample::default().median().is_nan());
        assert!(Sample::default().p95().is_nan());
    }

    #[test]
    fn runs_are_compared_with_their_own_partner() {
        let difference = sample(&[10.0, 25.0]).minus(&sample(&[9.0, 20.0]));
        assert_eq!(difference, sample(&[1.0, 5.0]));
        assert_eq!(difference.plus(&sample(&[1.0, 1.0])), sample(&[2.0, 6.0]));
    }
}
