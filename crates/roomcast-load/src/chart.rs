//! Line charts of results, as SVG that needs nothing but itself: readable in light and dark, and by people who do not
//! see it. One chart shows one quantity (cost) against another (members, rooms, message size, cores).

mod scale;
mod svg;

use crate::Report;

/// What is drawn along an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// What it is, with its unit: `CPU per delivery (µs)`.
    pub label: String,
    /// Each step multiplies; otherwise each adds, from 0.
    pub logarithmic: bool,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Its points. Those that are not finite are left out, on a logarithmic axis those that are not positive, too.
    pub points: Vec<(f64, f64)>,
}

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// How it was measured, in a line.
    pub note: String,
    /// To the right.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// The lines; colours repeat after six.
    pub series: Vec<Series>,
}

/// What is varied between runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Members per room.
    Members,
    /// Rooms.
    Rooms,
    /// Bytes of a message.
    Size,
    /// Cores that the server may run on.
    Cores,
}

impl By {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Members, Self::Rooms, Self::Size, Self::Cores];

    /// The word for files and command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Rooms => "rooms",
            Self::Size => "size",
            Self::Cores => "cores",
        }
    }

    fn axis(self) -> Axis {
        let label = match self {
            Self::Members => "members of the room",
            Self::Rooms => "rooms",
            Self::Size => "message size (bytes)",
            Self::Cores => "cores",
        };
        Axis { label: label.to_owned(), logarithmic: true }
    }

    fn of(self, report: &Report) -> Option<f64> {
        Some(match self {
            Self::Members => report.plan.members.into(),
            Self::Rooms => report.plan.rooms.into(),
            Self::Size => f64::from(u32::try_from(report.plan.size).ok()?),
            Self::Cores => report.server.as_ref()?.cores?.into(),
        })
    }
}

impl Chart {
    /// The server's CPU time per delivery against what was varied; a line for each label, in the order in which they
    /// first appear. Both axes are logarithmic: costs differ by a hundred times between a message that travels alone and
    /// one of many. Runs without a server's process are left out.
    #[must_use]
    pub fn cost(by: By, title: &str, note: &str, reports: &[Report]) -> Self {
        let mut series: Vec<Series> = Vec::new();
        for report in reports {
            let cost = report.server.as_ref().and_then(|server| server.cpu_us_per_delivery);
            let Some(point) = by.of(report).zip(cost) else { continue };
            let name = report.plan.label.clone().unwrap_or_default();
            match series.iter_mut().find(|line| line.name == name) {
                Some(line) => line.points.push(point),
                None => series.push(Series { name, points: vec![point] }),
            }
        }
        series.iter_mut().for_each(|line| line.points.sort_by(|a, b| a.0.total_cmp(&b.0)));
        let y = Axis { label: "server CPU per delivery (µs)".to_owned(), logarithmic: true };
        Self { title: title.to_owned(), note: note.to_owned(), x: by.axis(), y, series }
    }

    /// The chart as an SVG document.
    #[must_use]
    pub fn svg(&self) -> String {
        svg::draw(self)
    }
}

#[cfg(test)]
mod tests;
