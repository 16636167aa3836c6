//! Contenders take turns, round by round: A, B, C, A, B, C. So the machine's other load affects all of
//! them alike. The first contender is ours; ours is compared with the others.

use anyhow::Context;
use serde::Serialize;

use crate::settings::Settings;
use crate::stats::{Better, Spread, ratios};

/// What one row of the table measures.
#[derive(Debug, Clone)]
pub(crate) struct Quantity {
    /// The row's name, which `--only` matches. It contains no size, because `--quick` has other sizes.
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) better: Better,
}

/// Rows that share their turns.
pub(crate) struct Group {
    pub(crate) quantities: Vec<Quantity>,
    /// Starts what the turns need. It ends when the contenders are dropped.
    pub(crate) prepare: fn(&Settings) -> anyhow::Result<Vec<Contender<'_>>>,
}

/// A turn returns one figure for each quantity of the group.
pub(crate) type Turn<'a> = Box<dyn FnMut() -> anyhow::Result<Vec<f64>> + 'a>;

/// One participant of a group.
pub(crate) struct Contender<'a> {
    pub(crate) name: String,
    /// The lowest ratio that ours must have against this contender, for each quantity of the group;
    /// `None` if it is only for comparison.
    pub(crate) targets: Vec<Option<f64>>,
    /// `None` if it is not installed.
    pub(crate) turn: Option<Turn<'a>>,
}

impl<'a> Contender<'a> {
    /// A contender in a group of one quantity.
    pub(crate) fn new(
        name: impl Into<String>,
        target: Option<f64>,
        mut turn: impl FnMut() -> anyhow::Result<f64> + 'a,
    ) -> Self {
        let turn: Turn<'a> = Box::new(move || Ok(vec![turn()?]));
        Self { name: name.into(), targets: vec![target], turn: Some(turn) }
    }

    /// A contender whose turns return a figure for each quantity.
    pub(crate) fn of_many(
        name: impl Into<String>,
        targets: Vec<Option<f64>>,
        turn: impl FnMut() -> anyhow::Result<Vec<f64>> + 'a,
    ) -> Self {
        Self { name: name.into(), targets, turn: Some(Box::new(turn)) }
    }

    /// A contender that is not installed.
    pub(crate) fn not_installed(name: impl Into<String>, targets: Vec<Option<f64>>) -> Self {
        Self { name: name.into(), targets, turn: None }
    }
}

/// A measured row.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    /// Whether a higher or a lower figure is better.
    pub(crate) better: Better,
    /// Ours comes first.
    pub(crate) contenders: Vec<Entry>,
}

/// A contender's figures in a row.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) state: State,
    /// Turn by turn, in the row's unit.
    pub(crate) figures: Vec<f64>,
    pub(crate) spread: Option<Spread>,
    /// How many times better ours is than this contender, round by round. Above 1, ours is better, for
    /// both kinds of figures. `None` for ours itself.
    pub(crate) ratio: Option<Spread>,
    /// The target for the median of the ratio.
    pub(crate) target: Option<f64>,
    /// `None` without a target, or without figures.
    pub(crate) met: Option<bool>,
}

/// Whether there are figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum State {
    #[serde(rename = "measured")]
    Measured,
    #[serde(rename = "not installed")]
    NotInstalled,
}

/// Runs the turns of a group's contenders, and makes its rows.
///
/// # Errors
/// An installed program fails.
pub(crate) fn measure(group: &Group, settings: &Settings) -> anyhow::Result<Vec<Row>> {
    let names: Vec<&str> = group.quantities.iter().map(|quantity| quantity.name).collect();
    let context = || format!("cannot measure {}", names.join(", "));
    let mut contenders = (group.prepare)(settings).with_context(context)?;
    // By contender, then by turn, then by quantity.
    let mut figures: Vec<Vec<Vec<f64>>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..settings.repeats {
        for (contender, figures) in contenders.iter_mut().zip(&mut figures) {
            if let Some(turn) = &mut contender.turn {
                let figure =
                    turn().with_context(|| contender.name.clone()).with_context(context)?;
                figures.push(figure);
            }
        }
    }
    let rows = group.quantities.iter().enumerate().map(|(index, quantity)| {
        let of_quantity = |turns: &Vec<Vec<f64>>| -> Vec<f64> {
            turns.iter().filter_map(|figures| figures.get(index)).copied().collect()
        };
        let series = contenders.iter().zip(&figures).map(|(contender, turns)| Series {
            name: contender.name.clone(),
            is_installed: contender.turn.is_some(),
            target: contender.targets.get(index).copied().flatten(),
            figures: of_quantity(turns),
        });
        row(quantity, series.collect())
    });
    Ok(rows.collect())
}

struct Series {
    name: String,
    is_installed: bool,
    target: Option<f64>,
    figures: Vec<f64>,
}

fn row(quantity: &Quantity, series: Vec<Series>) -> Row {
    let own = series.first().map(|own| own.figures.clone()).unwrap_or_default();
    let entries = series.into_iter().enumerate().map(|(index, series)| {
        let against =
            if index == 0 { Vec::new() } else { ratios(&own, &series.figures, quantity.better) };
        let ratio = Spread::of(&against);
        Entry {
            state: if series.is_installed { State::Measured } else { State::NotInstalled },
            spread: Spread::of(&series.figures),
            met: ratio.zip(series.target).map(|(ratio, target)| ratio.median >= target),
            name: series.name,
            figures: series.figures,
            target: series.target,
            ratio,
        }
    });
    let Quantity { name, unit, better } = *quantity;
    Row { name, unit, better, contenders: entries.collect() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A row of ours, a rival half as fast, a rival four times as fast, and a missing rival.
    pub(crate) fn example() -> Row {
        let series = |name: &str, figures: &[f64], target| Series {
            name: name.to_owned(),
            is_installed: !figures.is_empty(),
            target,
            figures: figures.to_vec(),
        };
        let quantity = Quantity { name: "an example", unit: "GiB/s", better: Better::Higher };
        row(
            &quantity,
            vec![
                series("frame-x", &[2.0, 4.0, 3.0], None),
                series("slow", &[1.0, 2.0, 1.5], Some(0.9)),
                series("fast", &[8.0, 16.0, 12.0], Some(0.9)),
                series("absent", &[], Some(0.9)),
            ],
        )
    }

    #[test]
    fn a_target_is_met_or_not_by_the_median_of_the_ratios() {
        let row = example();
        let met: Vec<Option<bool>> = row.contenders.iter().map(|entry| entry.met).collect();
        assert_eq!(met, [None, Some(true), Some(false), None]);
        assert_eq!(row.contenders[1].ratio.unwrap().median, 2.0);
        assert_eq!(row.contenders[2].ratio.unwrap().median, 0.25);
    }

    #[test]
    fn who_is_not_installed_stays_in_the_row() {
        let row = example();
        let absent = row.contenders.last().unwrap();
        assert_eq!(
            (absent.state, absent.ratio, absent.target),
            (State::NotInstalled, None, Some(0.9))
        );
    }

    #[test]
    fn contenders_take_turns() {
        use std::cell::RefCell;
        thread_local!(static ORDER: RefCell<String> = const { RefCell::new(String::new()) });
        fn prepare(_: &Settings) -> anyhow::Result<Vec<Contender<'_>>> {
            let turn = |letter: char| {
                Contender::new(letter.to_string(), None, move || {
                    ORDER.with_borrow_mut(|order| order.push(letter));
                    Ok(1.0)
                })
            };
            Ok(vec![turn('A'), turn('B'), Contender::not_installed("C", vec![None]), turn('D')])
        }
        let quantity = Quantity { name: "turns", unit: "1", better: Better::Higher };
        let settings = Settings { repeats: 3, ..Settings::for_tests() };
        let rows = measure(&Group { quantities: vec![quantity], prepare }, &settings).unwrap();
        assert_eq!(ORDER.with_borrow(String::clone), "ABDABDABD");
        let counts: Vec<usize> =
            rows[0].contenders.iter().map(|entry| entry.figures.len()).collect();
        assert_eq!(counts, [3, 3, 0, 3]);
    }
}
