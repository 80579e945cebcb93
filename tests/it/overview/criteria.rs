//! The votes on single criteria.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{WITH_LABELS, WITHOUT_LABELS, assert_estimate, assert_undefined, found};
use crate::support::Folder;
use crate::support::labelled_run::{RunSpec, label, rows, value};

/// What one reply says by system (`a`, `b`, `t`, or `-` for nothing): the vote, accuracy, tone.
type Said = &'static str;

const RUBRIC: &str = "name = \"r\"\ndescription = \"Which is better?\"\nties = true\n\
    [[criteria]]\nname = \"accuracy\"\ndescription = \"Right?\"\n\
    [[criteria]]\nname = \"tone\"\ndescription = \"Polite?\"\n\
    [reply]\nformat = \"json\"\n";

fn reply(said: &str, first: char) -> String {
    let vote = |letter: char| match letter {
        't' => "tie",
        _ if letter == first => "first",
        _ => "second",
    };
    let letters: Vec<char> = said.chars().collect();
    let mut criteria = serde_json::Map::new();
    for (name, letter) in ["accuracy", "tone"].into_iter().zip(&letters[1..]) {
        if *letter != '-' {
            criteria.insert(name.to_owned(), vote(*letter).into());
        }
    }
    json!({ "reasoning": "", "criteria": criteria, "vote": vote(letters[0]) }).to_string()
}

/// A run of alpha and beta: for each comparison what the orders say, once for each repeat, and its label.
fn judged(comparisons: &[([&[Said]; 2], &'static str)]) -> Folder {
    let folder = Folder::new();
    let (mut items, mut replies, mut labels) = (String::new(), String::new(), String::new());
    let repeats = comparisons[0].0[0].len().to_string();
    for (at, (orders, winner)) in comparisons.iter().enumerate() {
        let id = format!("q{at}");
        let responses = json!({ "alpha": "one answer", "beta": "other answer" });
        writeln!(items, "{}", json!({ "id": id, "prompt": "Why?", "responses": responses }))
            .unwrap();
        for (first, second, said) in [("alpha", "beta", orders[0]), ("beta", "alpha", orders[1])] {
            for said in said {
                let text = if *said == "?" {
                    "No.".to_owned()
                } else {
                    reply(said, first.chars().next().unwrap())
                };
                let line = json!({ "id": id, "first": first, "second": second, "reply": text });
                writeln!(replies, "{line}").unwrap();
            }
        }
        if !winner.is_empty() {
            labels += &label(&id, "ana", ["alpha", "beta"], winner);
        }
    }
    folder.write("items.jsonl", &items);
    folder.write("r.jsonl", &replies);
    folder.write("labels.jsonl", &labels);
    folder.write("r.toml", RUBRIC);
    folder.write("evenhand.toml", "[judges.j]\nrecorded = \"r.jsonl\"\n");
    let command = ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", "j", "--run"];
    let flags = ["run.db", "--repeat", &repeats, "--inconclusive", "pass"];
    folder.run(&[&command[..], &flags].concat()).expect(0);
    folder
}

#[test]
fn each_criterion_is_counted_as_the_vote_is() {
    // Accuracy: kept, flipped, kept, split. Tone: kept, flipped, not voted on in one order, kept.
    let folder = judged(&[
        ([&["aaa"], &["aaa"]], "alpha"),
        ([&["aab"], &["bba"]], "alpha"),
        ([&["bba"], &["bb-"]], "beta"),
        ([&["tta"], &["aaa"]], "alpha"),
    ]);
    let found = found(&folder, WITH_LABELS);
    let [accuracy, tone] = [&found["criteria"][0], &found["criteria"][1]];
    assert_eq!([&accuracy["name"], &tone["name"]], ["accuracy", "tone"]);
    assert_eq!([&accuracy["votes"], &accuracy["flipped"], &accuracy["split"]], [8, 1, 1]);
    assert_eq!([&tone["votes"], &tone["flipped"], &tone["split"]], [7, 1, 0]);
    assert_estimate(&accuracy["consistency"], 2.0 / 4.0, 4);
    assert_estimate(&tone["consistency"], 2.0 / 3.0, 3);
    // Accuracy votes as the reply does in all eight, tone in aaa, aaa and aaa.
    assert_estimate(&accuracy["with_vote"], 1.0, 8);
    assert_estimate(&tone["with_vote"], 3.0 / 7.0, 7);
    // Divided are aab, bba, bba, tta; bb- has one vote only.
    assert_estimate(&accuracy["when_divided"], 1.0, 4);
    assert_estimate(&tone["when_divided"], 0.0, 4);
    // Against people: accuracy is wrong in the second order of the second and the first order of the fourth.
    assert_estimate(accuracy.get("agreement").unwrap(), 6.0 / 8.0, 8);
    // Tone: right aa, of the second only the second order, of the third none (one order has no vote on it), aa.
    assert_estimate(tone.get("agreement").unwrap(), 5.0 / 8.0, 8);
}

#[test]
fn a_criterion_is_compared_with_what_people_chose_by_it() {
    let folder = judged(&[
        ([&["aab"], &["aaa"]], "alpha"),
        ([&["bba"], &["aab"]], "beta"),
        ([&["aab"], &["aaa"]], "alpha"),
    ]);
    let before = found(&folder, WITH_LABELS);
    assert_eq!(before["criteria"][0]["by_criterion"], Value::Null);
    let labelled = |id: &str, annotator: &str, winner: &str, criteria: Value| {
        json!({
            "id": id, "annotator": annotator, "between": ["alpha", "beta"], "winner": winner, "criteria": criteria,
        })
    };
    let lines = [
        labelled("q0", "ana", "alpha", json!({ "accuracy": "alpha", "tone": "beta" })),
        labelled("q1", "ana", "beta", json!({ "accuracy": "tie" })),
        labelled("q1", "ben", "beta", json!({ "accuracy": "beta" })),
        labelled("q2", "ana", "alpha", json!({ "tone": "alpha" })),
    ];
    folder.write("labels.jsonl", &crate::support::lines_of(&lines));
    let found = found(&folder, WITH_LABELS);
    let by_criterion = |at: usize| {
        let estimate = &found["criteria"][at]["by_criterion"];
        (value(estimate), estimate["n"].as_u64().unwrap())
    };
    // Accuracy: both replies to the first comparison are right. People have no majority on the second, where one reply
    // is as one of the two said, and the other as neither.
    assert_eq!(by_criterion(0), (2.5 / 4.0, 4));
    // Tone: the first reply to the first comparison is right, and the second one to the third.
    assert_eq!(by_criterion(1), (2.0 / 4.0, 4));
    // By all criteria, every reply but one is right.
    assert_estimate(&found["criteria"][0]["agreement"], 5.0 / 6.0, 6);
}

#[test]
fn a_criterion_that_decides_everything_has_the_agreement_of_the_replies() {
    let folder = judged(&[
        ([&["aab"], &["bba"]], "alpha"),
        ([&["bbb"], &["bbt"]], "beta"),
        ([&["?"], &["aaa"]], "beta"),
    ]);
    let found = found(&folder, WITH_LABELS);
    assert_eq!(found["criteria"][0]["agreement"], found["calibration"]["orders"]["agreement"]);
    assert_estimate(&found["criteria"][0]["agreement"], 3.0 / 6.0, 6);
    assert_eq!(
        found["criteria"][0]["consistency"],
        found["calibration"]["position"]["consistency"]
    );
}

#[test]
fn an_order_votes_by_the_majority_of_its_repeats() {
    let folder = judged(&[
        ([&["aaa", "aab", "baa"], &["aab", "aab", "aaa"]], ""),
        ([&["aaa", "aab", "aat"], &["aaa", "aaa", "aaa"]], ""),
    ]);
    let found = found(&folder, WITHOUT_LABELS);
    let tone = &found["criteria"][1];
    // First comparison: tone is alpha in one order and beta in the other. Second: no majority in one order.
    assert_eq!([&tone["votes"], &tone["flipped"], &tone["split"]], [12, 1, 0]);
    assert_estimate(&tone["consistency"], 0.0, 1);
    assert_eq!(tone["agreement"], Value::Null);
}

#[test]
fn unanimous_criteria_never_show_which_one_decides() {
    let found = found(&judged(&[([&["aaa"], &["bbb"]], "")]), WITHOUT_LABELS);
    assert_undefined(&found["criteria"][0]["when_divided"], 0);
    let warnings = found["warnings"].as_array().unwrap();
    let undefined = warnings.iter().find(|warning| warning["code"] == "undefined").unwrap();
    let message = undefined["message"].as_str().unwrap();
    assert!(message.contains("criteria.when_divided of accuracy"), "{message}");
}

#[test]
fn without_votes_on_criteria_there_are_no_reports() {
    // A rubric without criteria and with patterns, and one with criteria whose replies have no vote on any.
    let judged_by_patterns = RunSpec::new(rows(&[(2, "a/a", "")])).judged();
    assert_eq!(judged_by_patterns.overview_without_labels()["criteria"], json!([]));
    let found = found(&judged(&[([&["a--"], &["a--"]], "")]), WITHOUT_LABELS);
    assert_eq!(found["criteria"], json!([]));
}
