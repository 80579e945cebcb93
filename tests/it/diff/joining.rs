//! Which comparisons are the same, and how much was asked again.

use std::fmt::Write as _;

use serde_json::json;

use super::{TwoRuns, codes, diff_in, spec};
use crate::support::Folder;
use crate::support::labelled_run::{Row, rows, rubric};

#[test]
fn comparisons_of_one_run_alone_are_counted_and_left_out() {
    let before = rows(&[(6, "a/a", "a")]);
    let mut after = before[2..].to_vec();
    after.reverse();
    after.push(Row::new("new", ["alpha", "beta"], "b/b", "a"));
    let found = TwoRuns::new(&spec(before), &spec(after)).labelled();
    assert_eq!(found["comparisons"], 4);
    assert_eq!([&found["only_before"], &found["only_after"]], [2, 1]);
    assert_eq!(found["unchanged"], 4);
    assert!(codes(&found).contains(&"different-items"));
    assert_eq!(found["agreement"]["labelled"], 4);
    assert_eq!(found["agreement"]["labels_unmatched"], 2);
}

#[test]
fn comparisons_with_other_texts_are_named_and_left_out_and_tags_do_not_matter() {
    let before = rows(&[(5, "a/a", "a")]);
    let mut after = rows(&[(5, "b/b", "a")]);
    after[1].longer = 'b';
    after[2].tag = Some("new".to_owned());
    let runs = TwoRuns::new(&spec(before), &spec(after));
    let found = runs.found(&[]);
    assert_eq!([&found["comparisons"], &found["texts_changed"]], [4, 1]);
    assert_eq!(found["texts_changed_ids"], json!(["q001"]));
    assert_eq!([&found["only_before"], &found["only_after"]], [0, 0]);
    assert_eq!(found["verdicts_reversed"], 4);
    let warnings = found["warnings"].as_array().unwrap();
    let changed = warnings.iter().find(|warning| warning["code"] == "texts-changed").unwrap();
    assert!(changed["message"].as_str().unwrap().ends_with(": q001"), "{changed}");
}

#[test]
fn a_long_list_of_comparisons_with_other_texts_counts_the_ones_that_it_does_not_name() {
    let before = rows(&[(26, "a/a", "a")]);
    let mut after = before.clone();
    for row in &mut after[1..] {
        row.longer = 'b';
    }
    let found = TwoRuns::new(&spec(before), &spec(after)).found(&[]);
    assert_eq!(found["texts_changed"], 25);
    assert_eq!(found["texts_changed_ids"].as_array().unwrap().len(), 20);
    let warnings = found["warnings"].as_array().unwrap();
    let changed = warnings.iter().find(|warning| warning["code"] == "texts-changed").unwrap();
    assert!(changed["message"].as_str().unwrap().ends_with("q007, q008 and 17 more"), "{changed}");
}

#[test]
fn runs_with_nothing_in_common_are_an_error_that_says_why() {
    let other = TwoRuns::new(
        &spec(rows(&[(2, "a/a", "a")])),
        &spec(vec![Row::new("x", ["alpha", "beta"], "a/a", "a")]),
    );
    let said = other.diff(&[]).expect(3);
    assert!(said.stderr.contains("no comparison is the same as in run.db"), "{}", said.stderr);
    assert!(said.stderr.contains("hint: compare runs of the same items"), "{}", said.stderr);
    let mut changed = rows(&[(2, "a/a", "a")]);
    for row in &mut changed {
        row.longer = 'a';
    }
    let said = TwoRuns::new(&spec(rows(&[(2, "a/a", "a")])), &spec(changed)).diff(&[]).expect(3);
    assert!(said.stderr.contains("q000, q001"), "{}", said.stderr);
    let said = other.before.folder.run(&["diff", "run.db", "missing.db"]).expect(3);
    assert!(said.stderr.contains("missing.db"), "{}", said.stderr);
}

#[test]
fn the_order_of_names_and_of_items_does_not_matter() {
    let folder = Folder::new();
    let item = |id: &str, first: &str, second: &str| {
        format!(
            "{{\"id\":\"{id}\",\"prompt\":\"p\",\"responses\":{{\"{first}\":\"{first}!\",\"{second}\":\"{second}!\"}}}}\n"
        )
    };
    folder.write("one.jsonl", &(item("x", "m", "n") + &item("y", "m", "n")));
    folder.write("two.jsonl", &(item("y", "n", "m") + &item("x", "n", "m")));
    folder.write("r.toml", &rubric("r", true));
    for (items, run, flags) in
        [("one.jsonl", "a.db", &[][..]), ("two.jsonl", "b.db", &["--baseline", "n"])]
    {
        let command =
            ["judge", items, "--rubric", "./r.toml", "--judge", "builtin:first", "--run", run];
        folder.run(&[&command[..], flags, &["--inconclusive", "pass"]].concat()).expect(0);
    }
    let found = diff_in(&folder, &[]);
    assert_eq!([&found["comparisons"], &found["unchanged"]], [2, 2]);
    assert_eq!(found["changed"], json!(["baseline"]));
}

#[test]
fn only_items_with_a_tag_can_be_compared() {
    let tagged = |replies| {
        let mut rows = rows(&[(6, replies, "a")]);
        rows.iter_mut().take(2).for_each(|row| row.tag = Some("hard".to_owned()));
        rows
    };
    let runs = TwoRuns::new(&spec(tagged("a/a")), &spec(tagged("b/b")));
    assert_eq!(runs.found(&["--tag", "kind=hard"])["comparisons"], 2);
    runs.diff(&["--tag", "kind=easy"]).expect(3);
}

/// A folder with ten items, the prompt of which shows a word for those four that have a context.
fn with_contexts() -> Folder {
    let folder = Folder::new();
    let mut items = String::new();
    for at in 0..10 {
        let mut item = json!({ "id": format!("q{at}"), "prompt": "p", "responses": { "a": "one", "b": format!("two {at}") } });
        if at < 4 {
            item["context"] = json!({ "locale": "de" });
        }
        writeln!(items, "{item}").unwrap();
    }
    folder.write("items.jsonl", &items);
    folder.write("rubrics/r.toml", &format!("prompt = \"p.j2\"\n{}", rubric("r", true)));
    folder.write("evenhand.toml", "[judges.j]\nrecorded = \"j.jsonl\"\n");
    folder
}

/// Judges with this word in the prompt and these replies to each order, each of them `repeat` times.
fn judge(folder: &Folder, word: &str, replies: [&str; 2], repeat: usize, flags: &[&str]) {
    let shown = "{{ item.prompt }} {{ first }} {{ second }}";
    let word = format!("{{% if item.context is defined %}} {word}{{% endif %}}");
    let user = format!("{{% block user %}}{shown}{word}{{% endblock %}}");
    folder.write("prompts/p.j2", &format!("{{% block system %}}{{% endblock %}}{user}"));
    let mut recording = String::new();
    for at in 0..10 {
        for ([first, second], reply) in [["a", "b"], ["b", "a"]].into_iter().zip(replies) {
            let line =
                json!({ "id": format!("q{at}"), "first": first, "second": second, "reply": reply });
            for _ in 0..repeat {
                writeln!(recording, "{line}").unwrap();
            }
        }
    }
    folder.write("j.jsonl", &recording);
    let repeat = repeat.to_string();
    let command = ["judge", "items.jsonl", "--rubric", "r", "--judge", "j", "--repeat", &repeat];
    folder.run(&[&command[..], flags].concat()).expect(0);
}

#[test]
fn what_was_asked_again_is_told_from_what_was_copied() {
    let folder = with_contexts();
    judge(&folder, "old", ["FIRST", "SECOND"], 1, &["--run", "a.db"]);
    judge(&folder, "new", ["SECOND", "FIRST"], 1, &["--run", "b.db", "--reuse", "a.db"]);
    let found = diff_in(&folder, &[]);
    assert_eq!([&found["asked"], &found["copied"]], [4, 6]);
    assert_eq!([&found["verdicts_reversed"], &found["unchanged"]], [4, 6]);
    assert_eq!(found["changed"], json!(["prompt"]));
    let prompt = json!({ "field": "prompt", "before": "p.j2", "after": "p.j2" });
    assert_eq!(found["manifest"][0], prompt);
    let diff = found["prompt_diff"].as_str().unwrap();
    assert!(diff.contains("\n-{%") && diff.contains("\n+{%") && diff.contains("new"), "{diff}");
    let said = folder.run(&["diff", "a.db", "b.db"]).expect(0).stdout;
    let first = "prompt changed; 10 comparisons, 4 asked again, 6 copied.\n";
    assert!(said.starts_with(first), "{said}");
    judge(&folder, "new", ["SECOND", "FIRST"], 1, &["--run", "c.db", "--reuse", "b.db"]);
    let said = folder.run(&["diff", "b.db", "c.db"]).expect(0).stdout;
    assert!(said.contains("No comparison was asked again"), "{said}");
}

#[test]
fn the_noise_is_that_of_what_was_asked_again() {
    let folder = with_contexts();
    judge(&folder, "old", ["FIRST", "SECOND"], 2, &["--run", "a.db"]);
    judge(&folder, "new", ["SECOND", "FIRST"], 2, &["--run", "b.db", "--reuse", "a.db"]);
    let found = diff_in(&folder, &[]);
    assert_eq!([&found["asked"], &found["copied"]], [4, 6]);
    let noise = &found["noise"];
    assert_eq!(noise["expected"]["n"], 4);
    assert_eq!([&noise["expected"]["value"], &noise["observed"]["value"]], [0.0, 4.0]);
}
