//! Reports on grades with labels and without texts.

use serde_json::{Value, json};

use super::super::html::with_cases;
use super::{STEPS, report, responses, usual};
use crate::support::{Folder, lines_of};

/// The people of the labels, in no order.
const PEOPLE: [&str; 2] = ["Zoe Quimby", "Bartholomew"];
/// Texts that a redacted report must not have.
const SECRETS: [&str; 4] = ["Zoe Quimby", "Bartholomew", "a secret remark", "unheard-of"];

/// Every fourth response is graded by two people, with a field that nobody knows; one is skipped by one of them only.
fn labelled() -> Folder {
    let folder = usual();
    let of_one = responses().into_iter().enumerate().filter(|(at, _)| at % 4 == 0);
    let mut lines: Vec<Value> = of_one
        .flat_map(|(at, one)| {
            PEOPLE.map(|name| {
                let step = STEPS[(at / 4 + usize::from(at % 8 == 0 && name == PEOPLE[0])) % 4];
                json!({ "id": one.id, "system": one.system, "annotator": name, "grade": step,
                    "note": "a secret remark" })
            })
        })
        .collect();
    lines[0]["unheard-of"] = json!(1);
    let skipped = &responses()[1];
    lines.push(json!({ "id": skipped.id, "system": skipped.system, "annotator": PEOPLE[0],
        "skipped": "unclear" }));
    folder.write("labels.jsonl", &lines_of(lines.iter().map(Value::to_string)));
    folder
}

fn shown(folder: &Folder, flags: &[&str]) -> String {
    report(folder, &[&["--labels", "labels.jsonl"], flags].concat()).expect(0).stdout
}

#[test]
fn no_name_remark_or_folder_of_the_labels_is_left() {
    let folder = labelled();
    let here = folder.path().display().to_string();
    for format in ["table", "json", "markdown"] {
        let plain = shown(&folder, &["--format", format]);
        let redacted = shown(&folder, &["--format", format, "--redact"]);
        for secret in SECRETS.into_iter().chain([here.as_str()]) {
            assert!(!redacted.contains(secret), "{format}: {secret}: {redacted}");
        }
        assert!(plain.contains("Zoe Quimby"), "{format}: {plain}");
        assert!(redacted.contains("annotator 2"), "{format}: {redacted}");
    }
}

#[test]
fn no_name_or_remark_is_left_on_the_page_or_in_its_cases() {
    let folder = labelled();
    let page = |flags: &[&str]| {
        shown(&folder, &[&["--output", "page.html"], flags].concat());
        with_cases(&std::fs::read_to_string(folder.path().join("page.html")).unwrap())
    };
    let (plain, redacted) = (page(&[]), page(&["--redact"]));
    let here = folder.path().display().to_string();
    for secret in SECRETS.into_iter().chain([here.as_str(), "As I see it."]) {
        assert!(!redacted.contains(secret), "{secret}");
    }
    for secret in ["Zoe Quimby", "Bartholomew", "a secret remark", "As I see it."] {
        assert!(plain.contains(secret), "{secret}");
    }
    assert!(redacted.contains("annotator 2"), "people are numbered");
}

#[test]
fn the_numbers_are_those_of_the_whole_report_and_people_are_numbered_by_name() {
    let folder = labelled();
    let document = |flags: &[&str]| -> Value {
        serde_json::from_str(&shown(&folder, &[&["--format", "json"], flags].concat())).unwrap()
    };
    let (plain, redacted) = (document(&[]), document(&["--redact"]));
    let kappa = |document: &Value| document["calibration"]["human"]["pairwise_kappa"][0].clone();
    assert_eq!(kappa(&plain)["annotators"], json!(["Bartholomew", "Zoe Quimby"]));
    assert_eq!(kappa(&redacted)["annotators"], json!(["annotator 1", "annotator 2"]));
    assert_eq!(kappa(&plain)["kappa"], kappa(&redacted)["kappa"]);
    for field in ["replies", "kept", "systems"] {
        assert_eq!(plain["calibration"][field], redacted["calibration"][field], "{field}");
    }
    let codes = |document: &Value| -> Vec<String> {
        let warnings = document["calibration"]["warnings"].as_array().unwrap();
        warnings.iter().map(|warning| warning["code"].as_str().unwrap().to_owned()).collect()
    };
    // Only what a label file has besides is left out.
    let mut expected = codes(&plain);
    expected.retain(|code| code != "unused-label-field");
    assert_eq!(codes(&redacted), expected);
    assert_ne!(codes(&plain), expected);
}

mod needs_chromium {
    use super::super::super::html::open;
    use super::*;

    #[test]
    #[ignore = "needs chromium"]
    fn the_cases_of_a_redacted_page_have_the_grades_of_numbered_people() {
        let folder = labelled();
        shown(&folder, &["--output", "page.html", "--redact"]);
        let mut browser = open(&folder.path().join("page.html"));
        browser.evaluate("document.querySelector('#eh-list a').click()");
        browser.wait_for("!document.getElementById('eh-case').hidden");
        let shown = browser.evaluate("document.getElementById('eh-case').textContent");
        let shown = shown.as_str().unwrap();
        assert!(shown.contains("Grades of people: annotator 2: "), "{shown}");
        assert!(!shown.contains("Note of"), "{shown}");
        browser.expect_no_faults();
    }
}
