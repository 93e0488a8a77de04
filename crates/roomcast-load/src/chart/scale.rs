//! From values to places, and which values get a mark.

use super::Axis;

/// One axis: its ends, in values and in places.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    logarithmic: bool,
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

/// Marks that an axis has room for.
const MARKS: f64 = 6.0;

impl Scale {
    /// Whether a value has a place.
    pub(super) fn shows(axis: &Axis, value: f64) -> bool {
        value.is_finite() && (!axis.logarithmic || value > 0.0)
    }

    /// An axis from `start` to `end` on which all these values have a place.
    pub(super) fn over(axis: &Axis, values: impl Iterator<Item = f64>, start: f64, end: f64) -> Self {
        let shown = values.filter(|value| Self::shows(axis, *value));
        let (least, most) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        let (from, to) = match (axis.logarithmic, least.is_finite()) {
            (true, true) if least < most => (least, most),
            (true, true) => (least / 2.0, least * 2.0),
            (true, false) => (1.0, 10.0),
            (false, _) if most > 0.0 => (least.min(0.0), most + step(most) * 0.5),
            (false, _) => (0.0, 1.0),
        };
        Self { logarithmic: axis.logarithmic, from, to, start, end }
    }

    /// Where the value is.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        };
        self.start + share * (self.end - self.start)
    }

    /// The values that get a mark: round ones.
    pub(super) fn marks(&self) -> Vec<f64> {
        if self.logarithmic { self.powers() } else { self.steps() }
    }

    /// 1, 10, 100, … with 2 and 5 between them where there is room, or all that lies between where that is little.
    fn powers(&self) -> Vec<f64> {
        let decades = (self.to / self.from).log10();
        let factors: &[f64] = if decades > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let all = (-6..=9).flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power)));
        // A value that was computed may miss its own mark by a rounding.
        all.filter(|value| (self.from * 0.999..=self.to * 1.001).contains(value)).collect()
    }

    fn steps(&self) -> Vec<f64> {
        let step = step(self.to - self.from);
        let all = (0..100).map(|n| (self.from / step).ceil() * step + f64::from(n) * step);
        all.take_while(|value| *value <= self.to * 1.001).collect()
    }
}

/// A round step that divides the span into no more parts than there is room for.
fn step(span: f64) -> f64 {
    let rough = span / MARKS;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(rough)
}

/// A mark's text: as short as it can be, thousands with commas.
pub(super) fn text(value: f64) -> String {
    if value >= 10_000.0 {
        let thousands = value / 1000.0;
        return format!("{thousands:.0},000");
    }
    // Enough places for the smallest step, without the zeros behind.
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(logarithmic: bool, values: &[f64]) -> Scale {
        let axis = Axis { label: String::new(), logarithmic };
        Scale::over(&axis, values.iter().copied(), 0.0, 100.0)
    }

    #[test]
    fn linear_axes_begin_at_zero_and_have_round_marks() {
        let scale = scale(false, &[3.0, 7.4, f64::NAN]);
        assert_eq!(scale.marks(), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(scale.place(0.0), 0.0);
        assert!(scale.place(7.4) < 100.0);
    }

    #[test]
    fn logarithmic_axes_have_powers() {
        let wide = scale(true, &[10.0, 10_000.0, 0.0, -1.0]);
        assert_eq!((wide.place(10.0), wide.place(10_000.0).round()), (0.0, 100.0));
        assert_eq!(scale(true, &[1.0, 100_000.0]).marks().len(), 6);
        assert_eq!(scale(true, &[64.0, 4_000.0]).marks(), [100.0, 200.0, 500.0, 1_000.0, 2_000.0]);
    }

    #[test]
    fn one_value_or_none_are_axes_too() {
        assert!(scale(true, &[5.0]).place(5.0).is_finite());
        assert!(scale(true, &[]).place(1.0).is_finite());
        assert!(scale(false, &[]).marks().len() > 1);
        assert!(scale(false, &[0.0]).place(0.0).is_finite());
    }

    #[test]
    fn marks_are_short() {
        assert_eq!([0.0, 0.05, 2.5, 1000.0, 10_000.0].map(text), ["0", "0.05", "2.5", "1000", "10,000"]);
    }
}
