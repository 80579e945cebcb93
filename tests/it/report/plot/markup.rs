//! Where each mark stands, and what each text and table says.

use evenhand::report::plot::{
    Caption, DataTable, Dot, DotKind, Fill, ForestPlot, ForestRow, Layout, Plot, Segment, Series,
    StackedBar,
};
use evenhand::stats::Estimate;
use regex::Regex;

use super::gallery::{
    estimate, hostile, latency, orders, outcomes, page, pareto, reliability, trust, win_rates,
};

/// Returns the numbers that a pattern captures in an SVG, one array for each hit.
pub(super) fn numbers<const N: usize>(svg: &str, pattern: &str) -> Vec<[f64; N]> {
    let pattern = Regex::new(pattern).unwrap();
    let hits = pattern.captures_iter(svg).map(|hit| {
        let all: Vec<f64> =
            hit.iter().skip(1).map(|part| part.unwrap().as_str().parse().unwrap()).collect();
        all.try_into().unwrap()
    });
    hits.collect()
}

/// Returns the texts of an SVG in their order.
pub(super) fn texts(svg: &str) -> Vec<String> {
    let text = Regex::new(r"<text[^>]*>(.*?)</text>").unwrap();
    let tag = Regex::new(r"<title>.*?</title>|<[^>]*>").unwrap();
    text.captures_iter(svg).map(|hit| tag.replace_all(&hit[1], "").into_owned()).collect()
}

pub(super) fn is_near(left: f64, right: f64) -> bool {
    (left - right).abs() < 0.02
}

#[test]
fn marks_of_a_forest_plot_stand_where_the_numbers_say() {
    let mut plot = win_rates();
    plot.domain = Some([0.0, 1.0]);
    for (layout, [begin, end]) in [(Layout::Wide, [238.0, 472.0]), (Layout::Narrow, [22.0, 318.0])]
    {
        let svg = plot.svg(layout);
        let at = |value: f64| begin + value * (end - begin);
        let points = numbers::<1>(
            &svg,
            r#"<rect x="([\d.]+)" y="[\d.]+" width="8" height="8" class="plot-point"#,
        );
        let middles: Vec<f64> = points.iter().map(|[x]| x + 4.0).collect();
        for (middle, value) in middles.iter().zip([0.58, 0.51, 0.562, 0.7]) {
            assert!(is_near(*middle, at(value)), "{middle} for {value} in {svg}");
        }
        assert_eq!(middles.len(), 4);
        let intervals =
            numbers::<2>(&svg, r#"class="plot-interval" x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)""#);
        assert_eq!(intervals.len(), 3);
        assert!(is_near(intervals[0][0], at(0.482)) && is_near(intervals[0][1], at(0.672)));
        let bounds =
            numbers::<2>(&svg, r#"class="plot-bounds" x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)""#);
        assert!(is_near(bounds[0][0], at(0.09)) && is_near(bounds[0][1], at(0.93)));
        let reference = numbers::<1>(&svg, r#"class="plot-reference-line" x1="([\d.]+)""#);
        assert!(is_near(reference[0][0], at(0.5)), "{svg}");
    }
}

#[test]
fn every_number_of_a_forest_plot_is_printed_beside_its_mark() {
    let svg = win_rates().svg(Layout::Wide);
    let texts = texts(&svg);
    for row in [
        &["corrected with labels", "what people prefer", "58.0 %", "48.2 – 67.2", "100"][..],
        &["kept verdicts only"],
        &["56.2 %", "33.2 – 76.9", "16"],
        &["", "9.0 – 93.0", "100"],
        &["one label", "70.0 %", "no interval", "1"],
        &["labels only", "no labels", "–", "", "0"],
    ] {
        assert!(texts.windows(row.len()).any(|window| window == row), "{row:?} in {texts:?}");
    }
    assert!(texts.contains(&"n".to_owned()) && texts.contains(&"95 % interval".to_owned()));
    assert!(win_rates().svg(Layout::Narrow).contains(">n 16<"));
}

#[test]
fn intervals_beyond_the_ends_of_the_scale_have_arrows() {
    let mut plot = win_rates();
    plot.domain = Some([0.4, 0.6]);
    let svg = plot.svg(Layout::Wide);
    // Beyond the right end: the corrected rate; both ends: the kept rate and the bounds; the value alone: one label.
    assert_eq!(svg.matches("plot-arrow").count(), 6, "{svg}");
    assert_eq!(svg.matches("class=\"plot-point").count(), 3, "{svg}");
    assert!(win_rates().svg(Layout::Wide).matches("plot-arrow").count() == 0);
}

#[test]
fn a_reference_beyond_the_scale_is_not_drawn_and_a_free_scale_reaches_it() {
    let mut plot = ForestPlot { rows: Vec::new(), ..win_rates() };
    plot.rows.push(ForestRow::new("all", estimate(0.9, 0.88, 0.92, 500)));
    assert!(plot.svg(Layout::Wide).contains("plot-reference-line"));
    assert!(texts(&plot.svg(Layout::Wide)).contains(&"50 %".to_owned()));
    plot.domain = Some([0.8, 1.0]);
    assert!(!plot.svg(Layout::Wide).contains("plot-reference-line"));
}

#[test]
fn what_is_no_number_is_undefined() {
    let mut plot = ForestPlot { rows: Vec::new(), ..win_rates() };
    for estimate in [
        estimate(f64::NAN, f64::NAN, f64::NAN, 3),
        estimate(f64::INFINITY, 0.0, f64::INFINITY, 3),
        Estimate::undefined(3),
    ] {
        plot.rows.push(ForestRow::new("rate", estimate).undefined("all are the same"));
    }
    plot.rows.push(ForestRow::bounds("bounds", [f64::NAN, 1.0], 3));
    let svg = plot.svg(Layout::Wide);
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    assert_eq!(texts(&svg).iter().filter(|text| *text == "all are the same").count(), 3);
    let table = plot.table().html();
    assert_eq!(table.matches("all are the same").count(), 3, "{table}");
}

#[test]
fn an_empty_plot_is_still_a_plot() {
    let plots: [&dyn Plot; 4] = [
        &ForestPlot { rows: Vec::new(), reference: None, ..win_rates() },
        &evenhand::report::plot::DotPlot { dots: Vec::new(), ..trust() },
        &StackedBar { segments: Vec::new(), ..outcomes() },
        &evenhand::report::plot::LinePlot { series: Vec::new(), ..latency() },
    ];
    for plot in plots {
        let svg = plot.svg(Layout::Wide);
        assert!(svg.starts_with("<svg ") && !svg.contains("NaN"), "{svg}");
    }
    let nothing = StackedBar { segments: Vec::new(), ..outcomes() };
    assert_eq!(texts(&nothing.svg(Layout::Wide)), ["no comparisons"]);
}

#[test]
fn dots_have_their_name_and_numbers_beside_them() {
    let svg = trust().svg(Layout::Wide);
    let texts = texts(&svg);
    for text in [
        "falcon-cot 58.0 % (54.3 – 61.7), n 200",
        "people with each other 92.0 % (88.0 – 95.0), n 100",
        "lexical overlap no value, n 0",
    ] {
        assert!(texts.contains(&text.to_owned()), "{text} in {texts:?}");
    }
    let circles = numbers::<1>(&svg, r#"<circle cx="([\d.]+)""#);
    assert!(is_near(circles[0][0], 22.0 + 0.58 * 676.0), "{svg}");
    assert_eq!(circles.len(), 1, "only the judge is a circle");
}

#[test]
fn segments_of_a_bar_are_as_wide_as_their_share_and_each_has_its_own_pattern() {
    let plot = outcomes();
    for (layout, width) in [(Layout::Wide, 718.0), (Layout::Narrow, 338.0)] {
        let svg = plot.svg(layout);
        let segments =
            numbers::<2>(&svg, r#"<rect class="plot-segment" x="([\d.]+)" y="1" width="([\d.]+)""#);
        let counts: Vec<u64> =
            plot.segments.iter().map(|part| part.count).filter(|count| *count > 0).collect();
        assert_eq!(segments.len(), counts.len());
        let mut before = 0;
        for ([x, drawn], count) in segments.iter().zip(&counts) {
            if *count > 10 {
                assert!(is_near(*x, 1.0 + width * before as f64 / 1000.0), "{x} after {before}");
                assert!(is_near(*drawn, width * *count as f64 / 1000.0), "{drawn} for {count}");
            }
            assert!(*drawn >= 1.5 && x + drawn <= width + 1.02, "{count} is at {x}");
            before += count;
        }
        let texts = texts(&svg).join("; ");
        for text in ["kept 612", "pending 1", "1,000 comparisons"] {
            assert!(texts.contains(text), "{texts}");
        }
        assert!(!texts.contains("never"), "{texts}");
        assert_eq!(svg.matches("<pattern ").count(), 6);
    }
    let table = plot.table().html();
    assert!(table.contains("<th scope=\"row\"><bdi>never</bdi></th>"), "{table}");
    assert!(table.contains(">1,000<"), "{table}");
}

#[test]
fn a_single_segment_fills_the_bar() {
    let kept = Segment { name: "kept".to_owned(), count: 7, fill: Fill::Solid };
    let svg = StackedBar { segments: vec![kept], ..outcomes() }.svg(Layout::Narrow);
    assert_eq!(
        numbers::<2>(&svg, r#"class="plot-segment" x="([\d.]+)" y="1" width="([\d.]+)""#),
        [[1.0, 338.0]]
    );
    assert_eq!(texts(&svg), ["kept 7", "7 comparisons"]);
}

#[test]
fn a_line_has_a_gap_where_a_number_is_undefined() {
    let svg = latency().svg(Layout::Wide);
    assert_eq!(svg.matches("<path class=\"plot-line\"").count(), 6, "three lines in two parts");
    let points = numbers::<2>(&svg, r#"<circle cx="([\d.]+)" cy="([\d.]+)""#);
    // One is the sample beside the name of the series.
    assert_eq!(points.len(), 20, "{svg}");
    let table = latency().table().html();
    assert_eq!(table.matches("<td class=\"plot-number\"><bdi>–</bdi></td>").count(), 3);
}

#[test]
fn points_of_a_line_plot_stand_where_the_numbers_say() {
    let svg = reliability().svg(Layout::Wide);
    let axis = numbers::<4>(
        &svg,
        r#"class="plot-diagonal" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)""#,
    );
    let [[left, bottom, right, top]] = axis[..] else { panic!("{svg}") };
    let points = numbers::<2>(&svg, r#"<circle cx="([\d.]+)" cy="([\d.]+)""#);
    let shares = [(0.55, 0.52), (0.65, 0.6), (0.75, 0.66), (0.85, 0.71), (0.95, 0.8)];
    assert_eq!(points.len(), shares.len());
    for ([cx, cy], (x, y)) in points.iter().zip(shares) {
        assert!(is_near(*cx, left + (x - 0.4) / 0.6 * (right - left)), "{cx} for {x}");
        assert!(is_near(*cy, bottom + (y - 0.4) / 0.6 * (top - bottom)), "{cy} for {y}");
    }
}

#[test]
fn a_place_that_is_no_number_is_left_out_of_a_line() {
    let mut plot = reliability();
    let number = estimate(0.5, 0.4, 0.6, 3);
    plot.series = vec![Series::new("s", [(f64::NAN, number), (0.5, number)])];
    let svg = plot.svg(Layout::Wide);
    assert_eq!(svg.matches("<circle").count(), 1, "{svg}");
}

#[test]
fn the_order_table_says_which_cells_follow_the_position() {
    let table = orders().html();
    let cells = Regex::new(r#"<td class="([^"]*)"><b>([\d,]+)</b>"#).unwrap();
    let cells: Vec<(String, String)> =
        cells.captures_iter(&table).map(|hit| (hit[1].to_owned(), hit[2].to_owned())).collect();
    let cell = |class: &str, n: &str| {
        let expected = (format!("plot-number {class}"), n.to_owned());
        assert!(cells.contains(&expected), "{expected:?} in {cells:?}");
    };
    assert_eq!(cells.len(), 16);
    cell("plot-position plot-shade-8", "80");
    cell("plot-position plot-shade-1", "3");
    cell("plot-same plot-shade-1", "9");
    cell("plot-partly plot-shade-0", "0");
    cell("plot-sum", "89");
    cell("plot-sum", "100");
    assert!(table.contains("n 100; 2 left out, with no vote in an order"), "{table}");
    let mut empty = orders();
    (empty.counts, empty.left_out) = ([[0; 3]; 3], 0);
    assert!(empty.html().contains("(n 0)") && !empty.html().contains("NaN"));
}

#[test]
fn a_table_has_a_heading_for_each_row_and_column() {
    let mut table = DataTable::new("A <b>").text_column("name").number_column("n");
    table.row(["<x>".to_owned(), "1".to_owned(), "too many".to_owned()]);
    table.row(["y".to_owned()]);
    assert_eq!(
        table.html(),
        "<table class=\"plot-table\"><caption>A &lt;b&gt;</caption><thead><tr>\
         <th scope=\"col\">name</th><th scope=\"col\" class=\"plot-number\">n</th></tr></thead><tbody>\
         <tr><th scope=\"row\"><bdi>&lt;x&gt;</bdi></th><td class=\"plot-number\"><bdi>1</bdi></td></tr>\
         <tr><th scope=\"row\"><bdi>y</bdi></th><td class=\"plot-number\"><bdi></bdi></td></tr></tbody></table>"
    );
}

#[test]
fn every_plot_is_an_image_with_title_and_description() {
    let caption = Caption::new("a \"b\"#1", "T <i>", "D & d");
    for layout in [Layout::Wide, Layout::Narrow] {
        let plots: [Box<dyn Plot>; 5] = [
            Box::new(ForestPlot { caption: caption.clone(), ..win_rates() }),
            Box::new(evenhand::report::plot::DotPlot { caption: caption.clone(), ..trust() }),
            Box::new(StackedBar { caption: caption.clone(), ..outcomes() }),
            Box::new(evenhand::report::plot::LinePlot { caption: caption.clone(), ..latency() }),
            Box::new(evenhand::report::plot::ParetoPlot { caption: caption.clone(), ..pareto() }),
        ];
        let (id, width) = match layout {
            Layout::Wide => ("a--b--1", 720),
            Layout::Narrow => ("a--b--1-narrow", 340),
        };
        for plot in plots {
            let svg = plot.svg(layout);
            for part in [
                "role=\"img\"",
                &format!("viewBox=\"0 0 {width} "),
                &format!("aria-labelledby=\"{id}-title\""),
                &format!("<title id=\"{id}-title\">T &lt;i&gt;</title>"),
                &format!("<desc id=\"{id}-description\">D &amp; d</desc>"),
            ] {
                assert!(svg.contains(part), "{part} in {svg}");
            }
        }
    }
}

#[test]
fn markup_has_no_colours_styles_or_scripts_of_its_own() {
    let colour = Regex::new(r#"\x23[0-9a-fA-F]{3,8}"|rgb|hsl|(?:stroke|color)="#).unwrap();
    let page = page();
    let body = &page[page.find("<main>").unwrap()..];
    assert_eq!(colour.find(body).map(|hit| hit.as_str()), None);
    for part in [" style=", "<script", "<img", "\0", "\u{1b}", "\u{202e}", "onerror=alert(1)>"] {
        assert!(!body.contains(part), "{part:?}");
    }
    assert!(hostile().contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(hostile().contains("\\u{202e}desrever"));
    let class = Regex::new(r#"class="([^"]*)""#).unwrap();
    for hit in class.captures_iter(body) {
        assert!(hit[1].split(' ').all(|class| class.starts_with("plot")), "{}", &hit[1]);
    }
}

#[test]
fn a_shortened_name_has_its_full_text_beside_it() {
    let name = "a-judge-with-a-very-long-name/".repeat(20);
    let mut plot = trust();
    plot.dots.push(Dot::new(&name, DotKind::Judge, estimate(0.6, 0.5, 0.7, 10)));
    for layout in [Layout::Wide, Layout::Narrow] {
        let svg = plot.svg(layout);
        assert_eq!(svg.matches(&format!("<title>{name}</title>")).count(), 1, "{svg}");
    }
    assert!(plot.table().html().contains(&name));
}
