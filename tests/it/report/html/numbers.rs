//! Every number of a page is one of the JSON document, with its interval and its n beside it.

mod needs_chromium {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::runs::{tickets, varied};
    use super::super::{DIFF, LABELS, open, write_diff_page, write_page};
    use crate::overview::closeness::judged_with_probabilities;
    use crate::support::Folder;
    use crate::support::labelled_run::label;

    /// A table of a page: its caption, its headings, and its rows.
    #[derive(Debug, serde::Deserialize)]
    struct Table {
        caption: String,
        heads: Vec<String>,
        rows: Vec<Vec<String>>,
    }

    const TABLES: &str = "[...document.querySelectorAll('main table:not(.cases)')].filter(one => !one.closest('#eh-case')).map(table => ({
        caption: table.caption?.textContent ?? '',
        heads: [...table.tHead.rows].at(-1) ? [...[...table.tHead.rows].at(-1).cells].map(cell => cell.textContent) : [],
        rows: [...table.querySelectorAll('tbody tr, tfoot tr')].map(row => [...row.cells].map(cell => cell.textContent)),
      }))";

    /// Splits the text of a matrix cell into its share, interval and n.
    #[track_caller]
    fn in_one_cell(cell: &str) -> [String; 3] {
        let (share, rest) = cell.split_once('%').unwrap_or_else(|| panic!("{cell} is no share"));
        let (interval, n) = rest.split_once("n ").unwrap_or_else(|| panic!("{cell} has no n"));
        [format!("{share}%"), interval.to_owned(), n.to_owned()]
    }

    fn whole(number: u64) -> String {
        let digits = number.to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text
    }

    fn minus(text: &str) -> String {
        let number = |word: &str| match word.strip_prefix('-') {
            Some(rest) if rest.chars().all(|char| "0.".contains(char)) => rest.to_owned(),
            Some(rest) => format!("−{rest}"),
            None => word.to_owned(),
        };
        text.split(' ').map(number).collect::<Vec<_>>().join(" ")
    }

    /// Collects every estimate of a document as it may be written: in per cent, in points, as a plain number.
    fn estimates(value: &Value, into: &mut BTreeSet<[String; 3]>) {
        match value {
            Value::Array(all) => all.iter().for_each(|one| estimates(one, into)),
            Value::Object(all) => {
                if let (Some(n), Some(value)) =
                    (all.get("n").and_then(Value::as_u64), all.get("value"))
                {
                    let n = whole(n);
                    match value.as_f64() {
                        None => {
                            into.insert(["–".to_owned(), "no value".to_owned(), n]);
                        }
                        Some(value) => {
                            let ends = [&all["low"], &all["high"]].map(Value::as_f64);
                            for (scale, places, unit) in
                                [(100.0, 1, " %"), (100.0, 1, ""), (1.0, 3, "")]
                            {
                                let interval = match ends {
                                    [Some(low), Some(high)] => minus(&format!(
                                        "{:.places$} – {:.places$}",
                                        low * scale,
                                        high * scale
                                    )),
                                    _ => "no interval".to_owned(),
                                };
                                into.insert([
                                    minus(&format!("{:.places$}{unit}", value * scale)),
                                    interval,
                                    n.clone(),
                                ]);
                            }
                        }
                    }
                }
                if let Some(median) = all.get("latency_ms_p50").and_then(Value::as_f64) {
                    let n = whole(all["attempts"].as_u64().unwrap());
                    into.insert([format!("{median:.0} ms"), "no interval".to_owned(), n]);
                }
                if let (Some(n), Some(share)) = (all.get("n"), all.get("accuracy")) {
                    let estimate = serde_json::json!({ "value": share, "low": all["low"], "high": all["high"], "n": n });
                    estimates(&estimate, into);
                }
                all.values().for_each(|one| estimates(one, into));
            }
            _ => {}
        }
    }

    /// Returns a document with each estimate of a share as that of the other system.
    fn complement(value: &Value) -> Value {
        match value {
            Value::Array(all) => all.iter().map(complement).collect(),
            Value::Object(all) if all.contains_key("n") && all.contains_key("value") => {
                let of_other = |key: &str| all[key].as_f64().map(|share| 1.0 - share);
                serde_json::json!({
                    "value": of_other("value"), "low": of_other("high"), "high": of_other("low"), "n": all["n"],
                })
            }
            Value::Object(all) => {
                Value::Object(all.iter().map(|(key, one)| (key.clone(), complement(one))).collect())
            }
            other => other.clone(),
        }
    }

    /// Every whole number of a document.
    fn counts(value: &Value, into: &mut BTreeSet<String>) {
        match value {
            Value::Array(all) => all.iter().for_each(|one| counts(one, into)),
            Value::Object(all) => all.values().for_each(|one| counts(one, into)),
            Value::Number(number) => into.extend(number.as_u64().map(whole)),
            _ => {}
        }
    }

    /// Checks every row of the tables of a page against the documents, and returns how many estimates there were.
    fn check(tables: &[Table], documents: &[Value]) -> usize {
        let (mut known, mut complements, mut numbers) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for document in documents {
            estimates(document, &mut known);
            estimates(&complement(document), &mut complements);
            counts(document, &mut numbers);
        }
        let mut found = 0;
        for table in tables {
            let place = |name: &str, from: usize| {
                table.heads[from..].iter().position(|head| head == name).map(|at| at + from)
            };
            let mut covered = vec![false; table.heads.len()];
            let mut at = 0;
            let mut columns = Vec::new();
            while let Some(interval) = place("95 % interval", at) {
                let n = if table.heads.get(interval + 1).is_some_and(|head| head == "n") {
                    interval + 1
                } else {
                    // The n of a share of all comparisons is their number.
                    place("comparisons", 0)
                        .or_else(|| place("n", interval))
                        .unwrap_or_else(|| panic!("{} has no n", table.caption))
                };
                columns.push([interval - 1, interval, n]);
                at = interval + 1;
            }
            for row in &table.rows {
                for [value, interval, n] in &columns {
                    let triple = [value, interval, n].map(|at| row[*at].clone());
                    for at in [value, interval, n] {
                        covered[*at] = true;
                    }
                    // What does not exist for this row.
                    if triple[0] == "–" && triple[1].is_empty()
                        || triple.iter().all(String::is_empty)
                    {
                        continue;
                    }
                    // The bounds have no value; they are two win rates.
                    if triple[0].is_empty() {
                        continue;
                    }
                    assert!(
                        known.contains(&triple),
                        "{}: {row:?} has {triple:?}, which is not in the documents",
                        table.caption
                    );
                    found += 1;
                }
                if table.caption.starts_with("Win rates over all votes, row against column") {
                    for cell in row.iter().skip(1).filter(|cell| !["", "–"].contains(&&***cell)) {
                        let triple = in_one_cell(cell);
                        let is_known = known.contains(&triple) || complements.contains(&triple);
                        assert!(is_known, "{}: {triple:?}", table.caption);
                        found += 1;
                    }
                    continue;
                }
                for (at, cell) in row.iter().enumerate() {
                    let is_share = cell.contains(" %") && at > 0;
                    assert!(
                        !is_share || columns.iter().flatten().any(|column| *column == at),
                        "{}: {row:?}: {cell} has no interval and n",
                        table.caption
                    );
                    // The sums of the order table are those of its rows and columns.
                    let is_sum =
                        table.caption.starts_with("Comparisons by what both orders prefer");
                    let is_count = !cell.is_empty()
                        && cell.chars().all(|char| char.is_ascii_digit() || char == ',');
                    assert!(
                        !is_count || is_sum || at == 0 || numbers.contains(cell),
                        "{}: {row:?}: {cell} is not in the documents",
                        table.caption
                    );
                }
            }
        }
        found
    }

    fn json(folder: &Folder, arguments: &[&str]) -> Value {
        let said = folder.run(&[arguments, &["--format", "json"]].concat()).expect(0);
        serde_json::from_str(&said.stdout).unwrap()
    }

    fn tables(page: &std::path::Path) -> Vec<Table> {
        let mut browser = open(page);
        let tables = serde_json::from_value(browser.evaluate(TABLES)).unwrap();
        browser.expect_no_faults();
        tables
    }

    #[test]
    #[ignore = "needs chromium"]
    fn every_number_in_the_tables_is_in_the_documents_with_interval_and_n() {
        let folder = tickets().judged();
        let report = json(&folder, &[&["report", "run.db"], &LABELS[..]].concat());
        let calibration = json(&folder, &[&["calibrate", "run.db"], &LABELS[..]].concat());
        let tables_with = tables(&write_page(&folder, &LABELS));
        assert!(tables_with.len() > 10);
        let found = check(&tables_with, &[report.clone(), calibration.clone()]);
        assert!(found > 60, "{found}");
        // The other way round: what calibrate says first is on the page.
        let mut shown = BTreeSet::new();
        for table in &tables_with {
            shown.extend(table.rows.iter().flatten().cloned());
        }
        for pointer in [
            "/win_rates/0/order_averaged",
            "/win_rates/0/kept",
            "/win_rates/0/labels",
            "/orders/agreement",
            "/orders/kappa",
            "/kept/agreement",
            "/coverage",
        ] {
            let Some(estimate) = calibration.pointer(pointer).filter(|one| one.is_object()) else {
                continue;
            };
            let mut written = BTreeSet::new();
            estimates(&serde_json::json!([estimate]), &mut written);
            assert!(
                written
                    .iter()
                    .any(|[value, interval, _]| shown.contains(value) && shown.contains(interval)),
                "{pointer} {written:?}"
            );
        }
        // Without labels the numbers are those of judge.
        let report = json(&folder, &["report", "run.db"]);
        let judge = json(
            &folder,
            &[
                "judge",
                "items.jsonl",
                "--rubric",
                "./r.toml",
                "--judge",
                "summary-judge",
                "--run",
                "run.db",
                "--inconclusive",
                "pass",
            ],
        );
        let found = check(&tables(&write_page(&folder, &[])), &[report, judge]);
        assert!(found > 30, "{found}");
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_jury_with_several_pairs_has_the_numbers_of_its_documents() {
        let folder = varied().judged();
        for flags in [&LABELS[..], &[], &["--labels", "labels.jsonl", "--judge", "strict"]] {
            let report = json(&folder, &[&["report", "run.db"], flags].concat());
            let found = check(&tables(&write_page(&folder, flags)), &[report]);
            assert!(found > 30, "{found}");
        }
        let diff_page = write_diff_page(&folder);
        let diff = json(&folder, &DIFF);
        for table in tables(&diff_page) {
            for row in &table.rows {
                let shares = row.iter().skip(1).filter(|cell| cell.ends_with(" %")).count();
                let place = |name: &str| table.heads.iter().position(|head| head == name);
                let has = place("95 % interval").is_some() && place("n").is_some();
                assert!(shares == 0 || has, "{}: {row:?}", table.caption);
            }
        }
        assert!(diff.is_object());
    }

    #[test]
    #[ignore = "needs chromium"]
    fn the_judges_confidence_is_shown_with_intervals() {
        static PROBABILITIES: [[f64; 2]; 6] =
            [[0.55, 0.55], [0.3, 0.48], [0.75, 0.75], [0.95, 0.99], [0.9, 0.97], [0.2, 0.1]];
        let folder = judged_with_probabilities(&PROBABILITIES);
        let labels = (1..=6).map(|at| {
            let winner = if at % 3 == 0 { "beta" } else { "alpha" };
            label(&format!("q-{at:03}"), "ana", ["alpha", "beta"], winner)
        });
        folder.write("labels.jsonl", &labels.collect::<String>());
        let report = json(&folder, &[&["report", "run.db"], &LABELS[..]].concat());
        let tables = tables(&write_page(&folder, &LABELS));
        let by_confidence = |table: &&Table| table.caption.contains("by the judge's confidence");
        let reliability = tables.iter().find(by_confidence).unwrap();
        let bins = report["calibration"]["confidence"]["bins"].as_array().unwrap();
        assert_eq!(reliability.rows.len(), bins.len());
        assert!(reliability.rows.iter().all(|row| row[2].contains(" – ")), "{reliability:?}");
        assert!(check(&tables, &[report]) > 20);
    }
}
