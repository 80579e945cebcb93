//! Pareto plots: where points, steps and names stand.

use evenhand::report::plot::{Layout, ParetoPanel, ParetoPlot, ParetoPoint, Plot, Unit};
use evenhand::stats::Estimate;

use super::gallery::{HOSTILE, estimate, pareto};
use super::markup::{is_near, numbers, texts};

/// A plot with one panel of these points: price, win rate, and whether no other one beats it.
fn panel(points: &[(f64, f64, bool)]) -> ParetoPlot {
    let point = |(at, (price, rate, best)): (usize, &(f64, f64, bool))| {
        let [price, rate] = [*price, *rate].map(|value| Estimate::of(Some(value), None, 9));
        ParetoPoint::new(format!("s{at}"), price, rate, Some(*best))
    };
    let points = points.iter().enumerate().map(point).collect();
    let panels = vec![ParetoPanel { x: "price".to_owned(), x_unit: Unit::Plain, points }];
    ParetoPlot { panels, ..pareto() }
}

/// The places of circles and of the middles of squares.
fn marks(svg: &str) -> [Vec<[f64; 2]>; 2] {
    let circles = numbers::<2>(svg, r#"<circle cx="([\d.]+)" cy="([\d.]+)""#);
    let squares = numbers::<2>(svg, r#"<rect x="([\d.]+)" y="([\d.]+)" width="8""#);
    [circles, squares.into_iter().map(|place| place.map(|at| at + 4.0)).collect()]
}

/// The corners of the frontier.
fn steps(svg: &str) -> Vec<[f64; 2]> {
    let paths: Vec<&str> = svg.split("class=\"plot-frontier\" d=\"").skip(1).collect();
    let [path] = paths[..] else { panic!("{svg}") };
    numbers::<2>(path.split('"').next().unwrap(), r"[ML]([\d.]+) ([\d.]+)")
}

/// The ends of the lines to the names, and the upper edges of the names, in the order of the names.
fn names(svg: &str) -> Vec<([f64; 4], f64)> {
    let pattern = concat!(
        r#"class="plot-leader" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"></line>"#,
        r#"<svg x="[\d.]+" y="([\d.]+)""#
    );
    numbers::<5>(svg, pattern).into_iter().map(|[a, b, c, d, y]| ([a, b, c, d], y)).collect()
}

// Ticks from 0 to 10 on the horizontal axis and from 20 % to 80 % on the vertical one: a point in the middle of both is in
// the middle of the plot.
#[test]
fn points_and_steps_stand_where_the_numbers_say() {
    let points = [(0.0, 0.2, true), (5.0, 0.5, true), (10.0, 0.8, true), (10.0, 0.2, false)];
    for layout in [Layout::Wide, Layout::Narrow] {
        let svg = panel(&points).svg(layout);
        let [circles, squares] = marks(&svg);
        let [[x0, y0], [x1, y1], [x2, y2]] = circles[..] else { panic!("{svg}") };
        assert!(is_near(x1, f64::midpoint(x0, x2)) && is_near(y1, f64::midpoint(y0, y2)), "{svg}");
        assert!(x0 < x2 && y0 > y2, "more is further right and higher");
        assert_eq!(squares, [[x2, y0]]);
        // Right to the price of the next one, and then up; the last one holds for any higher price.
        let expected = [[x0, y0], [x1, y0], [x1, y1], [x2, y1], [x2, y2], [x2, y2]];
        assert_eq!(steps(&svg), expected);
    }
}

#[test]
fn a_beaten_point_is_no_step_and_equal_points_are_one() {
    let svg = panel(&[(4.0, 0.5, true), (4.0, 0.5, true), (8.0, 0.4, false)]).svg(Layout::Wide);
    let [circles, squares] = marks(&svg);
    assert_eq!((circles.len(), squares.len()), (2, 1));
    let [[x, y], [other_x, other_y]] = circles[..] else { panic!("{svg}") };
    assert!(is_near(x, other_x) && is_near(y, other_y));
    let steps = steps(&svg);
    assert!(steps.iter().all(|[_, y]| is_near(*y, circles[0][1])), "{steps:?}");
    assert!(steps.last().unwrap()[0] > circles[0][0]);
}

#[test]
fn names_do_not_overlap_however_many_points_are_equal() {
    for n in 1..=14 {
        let equal = vec![(2.0, 0.5, true); n];
        let low: Vec<(f64, f64, bool)> = (0..n).map(|at| (at as f64, 0.0, at == 0)).collect();
        let close: Vec<(f64, f64, bool)> =
            (0..n).map(|at| (1.0, 0.9 + at as f64 * 1e-4, at + 1 == n)).collect();
        for points in [equal, low, close] {
            let svg = panel(&points).svg(Layout::Narrow);
            let names = names(&svg);
            assert_eq!(names.len(), n);
            let height = numbers::<1>(&svg, r#"viewBox="0 0 340 ([\d.]+)""#)[0][0];
            for pair in names.windows(2) {
                assert!(pair[1].1 - pair[0].1 >= 16.0, "{n}: {names:?}");
                assert!(pair[0].0[1] <= pair[1].0[1], "in the order of the points: {names:?}");
            }
            assert!(names.iter().all(|(_, y)| *y > 0.0 && y + 16.0 < height), "{n}: {names:?}");
            // Each line begins at a point and ends at the middle of its name.
            let [circles, squares] = marks(&svg);
            for ([x, y, _, end], top) in &names {
                let is_point = |place: &[f64; 2]| is_near(place[0], *x) && is_near(place[1], *y);
                assert!(circles.iter().chain(&squares).any(is_point), "{svg}");
                assert!((end - (top + 8.0)).abs() < 1.0, "{names:?}");
            }
        }
    }
}

#[test]
fn intervals_reach_in_both_directions_and_an_axis_begins_at_zero() {
    let mut plot = panel(&[(5.0, 0.5, true)]);
    let [price, rate] = [estimate(5.0, 2.5, 10.0, 9), estimate(0.5, 0.4, 0.6, 9)];
    plot.panels[0].points = vec![ParetoPoint::new("s", price, rate, Some(true))];
    let svg = plot.svg(Layout::Wide);
    let lines = numbers::<4>(
        &svg,
        r#"class="plot-interval" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)""#,
    );
    let [[low, y, high, _], [x, bottom, _, top]] = lines[..] else { panic!("{svg}") };
    assert_eq!(marks(&svg)[0], [[x, y]]);
    assert!(is_near((high - x) / (x - low), 2.0) && is_near(bottom - y, y - top), "{lines:?}");
    // A quarter, a half and all of the axis.
    assert!(is_near(x - (high - x), high - 2.0 * (high - x)));
    assert!(texts(&svg).contains(&"0".to_owned()), "{svg}");
}

#[test]
fn what_is_not_known_is_in_the_table_alone() {
    let plot = pareto();
    let svg = plot.svg(Layout::Wide);
    // Five with a price, four with a latency.
    assert_eq!(names(&svg).len(), 9);
    assert_eq!(texts(&svg).iter().filter(|text| *text == "free").count(), 1);
    let table = plot.table().html();
    let row = "<bdi>free</bdi></th><td><bdi>median latency in ms</bdi></td><td class=\"plot-number\"><bdi>–</bdi>";
    assert!(table.contains(row), "{table}");
    assert!(
        table.contains("<bdi>$10.00</bdi></td><td class=\"plot-number\"><bdi>8.00 – 12.00</bdi>"),
        "{table}"
    );

    let mut nothing = panel(&[]);
    nothing.panels[0].points =
        vec![ParetoPoint::new("s", estimate(f64::NAN, 0.0, 1.0, 3), Estimate::undefined(0), None)];
    let svg = nothing.svg(Layout::Narrow);
    assert!(texts(&svg).contains(&"no values".to_owned()) && !svg.contains("NaN"), "{svg}");
    assert!(!svg.contains("plot-frontier") && !svg.contains("plot-leader"));
}

#[test]
fn panels_stand_side_by_side_or_below_each_other() {
    let plot = pareto();
    let baselines = |layout| {
        let pattern = r#"class="plot-baseline" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)""#;
        numbers::<3>(&plot.svg(layout), pattern)
    };
    let [[_, y, end], [begin, other_y, _]] = baselines(Layout::Wide)[..] else { panic!() };
    assert!(is_near(y, other_y) && end < begin);
    let [[begin, y, _], [other_begin, other_y, _]] = baselines(Layout::Narrow)[..] else {
        panic!()
    };
    assert!(is_near(begin, other_begin) && y < other_y);
}

#[test]
fn numbers_of_any_size_have_room_at_the_axis() {
    for size in [1e-9, 0.003, 1.0, 7_654_321.0, 1e12] {
        for unit in [Unit::Count, Unit::UsdPerThousand] {
            let mut plot = panel(&[(size, 0.5, true), (size / 3.0, 0.4, true)]);
            plot.panels[0].x_unit = unit;
            let svg = plot.svg(Layout::Narrow);
            let baseline = numbers::<1>(&svg, r#"class="plot-baseline" x1="[\d.]+" y1="([\d.]+)""#);
            let ticks = numbers::<2>(&svg, r#"class="plot-tick" x="([\d.]+)" y="([\d.]+)""#);
            let below: Vec<f64> =
                ticks.iter().filter(|[_, y]| *y > baseline[0][0] + 8.0).map(|[x, _]| *x).collect();
            assert!(below.len() >= 2, "{size}: {svg}");
            assert!(below.windows(2).all(|pair| pair[1] - pair[0] > 20.0), "{size}: {below:?}");
        }
    }
}

#[test]
fn hostile_names_are_escaped_and_whole_in_the_table() {
    let mut plot = panel(&[]);
    let point = |name: &str| {
        ParetoPoint::new(name, estimate(1.0, 0.5, 1.5, 3), estimate(0.5, 0.4, 0.6, 3), Some(true))
    };
    plot.panels[0].points = HOSTILE.iter().map(|name| point(&name.repeat(9))).collect();
    for layout in [Layout::Wide, Layout::Narrow] {
        let svg = plot.svg(layout);
        assert_eq!(names(&svg).len(), HOSTILE.len());
        for part in ["<script", "<img", "\0", "\u{1b}", "\u{202e}"] {
            assert!(!svg.contains(part), "{part:?}");
        }
        assert!(svg.contains(&"&lt;script&gt;alert(1)&lt;/script&gt;".repeat(9)), "{svg}");
    }
    assert!(plot.table().html().contains(&HOSTILE[6].repeat(9)));
}
