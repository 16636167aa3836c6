//! Summarises a series of figures: its median and its spread. This module does not know what was
//! measured.

use serde::Serialize;

/// Whether a higher figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    /// A rate.
    Higher,
    /// A cost.
    Lower,
}

/// The median of a series, and its extremes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// The summary of these figures; `None` without figures. The median of an even number of figures
    /// is the mean of the two in the middle.
    pub(crate) fn of(figures: &[f64]) -> Option<Self> {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let upper = *sorted.get(middle)?;
        let lower = if sorted.len().is_multiple_of(2) { *sorted.get(middle - 1)? } else { upper };
        Some(Self {
            min: *sorted.first()?,
            median: f64::midpoint(lower, upper),
            max: *sorted.last()?,
        })
    }
}

/// How many times better `own` is than `rival`, round by round. Both had their turn at the same time
/// of the run, so both contain the machine's other load. 1 is a draw, more than 1 is better for `own`.
pub(crate) fn ratios(own: &[f64], rival: &[f64], better: Better) -> Vec<f64> {
    let ratio = |(own, rival): (&f64, &f64)| match better {
        Better::Higher => own / rival,
        Better::Lower => rival / own,
    };
    own.iter().zip(rival).map(ratio).collect()
}

/// A count as a float. It is exact up to 2⁵³, and no count here comes near.
#[allow(clippy::cast_precision_loss, reason = "exact below 2⁵³")]
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_nothing_is_nothing() {
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn the_median_of_an_odd_number_is_the_one_in_the_middle_whatever_the_order() {
        let spread = Spread::of(&[5.0, 1.0, 3.0]).unwrap();
        assert_eq!(spread, Spread { min: 1.0, median: 3.0, max: 5.0 });
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        let spread = Spread::of(&[4.0, 1.0, 2.0, 10.0]).unwrap();
        assert_eq!(spread, Spread { min: 1.0, median: 3.0, max: 10.0 });
    }

    #[test]
    fn a_figure_alone_is_its_own_spread() {
        assert_eq!(Spread::of(&[2.5]), Some(Spread { min: 2.5, median: 2.5, max: 2.5 }));
    }

    #[test]
    fn a_ratio_is_above_one_where_own_has_the_higher_rate_or_the_lower_cost() {
        assert_eq!(ratios(&[4.0, 1.0], &[2.0, 2.0], Better::Higher), [2.0, 0.5]);
        assert_eq!(ratios(&[4.0, 1.0], &[2.0, 2.0], Better::Lower), [0.5, 2.0]);
    }
}
