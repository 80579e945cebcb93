//! Quality beside price and latency in each format of the report.

use regex::Regex;
use serde_json::{Value, json};

use crate::overview::generated::three_systems;
use crate::support::labelled_run::{JudgedRun, Row, RunSpec, rows, unwrapped};

/// A report in a format.
fn report(judged: &JudgedRun, format: &str) -> String {
    let said = judged.folder.run(&["report", "run.db", "--format", format, "--output", "out"]);
    said.expect(0);
    std::fs::read_to_string(judged.folder.path().join("out")).unwrap()
}

/// The part of a table or of Markdown on quality, price and latency.
#[track_caller]
fn part(text: &str) -> &str {
    let from = text.find("quality, price and latency").unwrap_or_else(|| panic!("{text}"));
    let end = text[from..].find("\nwhat would").or(text[from..].find("</details>"));
    &text[from..from + end.unwrap()]
}

/// Comparisons of two systems, of which something is known.
fn two_systems(generated: &Value) -> JudgedRun {
    let mut spec = RunSpec::new(rows(&[(2, "a/a", ""), (1, "b/b", "")]));
    for at in 0..3 {
        spec.generated.insert(format!("q{at:03}"), generated.clone());
    }
    spec.judged()
}

#[test]
fn the_table_has_a_row_for_each_system() {
    let table = report(&three_systems().judged(), "table");
    insta::assert_snapshot!("generated", part(&table));
}

#[test]
fn the_markdown_has_the_same_numbers() {
    let judged = three_systems().judged();
    let [table, markdown] = ["table", "markdown"].map(|format| report(&judged, format));
    let cells = |text: &str| -> Vec<String> {
        let rows = text.lines().filter(|line| {
            let name = line.trim_start_matches([' ', '|']);
            // A line of a sentence may begin with a name too.
            ["alpha ", "beta ", "gamma "].iter().any(|system| name.starts_with(system))
                && !name.starts_with("alpha (")
        });
        rows.map(|row| {
            row.replace(['|', '\\'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect()
    };
    let expected = cells(part(&table));
    // Four tables with three rows.
    assert_eq!(expected.len(), 12, "{table}");
    assert_eq!(cells(part(&markdown)), expected);
}

// By hand from the numbers that tests/it/overview/generated.rs takes from statsmodels and numpy.
#[test]
fn the_page_shows_value_interval_and_n_of_each_system() {
    let page = report(&three_systems().judged(), "html");
    let row = |name: &str, cells: &[&str]| {
        let cells: Vec<String> =
            cells.iter().map(|cell| format!("<td class=\"number\">{cell}</td>")).collect();
        let cells = cells.concat();
        let row = format!("<th scope=\"row\">{name}</th>{cells}</tr>");
        assert!(page.contains(&row), "{row}");
    };
    row("alpha", &["64.6 %", "24.4 – 100.0", "12", "* 14.50", "11.07 – 17.93", "6"]);
    row("beta", &["54.2 %", "13.0 – 95.4", "12", "* 1.54", "0.00 – 3.39", "5"]);
    row("gamma", &["31.2 %", "6.7 – 55.8", "12", "–", "", "0"]);
    row("alpha", &["* 995", "1,325", "6", "498", "371 – 625", "6"]);
    row("gamma", &["–", "", "0", "–", "", "0"]);
    row("alpha", &["103", "92 – 115", "6", "2", "0", "1", "1", "6"]);
    let heading = page.find("<h3>Quality, price and latency</h3>").unwrap();
    let first = "<p>No other system beats alpha ($14.50) or beta ($1.54) at its price per 1,000 responses.</p>";
    let after = &page[heading..];
    assert!(
        after
            .trim_start_matches("<h3>Quality, price and latency</h3>")
            .trim_start()
            .starts_with(first)
    );
    assert_eq!(page.matches("id=\"eh-pareto-title\"").count(), 1);
    // Each width has both panels, with two systems each.
    assert_eq!(page.matches("class=\"plot-frontier\"").count(), 4);
    assert_eq!(page.matches("class=\"plot-leader\"").count(), 8);
}

#[test]
fn the_first_sentences_say_who_is_not_beaten_and_which_responses_are_marked() {
    let text = unwrapped(part(&report(&three_systems().judged(), "table")));
    let lead = "quality, price and latency \
        No other system beats alpha ($14.50) or beta ($1.54) at its price per 1,000 responses. \
        No other system beats alpha (995 ms) or beta (360 ms) at its median latency. \
        Warning: some responses are no full answers, and were judged as they are: \
        alpha (2 cut off, 1 refused, 1 empty, of 6). win rate";
    assert!(text.starts_with(lead), "{text}");
}

#[test]
fn what_is_not_known_is_said() {
    // alpha is better and cheaper; the latency is known of beta alone.
    let judged = two_systems(&json!({
        "alpha": { "model": "m", "cost": 0.0 },
        "beta": { "model": "m", "cost": 0.000_000_5, "latency_ms": 1234.4 },
    }));
    let text = unwrapped(part(&report(&judged, "table")));
    assert!(
        text.contains("Only alpha ($0.00) is not beaten at its price per 1,000 responses."),
        "{text}"
    );
    assert!(
        text.contains("Only beta (1,234 ms) has both a win rate and a known latency."),
        "{text}"
    );
    assert!(text.contains("33.3 %") && text.contains("0.000500 no interval 3"), "{text}");
    assert!(!text.contains("Warning"), "{text}");
    let page = report(&judged, "html");
    assert!(page.contains(">Win rate against price and latency<"));
}

#[test]
fn without_prices_and_latencies_there_is_no_plot() {
    let judged = two_systems(&json!({ "alpha": { "model": "m", "mark": "empty" } }));
    let text = unwrapped(part(&report(&judged, "table")));
    for sentence in [
        "No system has both a win rate and a known price.",
        "No system has both a win rate and a known latency.",
        "alpha (3 empty, of 3).",
        "How the responses of beta were generated is not known.",
    ] {
        assert!(text.contains(sentence), "{sentence}: {text}");
    }
    // With one system there is nothing that could be beaten.
    assert!(!text.contains("is beaten"), "{text}");
    let page = report(&judged, "html");
    assert!(page.contains("Quality, price and latency") && !page.contains("eh-pareto"));
}

#[test]
fn a_plot_has_only_the_panels_of_known_amounts() {
    let amounts = |cost: Value, latency: Value| {
        let mut generated = json!({ "model": "m" });
        for (key, value) in [("cost", cost), ("latency_ms", latency)] {
            if !value.is_null() {
                generated[key] = value;
            }
        }
        json!({ "alpha": generated, "beta": generated })
    };
    let price = report(&two_systems(&amounts(json!(0.001), Value::Null)), "html");
    assert!(price.contains(">Win rate against price<"));
    let latency = report(&two_systems(&amounts(Value::Null, json!(5.0))), "html");
    assert!(latency.contains(">Win rate against latency<"));
    for page in [price, latency] {
        assert_eq!(page.matches("class=\"plot-frontier\"").count(), 2);
    }
}

#[test]
fn a_report_on_other_runs_does_not_mention_it() {
    let judged = RunSpec::new(rows(&[(3, "a/a", "")])).judged();
    for format in ["table", "markdown", "html"] {
        let text = report(&judged, format).to_lowercase();
        assert!(
            !text.contains("quality, price") && !text.contains("eh-pareto"),
            "{format}: {text}"
        );
    }
}

/// A run of eight systems whose names do harm where they are not escaped, isolated or shortened, over many orders of
/// magnitude.
pub(super) fn hostile_systems() -> (JudgedRun, usize) {
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "\u{202e}desrever\u{202c} \u{1b}[31mred",
        "非常に長い名前を持つシステムその一二三四五六七八九十、これはとても長い",
        "👩\u{200d}👩\u{200d}👧\u{200d}👦 family",
        "نموذج اللغة العربية",
        "|`x` @ana #1 [l](javascript:a) https://a.example",
    ];
    let mut names: Vec<&'static str> = hostile.to_vec();
    names.push("x".repeat(600).leak());
    let mut all = Vec::new();
    for at in 0..names.len() {
        for other in at + 1..names.len() {
            let mut pair = [names[at], names[other]];
            pair.sort_unstable();
            all.extend((0..3).map(|item| Row::new(&format!("q{item}"), pair, "a/a", "")));
        }
    }
    let mut spec = RunSpec::new(all);
    for item in 0..3 {
        let generated = names.iter().enumerate().map(|(at, name)| {
            let response = json!({
                "model": *name,
                "mark": "cut-off",
                "cost": f64::from(item) * 10_f64.powi(at as i32 - 6),
                "latency_ms": 10_f64.powi(at as i32),
            });
            ((*name).to_owned(), response)
        });
        spec.generated.insert(format!("q{item}"), Value::Object(generated.collect()));
    }
    (spec.judged(), names.len())
}

#[test]
fn hostile_names_do_nothing_and_fit() {
    let (judged, systems) = hostile_systems();
    let table = report(&judged, "table");
    for line in part(&table).lines() {
        let width = unicode_width::UnicodeWidthStr::width(line);
        assert!(width <= 80, "{width} columns: {line}");
    }
    let acts = |char: char| {
        (char.is_control() && char != '\n') || ('\u{202a}'..='\u{202e}').contains(&char)
    };
    assert!(!table.chars().any(acts), "{table}");
    let markdown = report(&judged, "markdown");
    let active = Regex::new(r"@\w|#\d|://|www\.|<script|<img").unwrap();
    assert!(!active.is_match(part(&markdown)), "{markdown}");
    assert!(part(&markdown).contains("javascript"), "{markdown}");
    let page = report(&judged, "html");
    let pareto = &page[page.find("<h3>Quality, price and latency").unwrap()..];
    let pareto = &pareto[..pareto.find("</section>").unwrap()];
    assert!(
        pareto.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;")
            || pareto.contains("&lt;script&gt;alert(1)")
    );
    for part in ["<script", "<img", "\u{202e}", "\u{1b}"] {
        assert!(!pareto.contains(part), "{part}");
    }
    assert_eq!(pareto.matches("class=\"plot-leader\"").count(), 2 * 2 * systems);
}
