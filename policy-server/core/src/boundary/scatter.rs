//! Numbers from a range that is too large to go through: each at most once, far from each other, and
//! the same ones every time.
//!
//! Deliberately absent: chance.

/// Primes that no product of a few small numbers has as a factor, by all likelihood.
const PRIMES: [u64; 3] = [1_000_003, 998_244_353, 2_147_483_647];

/// At most `most` of the numbers below `total`; all of them, in order, when there are no more.
pub(super) fn scatter(total: u64, most: u64) -> impl Iterator<Item = u64> {
    let step = PRIMES
        .into_iter()
        .find(|prime| !total.is_multiple_of(*prime));
    let step = if total <= most { 1 } else { step.unwrap_or(1) };
    (0..total.min(most)).map(move |at| {
        let place = u128::from(at) * u128::from(step) % u128::from(total.max(1));
        u64::try_from(place).unwrap_or_default()
    })
}

/// A number taken apart: for each of these lengths, a place below it.
pub(super) fn places(mut number: u64, lengths: &[usize]) -> Vec<usize> {
    let part = |length: &usize| {
        let length = u64::try_from(*length).unwrap_or(1).max(1);
        let place = number % length;
        number /= length;
        usize::try_from(place).unwrap_or_default()
    };
    lengths.iter().map(part).collect()
}

/// How many combinations there are.
pub(super) fn combinations(lengths: &[usize]) -> u64 {
    let length = |length: &usize| u64::try_from(*length).unwrap_or(u64::MAX);
    lengths.iter().map(length).fold(1, u64::saturating_mul)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_at_most_once() {
        let all: Vec<u64> = scatter(10, 10).collect();
        assert_eq!(all, (0..10).collect::<Vec<u64>>());
        let some: BTreeSet<u64> = scatter(1_000_000, 500).collect();
        assert_eq!(some.len(), 500);
        let firsts: BTreeSet<usize> = some
            .iter()
            .map(|number| places(*number, &[10, 100_000])[0])
            .collect();
        assert_eq!(firsts.len(), 10, "every place of each part is visited");
        assert_eq!(scatter(0, 5).count(), 0);
        assert_eq!(places(7, &[2, 4]), [1, 3]);
        assert_eq!(combinations(&[2, 4]), 8);
    }
}
