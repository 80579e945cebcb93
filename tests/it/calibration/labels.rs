//! Labels of several people, without a majority, missing, blank, unmatched and invalid.

use serde_json::{Value, json};

use crate::support::labelled_run::{
    JudgedRun, Row, RunSpec, confusion, is_undefined, label, rows, unwrapped, value, warning,
};
use crate::support::server::{Answer, Scene};

const BETWEEN: [&str; 2] = ["alpha", "beta"];

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "found {found}, expected {expected}");
}

/// Nine comparisons in which everything occurs; one reply is not there, and `q008` has no label.
fn mixed() -> RunSpec {
    let mut written = RunSpec::new(rows(&[
        (1, "a/a", "ab"),
        (1, "b/b", "abt"),
        (1, "t/t", "tta"),
        (1, "a/b", "bb"),
        (1, "b/b", "bbb"),
        (1, "a/?", "aa"),
        (1, "-/b", "b"),
        (1, "?/?", "a"),
        (1, "b/b", ""),
    ]));
    written.code = 5;
    written
}

#[test]
fn a_comparison_without_a_majority_is_excluded_from_kept_and_scored_by_mean_agreement() {
    let found = mixed().judged().found(&[]);
    let counts = ["planned", "labelled", "annotators", "no_majority"].map(|key| &found[key]);
    assert_eq!(counts, [9, 8, 3, 2]);
    // Of five kept verdicts two have no majority and one has no label.
    assert_eq!(found["kept"]["n"], 2);
    let table = [vec![0.0; 3], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 1.0]];
    assert_eq!(confusion(&found["pairs"][0]), table);
    // Both replies to q000 agree with half of its people, both to q001 with a third.
    let right = 2.0 / 2.0 + 2.0 / 3.0 + 2.0 + 1.0 + 2.0 + 1.0 + 1.0 + 0.0;
    assert_eq!([&found["orders"]["n"], &found["orders"]["unreadable"]], [15, 3]);
    assert_close(value(&found["orders"]["agreement"]), right / 15.0);
    // The same as a table, where people without a majority count by their shares: replies said alpha 4,
    // beta 6, tie 2 times and nothing 3 times; people 17/3, 20/3 and 8/3.
    let chance = (4.0 * 17.0 / 3.0 + 6.0 * 20.0 / 3.0 + 2.0 * 8.0 / 3.0) / 225.0;
    let kappa = (right / 15.0 - chance) / (1.0 - chance);
    assert_close(value(&found["orders"]["cohen_kappa"]), kappa);
    assert!(warning(&found, "no-majority").unwrap().starts_with("2 labelled comparisons"));
}

#[test]
fn an_incomplete_run_is_calibrated_on_its_replies() {
    let judged = mixed().judged();
    let found = judged.found(&[]);
    let absent = warning(&found, "absent-replies").unwrap();
    assert!(absent.starts_with("1 reply"), "{absent}");
    assert_close(value(&found["coverage"]), 5.0 / 9.0);
    assert_close(value(&found["labelled_coverage"]), 4.0 / 8.0);
    // Kept of kept, flipped and split: unparsed and pending ones are neither.
    assert_close(value(&found["position"]["consistency"]), 5.0 / 6.0);
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    assert!(table.contains("3 unreadable replies") && table.contains("1 reply is missing"));
}

#[test]
fn permanently_failed_trials_are_excluded() {
    let scene = Scene::new(4, |seen| match seen.id.as_str() {
        "q-002" => Answer::error(400, "No."),
        "q-003" => Answer::says("I cannot tell."),
        _ => seen.prefers("beta"),
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta", "failed", "unparsed", "kept beta"]);
    let ids = ["q-001", "q-002", "q-003", "q-004"];
    let labels: String = ids.iter().map(|id| label(id, "ana", BETWEEN, "beta")).collect();
    scene.folder.write("labels.jsonl", &labels);
    let calibrate = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let requests = scene.server.requests();
    let found: Value = serde_json::from_str(&scene.run(&calibrate).expect(0).stdout).unwrap();
    assert_eq!([&found["orders"]["n"], &found["orders"]["unreadable"]], [6, 2]);
    assert_close(value(&found["orders"]["agreement"]), 4.0 / 6.0);
    assert!(warning(&found, "absent-replies").unwrap().starts_with("2 replies"));
    assert_eq!([&found["planned"], &found["labelled"], &found["kept"]["n"]], [4, 4, 2]);
    assert_eq!(scene.server.requests(), requests, "it asks nothing");
}

#[test]
fn an_unreadable_reply_is_wrong_and_a_category_that_no_human_uses() {
    let kinds = [(4, "a/a", "a"), (3, "b/b", "b"), (2, "a/?", "a"), (1, "?/?", "b")];
    let mut written = RunSpec::new(rows(&kinds));
    written.ties = false;
    let found = written.judged().found(&[]);
    assert_eq!([&found["orders"]["n"], &found["orders"]["unreadable"]], [20, 4]);
    assert_close(value(&found["orders"]["agreement"]), 16.0 / 20.0);
    // Replies: alpha 10, beta 6, unreadable 4; people: alpha 12, beta 8.
    let chance = (10.0 * 12.0 + 6.0 * 8.0) / 400.0;
    assert_close(value(&found["orders"]["cohen_kappa"]), (0.8 - chance) / (1.0 - chance));
    assert_eq!(found["kept"]["n"], 7);
    assert!(warning(&found, "unparsed-replies").unwrap().starts_with("4 of 20 replies"));
}

#[test]
fn a_tie_by_people_is_a_category_even_if_the_judge_may_not_choose_it() {
    let mut written = RunSpec::new(rows(&[(3, "a/a", "a"), (3, "b/b", "b"), (2, "a/a", "t")]));
    written.ties = false;
    let found = written.judged().found(&[]);
    assert_eq!(found["pairs"][0]["confusion"]["labels"], json!(["alpha", "beta", "tie"]));
    let table = [vec![3.0, 0.0, 2.0], vec![0.0, 3.0, 0.0], vec![0.0; 3]];
    assert_eq!(confusion(&found["pairs"][0]), table);
    // Po = 6/8, Pe = (5·3 + 3·3)/64.
    assert_close(value(&found["kept"]["cohen_kappa"]), (0.75 - 0.375) / 0.625);

    let mut written = RunSpec::new(rows(&[(3, "a/a", "a"), (3, "b/b", "b")]));
    written.ties = false;
    let found = written.judged().found(&[]);
    assert_eq!(found["pairs"][0]["confusion"]["labels"], json!(["alpha", "beta"]));
}

#[test]
fn a_tie_is_a_choice_that_a_majority_can_make() {
    let found =
        RunSpec::new(rows(&[(2, "t/t", "tta"), (1, "a/a", "ttb"), (1, "b/b", "tbb")])).judged();
    let found = found.found(&[]);
    assert_eq!([&found["kept"]["n"], &found["no_majority"]], [4, 0]);
    let table = [vec![0.0, 0.0, 1.0], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 2.0]];
    assert_eq!(confusion(&found["pairs"][0]), table);
    // Half of the people is no majority.
    let halves = RunSpec::new(rows(&[(3, "a/a", "ab"), (1, "a/a", "aa")])).judged().found(&[]);
    assert_eq!([&halves["no_majority"], &halves["kept"]["n"]], [3, 1]);
}

#[test]
fn people_and_judge_are_compared_with_the_same_panels() {
    let kinds = [(1, "a/b", "aab"), (1, "b/b", "bbb"), (1, "b/b", "aa-")];
    let found = RunSpec::new(rows(&kinds)).judged().found(&[]);
    let human = &found["human"];
    // Ana and Ben: half right on the first (the other two disagree), right on the others. Cyd: wrong, right.
    let person = 2.5 / 3.0;
    assert_close(value(&human["ceiling"]), (person + person + 0.5) / 3.0);
    // The judge in the place of Ana or Ben: ½, 1, 0. In that of Cyd ½, the mean of its two orders, and 1.
    assert_close(value(&human["judge"]), (0.5 + 0.5 + 0.75) / 3.0);
    let difference = value(&human["judge"]) - value(&human["ceiling"]);
    assert_close(value(&human["difference"]), difference);
    let pairs = human["pairwise_kappa"].as_array().unwrap();
    let reported: Vec<_> = pairs
        .iter()
        .map(|pair| (&pair["annotators"], value(&pair["kappa"]), &pair["kappa"]["n"]))
        .collect();
    let names = [json!(["ana", "ben"]), json!(["ana", "cyd"]), json!(["ben", "cyd"])];
    let [three, two] = [json!(3), json!(2)];
    assert_eq!(
        reported,
        [(&names[0], 1.0, &three), (&names[1], 0.0, &two), (&names[2], 0.0, &two)]
    );
    assert!(is_undefined(&human["fleiss_kappa"]), "panels of three and of two");
    assert!(warning(&found, "unequal-panels").is_some());
}

#[test]
fn a_comparison_that_was_not_kept_counts_in_the_human_ceiling() {
    let all = RunSpec::new(rows(&[(20, "a/a", "aa"), (20, "b/b", "bb"), (20, "a/b", "ab")]));
    let found = all.judged().found(&[]);
    assert_eq!([&found["kept"]["n"], &found["human"]["judge"]["n"]], [40, 60]);
    // Against one other person a flipped comparison is half right.
    assert_close(value(&found["human"]["judge"]), 50.0 / 60.0);
    assert_close(value(&found["human"]["ceiling"]), 40.0 / 60.0);
    assert_close(value(&found["human"]["ratio"]), 50.0 / 40.0);
}

#[test]
fn the_alternative_annotator_test_needs_three_people() {
    let kinds = [(30, "a/a", "aab"), (30, "b/b", "bab")];
    let found = RunSpec::new(rows(&kinds)).judged().found(&[]);
    let test = &found["human"]["alt_test"];
    let epsilons: Vec<f64> = test["curve"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["epsilon"].as_f64().unwrap())
        .collect();
    assert!(epsilons.contains(&0.1) && epsilons.windows(2).all(|two| two[0] < two[1]));
    let omegas: Vec<f64> = test["curve"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["omega"].as_f64().unwrap())
        .collect();
    assert!(omegas.windows(2).all(|two| two[0] <= two[1]), "{omegas:?}");
    let pairs = RunSpec::new(rows(&[(30, "a/a", "aa"), (30, "b/b", "ba")])).judged().found(&[]);
    assert!(pairs["human"]["alt_test"].is_null());
}

/// Two comparisons, with a label file of one's own.
fn two_with(labels: &str) -> JudgedRun {
    let judged = RunSpec::new(rows(&[(2, "a/a", "")])).judged();
    judged.label(labels);
    judged
}

#[test]
fn two_labels_of_one_annotator_are_an_error_with_both_lines() {
    for (second, said) in
        [("beta", "already gave a different label"), ("alpha", "already gave the same label")]
    {
        let lines = [
            label("q000", "ana", BETWEEN, "alpha"),
            label("q001", "ana", BETWEEN, "alpha"),
            label("q000", "ben", BETWEEN, second),
            label("q000", "ana", ["beta", "alpha"], second),
        ];
        let result = two_with(&lines.concat()).calibrate(&["--format", "json"]).expect(3);
        for part in ["labels.jsonl:4: ", "`ana`", "`q000`", "on line 1", said] {
            assert!(result.stderr.contains(part), "no `{part}` in {}", result.stderr);
        }
        assert_eq!(result.stdout, "");
    }
}

#[test]
fn labels_for_unknown_comparisons_are_counted_and_ignored() {
    let labels = [
        label("q000", "ana", BETWEEN, "alpha"),
        label("elsewhere", "ana", BETWEEN, "alpha"),
        label("elsewhere", "ana", ["other", "systems"], "other"),
    ];
    let judged = two_with(&labels.concat());
    let found = judged.found(&[]);
    assert_eq!([&found["labelled"], &found["labels_unmatched"]], [1, 2]);
    assert!(warning(&found, "labels-unmatched").unwrap().starts_with("2 labels"));
    let table = judged.calibrate(&[]).expect(0).stdout;
    assert!(unwrapped(&table).contains("2 labels are for other comparisons"), "{table}");
}

#[test]
fn labels_of_items_beyond_a_limit_are_counted_and_ignored() {
    let mut written = RunSpec::new(rows(&[(10, "a/a", "ab")]));
    written.flags = vec!["--limit", "4"];
    let found = written.judged().found(&[]);
    let counts = ["planned", "labelled", "labels_unmatched"].map(|key| &found[key]);
    assert_eq!(counts, [4, 4, 12]);
}

#[test]
fn lines_without_a_winner_are_counted() {
    let blank = json!({ "id": "q001", "annotator": "", "between": BETWEEN, "winner": null });
    let judged = two_with(&format!("{}{blank}\n", label("q000", "ana", BETWEEN, "alpha")));
    let found = judged.found(&[]);
    assert_eq!([&found["labelled"], &found["labels_blank"]], [1, 1]);
    assert!(warning(&found, "labels-blank").unwrap().starts_with("1 line "));
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    assert!(table.contains("1 line has no winner yet"), "{table}");
}

#[test]
fn labels_that_match_no_comparison_are_an_error_that_counts_them() {
    let blank = json!({ "id": "q001", "annotator": "", "between": BETWEEN, "winner": null });
    let unknown = label("elsewhere", "ana", BETWEEN, "alpha");
    let twice = format!("{blank}\n{blank}\n");
    for (labels, said, hint) in [
        (unknown.clone(), "1 label is for an id that is not in the run", "`evenhand sample`"),
        (twice.clone(), "labels.jsonl: 2 of 2 labels have no winner yet", "write the name"),
        (format!("{unknown}{twice}"), "2 lines have no winner yet", "write the name"),
        (format!("{unknown}{twice}"), "1 label is for an id that is not in the run", "hint: "),
        (String::new(), "labels.jsonl: the file has no labels", "`evenhand sample`"),
        (label("Q_1", "ana", BETWEEN, "beta"), "(`Q_1`: did you mean `q001`?)", "hint: "),
    ] {
        let result = two_with(&labels).calibrate(&[]).expect(3);
        assert!(result.stderr.contains(said), "{}", result.stderr);
        let hinted = result.stderr.split_once("hint: ").unwrap().1;
        assert!("hint: ".contains(hint) || hinted.contains(hint), "{}", result.stderr);
        assert_eq!(result.stdout, "");
    }
}

#[test]
fn labels_of_a_pair_that_is_not_compared_are_an_error_that_names_the_compared_pairs() {
    let rows = [["alpha", "beta"], ["alpha", "gamma"], ["beta", "gamma"]]
        .map(|between| Row::new("q000", between, "a/a", ""));
    let mut spec = RunSpec::new(rows.to_vec());
    spec.flags = vec!["--baseline", "alpha"];
    let judged = spec.judged();
    judged.label(&label("q000", "ana", ["beta", "gamma"], "beta"));
    let said = judged.calibrate(&[]).expect(3);
    for part in ["1 label is for two systems", "compared are alpha with beta, alpha with gamma"] {
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
}

#[test]
fn labels_of_the_other_part_are_an_error_that_says_so() {
    let judged = RunSpec::new(rows(&[(40, "a/a", "a")])).judged();
    let ids = (0..40).map(|at| format!("q{at:03}"));
    let of_test: String = ids
        .filter(|id| evenhand::calibration::Part::of(id) == evenhand::calibration::Part::Test)
        .map(|id| label(&id, "ana", BETWEEN, "alpha"))
        .collect();
    judged.label(&of_test);
    let said = judged.calibrate(&["--part", "dev"]).expect(3);
    assert!(said.stderr.contains("labels are for items of the other part"), "{}", said.stderr);
    assert!(said.stderr.contains("label comparisons of this part"), "{}", said.stderr);
}

#[test]
fn annotators_whose_names_look_alike_are_pointed_out() {
    let two = |other: &str| {
        let labels =
            [label("q000", "ana", BETWEEN, "alpha"), label("q001", other, BETWEEN, "beta")];
        let found = two_with(&labels.concat()).found(&[]);
        warning(&found, "similar-annotators").map(str::to_owned)
    };
    assert!(two("Ana").unwrap().contains("annotators `Ana` and `ana`"));
    assert!(two("ana ").is_some());
    assert!(two("anna").is_none(), "two people may have similar names");
}

#[test]
fn unmatched_ids_that_look_like_known_ones_are_pointed_out() {
    let labels = [label("q000", "ana", BETWEEN, "alpha"), label("Q001", "ana", BETWEEN, "beta")];
    let found = two_with(&labels.concat()).found(&[]);
    let message = warning(&found, "labels-unmatched").unwrap();
    assert!(message.contains("did you mean `q001`?"), "{message}");
}

#[test]
fn an_invalid_label_is_an_error_with_its_line_and_field() {
    let fine = label("q000", "ana", BETWEEN, "alpha");
    let with = |field: &str, value: Value| {
        let mut line = json!({ "id": "q001", "annotator": "ana", "winner": "alpha" });
        line[field] = value;
        line.to_string()
    };
    for (line, parts) in [
        (with("winner", json!("gamma")), ["unknown system `gamma`", "alpha, beta"]),
        (with("between", json!(["alpha", "gamma"])), ["unknown system `gamma`", "alpha, beta"]),
        (with("between", json!(["alpha", "alpha"])), ["between", "two different systems"]),
        (with("probability", json!(0)), ["probability", "found 0"]),
        (with("probability", json!(-0.5)), ["probability", "found -0.5"]),
        (with("probability", json!(1.01)), ["probability", "found 1.01"]),
        (with("probability", json!("half")), ["probability", "a number"]),
        (with("annotator", json!("")), ["annotator", "empty"]),
        (with("winner", json!(1)), ["winner", "a string"]),
        (r#"{"id":"q001","annotator":"ana"}"#.to_owned(), ["winner", "missing"]),
        (r#"{"id":"q001","winner":"alpha"}"#.to_owned(), ["annotator", "missing"]),
        ("[]".to_owned(), ["labels.jsonl:2", "object"]),
    ] {
        let result = two_with(&format!("{fine}{line}\n")).calibrate(&[]).expect(3);
        for part in ["labels.jsonl:2", parts[0], parts[1]] {
            assert!(result.stderr.contains(part), "no `{part}` for {line} in {}", result.stderr);
        }
        assert_eq!(result.stdout, "");
    }
}

#[test]
fn between_may_be_omitted_only_where_an_item_has_two_responses() {
    let without = r#"{"id":"q000","annotator":"ana","winner":"alpha"}"#;
    assert_eq!(two_with(&format!("{without}\n")).found(&[])["kept"]["agreement"]["value"], 1.0);
    let rows = [["alpha", "beta"], ["alpha", "gamma"], ["beta", "gamma"]]
        .map(|between| Row::new("q000", between, "a/a", ""));
    let judged = RunSpec::new(rows.to_vec()).judged();
    judged.label(&format!("{without}\n"));
    let said = judged.calibrate(&[]).expect(3);
    assert!(said.stderr.contains("labels.jsonl:1: between is missing"), "{}", said.stderr);
    // A winner that is a system of the item, but was not compared here.
    judged.label(&label("q000", "ana", ["alpha", "gamma"], "beta"));
    let said = judged.calibrate(&[]).expect(3);
    assert!(said.stderr.contains("winner `beta` is not one of the two"), "{}", said.stderr);
}

#[test]
fn the_order_of_between_does_not_matter() {
    let turned = label("q000", "ana", ["beta", "alpha"], "alpha");
    let [turned, straight] = [turned, label("q000", "ana", BETWEEN, "alpha")].map(|label| {
        let mut found = two_with(&label).found(&[]);
        found["provenance"].take();
        found
    });
    assert_eq!(turned, straight);
}

#[test]
fn how_far_people_agree_does_not_depend_on_what_the_judge_answered() {
    let labels = [(12, "aab"), (10, "bbb"), (9, "abb"), (9, "aaa")];
    let judged_with = |replies: &'static str, code: i32| {
        let mut spec = RunSpec::new(rows(&labels.map(|(n, labels)| (n, replies, labels))));
        spec.code = code;
        spec.judged().found(&[])
    };
    let [both_orders, one_order] =
        [("a/a", 0), ("a/-", 5)].map(|(replies, code)| judged_with(replies, code));
    assert_eq!(one_order["human"]["ceiling"], both_orders["human"]["ceiling"]);
    for key in ["judge", "ratio", "difference"] {
        assert!(!is_undefined(&both_orders["human"][key]), "{key}");
        assert!(is_undefined(&one_order["human"][key]), "{key}");
    }
    // What is missing is the other order, not labels.
    let why = warning(&one_order, "no-ratio").unwrap();
    assert!(why.contains("answered in both orders none"), "{why}");
    assert!(warning(&one_order, "unanswered").unwrap().contains("recording"));
    for warning in one_order["warnings"].as_array().unwrap() {
        assert!(!warning["message"].as_str().unwrap().contains("label more"), "{warning}");
    }
}

#[test]
fn labels_are_not_asked_for_where_unreadable_replies_are_the_cause() {
    let judged =
        RunSpec::new(rows(&[(2, "a/a", "a"), (30, "?/?", "a"), (30, "?/?", "b")])).judged();
    let messages = judged.found(&[])["warnings"].to_string();
    assert!(messages.contains("settle first why most replies cannot be read"), "{messages}");
    let lacking = ["undefined", "no-interval"];
    for warning in judged.found(&[])["warnings"].as_array().unwrap() {
        if lacking.contains(&warning["code"].as_str().unwrap()) {
            assert!(!warning["message"].as_str().unwrap().contains("label more"), "{warning}");
        }
    }
}
