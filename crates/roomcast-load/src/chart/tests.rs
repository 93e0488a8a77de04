use super::*;

fn chart() -> Chart {
    Chart {
        title: "Cost <&> members".into(),
        note: "one core".into(),
        x: By::Members.axis(),
        y: Axis { label: "CPU (µs)".into(), logarithmic: false },
        series: vec![
            Series {
                name: "memory".into(),
                points: vec![(10.0, 7.0), (100.0, 6.5), (0.0, 1.0), (1000.0, f64::NAN)],
            },
            Series { name: "sqlite".into(), points: vec![(10.0, 9.0), (1000.0, 8.0)] },
        ],
    }
}

#[test]
fn a_chart_has_its_words_lines_and_points() {
    let svg = chart().svg();
    for part in
        ["Cost &lt;&amp;&gt; members", "one core", "members of the room", "CPU (µs)", ">memory<", ">sqlite<"]
    {
        assert!(svg.contains(part), "{part}\n{svg}");
    }
    assert_eq!(svg.matches("<polyline").count(), 2);
    assert_eq!(svg.matches("<circle").count(), 4);
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

#[test]
fn it_is_readable_in_light_and_dark_and_by_those_who_do_not_see() {
    let svg = chart().svg();
    assert!(svg.contains("prefers-color-scheme:dark") && svg.contains("currentColor"));
    assert!(svg.contains(r#"role="img""#) && svg.contains("memory: 7 at 10, 6.5 at 100"), "{svg}");
}

#[test]
fn every_tag_is_closed() {
    let svg = chart().svg();
    let opened = svg.matches('<').count() - svg.matches("</").count();
    let closed = svg.matches("</").count() + svg.matches("/>").count();
    assert_eq!(opened, closed);
}

#[test]
fn an_empty_chart_can_be_drawn() {
    let svg = Chart { series: Vec::new(), ..chart() }.svg();
    assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{svg}");
}
