//! Which comparisons are the same, and how much was asked again.

use serde_json::{Value, json};

use super::{TwoRuns, both, codes, diff_in, spec};
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
fn runs_with_nothing_in_common_are_an_error_that_says_why() {
    let other = TwoRuns::new(
        &spec(rows(&[(2, "a/a", "a")])),
        &spec(vec![Row::new("x", ["alpha", "beta"], "a/a", "a")]),
    );
    let said = other.diff(&[]).expect(3);
    assert!(said.stderr.contains("no comparison is the same as in run.db"), "{}", said.stderr);
    assert!(said.stderr.contains("hint: compare runs of the same items"), "{}", said.stderr);
    let mut changed = rows(&[(2, "a/a", "a")]);
    changed.iter_mut().for_each(|row| row.longer = 'a');
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

/// A rubric whose prompt shows the context, and a change of it that concerns only items with one.
#[test]
fn what_was_asked_again_is_told_from_what_was_copied() {
    let folder = Folder::new();
    let items: String = (0..10)
        .map(|at| {
            let context = if at < 4 { ",\"context\":{\"locale\":\"de\"}" } else { "" };
            format!("{{\"id\":\"q{at}\",\"prompt\":\"p{at}\",\"responses\":{{\"a\":\"one\",\"b\":\"two {at}\"}}{context}}}\n")
        })
        .collect();
    folder.write("items.jsonl", &items);
    folder.write("rubrics/r.toml", &format!("prompt = \"p.j2\"\n{}", rubric("r", true)));
    let prompt = |word: &str| {
        format!(
            "{{% block system %}}{{% endblock %}}{{% block user %}}{{{{ item.prompt }}}} {{{{ first }}}} {{{{ second }}}}{{% if item.context is defined %}} {word}{{% endif %}}{{% endblock %}}"
        )
    };
    let replies = |first: &str, second: &str| -> String {
        (0..10)
            .map(|at| {
                let line = |one: &str, two: &str, reply: &str| {
                    format!("{{\"id\":\"q{at}\",\"first\":\"{one}\",\"second\":\"{two}\",\"reply\":\"{reply}\"}}\n")
                };
                line("a", "b", first) + &line("b", "a", second)
            })
            .collect()
    };
    folder.write("evenhand.toml", "[judges.j]\nrecorded = \"j.jsonl\"\n");
    folder.write("j.jsonl", &replies("FIRST", "SECOND"));
    folder.write("prompts/p.j2", &prompt("old"));
    let judge = ["judge", "items.jsonl", "--rubric", "r", "--judge", "j"];
    folder.run(&[&judge[..], &["--run", "a.db", "--repeat", "1"]].concat()).expect(0);
    folder.write("prompts/p.j2", &prompt("new"));
    folder.write("j.jsonl", &replies("SECOND", "FIRST"));
    folder.run(&[&judge[..], &["--run", "b.db", "--reuse", "a.db"]].concat()).expect(0);
    let found = diff_in(&folder, &[]);
    assert_eq!([&found["asked"], &found["copied"]], [4, 6]);
    assert_eq!([&found["verdicts_reversed"], &found["unchanged"]], [4, 6]);
    assert_eq!(found["changed"], json!(["prompt"]));
    assert_eq!(
        found["manifest"][0],
        json!({ "field": "prompt", "before": "p.j2", "after": "p.j2" })
    );
    let diff = found["prompt_diff"].as_str().unwrap();
    assert!(diff.contains("\n-{%") && diff.contains("\n+{%") && diff.contains("new"), "{diff}");
    let said = folder.run(&["diff", "a.db", "b.db"]).expect(0).stdout;
    assert!(
        said.starts_with("prompt changed; 10 comparisons, 4 asked again, 6 copied.\n"),
        "{said}"
    );

    // Where all is copied nothing can be noise; the noise of what was asked again is that of these alone.
    folder.run(&[&judge[..], &["--run", "c.db", "--reuse", "b.db"]].concat()).expect(0);
    let said = folder.run(&["diff", "b.db", "c.db"]).expect(0).stdout;
    assert!(said.contains("No comparison was asked again"), "{said}");
    folder.write("j.jsonl", &replies("SECOND", "FIRST").repeat(2));
    folder
        .run(&[&judge[..], &["--run", "b.db", "--reuse", "a.db", "--repeat", "1"]].concat())
        .expect(0);
    let again: Value = diff_in(&folder, &[]);
    assert_eq!(again["noise"], Value::Null);
}

#[test]
fn the_noise_is_that_of_what_was_asked_again() {
    // Everything is asked again here: nothing was copied.
    let found = both(&[(5, "aa/aa", "bb/bb", "a")]).found(&[]);
    assert_eq!([&found["noise"]["expected"]["n"], &found["asked"], &found["copied"]], [5, 5, 0]);
}
