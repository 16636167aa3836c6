//! `report.svg`: how many times as good ours is as each rival, one line per rival, on a logarithmic scale.
//! The bar ends at the median, the thin line goes from minimum to maximum, the tick is the target.

use std::path::Path;

use anyhow::anyhow;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::machine::Machine;
use crate::measure::{Entry, Row};
use crate::table::number;

const WIDTH: u32 = 1000;
const LINE: i32 = 24;
const TOP: i32 = 64;
const BOTTOM: i32 = 44;
/// The scale's left and right edges. Names stand left of it, figures right.
const SCALE: (i32, i32) = (500, 880);
/// The values of the gridlines.
const GRID: [f64; 9] = [0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0];

const MET: RGBColor = RGBColor(46, 125, 80);
const NOT_MET: RGBColor = RGBColor(190, 70, 50);
const NO_TARGET: RGBColor = RGBColor(110, 120, 135);
const GRID_COLOUR: RGBColor = RGBColor(220, 222, 226);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Writes the plot.
pub(crate) fn write(path: &Path, rows: &[Row], machine: &Machine) -> anyhow::Result<()> {
    let rivals: Vec<(&Row, &Entry)> = rows
        .iter()
        .flat_map(|row| row.contenders.iter().skip(1).map(move |entry| (row, entry)))
        .collect();
    let height = TOP + BOTTOM + LINE * i32::try_from(rivals.len())?;
    let area = SVGBackend::new(path, (WIDTH, u32::try_from(height)?)).into_drawing_area();
    let drawn = draw(&area, &rivals, machine, height);
    // The backend's error borrows the path, so it can't leave this function.
    drawn
        .and_then(|()| area.present())
        .map_err(|error| anyhow!("cannot draw {}: {error}", path.display()))
}

type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

fn draw<'a>(
    area: &Area<'a>,
    rivals: &[(&Row, &Entry)],
    machine: &Machine,
    height: i32,
) -> Drawn<'a> {
    area.fill(&WHITE)?;
    let title = ("sans-serif", 21).into_font().style(FontStyle::Bold).color(&BLACK);
    text(
        area,
        "× as good as …   (bar: median, thin line: least to greatest, tick: target)",
        (16, 14),
        &title,
    )?;
    let scale = Scale::of(rivals);
    for at in GRID.into_iter().filter(|at| scale.holds(*at)) {
        let x = scale.x(at);
        let colour = if at == 1.0 { BLACK } else { GRID_COLOUR };
        area.draw(&PathElement::new(vec![(x, TOP - 8), (x, height - BOTTOM + 4)], colour))?;
        text(
            area,
            &at.to_string(),
            (x, TOP - 18),
            &small().pos(Pos::new(HPos::Center, VPos::Center)),
        )?;
    }
    let mut last_row = "";
    for (index, (row, rival)) in (0..).zip(rivals) {
        let y = TOP + LINE * index + LINE / 2;
        if row.name != last_row {
            text(area, row.name, (16, y), &left())?;
            last_row = row.name;
        }
        text(
            area,
            &rival.name,
            (SCALE.0 - 12, y),
            &small().pos(Pos::new(HPos::Right, VPos::Center)),
        )?;
        bar(area, rival, &scale, y)?;
    }
    text(
        area,
        &machine.sentence(),
        (16, height - 16),
        &("sans-serif", 13).into_font().color(&NO_TARGET).pos(Pos::new(HPos::Left, VPos::Center)),
    )
}

fn bar<'a>(area: &Area<'a>, rival: &Entry, scale: &Scale, y: i32) -> Drawn<'a> {
    let Some(ratio) = rival.ratio else {
        return text(area, "not installed", (scale.x(1.0) + 6, y), &left());
    };
    let colour = match rival.met {
        Some(true) => MET,
        Some(false) => NOT_MET,
        None => NO_TARGET,
    };
    let (from, to) = (scale.x(1.0), scale.x(ratio.median));
    let corners = [(from.min(to), y - 6), (from.max(to), y + 6)];
    area.draw(&Rectangle::new(corners, colour.mix(0.75).filled()))?;
    let ends = vec![(scale.x(ratio.min), y), (scale.x(ratio.max), y)];
    area.draw(&PathElement::new(ends, BLACK))?;
    let mut figure = number(ratio.median);
    if let Some(target) = rival.target {
        let x = scale.x(target);
        area.draw(&PathElement::new(vec![(x, y - 10), (x, y + 10)], BLACK.stroke_width(2)))?;
        figure = format!("{figure} (≥ {target})");
    }
    text(area, &figure, (SCALE.1 + 12, y), &left().color(&colour))
}

fn text<'a>(area: &Area<'a>, text: &str, at: (i32, i32), style: &TextStyle<'_>) -> Drawn<'a> {
    area.draw_text(text, style, at)
}

fn small() -> TextStyle<'static> {
    ("sans-serif", 15).into_font().color(&BLACK)
}

fn left() -> TextStyle<'static> {
    small().pos(Pos::new(HPos::Left, VPos::Center))
}

/// Maps a ratio to its position.
struct Scale {
    least: f64,
    greatest: f64,
}

impl Scale {
    /// A scale that contains 1, all ratios and all targets.
    fn of(rivals: &[(&Row, &Entry)]) -> Self {
        let ratios = rivals.iter().filter_map(|(_, rival)| rival.ratio);
        let targets = rivals.iter().filter_map(|(_, rival)| rival.target);
        let all = ratios.flat_map(|ratio| [ratio.min, ratio.max]).chain(targets);
        let usable = all.filter(|ratio| ratio.is_finite() && *ratio > 0.0);
        let (least, greatest) = usable.fold((0.8_f64, 1.25_f64), |(least, greatest), ratio| {
            (least.min(ratio), greatest.max(ratio))
        });
        Self { least, greatest }
    }

    fn holds(&self, ratio: f64) -> bool {
        (self.least..=self.greatest).contains(&ratio)
    }

    /// The pixel of a ratio. A ratio outside the scale is drawn at its edge.
    fn x(&self, ratio: f64) -> i32 {
        let (from, to) = SCALE;
        let share = (ratio.max(self.least) / self.least).ln() / (self.greatest / self.least).ln();
        let width = f64::from(to - from);
        // To avoid a cast, this takes the first pixel that is not left of the position; there are few
        // pixels.
        (from..to).find(|x| f64::from(x - from) >= share * width).unwrap_or(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::example;

    #[test]
    fn each_rival_is_drawn_and_who_is_absent_is_said_to_be() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.svg");
        write(&path, &[example()], &Machine::look(None, None)).unwrap();
        let svg = std::fs::read_to_string(path).unwrap();
        for word in ["an example", "slow", "fast", "absent", "not installed", "2.00 (≥ 0.9)"] {
            assert!(svg.contains(word), "{word}");
        }
    }

    #[test]
    fn the_scale_grows_with_the_ratio_and_has_both_ends() {
        let scale = Scale { least: 0.5, greatest: 50.0 };
        assert_eq!((scale.x(0.5), scale.x(50.0), scale.x(5.0)), (SCALE.0, SCALE.1, 690));
        assert_eq!((scale.x(0.1), scale.x(1000.0)), SCALE);
    }
}
