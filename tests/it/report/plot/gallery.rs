//! A page with every plot, with usual and with hostile data.

use std::fmt::Write as _;

use evenhand::report::plot::{
    Caption, Dot, DotKind, DotPlot, Fill, ForestPlot, ForestRow, LineAxis, LinePlot, OrderMatrix,
    ParetoPanel, ParetoPlot, ParetoPoint, Plot, Reference, STYLE, Segment, Series, StackedBar,
    Unit, WinMatrix,
};
use evenhand::stats::{Estimate, Interval};

/// Names that do harm where they are not escaped, isolated or shortened.
pub(super) const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "\u{202e}desrever\u{202c} gpt-4",
    "nul\0 and \u{1b}[31mred",
    "非常に長い名前を持つシステムその一二三四五六七八九十、これはとても長い",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦👩\u{200d}👩\u{200d}👧\u{200d}👦 family 🏳\u{fe0f}\u{200d}🌈",
    "نموذج اللغة العربية",
    "Z\u{334}\u{321}\u{341}\u{341}\u{341}\u{341}\u{341}\u{341}\u{341}\u{341}a\u{341}\u{341}\u{341}lgo ﷽﷽﷽",
];

pub(super) fn estimate(value: f64, low: f64, high: f64, n: u64) -> Estimate {
    Estimate::new(value, Interval { low, high }, n)
}

pub(super) fn win_rates() -> ForestPlot {
    let undefined = Estimate::undefined(0);
    ForestPlot {
        caption: Caption::new(
            "win-rates",
            "Win rate of b against a",
            "Four estimates of one win rate.",
        ),
        unit: Unit::Percent,
        rows: vec![
            ForestRow::new("corrected with labels", estimate(0.58, 0.482, 0.672, 100))
                .note("what people prefer")
                .strong(),
            ForestRow::new("order-averaged", estimate(0.51, 0.47, 0.55, 100))
                .note("what the judge prefers"),
            ForestRow::new("kept verdicts only", estimate(0.562, 0.332, 0.769, 16))
                .note("what the judge prefers where both orders agree"),
            ForestRow::bounds("if all dropped comparisons had gone one way", [0.09, 0.93], 100)
                .note("the least and the most that kept verdicts allow"),
            ForestRow::new("one label", Estimate::of(Some(0.7), None, 1)),
            ForestRow::new("labels only", undefined).undefined("no labels"),
        ],
        reference: Some(Reference::new(0.5, "50 %")),
        domain: None,
    }
}

pub(super) fn trust() -> DotPlot {
    DotPlot {
        caption: Caption::new(
            "trust",
            "Agreement with people",
            "The judge, people and rules on one scale.",
        ),
        unit: Unit::Percent,
        dots: vec![
            Dot::new("people with each other", DotKind::People, estimate(0.92, 0.88, 0.95, 100)),
            Dot::new("falcon-cot", DotKind::Judge, estimate(0.58, 0.543, 0.617, 200)),
            Dot::new("the longer response", DotKind::Rule, estimate(0.565, 0.46, 0.66, 100)),
            Dot::new("always the first", DotKind::Rule, estimate(0.5, 0.02, 0.98, 4)),
            Dot::new("lexical overlap", DotKind::Rule, Estimate::undefined(0)),
        ],
        reference: Some(Reference::new(0.5, "chance")),
        domain: Some([0.0, 1.0]),
    }
}

pub(super) fn outcomes() -> StackedBar {
    let segment = |name: &str, count, fill| Segment { name: name.to_owned(), count, fill };
    StackedBar {
        caption: Caption::new("outcomes", "Outcomes", "Comparisons by outcome."),
        unit: "comparisons".to_owned(),
        segments: vec![
            segment("kept", 612, Fill::Solid),
            segment("flipped", 301, Fill::Rising),
            segment("split", 41, Fill::Dotted),
            segment("unparsed", 25, Fill::Falling),
            segment("failed", 20, Fill::Crossed),
            segment("pending", 1, Fill::Empty),
            segment("never", 0, Fill::Horizontal),
        ],
    }
}

pub(super) fn latency() -> LinePlot {
    let series = |name: &str, factor: f64| {
        let value = |at: u32| 400.0 + factor * f64::from((at * 37) % 11) * 30.0;
        let points = (1..=20).map(move |at| {
            let value = (at != 9).then(|| value(at));
            (f64::from(at), Estimate::of(value, None, 50))
        });
        Series::new(name, points)
    };
    LinePlot {
        caption: Caption::new("latency", "Latency", "Latency in each twentieth of the run."),
        x: LineAxis { label: "part of the run".into(), unit: Unit::Count, domain: None },
        y: LineAxis { label: "latency".into(), unit: Unit::Milliseconds, domain: None },
        series: vec![series("median", 1.0), series("90th percentile", 2.5), series("maximum", 5.0)],
        diagonal: false,
    }
}

pub(super) fn reliability() -> LinePlot {
    let points = [
        (0.55, estimate(0.52, 0.4, 0.64, 60)),
        (0.65, estimate(0.6, 0.5, 0.7, 80)),
        (0.75, estimate(0.66, 0.55, 0.77, 70)),
        (0.85, estimate(0.71, 0.62, 0.8, 90)),
        (0.95, estimate(0.8, 0.74, 0.86, 200)),
    ];
    let share = |label: &str| LineAxis {
        label: label.to_owned(),
        unit: Unit::Percent,
        domain: Some([0.4, 1.0]),
    };
    LinePlot {
        caption: Caption::new("reliability", "Reliability", "Agreement by confidence."),
        x: share("confidence"),
        y: share("agreement with people"),
        series: vec![Series::new("falcon-cot", points)],
        diagonal: true,
    }
}

pub(super) fn orders() -> OrderMatrix {
    OrderMatrix {
        title: "Preferences in both orders".to_owned(),
        systems: ["a".to_owned(), "b".to_owned()],
        counts: [[7, 0, 80], [0, 1, 0], [3, 0, 9]],
        left_out: 2,
    }
}

/// Systems with their win rates, prices and latencies: one at no price, two that are equal, one without a latency.
pub(super) fn pareto() -> ParetoPlot {
    let rates = [
        ("large", estimate(0.8, 0.72, 0.88, 120)),
        ("medium", estimate(0.6, 0.5, 0.7, 120)),
        ("medium-2", estimate(0.6, 0.5, 0.7, 120)),
        ("old", estimate(0.4, 0.3, 0.5, 120)),
        ("free", estimate(0.1, 0.04, 0.16, 120)),
    ];
    let price = |value: f64| estimate(value, value * 0.8, value * 1.2, 40);
    let prices =
        [price(0.01), price(0.004), price(0.004), price(0.008), estimate(0.0, 0.0, 0.0, 40)];
    let latency = |value| Estimate::of(value, None, 40);
    let latencies = [Some(1500.0), Some(600.0), Some(600.0), Some(2000.0), None].map(latency);
    let panel = |x: &str, x_unit, amounts: [Estimate; 5], best: [Option<bool>; 5]| {
        let points = rates.iter().zip(amounts).zip(best);
        let points = points
            .map(|(((name, rate), amount), best)| ParetoPoint::new(*name, amount, *rate, best));
        ParetoPanel { x: x.to_owned(), x_unit, points: points.collect() }
    };
    let best = [Some(true), Some(true), Some(true), Some(false)];
    let [a, b, c, d] = best;
    ParetoPlot {
        caption: Caption::new("pareto", "Win rate against price", "Five systems."),
        y: "win rate".to_owned(),
        y_unit: Unit::Percent,
        panels: vec![
            panel(
                "USD per 1,000 responses",
                Unit::UsdPerThousand,
                prices,
                [a, b, c, d, Some(true)],
            ),
            panel("median latency in ms", Unit::Count, latencies, [a, b, c, d, None]),
        ],
    }
}

/// Every plot with hostile names: each name, and each name repeated to 500 characters and more.
pub(super) fn hostile() -> String {
    let long = HOSTILE.map(|name| name.repeat(500 / name.chars().count() + 1));
    let names: Vec<String> = HOSTILE.map(str::to_owned).into_iter().chain(long).collect();
    let caption = |id: &str| Caption::new(id, &names[0], &names[9]);
    let rows = names.iter().map(|name| {
        ForestRow::new(name, estimate(0.58, 0.482, 0.672, 100)).note(name).undefined(name)
    });
    let forest = ForestPlot {
        caption: caption("hostile-forest"),
        unit: Unit::Percent,
        rows: rows.collect(),
        reference: Some(Reference::new(0.5, "50 %")),
        domain: None,
    };
    let dots = names.iter().map(|name| Dot::new(name, DotKind::Judge, estimate(0.6, 0.5, 0.7, 9)));
    let dots = DotPlot {
        caption: caption("hostile-dots"),
        unit: Unit::Percent,
        dots: dots.collect(),
        reference: None,
        domain: None,
    };
    let segments = names.iter().enumerate().map(|(at, name)| Segment {
        name: name.clone(),
        count: if at == 0 { 100 } else { 5 },
        fill: if at % 2 == 0 { Fill::Rising } else { Fill::Crossed },
    });
    let bar = StackedBar {
        caption: caption("hostile-bar"),
        unit: names[1].clone(),
        segments: segments.collect(),
    };
    let mut lines = latency();
    lines.caption = caption("hostile-lines");
    lines.x.label.clone_from(&names[8]);
    lines.y.label.clone_from(&names[12]);
    lines.series = names[7..10]
        .iter()
        .map(|name| {
            Series::new(
                name,
                [(1.0, estimate(f64::NAN, 1.0, 2.0, 3)), (2.0, estimate(5.0, 4.0, 6.0, 7))],
            )
        })
        .collect();
    let mut matrix = orders();
    matrix.systems = [names[8].clone(), names[10].clone()];
    let mut wins = wins();
    wins.systems = names[7..10].to_vec();
    let mut pareto = pareto();
    pareto.caption = caption("hostile-pareto");
    pareto.y.clone_from(&names[9]);
    for panel in &mut pareto.panels {
        panel.x.clone_from(&names[11]);
        let rate = |at: usize| 0.5 + at as f64 * 0.001;
        let points = names.iter().enumerate().map(|(at, name)| {
            let rate = estimate(rate(at), 0.4, 0.6, 9);
            ParetoPoint::new(name, estimate(1e9, 0.0, 2e9, 9), rate, Some(at % 2 == 0))
        });
        panel.points = points.collect();
    }
    let figures = [
        forest.figure(),
        dots.figure(),
        bar.figure(),
        lines.figure(),
        matrix.html(),
        wins.html(),
        pareto.figure(),
    ];
    figures.concat()
}

/// Win rates of three systems, two of which were not compared.
pub(super) fn wins() -> WinMatrix {
    let rate = |value| Some(estimate(value, value - 0.1, value + 0.1, 1200));
    WinMatrix {
        title: "Win rates, row against column".to_owned(),
        systems: ["model-a", "model-b", "model-c"].map(str::to_owned).to_vec(),
        rates: vec![
            vec![None, rate(0.71), rate(1.0)],
            vec![rate(0.29), None, None],
            vec![rate(0.0), None, None],
        ],
    }
}

/// The page, with a policy that allows neither scripts nor inline styles.
pub(super) fn page() -> String {
    let figures = [
        win_rates().figure(),
        trust().figure(),
        outcomes().figure(),
        latency().figure(),
        reliability().figure(),
        orders().html(),
        wins().html(),
        pareto().figure(),
        hostile(),
    ];
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'nonce-plots'\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Plots</title>\
         <style nonce=\"plots\">{PAGE_STYLE}{STYLE}</style></head><body><main>"
    );
    for figure in figures {
        writeln!(page, "{figure}").unwrap();
    }
    page + "</main></body></html>"
}

/// What a page sets: fonts, and the colours of the custom properties.
const PAGE_STYLE: &str = "
:root { color-scheme: light dark; --plot-muted: #595959; --plot-accent: #0b57a4; --plot-fill-1: #8ab4de; }
@media (prefers-color-scheme: dark) {
  :root { --plot-muted: #a8a8a8; --plot-accent: #7ab7f5; --plot-fill-1: #2d5f94; }
}
body { font: 15px/1.5 system-ui, sans-serif; margin: 1rem; }
main { max-width: 45rem; margin: auto; }
figure, table { margin-bottom: 2rem; }
";
