//! Jitter from a seed: the same seed gives the same run, so that tests can repeat it.
//!
//! Splitmix64 (Steele, Lea and Flood, 2014); good enough to keep questions from falling into step,
//! and for nothing else.

use std::time::Duration;

/// A generator.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// One with this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A span shortened by up to a tenth. Never lengthened: a hang is to be noticed in time.
    pub(super) fn jittered(&mut self, span: Duration) -> Duration {
        let percent = u32::try_from(self.next() % 11).unwrap_or(0);
        span.saturating_sub(span / 100 * percent)
    }
}

#[cfg(test)]
mod tests {
    use super::Random;
    use std::time::Duration;

    #[test]
    fn jitter_shortens_a_little_and_repeats_with_its_seed() {
        let span = Duration::from_secs(10);
        let drawn = |seed| {
            let mut random = Random::new(seed);
            (0..100).map(|_| random.jittered(span)).collect::<Vec<_>>()
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        for jittered in drawn(7) {
            assert!(jittered <= span && jittered >= Duration::from_secs(9));
        }
    }
}
