//! Delays that look random and are the same in every run: `SplitMix64` with a fixed seed. Pure.

use std::time::Duration;

/// Where the sequence begins; the report names it.
pub(super) const SEED: u64 = 2_611;

/// A sequence of delays.
#[derive(Debug)]
pub(super) struct Delays(u64);

impl Delays {
    /// The sequence of the fixed seed.
    pub(super) const fn seeded() -> Self {
        Self(SEED)
    }

    /// The next delay, shorter than the limit, a multiple of 100 µs: a poller that is in step with
    /// whole milliseconds gains nothing.
    pub(super) fn below(&mut self, limit: Duration) -> Duration {
        let steps = u64::try_from(limit.as_micros() / 100).unwrap_or(u64::MAX);
        Duration::from_micros(self.next() % steps.max(1) * 100)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_published_generator() {
        // The first outputs of `SplitMix64` for the seed 0, as its authors give them.
        let mut delays = Delays(0);
        assert_eq!(delays.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(delays.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn delays_are_repeatable_and_below_their_limit() {
        let limit = Duration::from_millis(50);
        let (mut one, mut two) = (Delays::seeded(), Delays::seeded());
        for _ in 0..1_000 {
            let delay = one.below(limit);
            assert!(delay < limit);
            assert_eq!(delay, two.below(limit));
        }
        assert_eq!(one.below(Duration::ZERO), Duration::ZERO);
    }
}
