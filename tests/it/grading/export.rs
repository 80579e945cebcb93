//! `evenhand export` of a run of grades: tables, what stands beside them, and layouts without a meaning.

use serde_json::{Value, json};

use crate::support::ugly_grades::ugly_grades;
use crate::support::{CommandOutput, Folder, lines_of};

fn export(folder: &Folder, to: &str, flags: &[&str]) -> CommandOutput {
    folder.run(&[&["export", "run.db", "--to", to], flags].concat())
}

fn rows(folder: &Folder, table: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(folder.path().join("out").join(table)).unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(ToOwned::to_owned).collect()).collect()
}

fn labels(folder: &Folder) {
    let label = |id: &str, system: &str, grade: &str| json!({ "id": id, "system": system, "annotator": "=ana", "grade": grade });
    let labels = [
        label("plain", "alpha", "good"),
        label("plain", "beta", "fair"),
        label("wide", "alpha", "=poor"),
        label("wide", "beta", "good"),
    ];
    folder.write("labels.jsonl", &lines_of(labels));
}

#[test]
fn csv_tables_hold_items_grades_and_labels_without_formulas() {
    let folder = ugly_grades(1, 1);
    labels(&folder);
    let said = export(&folder, "csv", &["--output", "out", "--labels", "labels.jsonl"]).expect(0);
    assert!(said.stderr.contains("8 records written to out"), "{}", said.stderr);
    assert!(
        said.stderr.contains("kept grades agree with people in 66.7 % of 3 labelled responses"),
        "{}",
        said.stderr
    );
    let grades = rows(&folder, "grades.csv");
    assert_eq!(grades.len(), 9);
    assert_eq!(
        grades[0].join(","),
        "id,system,judge,outcome,grade,step,passes,written_grade,reversed_grade,tags"
    );
    assert_eq!(
        grades[1][..9],
        ["plain", "alpha", "judge-1", "kept", "good", "3", "true", "good", "good"]
    );
    assert_eq!(grades[2][3..9], ["changed", "", "", "", "fair", "good"]);
    assert_eq!(grades[3][..7], ["'=1+1", "alpha", "judge-1", "kept", "'=poor", "1", "false"]);
    let of_labels = rows(&folder, "labels.csv");
    assert_eq!(of_labels[0], ["id", "annotator", "system", "grade"]);
    assert_eq!(of_labels[3], ["wide", "'=ana", "alpha", "'=poor"]);
    // One item is a conversation, which a table for spreadsheets does not hold.
    assert_eq!(rows(&folder, "items.csv").len(), 4);
    assert!(said.stderr.contains("left out of items.csv"), "{}", said.stderr);
    let meta = std::fs::read_to_string(folder.path().join("out/meta.json")).unwrap();
    let meta: Value = serde_json::from_str(&meta).unwrap();
    assert_eq!((&meta["layout"], &meta["judge"]), (&json!("csv"), &json!("judge-1")));
    assert_eq!(meta["counts"]["written"], 8);
    assert_eq!(
        (&meta["agreement"]["labelled"], &meta["agreement"]["kept"]["n"]),
        (&json!(4), &json!(3))
    );
}

#[test]
fn a_jury_has_no_directions_and_a_selection_is_kept() {
    let folder = ugly_grades(3, 1);
    let said = export(&folder, "csv", &["--output", "out", "--tag", "topic=geo"]).expect(0);
    assert!(
        said.stderr.contains("how far these grades agree with people is not known"),
        "{}",
        said.stderr
    );
    let grades = rows(&folder, "grades.csv");
    assert_eq!(grades.len(), 5);
    assert_eq!(grades[1][2..9], ["jury", "kept", "fair", "2", "false", "", ""]);
    assert!(!folder.path().join("out/labels.csv").exists());
    export(&folder, "csv", &["--output", "out", "--judge", "judge-1"]).expect(0);
    assert_eq!(rows(&folder, "grades.csv")[1][4], "good");
}

#[test]
fn layouts_of_comparisons_name_those_that_have_a_meaning() {
    let folder = ugly_grades(1, 1);
    for to in ["preferences", "preferences-chat", "alpaca_eval", "judgebench"] {
        let said = export(&folder, to, &[]).expect(3);
        let message = format!(
            "run.db: this run has grades of single responses, and --to {to} writes comparisons"
        );
        assert!(said.stderr.contains(&message), "{}", said.stderr);
        assert!(said.stderr.contains("--to csv or --to parquet"), "{}", said.stderr);
        assert_eq!(said.stdout, "");
    }
    let said = export(&folder, "csv", &[]).expect(2);
    assert!(said.stderr.contains("--output DIR"), "{}", said.stderr);
    std::fs::create_dir_all(folder.path().join("out")).unwrap();
    std::fs::copy(folder.path().join("run.db"), folder.path().join("out/grades.csv")).unwrap();
    let flags = ["export", "out/grades.csv", "--to", "csv", "--output", "out"];
    let said = folder.run(&flags).expect(2);
    assert!(said.stderr.contains("which is read"), "{}", said.stderr);
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_holds_every_text_as_it_is_and_the_step_as_a_number() {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;

    let folder = ugly_grades(1, 1);
    export(&folder, "parquet", &["--output", "out"]).expect(0);
    let file = std::fs::File::open(folder.path().join("out/grades.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 8);
    assert_eq!(rows[2].get_string(0).unwrap(), "=1+1");
    assert_eq!(rows[2].get_string(4).unwrap(), "=poor");
    assert!((rows[0].get_double(5).unwrap() - 3.0).abs() < 1e-12);
    assert!(rows[4].get_double(5).is_err(), "cannot assess has no step");
}

#[test]
fn decisions_are_no_rows_of_labels_and_are_counted() {
    let folder = ugly_grades(1, 1);
    labels(&folder);
    let decided = json!({ "id": "plain", "system": "alpha", "annotator": "eva", "grade": "fair", "adjudicated": "people" });
    let text = std::fs::read_to_string(folder.path().join("labels.jsonl")).unwrap();
    folder.write("labels.jsonl", &format!("{text}{decided}\n"));
    let said = export(&folder, "csv", &["--output", "out", "--labels", "labels.jsonl"]).expect(0);
    let warning = "1 decision about a disagreement is left out of the table of labels";
    assert!(said.stderr.contains(warning), "{}", said.stderr);
    assert_eq!(rows(&folder, "labels.csv").len(), 5);
}
