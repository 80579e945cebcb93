//! The margin rule: a threshold by the dev part, both rules on the test part, and what is refused.

use evenhand::calibration::Part;
use serde_json::{Value, json};

use super::end_to_end::assert_close;
use crate::support::labelled_run::{
    JudgedRun, Row, RunSpec, interval, is_undefined, rows, unwrapped, value, warning,
};
use crate::support::server::{Answer, ReceivedRequest, Scene, completion};

const MARGIN: [&str; 2] = ["--decide", "margin"];

/// Comparisons by how five repeats of a judge that leans to the first position answered them, with the label.
const BIASED: [(usize, &str, &str); 5] = [
    // Majorities flip, and the mean of the shares knows better: a margin of 0.4.
    (70, "aaaaa/bbbaa", "a"),
    (70, "aaabb/bbbbb", "b"),
    // Both majorities agree on the wrong system: a margin of 0.2.
    (30, "aaabb/aaabb", "b"),
    (20, "aaaaa/aaaaa", "a"),
    // The position alone decides: no margin.
    (10, "aaaaa/bbbbb", "a"),
];

fn biased() -> JudgedRun {
    RunSpec::new(rows(&BIASED)).judged()
}

/// How many comparisons of each kind of [`BIASED`] are in a part.
fn in_part(part: Part) -> Vec<u64> {
    let mut begin = 0;
    let kinds = BIASED.iter().map(|(n, ..)| {
        let ids = (begin..begin + n).map(|at| format!("q{at:03}"));
        begin += n;
        ids.filter(|id| Part::of(id) == part).count() as u64
    });
    kinds.collect()
}

/// The numbers of a rule on the test part.
fn rule<'a>(found: &'a Value, name: &str) -> &'a Value {
    let rules = found["margin_rule"]["test"]["rules"].as_array().unwrap();
    rules.iter().find(|one| one["rule"] == name).unwrap_or_else(|| panic!("no {name}: {found}"))
}

#[test]
fn the_margin_of_a_biased_judge_with_informative_shares_keeps_more_and_errs_less() {
    let found = biased().found(&MARGIN);
    let dev = in_part(Part::Dev);
    let chosen = &found["margin_rule"]["dev"];
    let kept = dev[0] + dev[1] + dev[3];
    let expected = json!({
        "max_error": 0.1,
        "labelled": dev.iter().sum::<u64>(),
        "with_margin": kept + dev[2],
        "fewest": 29,
        "threshold": {
            "threshold": 0.4,
            "kept": kept,
            "wrong": 0,
            "bound": 1.0 - 0.05_f64.powf(1.0 / kept as f64),
        },
        "no_threshold": null,
    });
    assert_eq!(*chosen, expected);

    let test = in_part(Part::Test);
    let n = test.iter().sum::<u64>();
    assert_eq!(found["margin_rule"]["test"]["labelled"], n);
    for (name, kept, wrong) in
        [("both-orders", test[2] + test[3], test[2]), ("margin", test[0] + test[1] + test[3], 0)]
    {
        let numbers = rule(&found, name);
        assert_eq!([&numbers["kept"], &numbers["wrong"]], [&json!(kept), &json!(wrong)], "{name}");
        for (key, share, of) in
            [("coverage", kept as f64 / n as f64, n), ("error", wrong as f64 / kept as f64, kept)]
        {
            assert_close(value(&numbers[key]), share, 1e-12);
            assert_eq!(numbers[key]["n"], of, "{name} {key}");
            let [low, high] = interval(&numbers[key]);
            assert!(low <= share && share <= high && low < high, "{name} {key}");
        }
    }
    let [both, margin] = ["both-orders", "margin"].map(|name| rule(&found, name));
    assert!(value(&margin["coverage"]) > 2.0 * value(&both["coverage"]));
    assert!(value(&margin["error"]) < value(&both["error"]));
    assert_eq!([&both["threshold"], &margin["threshold"]], [&Value::Null, &json!(0.4)]);
}

#[test]
fn the_margin_rule_changes_no_other_number_of_a_calibration() {
    let judged = biased();
    let (mut with, mut without) = (judged.found(&MARGIN), judged.found(&[]));
    assert!(without["margin_rule"].is_null());
    for found in [&mut with, &mut without] {
        for key in ["margin_rule", "looks"] {
            found.as_object_mut().unwrap().remove(key);
        }
    }
    assert_eq!(with, without);
    assert_eq!(judged.found(&["--decide", "both-orders"])["margin_rule"], Value::Null);
}

#[test]
fn both_rules_stand_side_by_side_in_the_table_and_in_markdown() {
    let judged = biased();
    let test = in_part(Part::Test);
    let n = test.iter().sum::<u64>();
    let table = judged.calibrate(&MARGIN).expect(0).stdout;
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let said = unwrapped(&table);
    for words in [
        "keeps a verdict if the margin is at least 0.4.",
        "at most 10 % of kept verdicts are, with 95 % confidence",
        &format!(
            "Both rules on the {n} labelled comparisons of the test part (look 1 with this rubric):"
        ),
        "coverage, both orders",
        "coverage, by the margin",
        "wrong, by the margin 0.0 %",
    ] {
        assert!(said.contains(words), "no `{words}` in {table}");
    }
    let markdown =
        judged.calibrate(&[&MARGIN[..], &["--format", "markdown"]].concat()).expect(0).stdout;
    let row = |name: &str| {
        let found = markdown.lines().find(|line| line.starts_with(&format!("| {name}")));
        found.unwrap_or_else(|| panic!("no {name} in {markdown}")).to_owned()
    };
    assert!(row("both orders | – |").ends_with(&format!("| {} |", test[2])), "{markdown}");
    assert!(row("by the margin | 0.4 |").ends_with("| 0 |"), "{markdown}");
}

#[test]
fn the_comparison_of_both_rules_is_a_look_at_the_test_part_and_the_choice_of_a_threshold_is_none() {
    let judged = biased();
    let log = judged.folder.path().join("looks.jsonl");
    let dev = judged.found(&[&MARGIN[..], &["--part", "dev"]].concat());
    assert!(dev["margin_rule"]["test"].is_null() && dev["looks"].is_null(), "{dev}");
    judged.folder.run(&[&["verdicts", "run.db", "--labels", "labels.jsonl"], &MARGIN[..]].concat());
    assert!(!log.exists(), "the dev part is not counted");
    let both = judged.found(&MARGIN);
    assert_eq!(both["looks"], 1);
    assert_eq!(both["margin_rule"]["dev"], dev["margin_rule"]["dev"]);
    let test = judged.found(&[&MARGIN[..], &["--part", "test"]].concat());
    assert_eq!(test["looks"], 2);
    assert_eq!(test["margin_rule"], both["margin_rule"], "the dev part chooses, whatever is shown");
    assert!(warning(&test, "repeated-look").is_some());
    assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 2);
}

#[test]
fn verdicts_are_decided_by_the_margin_where_they_are_asked_to_be() {
    let judged = biased();
    let verdicts = |flags: &[&str]| judged.folder.run(&[&["verdicts", "run.db"], flags].concat());
    let named = verdicts(&[&MARGIN[..], &["--threshold", "0.4"]].concat()).expect(0);
    let chosen = verdicts(&[&MARGIN[..], &["--labels", "labels.jsonl"]].concat()).expect(0);
    assert_eq!(named.stdout, chosen.stdout);
    assert!(chosen.stderr.contains("the margin is at least 0.4."), "{}", chosen.stderr);
    let kept = named.json_lines();
    assert_eq!(kept.len(), 160);
    let by_margin =
        |line: &Value| line["decided_by"] == "margin" && line["margin"].as_f64() >= Some(0.4);
    assert!(kept.iter().all(by_margin));

    let all = verdicts(&[&MARGIN[..], &["--threshold", "0.4", "--all"]].concat()).expect(0);
    let all = all.json_lines();
    let first = |at: usize| {
        let keys = ["outcome", "winner", "decided_by", "probability", "margin"];
        keys.map(|key| all[at][key].clone())
    };
    let mean = |alpha: f64, beta: f64| json!({ "alpha": alpha, "beta": beta, "tie": 0.0 });
    let (kept, undecided) = (json!("kept"), json!("undecided"));
    let margin = json!("margin");
    assert_eq!(first(0), [kept, json!("alpha"), margin.clone(), mean(0.7, 0.3), json!(0.4)]);
    let low = [undecided.clone(), Value::Null, margin.clone(), mean(0.6, 0.4), json!(0.2)];
    assert_eq!(first(140), low);
    assert_eq!(first(190), [undecided, Value::Null, margin, mean(0.5, 0.5), json!(0.0)]);

    // By the default rule only the keys are new.
    let default = verdicts(&["--all"]).expect(0).json_lines();
    assert_eq!(default[0]["outcome"], "flipped");
    for (line, by_margin) in default.iter().zip(&all) {
        assert_eq!(line["decided_by"], "both-orders");
        for key in ["probability", "margin", "orders", "id"] {
            assert_eq!(line[key], by_margin[key]);
        }
    }
    let undecided = ["--threshold", "0.4", "--outcome", "undecided", "--format", "csv"];
    let csv = verdicts(&[&MARGIN[..], &undecided].concat()).expect(0).stdout;
    let mut lines = csv.lines();
    let header = lines.next().unwrap();
    let columns = "a_probability,b_probability,tie_probability,margin,decided_by,tags";
    assert!(header.ends_with(columns), "{header}");
    assert_eq!(lines.clone().count(), 40);
    assert!(lines.next().unwrap().ends_with("0.6,0.4,0,0.2,margin,"), "{csv}");
    let none = verdicts(&[&MARGIN[..], &["--threshold", "0.4", "--outcome", "failed"]].concat());
    assert!(none.expect(0).stderr.contains("0 failed; 160 kept, 40 undecided"));
}

#[test]
fn a_margin_that_is_noise_has_no_threshold() {
    let noise = [(40, "aaaaa/bbbaa", "a"), (40, "aaaaa/bbbaa", "b"), (40, "aaabb/bbbbb", "a")];
    let judged = RunSpec::new(rows(&[&noise[..], &[(40, "aaabb/bbbbb", "b")]].concat())).judged();
    let found = judged.found(&MARGIN);
    let dev = &found["margin_rule"]["dev"];
    assert_eq!((&dev["threshold"], &dev["no_threshold"]), (&Value::Null, &json!("too-many-wrong")));
    assert!(dev["with_margin"].as_u64() >= Some(29));
    let rules = found["margin_rule"]["test"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 1, "there is no margin rule to compare");
    // Nothing is kept by the default rule either.
    assert!(is_undefined(&rules[0]["error"]), "{rules:?}");
    let undefined = warning(&found, "undefined").unwrap();
    assert!(undefined.contains("margin_rule.test.error by both-orders"), "{undefined}");
    let said = unwrapped(&judged.calibrate(&MARGIN).expect(0).stdout);
    assert!(said.contains("The margin rule has no threshold: on the "), "{said}");
    assert!(said.contains("The default rule on the "), "{said}");
    let verdicts = ["verdicts", "run.db", "--labels", "labels.jsonl"];
    let said = judged.folder.run(&[&verdicts[..], &MARGIN].concat()).expect(3);
    assert_eq!(said.stdout, "");
    assert!(said.stderr.contains("too many of the verdicts with the largest margins"));
    assert!(said.stderr.contains("hint: name a threshold of your own"), "{}", said.stderr);
}

#[test]
fn too_few_labels_have_no_threshold_and_the_least_number_is_said() {
    let few = RunSpec::new(rows(&[(40, "aaaaa/aaaaa", "a")])).judged();
    let found = few.found(&MARGIN);
    let dev = &found["margin_rule"]["dev"];
    assert!(dev["with_margin"].as_u64() < Some(29), "{dev}");
    assert_eq!((&dev["no_threshold"], &dev["fewest"]), (&json!("too-few-labels"), &json!(29)));
    let said = unwrapped(&few.calibrate(&MARGIN).expect(0).stdout);
    assert!(said.contains("at least 29 with a margin are needed"), "{said}");
    // More errors allowed take fewer labels.
    let found = few.found(&[&MARGIN[..], &["--max-error", "0.25"]].concat());
    let dev = &found["margin_rule"]["dev"];
    assert_eq!((&dev["fewest"], &dev["max_error"]), (&json!(11), &json!(0.25)));
    assert_eq!(dev["threshold"]["threshold"], 1.0);
}

#[test]
fn no_guarantee_is_given_for_several_comparisons_of_an_item_or_unequal_probabilities() {
    let pairs = [["alpha", "beta"], ["alpha", "gamma"], ["beta", "gamma"]];
    let of_item = |at: usize| {
        pairs.map(|between| Row::new(&format!("q{at:03}"), between, "aaaaa/aaaaa", "a"))
    };
    let several = RunSpec::new((0..80).flat_map(of_item).collect()).judged();
    let dev = &several.found(&MARGIN)["margin_rule"]["dev"];
    assert_eq!(dev["no_threshold"], "several-comparisons-of-an-item");
    let said = unwrapped(&several.calibrate(&MARGIN).expect(0).stdout);
    assert!(said.contains("label one comparison of each item"), "{said}");

    let judged = biased();
    let label = |at: usize| {
        let probability = if at.is_multiple_of(2) { 0.5 } else { 0.75 };
        let mut label = json!({ "id": format!("q{at:03}"), "annotator": "ana", "winner": "alpha" });
        label["probability"] = json!(probability);
        format!("{label}\n")
    };
    judged.label(&(0..120).map(label).collect::<String>());
    let dev = &judged.found(&MARGIN)["margin_rule"]["dev"];
    assert_eq!(dev["no_threshold"], "unequal-probabilities");
    let verdicts = ["verdicts", "run.db", "--labels", "labels.jsonl"];
    let said = judged.folder.run(&[&verdicts[..], &MARGIN].concat()).expect(3);
    assert!(said.stderr.contains("unequal probabilities"), "{}", said.stderr);
}

#[test]
fn single_votes_are_refused_rather_than_decided_as_by_the_default_rule() {
    let single = RunSpec::new(rows(&[(60, "a/a", "a"), (20, "a/b", "b")])).judged();
    let hint = "hint: judge with a rubric whose reply format is logprobs";
    for command in [
        &["calibrate", "run.db", "--labels", "labels.jsonl"][..],
        &["calibrate", "run.db", "--labels", "labels.jsonl", "--part", "dev"],
        &["report", "run.db", "--labels", "labels.jsonl"],
        &["verdicts", "run.db", "--labels", "labels.jsonl"],
        &["verdicts", "run.db", "--threshold", "0.2"],
    ] {
        let said = single.folder.run(&[command, &MARGIN].concat()).expect(3);
        assert_eq!(said.stdout, "", "{command:?}");
        assert!(
            said.stderr.contains("run.db: the margin rule needs a distribution"),
            "{command:?}"
        );
        assert!(said.stderr.contains(hint), "{}", said.stderr);
    }
    assert!(!single.folder.path().join("looks.jsonl").exists());
    let lines = single.folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
    assert!(lines.iter().all(|line| line["probability"].is_null() && line["margin"].is_null()));
}

#[test]
fn a_jury_and_flags_without_meaning_are_refused() {
    let jury = RunSpec::new(rows(&[(50, "aa/aa ab/ab", "a")])).judged();
    let run = |arguments: &[&str]| jury.folder.run(arguments);
    for command in [
        &["calibrate", "run.db", "--labels", "labels.jsonl"][..],
        &["report", "run.db", "--labels", "labels.jsonl"],
        &["verdicts", "run.db", "--threshold", "0.2"],
        &["verdicts", "run.db", "--threshold", "0.2", "--judge", "all"],
    ] {
        let said = run(&[command, &MARGIN].concat()).expect(2);
        assert!(said.stderr.contains("the rule is about one judge"), "{command:?} {}", said.stderr);
        assert!(said.stderr.contains("judge-1, judge-2"), "{}", said.stderr);
    }
    run(&["verdicts", "run.db", "--threshold", "0.2", "--judge", "judge-1", "--decide", "margin"])
        .expect(0);
    let verdicts = ["verdicts", "run.db"];
    for (flags, words) in [
        (&["--decide", "margin"][..], "needs a threshold"),
        (&["--threshold", "0.2"], "--threshold is about the margin rule"),
        (&["--labels", "labels.jsonl"], "--labels is about the margin rule"),
        (&["--max-error", "0.2"], "--max-error is about the margin rule"),
        (
            &["--decide", "margin", "--threshold", "0.2", "--labels", "labels.jsonl"],
            "cannot be used",
        ),
        (&["--decide", "margin", "--threshold", "1.2"], "a share from 0 to 1"),
        (&["--decide", "margin", "--max-error", "0"], "a share between 0 and 1"),
        (&["--decide", "majority"], "both-orders, margin"),
        (&["--outcome", "undecided"], "unknown outcome `undecided`"),
    ] {
        let said = run(&[&verdicts[..], flags].concat()).expect(2);
        assert!(said.stderr.contains(words), "{flags:?}: {}", said.stderr);
    }
    let said = run(&["report", "run.db", "--decide", "margin"]).expect(2);
    assert!(said.stderr.contains("--labels"), "{}", said.stderr);
    for command in ["calibrate", "report"] {
        let flags = ["run.db", "--labels", "labels.jsonl", "--max-error", "0.2"];
        let said = run(&[&[command], &flags[..]].concat()).expect(2);
        assert!(said.stderr.contains("add --decide margin"), "{}", said.stderr);
    }
}

/// Answers with one letter and the probabilities of both, the rest of which went to other tokens.
fn letter(of_first: f64, of_second: f64) -> Answer {
    let vote = if of_first >= of_second { "A" } else { "B" };
    let mut body = completion(vote);
    let token = |token: &str, share: f64| json!({ "token": token, "logprob": share.ln() });
    let mut found = token(vote, of_first.max(of_second));
    found["top_logprobs"] = json!([
        token("A", of_first),
        token("B", of_second),
        token("The", 1.0 - of_first - of_second)
    ]);
    body["choices"][0]["logprobs"] = json!({ "content": [found] });
    Answer::json(200, &body)
}

/// The system that is right about an item of a scene.
fn right(id: &str) -> &'static str {
    let number: usize = id.trim_start_matches("q-").parse().unwrap();
    if number.is_multiple_of(3) { "alpha" } else { "beta" }
}

/// Always says A; surer of it where that is right.
fn always_a(seen: &ReceivedRequest) -> Answer {
    if seen.first == right(&seen.id) { letter(0.45, 0.15) } else { letter(0.3, 0.25) }
}

#[test]
fn a_judge_that_always_says_the_first_letter_is_decided_by_its_probabilities() {
    let scene = Scene::new(90, always_a);
    let rubric = "name = \"letters\"\ndescription = \"Which is better?\"\nprompt = \"pairwise-terse.j2\"\n\
                  ties = false\n[reply]\nformat = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n";
    scene.folder.write("rubrics/letters.toml", rubric);
    scene.judge(&["--rubric", "letters"]).expect(0);
    let verdicts = scene.verdicts();
    let label = |verdict: &Value| {
        let id = verdict["id"].as_str().unwrap();
        format!("{}\n", json!({ "id": id, "annotator": "ana", "winner": right(id) }))
    };
    scene.folder.write("labels.jsonl", &verdicts.iter().map(label).collect::<String>());
    // The shares of the two letters, whatever went to others: 0.75 and 0.3/0.55 for the first.
    let of_right = f64::midpoint(0.75, 1.0 - 0.3 / 0.55);
    for verdict in &verdicts {
        assert_eq!(verdict["outcome"], "flipped");
        let (right, mean) = (right(verdict["id"].as_str().unwrap()), &verdict["probability"]);
        assert_close(mean[right].as_f64().unwrap(), of_right, 1e-9);
        assert_close(verdict["margin"].as_f64().unwrap(), 2.0 * of_right - 1.0, 1e-6);
        assert_eq!(mean["tie"], 0.0);
    }
    let calibrate = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let said = scene.run(&[&calibrate[..], &MARGIN].concat()).expect(0);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(rule(&found, "both-orders")["kept"], 0);
    let margin = rule(&found, "margin");
    assert_eq!((value(&margin["coverage"]), value(&margin["error"])), (1.0, 0.0));
    let threshold = margin["threshold"].as_f64().unwrap();
    let kept = scene.run(&[
        "verdicts",
        "run.db",
        "--decide",
        "margin",
        "--threshold",
        &threshold.to_string(),
    ]);
    assert_eq!(kept.expect(0).json_lines().len(), 90, "a printed threshold keeps what it kept");
    // The confidence block sees the same mean: right in every comparison, and that is the likelier system.
    assert_eq!(found["confidence"]["n"], 90);
    let bins = found["confidence"]["bins"].as_array().unwrap();
    let full: Vec<&Value> = bins.iter().filter(|bin| bin["n"] != 0).collect();
    assert_eq!(full[0]["accuracy"], 1.0, "{full:?}");
}
