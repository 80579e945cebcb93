//! The table and the CSV file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{contests, document, judged, pair, rank};
use crate::support::Folder;
use crate::support::labelled_run::{RunSpec, unwrapped};

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

/// The rows of a CSV ranking, by column.
fn csv_rows(text: &str) -> Vec<CsvRow> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        head.iter().zip(&row).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

type CsvRow = BTreeMap<String, String>;

/// A ranking of three systems that beat each other in a circle, as a document and as CSV.
fn document_and_csv() -> (Value, Vec<CsvRow>) {
    let rows = [
        contests("x", ["a", "b"], &[(4, "a/a"), (1, "b/b"), (2, "b/-"), (1, "t/t")]),
        contests("y", ["b", "c"], &[(3, "a/a"), (1, "b/b"), (1, "a/b")]),
        contests("z", ["a", "c"], &[(1, "a/a"), (3, "b/b"), (1, "?/b")]),
    ];
    let run = judged(rows.concat());
    let found = document(&rank(&run.folder, &["run.db", "--format", "json"]).expect(0));
    let csv = csv_rows(&rank(&run.folder, &["run.db", "--format", "csv"]).expect(0).stdout);
    (found, csv)
}

fn of_kind<'a>(csv: &'a [CsvRow], kind: &str) -> Vec<&'a CsvRow> {
    csv.iter().filter(|row| row["kind"] == kind).collect()
}

/// A value of a document as the cell of a table.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.as_f64().unwrap().to_string(),
    }
}

#[track_caller]
fn assert_estimate(row: &CsvRow, estimate: &Value) {
    for key in ["value", "low", "high", "n"] {
        assert_eq!(row[key], cell(&estimate[key]), "{row:?}");
    }
}

#[test]
fn csv_has_all_systems_and_pairs_of_the_document() {
    let (found, csv) = document_and_csv();
    let of = |kind: &str| of_kind(&csv, kind);
    let systems = found["systems"].as_array().unwrap();
    for (system, (strength, votes)) in
        systems.iter().zip(of("strength").iter().zip(of("all_votes")))
    {
        assert_estimate(strength, &system["strength"]);
        assert_estimate(votes, &system["all_votes"]);
        assert_eq!(cell(&system["rank"]["high"]), strength["rank_high"]);
    }
    let (pairs, differences) =
        (found["pairs"].as_array().unwrap(), found["differences"].as_array().unwrap());
    for (pair, row) in pairs.iter().zip(of("win_rate")) {
        assert_estimate(row, &pair["win_rate"]);
        for key in ["wins", "losses", "ties", "one_order", "inconsistent", "missing"] {
            assert_eq!(row[key], cell(&pair[key]));
        }
    }
    for (pair, row) in pairs.iter().zip(of("all_votes").into_iter().skip(systems.len())) {
        assert_estimate(row, &pair["all_votes"]);
    }
    assert_eq!(of("difference").len(), differences.len());
    for (difference, row) in differences.iter().zip(of("difference")) {
        assert_estimate(row, &difference["difference"]);
        assert_eq!(row["p_adjusted"], cell(&difference["p_adjusted"]));
    }
}

#[test]
fn csv_has_all_models_counts_and_warnings_of_the_document() {
    let (found, csv) = document_and_csv();
    let of = |kind: &str| of_kind(&csv, kind);
    for model in ["order_adjusted", "length_adjusted", "davidson", "soft"] {
        let expected = &found[model];
        assert_eq!(of(model).len(), expected["strengths"].as_array().unwrap().len(), "{model}");
        let coefficient = of(&format!("{model}_coefficient"));
        assert_eq!(coefficient.len(), usize::from(!expected["coefficient"].is_null()), "{model}");
        for row in coefficient {
            assert_estimate(row, &expected["coefficient"]);
        }
        let undefined = of(&format!("{model}_undefined"));
        let texts: Vec<&String> = undefined.iter().map(|row| &row["text"]).collect();
        let reason = expected["undefined"].as_str();
        assert_eq!(texts, reason.into_iter().collect::<Vec<_>>(), "{model}");
    }
    let [leader] = of("leader")[..] else { panic!("{csv:?}") };
    let expected = &found["leader"];
    for (column, key) in
        [("system", "system"), ("against", "challenger"), ("value", "reversals"), ("n", "of")]
    {
        assert_eq!(leader[column], cell(&expected[key]));
    }
    assert_eq!(of("triples")[0]["value"], cell(&found["intransitive"]["triples"]));
    assert_eq!(of("cycles")[0]["value"], cell(&found["intransitive"]["cycles"]));
    assert_eq!(of("cycle")[0]["text"], "a > b > c");
    for (key, value) in found["comparisons"].as_object().unwrap() {
        assert_eq!(of(key)[0]["value"], cell(value), "{key}");
    }
    assert_eq!(of("items")[0]["value"], cell(&found["items"]));
    assert_eq!([&of("connected")[0]["value"], &of("finite")[0]["value"]], ["1", "1"]);
    assert_eq!(of("judge")[0]["system"], "judge-1");
    assert!(of("judge")[0]["text"].ends_with("in run.db"), "{:?}", of("judge"));
    let warnings: Vec<[&str; 2]> = of("warning")
        .into_iter()
        .map(|row| [row["system"].as_str(), row["text"].as_str()])
        .collect();
    let expected: Vec<[&str; 2]> = found["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| ["code", "message"].map(|key| warning[key].as_str().unwrap()))
        .collect();
    assert!(expected.len() > 2, "{found}");
    assert_eq!(warnings, expected);
    // Nothing else is in the document.
    let keys: Vec<&str> = found.as_object().unwrap().keys().map(String::as_str).collect();
    let covered = [
        "judges",
        "items",
        "comparisons",
        "systems",
        "pairs",
        "differences",
        "connected",
        "components",
        "finite",
        "intransitive",
        "leader",
        "order_adjusted",
        "length_adjusted",
        "davidson",
        "soft",
        "from",
        "loss",
        "warnings",
    ];
    assert_eq!(keys, covered);
}

#[test]
fn the_report_has_the_pairs_and_the_warnings_of_the_ranking() {
    // The jury keeps nothing of a and b, since its judges contradict each other; their votes count all the same.
    let rows = [
        contests("x", ["a", "b"], &[(6, "a/a b/b")]),
        contests("y", ["a", "c"], &[(4, "a/a a/a"), (2, "b/b b/b")]),
        contests("z", ["b", "c"], &[(4, "a/a a/b"), (2, "b/b b/b")]),
    ];
    let run = RunSpec::new(rows.concat()).judged();
    let ranking = document(&rank(&run.folder, &["run.db", "--format", "json"]).expect(0));
    let report =
        |flags: &[&str]| run.folder.run(&[&["report", "run.db"], flags].concat()).expect(0);
    let found = document(&report(&["--format", "json"]));
    assert_eq!(found["judge"], "jury");
    assert_eq!(found["ranking"], ranking["systems"]);
    assert_eq!(found["ranking_pairs"], ranking["pairs"]);
    let warnings = found["warnings"].as_array().unwrap();
    let of_ranking = ranking["warnings"].as_array().unwrap();
    assert!(of_ranking.iter().any(|warning| warning["code"] == "inconsistent"), "{ranking}");
    for warning in of_ranking {
        assert!(warnings.contains(warning), "{warning} {found}");
    }
    let page = report(&["--format", "html"]).stdout;
    assert!(page.contains("Each judge of the jury counts once"), "{page}");
    let matrix = page
        .split("<table class=\"plot-table plot-matrix\"")
        .nth(1)
        .unwrap()
        .split("</table>")
        .next()
        .unwrap();
    // Over all votes of both judges a and b are level, in 12 comparisons; the jury kept none of them.
    assert_eq!(pair(&ranking, "pairs", ["a", "b"])["all_votes"]["n"], 12);
    assert!(matrix.contains("50.0 %") && matrix.contains("n 12"), "{matrix}");
    for warning in of_ranking {
        // The page sets numbers with other spaces.
        let message = warning["message"].as_str().unwrap();
        let message = message.split(|char: char| char.is_ascii_digit()).next().unwrap();
        assert!(page.contains(message), "{message}");
        for format in ["table", "markdown"] {
            assert!(
                report(&["--format", format]).stdout.contains(warning["code"].as_str().unwrap())
            );
        }
    }
}
