//! The table and the CSV file.

use std::fmt::Write as _;

use serde_json::json;

use super::{contests, document, judged, rank};
use crate::support::Folder;
use crate::support::labelled_run::unwrapped;

/// A run of so many systems, the longest response of which wins, and some ties.
fn many(systems: usize) -> Folder {
    let folder = Folder::new();
    let mut items = String::new();
    for item in 0..3 {
        let responses: serde_json::Map<_, _> = (0..systems)
            .map(|system| {
                let length = 10 + (system * 7 + item * 13 * (system % 5)) % (systems + 11);
                (format!("system-{system:03}"), json!("x".repeat(length)))
            })
            .collect();
        let item = json!({ "id": format!("q{item}"), "prompt": "?", "responses": responses });
        writeln!(items, "{item}").unwrap();
    }
    folder.write("items.jsonl", &items);
    let command = ["judge", "items.jsonl", "--rubric", "helpfulness", "--run", "run.db"];
    folder.run(&[&command[..], &["--judge", "builtin:longer"]].concat()).expect(0);
    folder
}

#[test]
fn the_table_of_many_systems_is_short_and_the_documents_have_everything() {
    let folder = many(40);
    let table = rank(&folder, &["run.db"]).expect(0).stdout;
    assert!(table.lines().count() < 100, "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.contains("… 29 not shown"), "{table}");
    let found = document(&rank(&folder, &["run.db", "--format", "json"]).expect(0));
    assert_eq!(found["systems"].as_array().unwrap().len(), 40);
    assert_eq!(found["pairs"].as_array().unwrap().len(), 780);
    assert_eq!(found["differences"].as_array().unwrap().len(), 780);
    let middle = found["systems"][25]["system"].as_str().unwrap();
    let named = rank(&folder, &["run.db", "--baseline", middle]).expect(0).stdout;
    assert!(named.contains(middle) && !table.contains(middle), "{named}");
    let csv = rank(&folder, &["run.db", "--format", "csv"]).expect(0).stdout;
    let rows = |kind: &str| csv.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!(rows("strength,"), 40);
    assert_eq!(rows("win_rate,"), 780);
    assert_eq!(rows("difference,"), 780);
}

#[test]
fn the_table_of_hundreds_of_sparsely_compared_systems_fits_a_terminal() {
    let folder = Folder::new();
    let name = |system: usize| format!("organisation/a-long-name-of-a-system-{:03}", system % 120);
    let mut items = String::new();
    for item in 0..240 {
        // Every system meets a few others, and lengths are such that most lose to some.
        let responses: serde_json::Map<_, _> = [item, item + 1 + item % 5, item + 9 + item % 7]
            .into_iter()
            .map(|system| {
                (
                    name(system),
                    json!("x".repeat(40 + (system % 120) / 4 + item * 7 % 23 * (system % 3))),
                )
            })
            .collect();
        let item = json!({ "id": format!("q{item:03}"), "prompt": "?", "responses": responses });
        writeln!(items, "{item}").unwrap();
    }
    folder.write("items.jsonl", &items);
    let command = ["judge", "items.jsonl", "--rubric", "helpfulness", "--run", "run.db"];
    folder.run(&[&command[..], &["--judge", "builtin:longer"]].concat()).expect(0);
    let table = rank(&folder, &["run.db"]).expect(0).stdout;
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(
        table.contains("… 109 not shown") && !table.contains("win rates of the first"),
        "{table}"
    );
    let found = document(&rank(&folder, &["run.db", "--format", "json"]).expect(0));
    let systems = found["systems"].as_array().unwrap();
    for rank in systems.iter().map(|system| &system["rank"]) {
        let number = |key: &str| rank[key].as_u64();
        if let (Some(value), Some(low), Some(high)) =
            (number("value"), number("low"), number("high"))
        {
            assert!(low <= value && value <= high, "{rank}");
        }
    }
    let base = systems[60]["system"].as_str().unwrap();
    let table = rank(&folder, &["run.db", "--baseline", base]).expect(0).stdout;
    assert!(!table.contains("comparisons of neighbours"), "{table}");
}

#[test]
fn the_table_says_what_each_number_is() {
    let kinds = [(5, "b/b"), (2, "a/a"), (2, "a/b"), (1, "b/-")];
    let run = judged(contests("q", ["a", "b"], &kinds));
    let table = unwrapped(&rank(&run.folder, &["run.db"]).expect(0).stdout);
    for part in [
        "b is first of 2 systems",
        "reversed verdicts of 8 would put a level with b",
        "Comparisons: 7 kept, 1 asked in one order only, 2 with orders that contradict each other",
        "decided comparisons (kept, or asked in one order only)",
        "row against column: % of all votes (comparisons)",
        "other: the orders contradict each other",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
}

#[test]
fn names_from_outside_are_escaped_in_every_format() {
    let folder = Folder::new();
    let hostile = "=cmd()\u{1b}[2J\u{202e},\"";
    let items: String = (0..6)
        .map(|at| {
            let responses = json!({ hostile: "x".repeat(3 + at % 3), "plain": "xxxx" });
            json!({ "id": format!("q{at}"), "prompt": "?", "responses": responses }).to_string()
                + "\n"
        })
        .collect();
    folder.write("items.jsonl", &items);
    let command = ["judge", "items.jsonl", "--rubric", "helpfulness", "--run", "run.db"];
    folder.run(&[&command[..], &["--judge", "builtin:longer"]].concat()).expect(0);
    for format in ["table", "json", "csv"] {
        let said = rank(&folder, &["run.db", "--format", format]).expect(0).stdout;
        assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{said}");
    }
    let csv = rank(&folder, &["run.db", "--format", "csv"]).expect(0).stdout;
    assert!(csv.contains("'=cmd()"), "{csv}");
}

#[test]
fn the_format_follows_the_ending_of_the_file() {
    let run = judged(contests("q", ["a", "b"], &[(2, "b/b"), (1, "a/a")]));
    for (file, begins) in
        [("r.json", "{\"judges\""), ("r.csv", "kind,system"), ("r.txt", "b is first")]
    {
        rank(&run.folder, &["run.db", "--output", file]).expect(0);
        let text = std::fs::read_to_string(run.folder.path().join(file)).unwrap();
        assert!(text.starts_with(begins), "{text}");
    }
    rank(&run.folder, &["run.db", "--output", "r.pdf"]).expect(2);
}

#[test]
fn the_page_of_a_run_shows_strengths_and_win_rates_of_more_than_two_systems() {
    let page = |systems| {
        let folder = many(systems);
        folder.run(&["report", "run.db", "--output", "page.html"]).expect(0);
        let document = folder.run(&["report", "run.db", "--format", "json"]).expect(0);
        (std::fs::read_to_string(folder.path().join("page.html")).unwrap(), document)
    };
    let (html, said) = page(4);
    let ranking = &document(&said)["ranking"];
    assert_eq!(ranking.as_array().unwrap().len(), 4);
    let strength = ranking[0]["strength"]["value"].as_f64().map(|value| format!("{value:.3}"));
    assert!(html.contains("eh-strengths") && html.contains("wins against"), "{html}");
    assert!(html.contains(&strength.unwrap()));
    let (html, said) = page(2);
    assert_eq!(document(&said)["ranking"], json!([]));
    assert!(!html.contains("eh-strengths") && !html.contains("wins against"));
}
