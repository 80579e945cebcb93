//! How much of a change is noise.

use serde_json::{Value, json};

use super::{both, codes, diff_in};
use crate::support::Folder;
use crate::support::labelled_run::{interval, unwrapped, value};
use crate::support::server::Server;

fn close(found: &Value, expected: f64) {
    assert!((value(found) - expected).abs() < 1e-9, "{found}, expected {expected}");
}

/// The message that says that the noise is unknown.
fn noise_unknown(found: &Value) -> String {
    let warnings = found["warnings"].as_array().unwrap();
    let unknown = warnings.iter().find(|warning| warning["code"] == "noise-unknown").unwrap();
    unknown["message"].as_str().unwrap().to_owned()
}

fn item_line(id: &str) -> String {
    format!("{}\n", json!({ "id": id, "prompt": "p", "responses": { "alpha": "1", "beta": "2" } }))
}

#[test]
fn repeats_of_one_run_measure_its_noise_and_not_what_is_beyond_that_of_both() {
    // Of three pairs of repeats none differ in the first kind; in the second two do, kept to flipped.
    let runs = both(&[
        (20, "aaa/aaa", "a/a", "a"),
        (10, "aaa/aab", "a/a", "a"),
        (10, "aaa/aaa", "b/b", "a"),
    ]);
    let found = runs.found(&[]);
    let noise = &found["noise"];
    assert_eq!(noise["repeats_of"], json!(["before"]));
    close(&noise["expected"], 10.0 * 2.0 / 3.0);
    // Each repeat of the first run against the only one of the second.
    close(&noise["observed"], 10.0 / 3.0 + 10.0);
    // The second run may contradict itself more often than the first.
    assert!(noise["beyond"].is_null(), "{noise}");
    assert_eq!(noise["expected"]["n"], 40);
    let [low, high] = interval(&noise["expected"]);
    assert!(0.0 < low && low < 20.0 / 3.0 && 20.0 / 3.0 < high && high < 40.0);
    assert!(codes(&found).contains(&"different-repeats"));
    assert!(!codes(&found).contains(&"noise-unknown"));
    let said = unwrapped(&runs.diff(&[]).expect(0).stdout);
    for words in [
        "the repeats of the first run",
        "The noise of the second run is unknown, and so is how much of the change is beyond noise.",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!said.contains("The difference is"), "{said}");
}

#[test]
fn a_steady_run_and_a_noisy_one_of_which_only_one_has_repeats_show_no_change() {
    // Both orders of the second run are answered by chance; its only reply differs in half of the comparisons.
    for found in [
        both(&[(10, "aaa/aaa", "a/a", "a"), (10, "aaa/aaa", "a/b", "a")]).found(&[]),
        both(&[(10, "a/a", "aaa/aaa", "a"), (10, "a/b", "aaa/aaa", "a")]).found(&[]),
    ] {
        close(&found["noise"]["expected"], 0.0);
        close(&found["noise"]["observed"], 10.0);
        assert!(found["noise"]["beyond"].is_null());
        let headline = found["headline"].as_str().unwrap();
        assert!(headline.contains("run is unknown"), "{headline}");
    }
}

#[test]
fn repeats_of_both_runs_are_averaged() {
    let found = both(&[(10, "aa/ab", "bb/bb", "a"), (10, "aa/aa", "aa/aa", "a")]).found(&[]);
    let noise = &found["noise"];
    assert_eq!(noise["repeats_of"], json!(["before", "after"]));
    // The first kind differs within the first run always, within the second never.
    close(&noise["expected"], 5.0);
    close(&noise["observed"], 10.0);
    close(&noise["beyond"], 5.0);
}

#[test]
fn only_noise_is_nothing_beyond_noise() {
    // Each run flips one of two repeats on half of the items: within and across, half of the pairs differ.
    let found = both(&[(10, "aa/ab", "aa/ab", "a"), (10, "aa/aa", "aa/aa", "a")]).found(&[]);
    close(&found["noise"]["expected"], 10.0);
    close(&found["noise"]["observed"], 5.0);
    assert!(value(&found["noise"]["beyond"]) < 0.0);
}

#[test]
fn without_repeats_the_noise_is_unknown_and_commands_measure_it() {
    let server = Server::start(|seen| seen.prefers("alpha"));
    let folder = Folder::new();
    let settings =
        format!("[judges.\"my judge\"]\nmodel = \"m\"\nbase_url = \"{}\"\n", server.base_url());
    folder.write("evenhand.toml", &settings);
    folder.write("items.jsonl", &item_line("q"));
    let judge = |text: &str, run: &str, more: &[&str]| {
        folder.write("r.toml", &format!("name = \"r\"\ndescription = \"{text}\"\n"));
        let flags = ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", "my judge"];
        folder
            .run(
                &[&flags[..], &["--seed", "7", "--inconclusive", "pass", "--run", run], more]
                    .concat(),
            )
            .expect(0);
    };
    judge("Which?", "a.db", &[]);
    judge("What?", "b.db", &[]);
    let unknown = noise_unknown(&diff_in(&folder, &[]));
    assert!(unknown.contains("neither run asked an order more than once"), "{unknown}");
    for run in ["a.db", "b.db"] {
        let command = format!(
            "`evenhand judge ITEMS --rubric r --judge 'my judge' --seed 7 --run {run} --repeat 3`"
        );
        assert!(unknown.contains(&command), "{unknown}");
    }
    // They do.
    judge("Which?", "a.db", &["--repeat", "3"]);
    judge("What?", "b.db", &["--repeat", "3"]);
    let found = diff_in(&folder, &[]);
    close(&found["noise"]["expected"], 0.0);
    close(&found["noise"]["beyond"], 0.0);
}

#[test]
fn no_command_is_advised_that_asks_a_recording_or_a_rule_again() {
    let runs = both(&[(4, "a/a", "b/b", "a")]);
    let folder = &runs.after.folder;
    let text = crate::support::labelled_run::rubric("r", true).replace("better?", "best?");
    folder.write("r.toml", &text);
    let judge = |name: &str, run: &str| {
        let flags = ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", name];
        folder.run(&[&flags[..], &["--run", run, "--inconclusive", "pass"]].concat()).expect(0);
        let path = folder.path().join(run);
        let flags = ["diff", "run.db", path.to_str().unwrap(), "--format", "json"];
        let said = runs.before.folder.run(&flags).expect(0);
        noise_unknown(&serde_json::from_str(&said.stdout).unwrap())
    };
    for (name, run) in [("judge-1", "new.db"), ("builtin:longer", "rule.db")] {
        let unknown = judge(name, run);
        assert!(unknown.contains("a recording cannot be asked again"), "{unknown}");
        assert!(!unknown.contains("evenhand judge"), "{unknown}");
    }
}
