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

#[test]
fn costs_are_drawn_by_label_and_in_order() {
    let report = |label: &str, members, cost| {
        let mut report: Report = serde_json::from_str(SAMPLE).unwrap();
        (report.plan.label, report.plan.members) = (Some(label.into()), members);
        report.server.as_mut().unwrap().cpu_us_per_delivery = cost;
        report
    };
    let reports = [
        report("a", 100, Some(2.0)),
        report("b", 10, Some(0.05)),
        report("a", 10, Some(3.0)),
        report("a", 1000, None),
    ];
    let chart = Chart::cost(By::Members, "t", "n", &reports);
    let lines: Vec<_> = chart.series.iter().map(|line| (line.name.as_str(), line.points.clone())).collect();
    assert_eq!(lines, [("a", vec![(10.0, 3.0), (100.0, 2.0)]), ("b", vec![(10.0, 0.05)])]);
    let at = |by| Chart::cost(by, "t", "n", &reports[..1]).series[0].points[0].0;
    assert_eq!(By::ALL.map(at), [100.0, 1.0, 64.0, 1.0]);
}

const SAMPLE: &str = r#"{"version":1,
"plan":{"url":"u","rooms":1,"members":1,"publishers":1,"rate":50,"size":64,"slow":0,"churn":0,"storm":false,"warmup_s":1,"duration_s":1},
"connect":{"connections":1,"seconds":1,"per_s":1,"time_us":{"p50":1,"p90":1,"p99":1,"p999":1,"max":1,"mean":1},"churned":0},
"traffic":{"sent":1,"sent_per_s":1,"deliveries":1,"deliveries_per_s":1,"bytes_per_delivery":1,"deliveries_per_read":1},
"latency_us":{"p50":1,"p90":1,"p99":1,"p999":1,"max":1,"mean":1},
"checks":{"checked":1,"expected":1,"faults":{"lost":0,"doubled":0,"disordered":0,"wrong_room":0,"altered":0,"conflicting":0,"dropped":0},
"refused":0,"gaps":0,"stuck":0},
"server":{"pid":1,"cores":1,"busy_cores":1,"cpu_us_per_connect":1,"bytes_per_connection":1,"rss_bytes":1,"peak_bytes":1},
"generator":{"busy":1,"late_us":1}}"#;
