//! Drawing. All text and lines take their colour from one class, which the reader's preference for light or dark sets.

use super::{Chart, Series, scale, scale::Scale};
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
/// The drawing's edges: what is outside is for labels.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 700.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 310.0;

/// Colours that differ in lightness as well, in light and in dark.
const STYLE: &str = "
svg{color:#1f2328;background:#fff;font:13px system-ui,sans-serif}
text{fill:currentColor}
.title{font-size:16px;font-weight:600}
.note,.mark{font-size:12px;opacity:.75}
.grid{stroke:currentColor;opacity:.15}
.axis{stroke:currentColor;opacity:.6}
.line{fill:none;stroke-width:2}
.c0{color:#0b57d0}.c1{color:#b3261e}.c2{color:#146c2e}.c3{color:#7b4bb7}.c4{color:#8a5100}.c5{color:#006874}
.line,.dot{stroke:currentColor}.dot{fill:currentColor}
@media (prefers-color-scheme:dark){
svg{color:#e6edf3;background:#0d1117}
.c0{color:#8ab4f8}.c1{color:#f2b8b5}.c2{color:#81c995}.c3{color:#d0bcff}.c4{color:#fdd663}.c5{color:#78d9ec}
}
";

/// The document.
pub(super) fn draw(chart: &Chart) -> String {
    let points = || chart.series.iter().flat_map(|line| &line.points);
    let x = Scale::over(&chart.x, points().map(|point| point.0), LEFT, RIGHT);
    let y = Scale::over(&chart.y, points().map(|point| point.1), BOTTOM, TOP);
    let mut svg = Svg(String::new());
    svg.head(chart);
    svg.axes(chart, &x, &y);
    for (n, line) in chart.series.iter().enumerate() {
        svg.line(chart, n, line, &x, &y);
        svg.legend(n, &line.name);
    }
    svg.0.push_str("</svg>\n");
    svg.0
}

struct Svg(String);

impl Svg {
    fn add(&mut self, element: &str) {
        self.0.push_str(element);
        self.0.push('\n');
    }

    fn head(&mut self, chart: &Chart) {
        self.add(&format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t d">"#
        ));
        self.add(&format!(r#"<title id="t">{}</title>"#, escaped(&chart.title)));
        self.add(&format!(r#"<desc id="d">{}</desc>"#, escaped(&described(chart))));
        self.add(&format!("<style>{STYLE}</style>"));
        self.text(LEFT, 24.0, r#" class="title""#, &chart.title);
        self.text(LEFT, 42.0, r#" class="note""#, &chart.note);
    }

    fn text(&mut self, x: f64, y: f64, attributes: &str, text: &str) {
        self.add(&format!(r#"<text x="{x:.1}" y="{y:.1}"{attributes}>{}</text>"#, escaped(text)));
    }

    fn stroke(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.add(&format!(r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#));
    }

    fn axes(&mut self, chart: &Chart, x: &Scale, y: &Scale) {
        for mark in y.marks() {
            let at = y.place(mark);
            self.stroke("grid", (LEFT, at), (RIGHT, at));
            self.text(LEFT - 8.0, at + 4.0, r#" class="mark" text-anchor="end""#, &scale::text(mark));
        }
        for mark in x.marks() {
            let at = x.place(mark);
            self.stroke("axis", (at, BOTTOM), (at, BOTTOM + 5.0));
            self.text(at, BOTTOM + 19.0, r#" class="mark" text-anchor="middle""#, &scale::text(mark));
        }
        self.stroke("axis", (LEFT, BOTTOM), (RIGHT, BOTTOM));
        self.text((LEFT + RIGHT) / 2.0, BOTTOM + 38.0, r#" text-anchor="middle""#, &chart.x.label);
        let middle = (TOP + BOTTOM) / 2.0;
        let turned = format!(r#" text-anchor="middle" transform="rotate(-90 20 {middle})""#);
        self.text(20.0, middle, &turned, &chart.y.label);
    }

    fn line(&mut self, chart: &Chart, n: usize, line: &Series, x: &Scale, y: &Scale) {
        let places: Vec<_> = shown(chart, line).map(|(a, b)| (x.place(*a), y.place(*b))).collect();
        let path: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let colour = n % 6;
        self.add(&format!(r#"<polyline class="line c{colour}" points="{}"/>"#, path.join(" ")));
        for (x, y) in places {
            self.add(&format!(r#"<circle class="dot c{colour}" cx="{x:.1}" cy="{y:.1}" r="3"/>"#));
        }
    }

    fn legend(&mut self, n: usize, name: &str) {
        let (x, y) = (LEFT + 200.0 * (n % 3) as f64, BOTTOM + 58.0 + 16.0 * (n / 3) as f64 - 4.0);
        self.stroke(&format!("line c{}", n % 6), (x, y), (x + 18.0, y));
        self.text(x + 24.0, y + 4.0, "", name);
    }
}

/// The chart in words.
fn described(chart: &Chart) -> String {
    let mut text = format!("{} against {}.", chart.y.label, chart.x.label);
    for line in &chart.series {
        let points = shown(chart, line).map(|(x, y)| format!("{} at {}", round(*y), scale::text(*x)));
        let points: Vec<_> = points.collect();
        write!(text, " {}: {}.", line.name, points.join(", ")).unwrap_or_default();
    }
    text
}

/// The points that have a place.
fn shown<'a>(chart: &'a Chart, line: &'a Series) -> impl Iterator<Item = &'a (f64, f64)> {
    line.points.iter().filter(|(x, y)| Scale::shows(&chart.x, *x) && Scale::shows(&chart.y, *y))
}

/// Three places.
fn round(value: f64) -> String {
    scale::text((value * 1000.0).round() / 1000.0)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
