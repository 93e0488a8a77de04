//! Times, counted in buckets that are narrow where times are short: 128 to each power of two, so that every quantile
//! is within 0.8 % of the truth.

use crate::report::Quantiles;

const PER_OCTAVE: u64 = 128;
const BITS: u32 = PER_OCTAVE.ilog2();
const BUCKETS: usize = (64 - BITS as usize + 1) * PER_OCTAVE as usize;

/// Durations in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    sum: u128,
    max: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0, sum: 0, max: 0 }
    }

    #[inline]
    pub(crate) fn record(&mut self, nanos: u64) {
        self.buckets[bucket(nanos)] += 1;
        self.count += 1;
        self.sum += u128::from(nanos);
        self.max = self.max.max(nanos);
    }

    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// The time that this share of all stayed within; 0 where there are none.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a count"
    )]
    fn quantile(&self, share: f64) -> u64 {
        let wanted = (self.count as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper_end(bucket as u64).min(self.max);
            }
        }
        self.max
    }

    /// What is reported, in microseconds.
    #[expect(clippy::cast_precision_loss, reason = "microseconds for people")]
    pub(crate) fn quantiles(&self) -> Quantiles {
        let at = |share| self.quantile(share) as f64 / 1e3;
        Quantiles {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: self.max as f64 / 1e3,
            mean: self.sum as f64 / self.count.max(1) as f64 / 1e3,
        }
    }
}

/// Below 128 each number has its bucket; above, the seven bits after the leading one choose among an octave's.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "at most BUCKETS")]
fn bucket(nanos: u64) -> usize {
    let octave = (u64::BITS - (nanos >> BITS).leading_zeros()).max(1) - 1;
    (u64::from(octave) * PER_OCTAVE + (nanos >> octave)) as usize
}

/// The largest number that falls into the bucket.
fn upper_end(bucket: u64) -> u64 {
    let octave = (bucket / PER_OCTAVE).saturating_sub(1);
    let first = bucket - octave * PER_OCTAVE;
    ((u128::from(first + 1) << octave) - 1).try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_what_falls_into_them() {
        for nanos in [0, 1, 127, 128, 255, 256, 257, 1_000, 1_000_000, 123_456_789, u64::MAX / 3, u64::MAX] {
            let end = upper_end(bucket(nanos) as u64);
            assert!(end >= nanos && (end - nanos) as f64 <= nanos as f64 / 128.0, "{nanos} {end}");
            assert!(end == u64::MAX || bucket(end + 1) == bucket(nanos) + 1, "{nanos} {end}");
            assert!(bucket(nanos) < BUCKETS);
        }
    }

    #[test]
    fn quantiles_are_close() {
        let mut histogram = Histogram::new();
        (1..=100_000).for_each(|n| histogram.record(n * 1_000));
        let found = histogram.quantiles();
        for (found, expected) in
            [(found.p50, 5e4), (found.p90, 9e4), (found.p99, 9.9e4), (found.p999, 9.99e4)]
        {
            assert!((found / expected - 1.0).abs() < 0.008, "{found} {expected}");
        }
        assert_eq!((found.max, found.mean), (1e5, 50_000.5));
    }

    #[test]
    fn nothing_is_zero() {
        assert_eq!(Histogram::new().quantiles().p99, 0.0);
    }
}
