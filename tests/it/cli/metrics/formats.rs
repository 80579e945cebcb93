//! CSV and Markdown: the same numbers as JSON, and names that cannot be formulas or markup.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{document, in_tenths, item, lines, metric, metrics, number, pair, score, with_items};
use crate::support::Folder;

/// The rows of the CSV file, by the names of its columns.
fn csv_rows(folder: &Folder, flags: &[&str]) -> Vec<HashMap<String, String>> {
    let said = metrics(folder, &[flags, &["--format", "csv"]].concat()).expect(0);
    let mut reader = csv::Reader::from_reader(said.stdout.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// The rows in which every column given has its value.
fn those<'a>(
    rows: &'a [HashMap<String, String>],
    columns: &[(&str, &str)],
) -> Vec<&'a HashMap<String, String>> {
    let fits = |row: &&HashMap<String, String>| {
        columns.iter().all(|(column, value)| row[*column] == *value)
    };
    rows.iter().filter(fits).collect()
}

#[track_caller]
fn assert_row(row: &HashMap<String, String>, estimate: &Value) {
    for key in ["value", "low", "high"] {
        let found: Option<f64> = row[key].parse().ok();
        assert_eq!(found, estimate[key].as_f64(), "{key}: {row:?}");
    }
    assert_eq!(row["n"], estimate["n"].to_string());
}

#[test]
fn csv_has_one_row_per_number() {
    let mut items = in_tenths(&[[9, 2], [8, 3], [7, 3], [9, 5]]);
    for (at, item) in items.iter_mut().enumerate() {
        item["tags"] = json!({"half": if at < 2 { "first" } else { "second" }});
    }
    let folder = with_items(&items);
    folder.write("labels.jsonl", &lines(&["t-0", "t-1", "t-3"].map(|id| {
        json!({"id": id, "annotator": "ana", "winner": if id == "t-3" { "b" } else { "a" }})
    })));
    let flags = ["--metric", "rouge-1", "--labels", "labels.jsonl", "--per-item"];
    let (rows, found) = (csv_rows(&folder, &flags), document(&folder, &flags));
    let rouge = metric(&found, "rouge-1");
    let one = |columns: &[(&str, &str)]| {
        let found = those(&rows, &[columns, &[("metric", "rouge-1")]].concat());
        assert_eq!(found.len(), 1, "{columns:?}");
        found[0]
    };
    assert_row(one(&[("kind", "score"), ("system", "b"), ("tag", "")]), score(rouge, "b"));
    let difference = one(&[("kind", "difference"), ("system", "a"), ("against", "b"), ("tag", "")]);
    assert_row(difference, &pair(rouge, ["a", "b"])["difference"]);
    let p_value: f64 = difference["p_adjusted"].parse().unwrap();
    assert!((p_value - number(&pair(rouge, ["a", "b"])["p_adjusted"])).abs() < 1e-12);
    for key in ["coverage", "agreement", "cohen_kappa", "decided_agreement"] {
        assert_row(one(&[("kind", key)]), &rouge["labels"][key]);
    }
    for slice in found["slices"].as_array().unwrap() {
        let value = slice["value"].as_str().unwrap();
        let keys = [("tag", "half"), ("slice", value)];
        assert_row(
            one(&[&keys[..], &[("kind", "score"), ("system", "a")]].concat()),
            score(slice, "a"),
        );
        let row = one(&[&keys[..], &[("kind", "difference")]].concat());
        assert_row(row, &slice["pairs"][0]["difference"]);
    }
    let items = those(&rows, &[("kind", "item")]);
    assert_eq!(items.len(), 8);
    let of_item = one(&[("kind", "item"), ("id", "t-2"), ("system", "b")]);
    let close = (of_item["value"].parse::<f64>().unwrap() - 0.3).abs() < 1e-12;
    assert!(close && of_item["low"].is_empty(), "{of_item:?}");
}

#[test]
fn csv_warnings_are_on_stderr() {
    let folder = with_items(&in_tenths(&[[9, 2], [8, 3], [7, 3]]));
    let said = metrics(&folder, &["--metric", "rouge-1", "--format", "csv"]).expect(0);
    assert!(said.stderr.starts_with("warning: few-items: 3 items are too few"), "{}", said.stderr);
}

#[test]
fn csv_has_the_fields_of_objects() {
    let items = [item("1", &[("a", "{\"x\":1}")], json!({"x": 1, "y": 2}))];
    let rows = csv_rows(&with_items(&items), &["--metric", "json-fields"]);
    let [x, y] = ["x", "y"].map(|field| those(&rows, &[("kind", "field"), ("slice", field)]));
    assert_eq!([x[0]["value"].as_str(), y[0]["value"].as_str()], ["1", "0"]);
}

/// Answers of two systems to five questions, whose classes are `no` and `yes`.
fn classified() -> Folder {
    let answers = [
        ("yes", "yes", "no"),
        ("yes", "yes", "yes"),
        ("yes", "no", "maybe"),
        ("no", "no", "no"),
        ("no", "", "yes"),
    ];
    let items = answers.iter().enumerate().map(|(at, (right, a, b))| {
        let mut item = item(&at.to_string(), &[("a", *a), ("b", *b)], *right);
        item["tags"] = json!({"half": if at < 3 { "first" } else { "second" }});
        item
    });
    with_items(&items.collect::<Vec<_>>())
}

#[test]
fn csv_has_the_confusions_of_classes() {
    let rows = csv_rows(&classified(), &["--metric", "f1-macro"]);
    let counted = |kind: &str, system: &str, right: &str, said: &str| {
        let keys = [("kind", kind), ("system", system), ("slice", right), ("against", said)];
        let found = those(&rows, &keys);
        assert_eq!(found.len(), 1, "{keys:?}");
        found[0]["value"].clone()
    };
    let row = |system: &str, said: &str| {
        ["no", "yes"].map(|right| counted("confusion", system, right, said))
    };
    assert_eq!([row("a", "no"), row("a", "yes")], [["1", "1"], ["0", "2"]]);
    assert_eq!([row("b", "no"), row("b", "yes")], [["1", "1"], ["1", "1"]]);
    let elsewhere =
        ["a", "b"].map(|system| ["no", "yes"].map(|right| counted("elsewhere", system, right, "")));
    assert_eq!(elsewhere, [["1", "0"], ["0", "1"]]);
}

#[test]
fn markdown_has_slices_and_confusions() {
    let flags = ["--metric", "accuracy", "--metric", "f1-macro", "--format", "markdown"];
    let text = metrics(&classified(), &flags).expect(0).stdout;
    insta::assert_snapshot!(text);
    let all = ["--metric", "rouge-1", "--metric", "ter"];
    let text = metrics(&classified(), &[&flags[..], &all].concat()).expect(0).stdout;
    assert!(text.contains("- slices by half: use --format json or at most 3"), "{text}");
    assert!(!text.contains("half=first"), "{text}");
}

/// Names and ids that want to be formulas, markup, or commands to a terminal.
const HOSTILE: [&str; 6] = [
    "=HYPERLINK(\"http://x\")",
    "| a | **b** <script>alert(1)</script>",
    "\u{1b}[2J\u{7}cleared",
    "\u{202e}reversed\u{2066}",
    "@sum, \"quoted\"",
    "# heading\u{9b}31m",
];

fn hostile() -> Folder {
    let responses: serde_json::Map<String, Value> =
        HOSTILE.iter().take(3).map(|name| ((*name).to_owned(), Value::from("x y z"))).collect();
    let items: Vec<Value> = HOSTILE
        .iter()
        .map(|name| {
            json!({"id": name, "prompt": "?", "responses": responses, "reference": "x y", "tags": {*name: name, "t": name}})
        })
        .collect();
    let folder = with_items(&items);
    folder.write("labels.jsonl", &lines(&[json!({
        "id": HOSTILE[2], "annotator": HOSTILE[3], "between": &HOSTILE[..2], "winner": HOSTILE[1]
    })]));
    folder
}

#[test]
fn control_characters_in_names_are_escaped_in_every_format() {
    let folder = hostile();
    for format in ["table", "json", "csv", "markdown"] {
        let flags = ["--metric", "rouge-1", "--metric", "accuracy", "--metric", "f1-macro"];
        let more = ["--per-item", "--labels", "labels.jsonl", "--format", format];
        let said = metrics(&folder, &[&flags[..], &more].concat()).expect(0);
        let active = |char: char| {
            char.is_control() && char != '\n' || "\u{202e}\u{2066}\u{200f}".contains(char)
        };
        let found = said.stdout.chars().chain(said.stderr.chars()).find(|char| active(*char));
        assert_eq!(found, None, "{format}: {}", said.stdout.escape_debug());
        assert!(said.stdout.contains("cleared"), "{format}");
    }
}

#[test]
fn json_has_names_unchanged() {
    let found = document(&hostile(), &["--metric", "rouge-1", "--per-item"]);
    for name in &HOSTILE[..3] {
        assert_eq!(score(metric(&found, "rouge-1"), name)["n"], 6);
    }
    let ids: Vec<&str> =
        found["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(HOSTILE.iter().all(|name| ids.contains(name)), "{ids:?}");
}

#[test]
fn csv_escapes_names_that_look_like_formulas() {
    let rows = csv_rows(&hostile(), &["--metric", "rouge-1", "--per-item"]);
    assert_eq!(those(&rows, &[("kind", "item")]).len(), 18);
    let texts = ["metric", "tag", "slice", "id", "system", "against", "error"];
    let cells = || rows.iter().flat_map(|row| texts.map(|column| row[column].as_str()));
    assert_eq!(cells().find(|cell| cell.starts_with(['=', '+', '-', '@'])), None);
    for name in [HOSTILE[0], HOSTILE[4]] {
        assert!(cells().any(|cell| cell == format!("'{name}")), "{name}");
    }
}

#[test]
fn markdown_escapes_names() {
    let flags = ["--metric", "f1-macro", "--labels", "labels.jsonl", "--format", "markdown"];
    let text = metrics(&hostile(), &flags).expect(0).stdout;
    assert!(text.contains("f1-macro | ") && text.contains("t=="), "there are slices: {text}");
    assert!(
        !text.contains("<script") && text.contains("\\| a \\| \\*\\*b\\*\\* &lt;script"),
        "{text}"
    );
    // As many cells in every row of a table as in its first.
    let mut cells = None;
    for line in text.lines() {
        if !line.starts_with('|') {
            cells = None;
            continue;
        }
        let found = line.replace("\\|", "").matches('|').count();
        assert_eq!(*cells.get_or_insert(found), found, "{line}");
    }
}

#[test]
fn markdown_has_scores_differences_people_signatures_and_warnings() {
    let folder = with_items(&in_tenths(&[[9, 2], [8, 3], [7, 3]]));
    folder
        .write("labels.jsonl", &lines(&[json!({"id": "t-0", "annotator": "ana", "winner": "a"})]));
    let flags = ["--metric", "rouge-1", "--labels", "labels.jsonl", "--format", "markdown"];
    let text = metrics(&folder, &flags).expect(0).stdout;
    for part in [
        "| metric | a | b |\n| --- | ---: | ---: |\n| rouge-1 | 0.800 (",
        "| rouge-1 | a − b | 0.533 (",
        " | 3 | 0.250 |",
        "3 items, 2 systems; 95 % intervals over items.\n",
        "\nEach score over 3 items.\n",
        "\nPaired differences over the items with responses of both systems; p: permutation test",
        "\nAgreement with 1 labelled comparison of 1 annotator (0.0 % ties): ",
        "\nNo metric is shown to agree with people beyond chance.\n",
        "\n| rouge-1 | 100.0 % (20.7 – 100.0) | – | 100.0 % (",
        "- rouge-1: tok:default\\|stem:no",
        "- warning, few-items: ",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

#[test]
fn markdown_has_the_sentences_of_the_text_report() {
    let mut items = in_tenths(&[[9, 2], [8, 3], [7, 3], [9, 5]].repeat(6));
    items[0]["responses"].as_object_mut().unwrap().remove("b");
    for (at, item) in items.iter_mut().enumerate() {
        item["id"] = json!(format!("t-{at}"));
    }
    let folder = with_items(&items);
    let labels: Vec<Value> = (1..20)
        .flat_map(|at| {
            let winner = |tie: bool| if tie { "tie" } else { "a" };
            [("ana", winner(at % 4 == 0)), ("ben", winner(at % 3 == 0))].map(|(annotator, winner)| {
                json!({"id": format!("t-{at}"), "annotator": annotator, "winner": winner})
            })
        })
        .collect();
    folder.write("labels.jsonl", &lines(&labels));
    let flags = ["--metric", "rouge-1", "--metric", "ter", "--labels", "labels.jsonl"];
    let text = metrics(&folder, &[&flags[..], &["--format", "markdown"]].concat()).expect(0).stdout;
    let page = metrics(&folder, &flags).expect(0).stdout;
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let (text_words, page_words) = (words(&text), words(&page));
    for said in [
        "24 items, 2 systems; 95 % intervals over items.",
        "marks the system that is better than every other: no interval of a difference contains 0, and p ≤ 0.05.",
        "n = 23",
        "↓ lower is better",
        "p: permutation test, adjusted over the pairs of each metric (holm)",
        "of 2 annotators (5.3 % ties): how often",
        "\"decides\": how often the scores differ; \"right\": how often",
        "no metric is shown to agree with people beyond chance.",
        "8 comparisons have no majority.",
    ] {
        assert!(page_words.contains(said), "no `{said}` on\n{page}");
        assert!(text_words.contains(said), "no `{said}` in\n{text}");
    }
}
