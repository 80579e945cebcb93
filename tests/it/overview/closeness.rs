//! Consistency and agreement by how close a comparison is.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{WITH_LABELS, WITHOUT_LABELS, assert_estimate, found};
use crate::support::Folder;
use crate::support::labelled_run::{RunSpec, rows};
use crate::support::server::{Answer, Scene, completion};

/// The bands of a measure.
fn bands<'a>(found: &'a Value, measure: &str) -> Option<&'a Vec<Value>> {
    let all = found["closeness"].as_array().unwrap();
    all.iter().find(|one| one["measure"] == measure)?["bands"].as_array()
}

#[test]
fn comparisons_on_which_people_differ_are_the_close_ones() {
    let kinds =
        [(6, "a/a", "aa"), (2, "a/b", "bb"), (3, "a/b", "aab"), (1, "b/b", "ab"), (4, "a/a", "a")];
    let found = RunSpec::new(rows(&kinds)).judged().overview();
    let [divided, unanimous] = bands(&found, "people").unwrap().as_slice() else {
        panic!("{found}")
    };
    assert_eq!(
        [&divided["name"], &divided["low"], &divided["high"]],
        [&json!("divided"), &Value::Null, &Value::Null]
    );
    assert_eq!([&divided["comparisons"], &unanimous["comparisons"]], [4, 8]);
    assert_estimate(&divided["coverage"], 1.0 / 4.0, 4);
    assert_estimate(&divided["consistency"], 1.0 / 4.0, 4);
    // Of the six replies to flipped ones three agree with the label; without a majority each counts one half.
    assert_estimate(&divided["agreement"], (3.0 + 1.0) / 8.0, 8);
    assert_estimate(&unanimous["coverage"], 6.0 / 8.0, 8);
    assert_estimate(&unanimous["agreement"], (12.0 + 2.0) / 16.0, 16);
}

#[test]
fn with_one_annotator_or_no_labels_people_are_no_measure() {
    let judged = RunSpec::new(rows(&[(4, "a/a", "a")])).judged();
    for found in [judged.overview(), judged.overview_without_labels()] {
        assert!(bands(&found, "people").is_none(), "{found}");
    }
    let found = RunSpec::new(rows(&[(4, "a/a", "aa")])).judged().overview();
    let only: Vec<&Value> =
        bands(&found, "people").unwrap().iter().map(|band| &band["name"]).collect();
    assert_eq!(only, ["unanimous"]);
}

/// A run in which the judge gives alpha these probabilities, with alpha first and with beta first.
pub(crate) fn judged_with_probabilities(probabilities: &'static [[f64; 2]]) -> Folder {
    let scene = Scene::new(probabilities.len(), |seen| {
        let at: usize = seen.id[2..].parse().unwrap();
        let (of_alpha, alpha) = match seen.first {
            "alpha" => (probabilities[at - 1][0], "A"),
            _ => (probabilities[at - 1][1], "B"),
        };
        let other = if alpha == "A" { "B" } else { "A" };
        let (token, share) =
            if of_alpha > 0.5 { (alpha, of_alpha) } else { (other, 1.0 - of_alpha) };
        let mut body = completion(token);
        let likely = json!({ "token": token, "logprob": share.ln() });
        let mut found = likely.clone();
        found["top_logprobs"] = json!([likely]);
        body["choices"][0]["logprobs"] = json!({ "content": [found] });
        Answer::json(200, &body)
    });
    let rubric = "name = \"letters\"\ndescription = \"Which is better?\"\nprompt = \"pairwise-terse.j2\"\n\
                  ties = false\n[reply]\nformat = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n";
    scene.folder.write("rubrics/letters.toml", rubric);
    scene.judge(&["--rubric", "letters"]).expect(0);
    scene.folder
}

#[test]
fn confidence_is_the_mean_probability_of_the_likelier_system() {
    static PROBABILITIES: [[f64; 2]; 5] = [
        // .55 and .6 are close; the second flips, and its mean is exactly at the edge of the band.
        [0.55, 0.55],
        [0.8, 0.4],
        // .39, so .61 for beta; and .75.
        [0.3, 0.48],
        [0.75, 0.75],
        [0.95, 0.99],
    ];
    let folder = judged_with_probabilities(&PROBABILITIES);
    let found = found(&folder, WITHOUT_LABELS);
    let bands = bands(&found, "confidence").unwrap();
    let counts: Vec<_> = bands
        .iter()
        .map(|band| (band["name"].as_str().unwrap(), band["comparisons"].as_u64().unwrap()))
        .collect();
    assert_eq!(counts, [("50 to 60 %", 2), ("60 to 75 %", 2), ("75 to 100 %", 1)]);
    assert_eq!([&bands[1]["low"], &bands[1]["high"]], [0.6, 0.75]);
    assert_estimate(&bands[0]["consistency"], 0.5, 2);
    assert_estimate(&bands[1]["consistency"], 1.0, 2);
    assert_eq!(bands[0]["agreement"], Value::Null);
}

#[test]
fn similarity_divides_comparisons_into_thirds_the_most_similar_first() {
    let folder = Folder::new();
    let (mut items, mut replies) = (String::new(), String::new());
    // F1 of the words: 1, ⅘, ½, 0, 0, 0 (`the` is no word).
    let texts = [
        ("red green", "red the green"),
        ("red green", "red green blue"),
        ("red green", "red blue"),
        ("red", "blue"),
        ("red", "green"),
        ("red", "white"),
    ];
    for (at, (alpha, beta)) in texts.into_iter().enumerate() {
        let id = format!("q{at}");
        let responses = json!({ "alpha": alpha, "beta": beta });
        writeln!(items, "{}", json!({ "id": id, "prompt": "Why?", "responses": responses }))
            .unwrap();
        for [first, second] in [["alpha", "beta"], ["beta", "alpha"]] {
            // The two most similar pairs flip.
            let vote = if at < 2 || first == "alpha" { "FIRST" } else { "SECOND" };
            writeln!(
                replies,
                "{}",
                json!({ "id": id, "first": first, "second": second, "reply": vote })
            )
            .unwrap();
        }
    }
    folder.write("items.jsonl", &items);
    folder.write("r.jsonl", &replies);
    folder.write("r.toml", &crate::support::labelled_run::rubric("r", true));
    folder.write("evenhand.toml", "[judges.j]\nrecorded = \"r.jsonl\"\n");
    folder
        .run(&["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", "j", "--run", "run.db"])
        .expect(0);
    let found = found(&folder, WITHOUT_LABELS);
    let bands = bands(&found, "similarity").unwrap();
    // Equal similarities stay together: the first cut would separate the three zeros.
    let names: Vec<_> = bands
        .iter()
        .map(|band| (band["name"].as_str().unwrap(), band["comparisons"].as_u64().unwrap()))
        .collect();
    assert_eq!(names, [("0.80 to 1.00", 2), ("0.50 to 0.50", 1), ("0.00 to 0.00", 3)]);
    assert_estimate(&bands[0]["consistency"], 0.0, 2);
    assert_estimate(&bands[2]["consistency"], 1.0, 3);
    assert_estimate(&bands[2]["coverage"], 1.0, 3);
}

#[test]
fn the_bands_of_a_jury_have_its_coverage_and_the_consistency_of_its_judges() {
    let kinds = [(3, "a/a a/a b/b", "aa"), (2, "a/b a/a b/b", "aa")];
    let judged = RunSpec::new(rows(&kinds)).judged();
    let found = found(&judged.folder, WITH_LABELS);
    let unanimous = &bands(&found, "people").unwrap()[0];
    assert_estimate(&unanimous["coverage"], 3.0 / 5.0, 5);
    // Fifteen comparisons of three judges, two of them flipped.
    assert_estimate(&unanimous["consistency"], 13.0 / 15.0, 15);
    assert_eq!(unanimous["consistency"], found["calibration"]["position"]["consistency"]);
    assert_eq!(unanimous["agreement"], found["calibration"]["orders"]["agreement"]);
}
