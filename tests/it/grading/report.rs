//! What a calibration of grades prints.

use crate::support::calibrated_grades::{CalibratedGrades, GradeSpec, Response, responses};
use crate::support::labelled_run::unwrapped;
use std::fmt::Write as _;

fn graded() -> CalibratedGrades {
    let alpha = [
        (20, "2/2", "22"),
        (20, "0/0", "00"),
        (6, "1/1", "21"),
        (4, "2/1", "2"),
        (2, "3/3", "0"),
        (1, "0/?", "1"),
        (30, "2/2", "-"),
        (17, "0/0", "-"),
    ];
    let beta = [(30, "3/3", "3"), (10, "1/1", "2"), (12, "0/0", "0"), (48, "3/3", "-")];
    let mut all: Vec<Response> = [responses("alpha", &alpha), responses("beta", &beta)].concat();
    for (at, response) in all.iter_mut().enumerate() {
        response.tag = Some(if at % 2 == 0 { "billing" } else { "other" });
    }
    GradeSpec::four(all).graded()
}

#[test]
fn the_first_sentence_says_how_far_the_judge_can_be_trusted() {
    let text = graded().calibrate(&[]).expect(0).stdout;
    let one_line = unwrapped(&text);
    let first = "judge-1 agrees with people about grades as well as they agree with each other. It agrees with people in";
    assert!(one_line.starts_with(first), "{text}");
    let people =
        "on 46 responses that several people graded it agrees with each of them with κ 0.9";
    assert!(one_line.contains(people), "{one_line}");
    let difference = "By people, the pass rate of beta is 35.1 points above that of alpha (95 % interval of the difference";
    assert!(one_line.contains(difference), "{one_line}");
    assert!(one_line.contains("of its replies (weighted κ 0."), "{one_line}");
    assert!(one_line.contains("of what people pass and fails"), "{one_line}");
    assert!(
        one_line.contains("If the labelled responses are a random sample, people pass"),
        "{one_line}"
    );
    assert!(one_line.contains("of 100 responses of alpha, 53 of them labelled."), "{one_line}");
    assert!(one_line.contains("2 people labelled 105 of 200 responses"), "{one_line}");
    assert!(one_line.contains("1 unreadable reply counts as wrong"), "{one_line}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    // No number without its interval and its n.
    for label in ["agreement, every reply", "passes that it finds", "direction-averaged"] {
        let row = text.lines().find(|line| line.contains(label)).unwrap();
        assert!(row.contains(" – "), "{row}");
    }
}

#[test]
fn the_full_report_has_every_number() {
    let text = graded().calibrate(&["--full"]).expect(0).stdout;
    for label in [
        "ICC(A,1), kept",
        "Kendall's τ-b, kept",
        "lower limit",
        "Krippendorff's α",
        "κ ana, ben",
        "kept grades in rows",
        "from excellent",
        "Youden's J",
        "mean step, corrected",
        "kind=billing",
        "not corrected by error rates",
        "reversed − written",
        "judge − rule",
    ] {
        assert!(text.contains(label), "{label}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn markdown_has_the_same_first_sentence_and_tables() {
    let run = graded();
    let page = run.calibrate(&["--format", "markdown"]).expect(0).stdout;
    assert!(page.starts_with("**judge-1 agrees with people about grades as well as"), "{page}");
    assert!(page.contains("| agreement, every reply |"), "{page}");
    assert!(page.contains("| alpha, corrected with labels |"), "{page}");
    assert!(page.contains("| beta − alpha, corrected with labels |"), "{page}");
}

#[test]
fn the_document_has_the_names_that_are_documented() {
    let found = graded().found(&[]);
    for name in [
        "provenance",
        "judge",
        "conclusion",
        "headline",
        "part",
        "looks",
        "planned",
        "labelled",
        "annotators",
        "no_majority",
        "labels_unmatched",
        "labels_other_part",
        "labels_blank",
        "coverage",
        "labelled_coverage",
        "scale",
        "kept",
        "replies",
        "systems",
        "pairs",
        "order",
        "stability",
        "human",
        "baselines",
        "criteria",
        "thresholds",
        "slices",
        "warnings",
        "gates",
    ] {
        assert!(found.get(name).is_some(), "{name}");
    }
    let sentence = found["conclusion"]["sentence"].as_str().unwrap();
    assert!(found["headline"].as_str().unwrap().starts_with(sentence));
}

#[test]
fn criteria_are_compared_where_both_sides_grade_them() {
    let run = graded();
    // Another run with the criteria of the rubric in its replies.
    let mut items = String::new();
    let (mut replies, mut labels) = (String::new(), String::new());
    for at in 0..40 {
        let id = format!("q{at:02}");
        let item = serde_json::json!({
            "id": id, "prompt": "?", "responses": { "alpha": format!("a {id}") },
        });
        writeln!(items, "{item}").unwrap();
        let tone = if at % 2 == 0 { "pass" } else { "fail" };
        let by_people = if at % 8 == 0 { "fail" } else { tone };
        for scale in ["written", "reversed"] {
            let reply = serde_json::json!({
                "reasoning": "x", "criteria": { "tone": tone, "facts": "pass" }, "grade": "pass",
            });
            let line = serde_json::json!({
                "id": id, "system": "alpha", "scale": scale, "reply": reply.to_string(),
            });
            writeln!(replies, "{line}").unwrap();
        }
        let label = serde_json::json!({
            "id": id, "annotator": "ana", "grade": "pass", "criteria": { "tone": by_people },
        });
        writeln!(labels, "{label}").unwrap();
    }
    let folder = &run.folder;
    folder.write("items.jsonl", &items);
    folder.write("replies.jsonl", &replies);
    folder.write("labels.jsonl", &labels);
    folder.write(
        "c.toml",
        "name = \"c\"\ndescription = \"Is it good?\"\nmode = \"grade\"\nscale = [\"fail\", \"pass\"]\n\
         [[criteria]]\nname = \"tone\"\ndescription = \"Is it polite?\"\n\
         [[criteria]]\nname = \"facts\"\ndescription = \"Is it right?\"\n",
    );
    let command =
        ["grade", "items.jsonl", "--rubric", "./c.toml", "--judge", "judge-1", "--run", "c.db"];
    folder.run(&command).expect(0);
    let said = folder
        .run(&["calibrate", "c.db", "--labels", "labels.jsonl", "--format", "json"])
        .expect(0);
    let found: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let criteria = found["criteria"].as_array().unwrap();
    assert_eq!(criteria.len(), 1, "nobody labelled the facts");
    assert_eq!(
        [&criteria[0]["criterion"], &criteria[0]["n"]],
        [&serde_json::json!("tone"), &80.into()]
    );
    // 5 of 40 differ. scikit-learn 1.9.1, cohen_kappa_score: 0.75.
    let value = |name: &str| criteria[0][name]["value"].as_f64().unwrap();
    assert!((value("agreement") - 35.0 / 40.0).abs() < 1e-12);
    assert!((value("weighted_kappa") - 0.75).abs() < 1e-9, "{}", criteria[0]);
}
