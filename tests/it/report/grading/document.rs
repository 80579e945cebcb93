//! The JSON document: its keys, its schema, and its numbers against those of other programs.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{RUBRIC, document, graded, responses, usual};

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let text = include_str!("../../../../docs/grade-report.schema.json");
    let schema: Value = serde_json::from_str(text).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::options().build(&schema).unwrap()
});

#[track_caller]
pub(super) fn assert_satisfies_schema(document: &Value) {
    let violations: Vec<String> = VALIDATOR
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(violations.is_empty(), "{}\n{document}", violations.join("\n"));
}

#[test]
fn the_document_has_every_key_in_the_documented_order_and_satisfies_the_schema() {
    let folder = usual();
    let found = document(&folder, &[]);
    let keys: Vec<&str> = found.as_object().unwrap().keys().map(String::as_str).collect();
    let documented = [
        "schema",
        "evenhand",
        "run",
        "judge",
        "headline",
        "summary",
        "calibration",
        "directions",
        "changed",
        "changed_left_out",
        "criteria",
        "tags",
        "tags_left_out",
        "lengths",
        "generated",
        "requests",
        "gates",
    ];
    assert_eq!(keys, documented);
    assert_satisfies_schema(&found);
    assert_satisfies_schema(&document(&folder, &["--redact"]));
    let gated = ["--min-pass-rate", "alpha=0.1", "--gate-by", "kind", "--min-coverage", "0.1"];
    assert_satisfies_schema(&document(&folder, &gated));
    assert_satisfies_schema(&document(&graded(&responses(), 3, RUBRIC), &[]));
    let without = RUBRIC.replace("pass_from = \"fair\"\n", "");
    assert_satisfies_schema(&document(&graded(&responses(), 1, &without), &[]));
}

#[test]
fn a_document_with_an_unknown_or_a_missing_key_does_not_satisfy_the_schema() {
    let found = document(&usual(), &[]);
    for place in
        ["", "/run", "/summary/judges/0", "/directions", "/criteria/0", "/lengths/all", "/tags/0"]
    {
        let mut other = found.clone();
        let object = other.pointer_mut(place).unwrap().as_object_mut().unwrap();
        object.insert("surprise".to_owned(), json!(1));
        assert!(!VALIDATOR.is_valid(&other), "{place}");
        let mut other = found.clone();
        let object = other.pointer_mut(place).unwrap().as_object_mut().unwrap();
        let first = object.keys().next().unwrap().clone();
        object.remove(&first);
        assert!(!VALIDATOR.is_valid(&other), "{place}: {first}");
    }
}

#[test]
fn the_summary_is_that_of_grade() {
    let folder = usual();
    let task =
        ["grade", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db", "--judge", "strict"];
    let said = folder.run(&[&task[..], &["--format", "json"]].concat()).expect(0);
    let of_grade: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document(&folder, &[])["summary"]["judges"], of_grade["judges"]);
}

fn close(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

/// The values and the p-values are those of `scipy.stats.spearmanr` (scipy 1.14.1); the intervals are those of Bonett and
/// Wright, computed with its normal quantile.
#[test]
fn the_correlations_of_length_and_grade_are_those_of_scipy() {
    let lengths = &document(&usual(), &[])["lengths"];
    let expected = [
        (
            &lengths["all"],
            [
                0.051_899_677_339_686_9,
                -0.245_563_632_167_210_33,
                0.340_430_115_524_390_6,
                0.734_922_510_265_845_4,
            ],
            45,
        ),
        (
            &lengths["systems"][0],
            [
                0.212_722_380_683_512_57,
                -0.234_252_166_128_217_73,
                0.585_457_161_420_795_4,
                0.341_881_196_091_203_5,
            ],
            22,
        ),
        (
            &lengths["systems"][1],
            [
                -0.120_604_073_328_645_1,
                -0.508_753_125_020_876,
                0.308_293_042_448_548_1,
                0.583_589_487_094_700_9,
            ],
            23,
        ),
    ];
    for (found, [value, low, high, p], n) in expected {
        let correlation = &found["correlation"];
        close(&correlation["value"], value);
        close(&correlation["low"], low);
        close(&correlation["high"], high);
        close(&found["p_value"], p);
        assert_eq!(correlation["n"], n);
    }
    let bands = lengths["bands"].as_array().unwrap();
    let responses: u64 = bands.iter().map(|band| band["responses"].as_u64().unwrap()).sum();
    assert_eq!((bands.len(), responses), (5, 45));
    assert!(bands.windows(2).all(|two| two[0]["high"].as_u64() < two[1]["low"].as_u64()));
}

/// The counts were made with numpy 2.2.6 from the same formulas.
#[test]
fn directions_and_criteria_are_counted() {
    let found = document(&usual(), &[]);
    let directions = &found["directions"];
    assert_eq!(directions["grades"], json!(["poor", "weak", "fair", "good", "cannot assess"]));
    let counts = json!([
        [10, 2, 0, 0, 0],
        [0, 7, 4, 0, 0],
        [0, 0, 9, 2, 0],
        [0, 0, 0, 11, 0],
        [0, 1, 0, 0, 1]
    ]);
    assert_eq!((&directions["counts"], &directions["left_out"]), (&counts, &json!(1)));
    let tone = &found["criteria"][0];
    assert_eq!([&tone["grades"], &tone["cannot_assess"], &tone["changed"]], [95, 3, 9]);
    assert_eq!(tone["steps"], json!([20, 17, 17, 38]));
    close(&tone["consistency"]["value"], 38.0 / 47.0);
    close(&tone["with_grade"]["value"], 73.0 / 95.0);
}

#[test]
fn changed_grades_are_listed_with_the_largest_change_first() {
    let found = document(&usual(), &[]);
    let changed = found["changed"].as_array().unwrap();
    assert_eq!((changed.len(), &found["changed_left_out"]), (9, &json!(0)));
    let last = json!({
        "id": "q11", "system": "alpha", "judge": "strict", "written": "cannot assess", "reversed": "weak"
    });
    assert_eq!(changed.last(), Some(&last));
    let mut far = responses();
    far[40].said = [super::Said::Step(0), super::Said::Step(3)];
    let found = document(&graded(&far, 1, RUBRIC), &[]);
    assert_eq!(found["changed"][0]["id"], far[40].id);
}

#[test]
fn the_numbers_of_a_tag_are_those_of_a_report_on_its_items_alone() {
    let folder = usual();
    let found = document(&folder, &[]);
    // The tag of a single item has too few responses.
    assert_eq!(found["tags_left_out"], 1);
    let tags = found["tags"].as_array().unwrap();
    assert_eq!(tags.len(), 2);
    for tag in tags {
        let value = format!("kind={}", tag["value"].as_str().unwrap());
        let alone = document(&folder, &["--tag", &value]);
        let judge = &alone["summary"]["judges"][0];
        assert_eq!(tag["systems"], judge["systems"]);
        assert_eq!(tag["outcomes"], judge["outcomes"]);
        assert_eq!(tag["coverage"], judge["coverage"]);
        assert_eq!(tag["consistency"], judge["order"]["consistency"]);
        assert_eq!(alone["run"]["selection"], json!([value]));
    }
}

#[test]
fn quality_is_the_pass_rate_beside_price_and_latency() {
    let folder = usual();
    let items = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
    let with_generated = items.lines().map(|line| {
        let mut item: Value = serde_json::from_str(line).unwrap();
        item["generated"] = json!({
            "alpha": { "model": "m-1", "cost": 0.002, "latency_ms": 100 },
            "beta": { "model": "m-2", "cost": 0.001, "latency_ms": 300 },
        });
        item.to_string()
    });
    folder.write("items.jsonl", &crate::support::lines_of(with_generated));
    let task =
        ["grade", "items.jsonl", "--rubric", "./r.toml", "--run", "other.db", "--judge", "strict"];
    folder.run(&task).expect(0);
    let said = folder.run(&["report", "other.db", "--format", "json"]).expect(0);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_satisfies_schema(&found);
    let generated = &found["generated"];
    assert_eq!(generated["same_opponents"], true);
    for system in generated["systems"].as_array().unwrap() {
        let grades = found["summary"]["judges"][0]["systems"].as_array().unwrap();
        let grades = grades.iter().find(|one| one["system"] == system["system"]).unwrap();
        assert_eq!(system["pass_rate"], grades["pass_rate"]["averaged"]);
        assert_eq!(system["mean_step"], grades["mean_step"]);
        assert!(system.get("win_rate").is_none());
    }
    let text = folder.run(&["report", "other.db"]).expect(0).stdout;
    assert!(text.contains("pass rate by the judge; price in USD per 1,000 responses"), "{text}");
    assert!(!text.contains("win rate"), "{text}");
}

#[test]
fn with_labels_the_document_has_what_calibrate_prints() {
    let folder = usual();
    let labels =
        responses().into_iter().enumerate().filter(|(at, _)| at % 2 == 0).map(|(at, one)| {
            let grade = super::STEPS[(at / 2) % 4];
            json!({ "id": one.id, "system": one.system, "annotator": "ana", "grade": grade })
                .to_string()
        });
    folder.write("labels.jsonl", &crate::support::lines_of(labels));
    let with_labels = ["--labels", "labels.jsonl"];
    let found = document(&folder, &with_labels);
    assert_satisfies_schema(&found);
    let said = folder.run(&["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"]);
    let expected: Value = serde_json::from_str(&said.expect(0).stdout).unwrap();
    assert_eq!(found["calibration"]["replies"], expected["replies"]);
    assert_eq!(found["calibration"]["headline"], expected["headline"]);
    assert_eq!(found["calibration"]["warnings"], expected["warnings"]);
    for format in ["table", "markdown", "html"] {
        let text = super::report(&folder, &[&with_labels[..], &["--format", format]].concat());
        let text = text.expect(0).stdout;
        assert!(text.contains("agreement, every reply"), "{format}: {text}");
    }
    let gates = ["--gate-by", "kind", "--min-coverage", "0.1"];
    super::report(&folder, &[&with_labels[..], &gates].concat()).expect(2);
}
