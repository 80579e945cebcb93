//! What changed on each criterion.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::diff_in;
use crate::support::Folder;
use crate::support::labelled_run::{label, unwrapped};

/// A rubric with criteria of these names.
fn rubric(criteria: &[&str]) -> String {
    let criterion = |name: &&str| format!("[[criteria]]\nname = \"{name}\"\ndescription = \"?\"\n");
    let criteria = criteria.iter().map(criterion).collect::<Vec<_>>().concat();
    format!("name = \"r\"\ndescription = \"Which?\"\n{criteria}")
}

/// What is voted on each criterion, with a first and with b first.
type Votes<'a> = &'a [(&'a str, [&'a str; 2])];

/// Two runs of ten items; a criterion is voted for as said in each run, and the vote follows the first criterion. A vote
/// that ends in `?` is missing for every other item.
fn judged(before: Votes<'_>, after: Votes<'_>) -> Folder {
    let folder = Folder::new();
    let (mut items, mut labels) = (String::new(), String::new());
    for at in 0..10 {
        let id = format!("q{at}");
        let item = json!({ "id": id, "prompt": "p", "responses": { "a": "1", "b": "2" } });
        writeln!(items, "{item}").unwrap();
        labels += &label(&id, "ana", ["a", "b"], "a");
    }
    folder.write("items.jsonl", &items);
    folder.write("labels.jsonl", &labels);
    folder.write("evenhand.toml", "[judges.j]\nrecorded = \"j.jsonl\"\n");
    for (run, votes) in [("a.db", before), ("b.db", after)] {
        let names: Vec<&str> = votes.iter().map(|(name, _)| *name).collect();
        folder.write("r.toml", &rubric(&names));
        let mut replies = String::new();
        for at in 0..10 {
            for (order, [first, second]) in [["a", "b"], ["b", "a"]].into_iter().enumerate() {
                let word = |system: &str| match system.trim_end_matches('?') {
                    "tie" => "tie",
                    system if system == first => "first",
                    _ => "second",
                };
                let is_given = |system: &str| at % 2 == 0 || !system.ends_with('?');
                let criteria: serde_json::Map<String, Value> = votes
                    .iter()
                    .filter(|(_, by_order)| is_given(by_order[order]))
                    .map(|(name, by_order)| ((*name).to_owned(), word(by_order[order]).into()))
                    .collect();
                let vote = votes.first().map_or("first", |(_, by_order)| word(by_order[order]));
                let reply =
                    json!({ "reasoning": "", "criteria": criteria, "vote": vote }).to_string();
                let line = json!({ "id": format!("q{at}"), "first": first, "second": second, "reply": reply });
                writeln!(replies, "{line}").unwrap();
            }
        }
        folder.write("j.jsonl", &replies);
        let judge = ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", "j", "--run", run];
        folder.run(&[&judge[..], &["--inconclusive", "pass"]].concat()).expect(0);
    }
    folder
}

#[test]
fn votes_consistency_and_agreement_are_compared_criterion_by_criterion() {
    let folder = judged(
        &[("accuracy", ["a", "a"]), ("tone", ["b", "a"]), ("old", ["a", "a"])],
        &[("accuracy", ["b", "a"]), ("tone", ["a", "a"]), ("new", ["tie", "tie"])],
    );
    let found = diff_in(&folder, &["--labels", "labels.jsonl"]);
    let criteria = found["criteria"].as_array().unwrap();
    let names: Vec<&str> = criteria.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["accuracy", "tone", "new", "old"]);
    let [accuracy, tone, new, old] = [0, 1, 2, 3].map(|at| &criteria[at]);
    assert_eq!([&accuracy["votes"], &accuracy["votes_changed"]], [20, 10]);
    assert_eq!([&tone["votes"], &tone["votes_changed"]], [20, 10]);
    assert_eq!([&new["votes"], &new["votes_changed"]], [0, 0]);
    for (criterion, of, before, after) in [
        (accuracy, "consistency", 1.0, 0.0),
        (accuracy, "agreement", 1.0, 0.5),
        (tone, "consistency", 0.0, 1.0),
        (tone, "agreement", 0.5, 1.0),
    ] {
        let change = &criterion[of];
        assert_eq!([&change["before"]["value"], &change["after"]["value"]], [before, after]);
        assert_eq!(change["difference"]["value"], after - before);
    }
    assert_eq!(new["agreement"]["after"]["value"], 0.0);
    for (criterion, absent) in [(new, "before"), (old, "after")] {
        for of in ["consistency", "agreement"] {
            assert!(criterion[of][absent].is_null() && criterion[of]["difference"].is_null());
        }
    }
    // The overall vote followed accuracy.
    assert_eq!(
        found["agreement"]["difference"]["value"],
        accuracy["agreement"]["difference"]["value"]
    );
    let said = folder.run(&["diff", "a.db", "b.db", "--labels", "labels.jsonl"]).expect(0).stdout;
    let said = unwrapped(&said);
    let rows = [
        "criterion tone: 10 of 20 votes changed agreement 50.0 % 100.0 % 50.0 ",
        " consistency 0.0 % 100.0 % 100.0 ",
        "criterion new: no votes in both runs agreement – 0.0 % – ",
    ];
    assert!(rows.iter().all(|row| said.contains(row)), "{said}");
}

#[test]
fn consistency_is_compared_where_both_runs_have_both_votes_on_the_criterion() {
    let folder = judged(
        &[("all", ["a", "a"]), ("tone", ["a", "b"])],
        &[("all", ["a", "a"]), ("tone", ["a", "a?"])],
    );
    let found = diff_in(&folder, &[]);
    let [all, tone] = [0, 1].map(|at| &found["criteria"][at]);
    for (criterion, n, left_out) in [(all, 10, 0), (tone, 5, 5)] {
        for of in ["before", "after", "difference"] {
            assert_eq!(criterion["consistency"][of]["n"], n, "{criterion}");
        }
        assert_eq!(criterion["consistency_left_out"], left_out, "{criterion}");
    }
    let said = unwrapped(&folder.run(&["diff", "a.db", "b.db"]).expect(0).stdout);
    let sentence = "criterion tone: 15 of 15 votes changed";
    let sentence = sentence.replace("15 of 15", &format!("{} of 15", tone["votes_changed"]));
    assert!(said.contains(&sentence), "{said}");
    let left_out = "consistency without 5 comparisons that only one run has both votes on";
    assert_eq!(said.matches(left_out).count(), 1, "{said}");
    // A criterion that only one run has is measured where that run has both votes.
    let folder = judged(&[("all", ["a", "a"])], &[("all", ["a", "a"]), ("new", ["a", "a?"])]);
    let new = &diff_in(&folder, &[])["criteria"][1];
    assert_eq!([&new["consistency"]["after"]["n"], &new["consistency_left_out"]], [5, 0]);
}

#[test]
fn without_labels_or_votes_on_criteria_there_is_nothing_to_say() {
    let folder = judged(&[("tone", ["a", "a"])], &[("tone", ["a", "a"])]);
    let found = diff_in(&folder, &[]);
    assert!(found["criteria"][0]["agreement"].is_null());
    assert_eq!(found["criteria"][0]["votes_changed"], 0);
    let none = judged(&[], &[]);
    assert_eq!(diff_in(&none, &[])["criteria"], json!([]));
}
