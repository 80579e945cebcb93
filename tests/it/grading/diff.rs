//! `evenhand diff` of two runs of grades: what changed, pass rates, labels, cases, and refusals.

use serde_json::{Value, json};

use crate::report::html::with_cases;
use crate::support::graded_run::grade_rubric;
use crate::support::ugly_grades::outside_code;
use crate::support::ugly_run::HOSTILE;
use crate::support::{CommandOutput, Folder, lines_of};

const SYSTEMS: [&str; 2] = ["alpha", "beta"];

/// For each item: what the judge of the first run gives to both systems with the scale as written and reversed, then that
/// of the second run, and the labels (`-` is none). Digits are steps, `c` is "cannot assess", `?` no grade.
const ITEMS: [[&str; 5]; 8] = [
    ["22", "01", "22", "11", "21"],
    ["12", "11", "22", "01", "21"],
    ["00", "00", "11", "00", "10"],
    ["22", "11", "12", "11", "2-"],
    ["11", "cc", "22", "cc", "2c"],
    ["??", "22", "11", "11", "-2"],
    ["22", "02", "22", "22", "22"],
    ["11", "00", "00", "11", "-0"],
];

fn grade(letter: char) -> Option<&'static str> {
    match letter {
        'c' => Some("cannot assess"),
        '?' => None,
        step => Some(["poor", "fair", "good"][step as usize - '0' as usize]),
    }
}

/// A folder with `a.db`, `b.db`, both by recorded judges, and `labels.jsonl`.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write(
        "evenhand.toml",
        "[judges.one]\nrecorded = \"one.jsonl\"\n[judges.two]\nrecorded = \"two.jsonl\"\n",
    );
    folder.write("r.toml", &grade_rubric());
    folder.write("items.jsonl", &lines_of(items(&ITEMS)));
    for (judge, columns) in [("one", [0, 1]), ("two", [2, 3])] {
        folder.write(&format!("{judge}.jsonl"), &lines_of(recording(columns)));
    }
    let mut labels = Vec::new();
    for (item, row) in ITEMS.iter().enumerate() {
        for (system, letter) in SYSTEMS.iter().zip(row[4].chars().filter(|letter| *letter != ' ')) {
            if letter != '-' {
                labels.push(json!({ "id": id(item), "system": system, "annotator": "ana", "grade": grade(letter) }));
            }
        }
    }
    folder.write("labels.jsonl", &lines_of(labels));
    run(&folder, "./r.toml", "one", "a.db").expect(0);
    run(&folder, "./r.toml", "two", "b.db").expect(0);
    folder
}

fn id(item: usize) -> String {
    format!("q{item}")
}

fn items<T>(rows: &[T]) -> Vec<Value> {
    let item = |item: usize| {
        let prompt = if item == 0 { HOSTILE.to_owned() } else { format!("Prompt {item}?") };
        let responses =
            json!({ "alpha": format!("<b>alpha</b> {item}"), "beta": format!("=beta {item}") });
        json!({ "id": id(item), "prompt": prompt, "responses": responses })
    };
    (0..rows.len()).map(item).collect()
}

/// The replies of one judge, whose grades are in two columns.
fn recording(columns: [usize; 2]) -> Vec<Value> {
    let mut lines = Vec::new();
    for (item, row) in ITEMS.iter().enumerate() {
        for (system, column) in SYSTEMS.iter().zip(columns) {
            for (scale, letter) in ["written", "reversed"].iter().zip(row[column].chars()) {
                let reply = match grade(letter) {
                    Some(grade) => {
                        json!({ "reasoning": HOSTILE, "criteria": {}, "grade": grade }).to_string()
                    }
                    None => "No idea.".to_owned(),
                };
                lines.push(
                    json!({ "id": id(item), "system": system, "scale": scale, "reply": reply }),
                );
            }
        }
    }
    lines
}

fn run(folder: &Folder, rubric: &str, judge: &str, run: &str) -> CommandOutput {
    folder.run(&["grade", "items.jsonl", "--rubric", rubric, "--judge", judge, "--run", run])
}

fn diff(folder: &Folder, flags: &[&str]) -> CommandOutput {
    folder.run(&[&["diff", "a.db", "b.db"], flags].concat())
}

fn document(folder: &Folder, flags: &[&str]) -> Value {
    let said = diff(folder, &[&["--format", "json"], flags].concat()).expect(0);
    serde_json::from_str(&said.stdout).unwrap()
}

#[track_caller]
fn assert_estimate(found: &Value, expected: [f64; 3], n: u64) {
    for (key, expected) in ["value", "low", "high"].into_iter().zip(expected) {
        let number = found[key].as_f64().unwrap();
        assert!((number - expected).abs() < 1e-9, "{key}: {number}, expected {expected}\n{found}");
    }
    assert_eq!(found["n"], n);
}

#[test]
fn changes_of_outcomes_and_grades_are_counted() {
    let folder = folder();
    let found = document(&folder, &[]);
    let count = |key: &str| found[key].as_u64().unwrap();
    assert_eq!((count("responses"), count("items")), (16, 8));
    // By hand from the table: regraded q2/a, q4/a, q5/b, q7/a, q7/b; lost q1/b, q3/a; gained q0/b, q1/a, q5/a, q6/b.
    assert_eq!(count("grades_changed"), 5);
    assert_eq!((count("raised"), count("lowered")), (3, 2));
    assert_eq!((count("kept_gained"), count("kept_lost"), count("other_changed")), (4, 2, 0));
    assert_eq!((count("outcomes_changed"), count("unchanged"), count("pending")), (11, 5, 0));
    let labels = json!(["poor", "fair", "good", "cannot assess"]);
    assert_eq!(found["grades"]["labels"], labels);
    let counts = json!([[1, 2, 0, 0], [1, 1, 1, 0], [0, 1, 2, 0], [0, 0, 0, 1]]);
    assert_eq!(found["grades"]["counts"], counts);
    assert_eq!(found["changed"], json!(["judge", "judge.model"]));
    assert_eq!((&found["agreement"], &found["kappa"]), (&Value::Null, &Value::Null));
    let headline = found["headline"].as_str().unwrap();
    let grades = "11 of 16 outcomes changed: 5 another grade (3 higher, 2 lower), 4 became kept, 2 are no longer kept.";
    assert!(headline.contains(grades), "{headline}");
}

/// The expected values are those of statsmodels 0.14.5: `OLS` on a constant with `use_t`, of the scores and of the
/// differences of both runs (0.15.0 for the pass rate of alpha). An interval of a mean step does not leave the scale.
#[test]
fn pass_rates_and_mean_steps_are_paired_by_item() {
    let found = document(&folder(), &[]);
    let systems = found["systems"].as_array().unwrap();
    assert_eq!(systems.len(), 2);
    let (alpha, beta) = (&systems[0], &systems[1]);
    assert_eq!((&alpha["system"], &alpha["responses"]), (&json!("alpha"), &json!(8)));
    assert_estimate(
        &alpha["pass_rate"]["difference"],
        // The unreadable directions of one response are ½ in the first run.
        [0.062_5, -0.351_761_412_341, 0.476_761_412_341],
        8,
    );
    assert_estimate(&alpha["mean_step"]["before"], [2.357_142_857_143, 1.665_345_991_016, 3.0], 7);
    assert_estimate(&alpha["mean_step"]["after"], [2.5, 1.793_637_392_029, 3.0], 7);
    assert_estimate(
        &alpha["mean_step"]["difference"],
        [0.142_857_142_857, -0.548_939_723_270, 0.834_654_008_984],
        7,
    );
    assert_estimate(
        &beta["pass_rate"]["difference"],
        [-0.071_428_571_429, -0.487_486_806_093, 0.344_629_663_236],
        7,
    );
    assert_estimate(
        &beta["mean_step"]["difference"],
        [0.142_857_142_857, -0.548_939_723_270, 0.834_654_008_984],
        7,
    );
}

/// The expected values are those of scikit-learn 1.7.2 (`accuracy_score`, `cohen_kappa_score` with quadratic weights) and
/// statsmodels 0.14.5 (`OLS` with `cov_type="cluster"`), and the mid-p-value is that of `scipy.stats.binom` 1.17.1.
#[test]
fn agreement_with_labels_is_paired_over_every_reply() {
    let folder = folder();
    let found = document(&folder, &["--labels", "labels.jsonl"]);
    let agreement = &found["agreement"];
    let counts = ["labelled", "no_majority", "annotators", "labels_unmatched"];
    assert_eq!(counts.map(|key| agreement[key].as_u64().unwrap()), [13, 0, 1, 0]);
    assert_estimate(
        &agreement["before"],
        [0.730_769_230_769, 0.574_246_120_974, 0.887_292_340_564],
        26,
    );
    assert_estimate(&agreement["after"], [0.769_230_769_231, 0.486_807_045_171, 1.0], 26);
    assert_estimate(
        &agreement["difference"],
        [0.038_461_538_462, -0.374_713_120_458, 0.451_636_197_381],
        26,
    );
    assert_eq!(
        agreement["correct"],
        json!({ "both": 4, "only_before": 4, "only_after": 5, "neither": 0 })
    );
    let p = agreement["mcnemar_mid_p"].as_f64().unwrap();
    assert!((p - 0.753_906_25).abs() < 1e-9, "{p}");
    for (key, expected) in ["before", "after", "difference"].into_iter().zip([
        0.708_737_864_078,
        0.763_157_894_737,
        0.054_420_030_659,
    ]) {
        let value = found["kappa"][key]["value"].as_f64().unwrap();
        assert!((value - expected).abs() < 1e-9, "{key}: {value}");
    }
    let codes: Vec<&str> = found["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"few-labels") && codes.contains(&"dependent-responses"), "{codes:?}");
    let text = diff(&folder, &["--labels", "labels.jsonl"]).expect(0).stdout;
    assert!(text.contains("Agreement with people, every reply: "), "{text}");
    assert!(text.contains("weighted κ, every reply"), "{text}");
}

#[test]
fn cases_are_those_that_changed_with_their_texts() {
    let folder = folder();
    let found = document(&folder, &["--labels", "labels.jsonl"]);
    let cases = found["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 11);
    let first = &cases[0];
    assert_eq!(
        (&first["id"], &first["system"], &first["change"]),
        (&json!("q2"), &json!("alpha"), &json!("regraded"))
    );
    assert_eq!(
        (&first["before"]["grade"], &first["after"]["grade"]),
        (&json!("poor"), &json!("fair"))
    );
    assert_eq!(first["right"], json!({ "before": false, "after": true }));
    assert_eq!(first["response"], "<b>alpha</b> 2");
    assert_eq!(first["labels"][0]["grade"], "fair");
    assert!(first["after"]["judges"][0]["orders"][0]["replies"][0]["reply"].is_string());
    let all = document(&folder, &["--limit", "100"]);
    assert_eq!(all["cases"].as_array().unwrap().len(), 16);
    assert_eq!(all["cases"][15]["change"], "none");
}

#[test]
fn text_and_markdown_are_safe_and_fit() {
    let folder = folder();
    let unsafe_char = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
    for format in ["table", "markdown", "json"] {
        let flags = ["--format", format, "--labels", "labels.jsonl", "--limit", "16"];
        let text = diff(&folder, &flags).expect(0).stdout;
        assert!(!text.contains(unsafe_char), "{format}\n{text}");
        if format == "table" {
            let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max();
            assert!(widest <= Some(80), "{text}");
            assert!(
                text.contains("q2  alpha  regraded: kept: poor → kept: fair  (1 of 16)"),
                "{text}"
            );
            assert!(text.contains("people: ana: fair (only the grade after is right)"), "{text}");
            assert!(text.contains("before, scale written: poor"), "{text}");
        }
        if format == "markdown" {
            let outside = outside_code(&text).join("\n");
            assert!(!outside.contains("<b>") && !outside.contains("# Heading"), "{outside}");
            assert!(text.contains("11 responses that changed"), "{text}");
        }
    }
}

#[test]
fn redaction_leaves_no_text_and_no_annotator() {
    let folder = folder();
    for format in ["table", "markdown", "json"] {
        let flags = ["--format", format, "--labels", "labels.jsonl", "--redact", "--limit", "16"];
        let text = diff(&folder, &flags).expect(0).stdout;
        for word in ["\"ana\"", "ana:", "Prompt 1", "<b>alpha", "gone", "It is poor"] {
            assert!(!text.contains(word), "{format}: {word}\n{text}");
        }
        assert!(text.contains("q2"), "{text}");
    }
}

#[test]
fn a_changed_rubric_is_named_with_its_fields() {
    let folder = folder();
    let other = grade_rubric()
        .replace("pass_from = \"good\"", "pass_from = \"fair\"")
        .replace("It is poor.", "It is bad.");
    folder.write("s.toml", &other.replace("name = \"r\"", "name = \"s\""));
    run(&folder, "./s.toml", "one", "b2.db").expect(0);
    let said = folder.run(&["diff", "a.db", "b2.db", "--format", "json"]).expect(0);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(found["changed"], json!(["rubric.name", "rubric.scale", "rubric.pass_from"]));
    assert_eq!(
        (&found["outcomes_changed"], &found["manifest"][2]["after"]),
        (&json!(0), &json!("fair"))
    );
    assert!(said.stdout.contains("\"different-pass\""), "{}", said.stdout);
    assert!(found["rubric_diff"].as_str().unwrap().contains("-pass_from = \"good\""));
}

#[test]
fn runs_of_other_kinds_scales_or_items_are_refused() {
    let folder = folder();
    let pairs = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:random"];
    folder.run(&[&pairs[..], &["--run", "pairs.db"]].concat()).expect(0);
    for runs in [["a.db", "pairs.db"], ["pairs.db", "a.db"]] {
        let said = folder.run(&["diff", runs[0], runs[1]]).expect(3);
        let message = "a.db has grades of single responses, and pairs.db has comparisons";
        assert!(said.stderr.contains(message), "{}", said.stderr);
        assert!(said.stderr.contains("evenhand rank GRADES --against PAIRS"), "{}", said.stderr);
    }
    folder.write("s.toml", &grade_rubric().replace("name = \"fair\"", "name = \"so-so\""));
    let recorded = std::fs::read_to_string(folder.path().join("one.jsonl")).unwrap();
    folder.write("one.jsonl", &recorded.replace("fair", "so-so"));
    run(&folder, "./s.toml", "one", "steps.db").expect(0);
    let said = folder.run(&["diff", "a.db", "steps.db"]).expect(3);
    assert!(
        said.stderr.contains("steps.db: this run grades on other steps than a.db"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("a.db has poor, fair, good"), "{}", said.stderr);
    folder.write(
        "other.jsonl",
        &lines_of([json!({ "id": "zz", "system": "alpha", "annotator": "ana", "grade": "good" })]),
    );
    let said = diff(&folder, &["--labels", "other.jsonl"]).expect(3);
    assert!(
        said.stderr.contains("no label is about a response that both runs have"),
        "{}",
        said.stderr
    );
}

#[test]
fn responses_with_other_texts_are_left_out() {
    let folder = folder();
    let items = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
    folder.write("items.jsonl", &items.replace("=beta 3", "another beta"));
    run(&folder, "./r.toml", "two", "b2.db").expect(0);
    let said = folder.run(&["diff", "a.db", "b2.db", "--format", "json"]).expect(0);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&found["responses"], &found["texts_changed"]), (&json!(15), &json!(1)));
    assert_eq!(found["texts_changed_ids"], json!(["q3"]));
    assert!(said.stdout.contains("\"texts-changed\""));
}

#[test]
fn the_page_has_the_numbers_and_no_text_where_these_are_left_out() {
    let folder = folder();
    let labels = std::fs::read_to_string(folder.path().join("labels.jsonl")).unwrap();
    let named = "\"annotator\":\"Zoe Quimby\",\"note\":\"a secret remark\"";
    folder.write("labels.jsonl", &labels.replace("\"annotator\":\"ana\"", named));
    let page = |flags: &[&str]| -> String {
        let labels = ["--labels", "labels.jsonl", "--output", "d.html"];
        diff(&folder, &[&labels[..], flags].concat()).expect(0);
        std::fs::read_to_string(folder.path().join("d.html")).unwrap()
    };
    let html = page(&[]);
    let found = document(&folder, &["--labels", "labels.jsonl"]);
    for part in
        ["Which grades changed?", "Which run agrees more often with people?", "What was changed?"]
    {
        assert!(html.contains(part), "{part}");
    }
    for system in SYSTEMS {
        assert!(html.contains(&format!("<h3>{system}, 8 responses</h3>")), "{system}");
    }
    let before = found["agreement"]["before"]["value"].as_f64().unwrap();
    assert!(html.contains(&format!("{:.1} %", before * 100.0)), "{before}");
    assert!(html.contains("16 cases, compressed"));
    let shown = html.split_once("<script type=\"application/json\"").unwrap().0;
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}') && !shown.contains("<b>"));
    let (whole, redacted) = (with_cases(&html), with_cases(&page(&["--redact"])));
    assert!(redacted.contains("Texts are left out"));
    assert!(!redacted.contains(&folder.path().display().to_string()));
    for secret in
        ["Prompt 1?", "alpha</b> 1", "=beta 2", "No idea.", "Zoe Quimby", "a secret remark"]
    {
        assert!(whole.contains(secret), "{secret}");
        assert!(!redacted.contains(secret), "{secret}");
    }
}

mod needs_chromium {
    use super::*;
    use crate::report::html::open;

    #[test]
    #[ignore = "needs chromium"]
    fn the_page_shows_the_grades_of_both_runs_and_of_people_beside_each_other() {
        let folder = folder();
        let flags = ["--labels", "labels.jsonl", "--output", "d.html"];
        diff(&folder, &flags).expect(0);
        let mut browser = open(&folder.path().join("d.html"));
        let select = "(() => { const s = document.querySelector('select[name=state]'); \
             s.value = [...s.options].find((o) => o.text === 'regraded').value; \
             s.dispatchEvent(new Event('input', { bubbles: true })); })()";
        browser.evaluate(select);
        let found = document(&folder, &["--labels", "labels.jsonl"]);
        let expected = format!("{} of 16 cases", found["grades_changed"]);
        browser.wait_for(&format!(
            "document.getElementById('eh-status').textContent.startsWith('{expected}')"
        ));
        browser.evaluate("document.querySelector('#eh-list a').click()");
        browser.wait_for("!document.getElementById('eh-case').hidden");
        let shown = browser.evaluate("document.getElementById('eh-case').textContent");
        let shown = shown.as_str().unwrap();
        for part in
            ["regraded", "before: one", "after: two", "Grades of people: ana: ", "scale reversed"]
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert_eq!(browser.evaluate("window.pwned === undefined"), true);
        browser.expect_no_faults();
    }
}
