//! The text report of `evenhand metrics`, as reviewed.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::{in_tenths, item, lines, metrics, tickets, with_items};
use crate::support::Folder;

/// Returns the text report, and fails if a line has more than 80 columns.
#[track_caller]
fn page(folder: &Folder, flags: &[&str]) -> String {
    let page = metrics(folder, flags).expect(0).stdout;
    let wide: Vec<String> = page
        .lines()
        .filter(|line| line.width() > 80)
        .map(|line| format!("{} columns: {line}", line.width()))
        .collect();
    assert!(wide.is_empty(), "{}", wide.join("\n"));
    page
}

#[test]
fn the_report_on_the_tickets_shows_labels_and_slices() {
    let folder = with_items(&tickets(true)[..24]);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/tickets/labels.jsonl");
    folder.write("labels.jsonl", &std::fs::read_to_string(path).unwrap());
    let flags = ["--metric", "rouge-l", "--metric", "bleu", "--metric", "ter"];
    insta::assert_snapshot!(page(&folder, &[&flags[..], &["--labels", "labels.jsonl"]].concat()));
}

#[test]
fn more_systems_than_fit_side_by_side_are_listed() {
    let right: Vec<[usize; 5]> =
        (0..24).map(|at| [9 - at % 2, 5 + at % 3, 4 + at % 4, 3 + at % 5, at % 2]).collect();
    insta::assert_snapshot!(page(
        &with_items(&in_tenths(&right)),
        &["--metric", "rouge-l", "--metric", "ter"]
    ));
}

#[test]
fn a_system_without_a_score_is_last() {
    let mut items = in_tenths(&[[0, 9, 8, 7, 6], [0, 8, 7, 7, 5]]);
    for item in &mut items {
        item["responses"].as_object_mut().unwrap().remove("a");
    }
    items.push(json!({"id": "no reference", "prompt": "?", "responses": {"a": "zero"}}));
    let folder = with_items(&items);
    for metric in ["rouge-1", "ter"] {
        let page = page(&folder, &["--metric", metric]);
        let rows = page.lines().filter_map(|line| line.strip_prefix("    ")?.chars().next());
        let rows = rows.filter(|char| char.is_alphabetic());
        assert_eq!(rows.collect::<String>(), "bcdea", "{page}");
    }
}

#[test]
fn the_report_shows_slices_of_one_metric_by_tag() {
    let topics = ["billing", "login"];
    let mut items = in_tenths(&[[9, 2], [8, 3], [7, 3], [9, 5], [5, 5], [4, 6]].repeat(5));
    for (at, item) in items.iter_mut().enumerate() {
        item["tags"] = json!({"topic": topics[at % 2], "product": format!("product-{}", at % 4)});
    }
    insta::assert_snapshot!(page(&with_items(&items), &["--metric", "rouge-l"]));
}

#[test]
fn the_report_shows_classes_and_confusions() {
    let said = ["billing", "login", "billing", "I cannot say", "login", "other"];
    let right = ["billing", "login", "login", "other", "login", "other"];
    let items: Vec<Value> = (0..24)
        .map(|at| {
            item(&at.to_string(), &[("a", said[at % 6]), ("b", right[at % 6])], right[at % 6])
        })
        .collect();
    let flags = ["--metric", "accuracy", "--metric", "f1-macro", "--metric", "recall-weighted"];
    insta::assert_snapshot!(page(&with_items(&items), &flags));
}

/// Returns items of systems with these names, in slices with similar names.
fn long_names(systems: &[&str]) -> Folder {
    let items: Vec<Value> = (0..24)
        .map(|at| {
            let texts = systems.iter().enumerate();
            let texts: Vec<String> =
                texts.map(|(system, _)| super::tenths(9 - system - (at + system) % 3)).collect();
            let responses: Vec<(&str, &str)> =
                systems.iter().copied().zip(texts.iter().map(String::as_str)).collect();
            let mut item = item(&at.to_string(), &responses, super::WORDS);
            let region = ["eu", "us"][at % 2];
            item["tags"] = json!({"topic": format!("billing-of-{region}-customers-by-invoices")});
            item
        })
        .collect();
    with_items(&items)
}

#[test]
fn systems_with_similar_names_have_different_short_names() {
    let systems = ["llama-3.1-8b-instruct", "llama-3.1-70b-instruct", "llama-3.3-70b-instruct"];
    let page = page(&long_names(&systems), &["--metric", "rouge-l", "--per-item"]);
    let (above, items) = page.split_once("  item ").unwrap();
    let rows: Vec<&str> = items.lines().filter(|line| line.contains("instruct")).collect();
    assert_eq!(rows.len(), 72);
    insta::assert_snapshot!(above);
}

#[test]
fn long_names_of_many_systems_have_unique_short_names() {
    let systems = [8, 10, 80, 81, 82].map(|size| {
        format!("organisation/evaluation-run-of-november/model-of-{size}-billion-by-instruction")
    });
    let systems: Vec<&str> = systems.iter().map(String::as_str).collect();
    let page = page(&long_names(&systems), &["--metric", "rouge-l", "--per-item"]);
    let words = page.split([' ', '\n']).filter(|word| word.contains('…') && word.len() > 3);
    let names: std::collections::BTreeSet<&str> = words.collect();
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        [
            "orga…10-billion-b…",
            "orga…8-billion-by…",
            "orga…80-billion-b…",
            "orga…81-billion-b…",
            "orga…82-billion-b…"
        ]
    );
}

#[test]
fn differences_show_n_if_it_differs_from_that_of_the_scores() {
    let mut items = in_tenths(&[[9, 2, 5], [8, 3, 5], [7, 3, 6], [9, 5, 4]].repeat(6));
    for (at, item) in items.iter_mut().enumerate() {
        item["id"] = json!(at.to_string());
    }
    let all = page(&with_items(&items), &["--metric", "rouge-l"]);
    assert!(!all.contains("n ="), "{all}");
    for at in 0..2 {
        items[at]["responses"].as_object_mut().unwrap().remove("b");
        items[at + 1]["responses"].as_object_mut().unwrap().remove("c");
    }
    let some = page(&with_items(&items), &["--metric", "rouge-l"]);
    let rows: Vec<&str> = some.lines().filter(|line| line.contains(" − ")).collect();
    let numbers = ["n = 22 p < 0.001", "n = 22 p < 0.001", "n = 21 p = 0.001"];
    for (row, end) in rows.iter().zip(numbers) {
        assert!(row.ends_with(end), "{some}");
    }
}

#[test]
fn of_many_differences_those_of_the_best_system_are_first() {
    let right: Vec<[usize; 6]> =
        (0..24).map(|at| [1, 3, 9, 2, 8 + at % 2, 5].map(|right| right - (at / 2) % 2)).collect();
    let page = page(&with_items(&in_tenths(&right)), &["--metric", "rouge-l", "--metric", "ter"]);
    let pairs = page.lines().filter(|line| line.contains("p = ")).filter_map(|line| {
        let (before, after) = line.split_once(" − ")?;
        Some(format!("{}{}", before.chars().last()?, after.chars().next()?))
    });
    let pairs: Vec<String> = pairs.collect();
    assert_eq!(pairs.len(), 24, "{page}");
    for pairs in pairs.chunks(12) {
        assert_eq!(pairs[..5], ["ce", "cf", "bc", "cd", "ac"], "{page}");
        assert_eq!(pairs[5..].iter().find(|pair| pair.contains('c')), None, "{page}");
    }
    let said = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("; first the pairs of the best-scoring system, by distance"), "{page}");
}

#[test]
fn a_long_report_says_how_many_rows_are_left_out() {
    let systems: Vec<String> = (0..14).map(|number| format!("system-{number:02}")).collect();
    let answers = ["yes", "no"];
    let items: Vec<Value> = (0..20)
        .map(|at| {
            let said = |system: usize| answers[(at * system + at / 3) % 2];
            let responses: Vec<(&str, &str)> =
                systems.iter().enumerate().map(|(at, name)| (name.as_str(), said(at))).collect();
            item(&at.to_string(), &responses, answers[at % 2])
        })
        .collect();
    let page = page(&with_items(&items), &["--metric", "f1-macro"]);
    assert_eq!(page.matches("\n  classes of ").count(), 12);
    assert!(page.contains("\n  … and classes of 2 more systems with --format json\n"), "{page}");
    assert!(page.contains("\n  … and 79 more with --format json\n"), "of 91 pairs: {page}");
}

#[test]
fn a_slice_with_unequal_items_shows_a_range_of_n() {
    let mut items = in_tenths(&[[9, 2], [8, 3], [7, 3], [9, 5], [5, 5], [4, 6]].repeat(5));
    for (at, item) in items.iter_mut().enumerate() {
        item["tags"] = json!({"topic": if at % 2 == 0 { "billing" } else { "login" }});
        if at % 6 == 0 {
            item["responses"].as_object_mut().unwrap().remove("b");
        }
    }
    let folder = with_items(&items);
    let slices = |text: &str, within: char| -> Vec<String> {
        let rows = text.lines().filter(|line| line.contains("topic="));
        let cell = |row: &str| {
            row.split(within)
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .nth(3)
                .unwrap()
                .to_owned()
        };
        rows.map(cell).collect()
    };
    assert_eq!(slices(&page(&folder, &["--metric", "rouge-l"]), ' '), ["10–15", "15"]);
    let markdown = metrics(&folder, &["--metric", "rouge-l", "--format", "markdown"]).expect(0);
    assert_eq!(slices(&markdown.stdout, '|'), ["10–15", "15"]);
}

#[test]
fn the_report_shows_json_fields_and_every_response() {
    let items: Vec<Value> = (0..3)
        .map(|at| {
            let total = json!({"total": at, "vendor": {"name": "Acme"}});
            let other = json!({"total": 1, "vendor": {"name": "Acme"}}).to_string();
            item(&format!("invoice-{at}"), &[("a", &total.to_string()), ("b", &other)], total)
        })
        .collect();
    insta::assert_snapshot!(page(&with_items(&items), &["--per-item"]));
}

/// Returns the report on responses that are numbers: one program returns them as scores, another puts `before` in
/// front of them.
#[cfg(unix)]
#[track_caller]
fn page_of_numbers(
    systems: &[&str],
    number: &dyn Fn(usize, usize) -> String,
    before: &str,
) -> String {
    let items: Vec<Value> = (0..24)
        .map(|at| {
            let numbers: Vec<String> =
                (0..systems.len()).map(|system| number(at, system)).collect();
            let responses: Vec<(&str, &str)> =
                systems.iter().copied().zip(numbers.iter().map(String::as_str)).collect();
            let mut item = item(&format!("n-{at}"), &responses, "x");
            item["tags"] = json!({"half": if at % 2 == 0 { "even" } else { "odd" }});
            item
        })
        .collect();
    let folder = with_items(&items);
    let program =
        r#"while read -r line; do word=${line#*\"response\":\"}; echo "$1${word%%\"*}"; done"#;
    folder.write("repeat.sh", program);
    let with = format!("with=sh repeat.sh {before}");
    page(&folder, &["--command", "plain=sh repeat.sh", "--command", &with])
}

#[cfg(unix)]
#[test]
fn columns_of_large_and_negative_scores_are_separate() {
    let number = |at: usize, system: usize| (5000 + 7 * at + system * (100 + 6 * at)).to_string();
    insta::assert_snapshot!(page_of_numbers(&["a", "b"], &number, "-1."));
}

#[cfg(unix)]
#[test]
fn numbers_of_any_size_fit_into_80_columns() {
    let systems = ["alpha-2026-01", "beta-2026-01", "gamma-2026-01", "delta-2026-01"];
    let number = |at: usize, system: usize| {
        let number = 123_456 + 1_000 * system + (at * at % 5) * (50 + system);
        if system == 0 { format!("{number}000000") } else { number.to_string() }
    };
    insta::assert_snapshot!(page_of_numbers(&systems, &number, "-0."));
    let number = |at: usize, system: usize| format!("{}e-200", 1 + (at % 5) * (1 + system));
    page_of_numbers(&systems, &number, "-");
}

#[test]
fn the_report_warns_of_responses_far_longer_than_their_references() {
    let items: Vec<Value> = (0..24)
        .map(|at| {
            let [a, b] = [15 + at % 5, 12 + at % 3].map(|words| "w ".repeat(words));
            item(&at.to_string(), &[("a", &a), ("b", &b)], "x")
        })
        .collect();
    let flags = ["--metric", "ter", "--metric", "length-ratio"];
    insta::assert_snapshot!(page(&with_items(&items), &flags));
}

#[test]
fn a_report_with_long_names_is_at_most_80_columns_wide() {
    let systems = [
        "company/model-with-a-long-name-2026-01",
        "company/model-with-a-long-name-2026-02",
        "another-company/another-model",
        "模型模型模型模型模型模型模型",
    ];
    let items: Vec<Value> = (0..6)
        .map(|at| {
            let texts = [9, 5, 3, 1].map(|right| super::tenths(right - at % 2));
            let responses: Vec<(&str, &str)> =
                systems.into_iter().zip(texts.iter().map(String::as_str)).collect();
            let mut item = item(
                &format!("an-item-with-a-very-long-identifier-{at}"),
                &responses,
                super::WORDS,
            );
            item["tags"] =
                json!({"a-tag-with-a-long-name": format!("its value number {}", at % 2)});
            item
        })
        .collect();
    let folder = with_items(&items);
    folder.write("labels.jsonl", &lines(&[json!({
        "id": "an-item-with-a-very-long-identifier-0", "annotator": "ana", "between": &systems[..2], "winner": systems[0]
    })]));
    let flags = ["--metric", "precision-weighted", "--metric", "ter", "--metric", "rouge-l"];
    page(&folder, &[&flags[..], &["--per-item", "--labels", "labels.jsonl"]].concat());
}

#[test]
fn metric_names_are_whole_and_signatures_break_between_parts() {
    let items: Vec<Value> = (0..24)
        .map(|at| {
            let said = ["yes", "no", "yes"][at % 3];
            let mut item =
                item(&at.to_string(), &[("a", said), ("b", "yes")], ["yes", "no"][at % 2]);
            item["tags"] = json!({"half": if at < 12 { "first" } else { "second" }});
            item
        })
        .collect();
    let flags = ["--metric", "precision-weighted", "--metric", "ter", "--metric", "rouge-lsum"];
    let page = page(&with_items(&items), &flags);
    assert_eq!(page.matches("\n  precision-weighted ").count(), 4, "{page}");
    assert!(!page.contains('…'), "{page}");
    assert!(page.contains("|punct:yes|asian:no|\n"), "{page}");
}

#[cfg(unix)]
#[test]
fn a_long_name_of_a_program_has_a_line_of_its_own() {
    let mut items = in_tenths(&[[9, 2], [8, 3], [7, 3], [9, 5]].repeat(6));
    for (at, item) in items.iter_mut().enumerate() {
        item["id"] = json!(at.to_string());
        item["tags"] = json!({"half": if at < 12 { "first" } else { "second" }});
    }
    let folder = with_items(&items);
    folder.write("length.sh", "while read -r line; do echo ${#line}; done");
    folder.write("labels.jsonl", &lines(&[json!({"id": "1", "annotator": "ana", "winner": "a"})]));
    let name = "does-the-summary-name-every-number";
    let program = format!("{name}=sh length.sh");
    let flags = ["--command", &program, "--lower", name, "--labels", "labels.jsonl"];
    insta::assert_snapshot!(page(&folder, &flags));
}
