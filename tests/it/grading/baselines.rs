//! A judge of single responses beside simple rules, on the same responses.

use serde_json::{Value, json};

use crate::support::graded_run::{GradedRow, grade_rubric, graded_items};
use crate::support::lines_of;

/// How many items there are, each with one response, of which every other one passes.
const ITEMS: usize = 40;

fn passes(at: usize) -> bool {
    at.is_multiple_of(2)
}

/// Calibrates a judge of such replies on responses of such texts and references.
fn calibrated(
    replies: impl Fn(usize) -> &'static str,
    response: impl Fn(usize) -> String,
    reference: impl Fn(usize) -> Value,
) -> Value {
    let id = |at: usize| format!("q{at:03}");
    let items = (0..ITEMS).map(|at| {
        json!({
            "id": id(at),
            "prompt": "?",
            "responses": {"s": response(at)},
            "reference": reference(at),
        })
    });
    let row = |at: usize| GradedRow { id: id(at), system: "s", replies: replies(at) };
    let rows: Vec<GradedRow> = (0..ITEMS).map(row).collect();
    let run = graded_items(&lines_of(items), &grade_rubric(), &rows);
    let label = |at: usize| {
        let grade = if passes(at) { "good" } else { "poor" };
        json!({"id": id(at), "annotator": "ana", "system": "s", "grade": grade})
    };
    run.folder.write("labels.jsonl", &lines_of((0..ITEMS).map(label)));
    let arguments = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let said = run.folder.run(&arguments).expect(0);
    serde_json::from_str(&said.stdout).unwrap()
}

fn as_people(at: usize) -> &'static str {
    if passes(at) { "2/2" } else { "0/0" }
}

fn codes(found: &Value) -> Vec<&str> {
    let warnings = found["warnings"].as_array().unwrap().iter();
    warnings.map(|warning| warning["code"].as_str().unwrap()).collect()
}

#[test]
fn a_rule_is_measured_by_how_it_orders_responses_and_only_where_it_has_a_score() {
    // Every second pair of responses is longer, whether they pass or not.
    let response = |at: usize| "x".repeat(if at % 4 < 2 { 10 } else { 20 });
    // Half of the items have a reference, to which the passing responses are equal.
    let reference = |at: usize| match at {
        0..20 if passes(at) => json!(response(at)),
        0..20 => json!("something else"),
        _ => Value::Null,
    };
    let found = calibrated(as_people, response, reference);
    let baselines = &found["baselines"];
    let [longer, lexical] = [&baselines[0], &baselines[1]];
    assert_eq!([&longer["name"], &lexical["name"]], ["longer", "lexical"]);
    assert_eq!([&longer["value"]["value"], &longer["value"]["n"]], [&json!(0.5), &json!(40)]);
    assert_eq!([&longer["judge"]["value"], &longer["difference"]["value"]], [1.0, 0.5]);
    assert!(longer["difference"]["low"].as_f64().unwrap() > 0.0, "{longer}");
    assert_eq!([&lexical["value"]["value"], &lexical["difference"]["value"]], [1.0, 0.0]);
    assert_eq!([&longer["measure"], &lexical["measure"]], ["auroc", "auroc"]);
    for number in ["value", "judge", "difference"] {
        assert_eq!(lexical[number]["n"], 20, "{number}");
    }
    assert!(!codes(&found).contains(&"no-better-than-longer"), "{found}");
    assert!(codes(&found).contains(&"no-better-than-lexical"), "{found}");
}

#[test]
fn a_judge_that_is_not_better_than_a_rule_is_not_relied_on() {
    let long_ones_pass = |at: usize| "x".repeat(if passes(at) { 50 + at } else { 1 + at % 3 });
    let found = calibrated(as_people, long_ones_pass, |_| Value::Null);
    assert_eq!(found["baselines"].as_array().unwrap().len(), 1, "no item has a reference");
    assert_eq!(found["conclusion"]["code"], "no-better-than-trivial");
    let sentence = found["conclusion"]["sentence"].as_str().unwrap();
    assert!(sentence.contains("the rule \"the longer response is better\""), "{sentence}");
    assert!(codes(&found).contains(&"no-better-than-longer"), "{found}");
    // It agrees with people all the same.
    assert_eq!(found["replies"]["agreement"]["value"], 1.0);
}

#[test]
fn the_judge_is_measured_by_its_mean_step_over_both_directions() {
    // Of the responses that pass one half has 2/1, and of those that fail one half 1/0 and the other 2/1.
    let replies = |at: usize| match at % 4 {
        0 => "2/2",
        1 => "1/0",
        _ => "2/1",
    };
    let found = calibrated(replies, |at| format!("{at}"), |_| Value::Null);
    // Of 100 kinds of pairs: 2 beats ½ and 1½, 1½ beats ½ and ties with 1½.
    assert_eq!(found["baselines"][0]["judge"]["value"], 0.875);
}

#[test]
fn a_judge_that_was_asked_in_one_direction_is_measured_by_its_replies() {
    let replies = |at: usize| if passes(at) { "2/-" } else { "0/-" };
    let found = calibrated(replies, |at| "x".repeat(1 + at % 4 / 2), |_| Value::Null);
    let longer = &found["baselines"][0];
    assert_eq!([&longer["judge"]["value"], &longer["judge"]["n"]], [&json!(1.0), &json!(ITEMS)]);
    assert_eq!([&longer["value"]["value"], &longer["difference"]["value"]], [0.5, 0.5]);
    assert!(!codes(&found).iter().any(|code| code.contains("longer")), "{found}");
    // The same judge is not shown to be better than a rule that is always right.
    let found = calibrated(replies, |at| "x".repeat(1 + usize::from(passes(at))), |_| Value::Null);
    assert!(codes(&found).contains(&"no-better-than-longer"), "{found}");
    assert_eq!(found["conclusion"]["code"], "no-better-than-trivial");
}

/// The rule orders all responses rightly but for those that the judge gives no readable grade to.
#[test]
fn a_rule_is_measured_on_responses_that_the_judge_leaves_unreadable_too() {
    let replies = |at: usize| match at {
        0..10 => "?/?",
        _ => as_people(at),
    };
    let response = |at: usize| {
        let is_long = passes(at) == (at >= 10);
        "x".repeat(1 + usize::from(is_long))
    };
    let found = calibrated(replies, response, |_| Value::Null);
    let longer = &found["baselines"][0];
    // Of 20 passes 15 are long and 5 short, of 20 fails 5 long and 15 short.
    let expected = (15.0 * 15.0 + 0.5 * (15.0 * 5.0 + 5.0 * 15.0)) / 400.0;
    assert_eq!([&longer["value"]["value"], &longer["value"]["n"]], [&json!(expected), &json!(40)]);
    assert_eq!([&longer["judge"]["n"], &longer["difference"]["n"]], [30, 30]);
    assert_eq!([&longer["judge"]["value"], &longer["difference"]["value"]], [1.0, 0.0]);
    // One readable reply is enough for a step.
    let one_readable = |at: usize| if at < 10 && passes(at) { "2/?" } else { as_people(at) };
    let found = calibrated(one_readable, response, |_| Value::Null);
    assert_eq!(found["baselines"][0]["judge"]["n"], 40);
}

#[test]
fn a_judge_that_cannot_be_compared_with_a_rule_is_not_relied_on() {
    // Of what it gives a step, people pass all.
    let replies = |at: usize| if passes(at) { "2/2" } else { "c/c" };
    let found = calibrated(replies, |at| format!("{at}"), |_| Value::Null);
    assert_eq!(found["baselines"][0]["difference"]["value"], Value::Null);
    assert!(codes(&found).contains(&"not-compared-with-longer"), "{found}");
    assert!(!codes(&found).contains(&"no-better-than-longer"), "{found}");
}
