//! Judges that were recorded on `LLMBar`, against an independent recomputation (`tests/oracle/cascade.py`).

use serde_json::{Value, json};

use crate::stats::{assert_close, cases as golden_cases};
use crate::support::Folder;
use crate::support::labelled_run::{interval, value};
use crate::support::shared_data::shared;

/// Writes the replies of some recordings as repeats of one judge, with a rubric that reads them, and judges.
fn judge(folder: &Folder, name: &str, recordings: &Value) {
    let names: Vec<&str> =
        recordings.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    let files = names.iter().map(|one| shared(&format!("data/llmbar-natural/replies/{one}.jsonl")));
    let text: String = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    folder.write(&format!("{name}.jsonl"), &text);
    // The replies of one prompt alone are read by the words that it asks for.
    let end = if names.len() == 1 && names[0].ends_with("-cot") { " is better" } else { "" };
    let rubric = format!(
        "name = \"{name}\"\ndescription = \"Which is better?\"\nties = false\n[reply]\nformat = \"pattern\"\n\
         take = \"last\"\nfirst = 'Output \\(a\\){end}'\nsecond = 'Output \\(b\\){end}'\n"
    );
    folder.write(&format!("{name}.toml"), &rubric);
    let items = shared("data/llmbar-natural/items.jsonl");
    let (rubric, run) = (format!("./{name}.toml"), format!("{name}.db"));
    let repeat = names.len().to_string();
    let command = ["judge", items.to_str().unwrap(), "--rubric", &rubric, "--judge", name];
    folder.run(&[&command[..], &["--run", &run, "--repeat", &repeat]].concat()).expect(0);
}

/// Replays a case of the oracle with some flags.
fn replayed(folder: &Folder, flags: &[&str]) -> Value {
    let labels = shared("data/llmbar-natural/labels.jsonl");
    // Looks are logged beside the labels, which are not to be changed.
    folder.write("labels.jsonl", &std::fs::read_to_string(labels).unwrap());
    let command =
        ["cascade", "cheap.db", "strong.db", "--labels", "labels.jsonl", "--format", "json"];
    let costs = super::COSTS;
    let said = folder.run(&[&command[..], &costs, flags].concat()).expect(0).stdout;
    serde_json::from_str(&said).unwrap()
}

/// Compares the numbers of a rule.
#[track_caller]
fn assert_numbers(found: &Value, expected: &Value) {
    for key in ["rule", "threshold", "requests"] {
        assert_eq!(found[key], expected[key], "{key}");
    }
    assert_close(
        found["cost_usd"].as_f64().unwrap(),
        expected["cost_usd"].as_f64().unwrap(),
        1e-12,
    );
    for key in ["sent", "coverage", "agreement", "kept_agreement"] {
        assert_estimate(&found[key], &expected[key]);
    }
    assert_close(value(&found["cohen_kappa"]), expected["cohen_kappa"].as_f64().unwrap(), 1e-9);
}

#[track_caller]
fn assert_estimate(found: &Value, expected: &Value) {
    assert_eq!(found["n"], expected["n"]);
    assert_close(value(found), value(expected), 1e-9);
    let ([low, high], [expected_low, expected_high]) = (interval(found), interval(expected));
    assert_close(low, expected_low, 1e-9);
    assert_close(high, expected_high, 1e-9);
}

mod needs_shared_data {
    use super::*;

    #[test]
    #[ignore = "needs ../shared/data"]
    fn every_rule_on_recorded_judges_has_the_numbers_of_the_oracle() {
        let mut rules = 0;
        for case in golden_cases("cascade") {
            let folder = Folder::new();
            folder.write(
                "evenhand.toml",
                "[judges.cheap]\nrecorded = \"cheap.jsonl\"\n[judges.strong]\nrecorded = \"strong.jsonl\"\n",
            );
            judge(&folder, "cheap", &case["cheap"]);
            judge(&folder, "strong", &case["strong"]);
            let expected = &case["expected"];
            for (loss, chosen) in expected["chosen"].as_object().unwrap() {
                let found = replayed(&folder, &["--loss", loss]);
                let dev = found["dev"]["rules"].as_array().unwrap();
                let of_dev = expected["dev"].as_array().unwrap();
                assert_eq!(dev.len(), of_dev.len(), "{}", case["name"]);
                for (found, expected) in dev.iter().zip(of_dev) {
                    assert_numbers(found, expected);
                    rules += 1;
                }
                let rule = json!([found["chosen"]["rule"], found["chosen"]["threshold"]]);
                assert_eq!(rule, *chosen, "{} {loss}", case["name"]);
                let test = &found["test"];
                let of = |numbers: &Value| {
                    let all = expected["test"].as_array().unwrap();
                    let is_it = |one: &&Value| {
                        one["rule"] == numbers["rule"] && one["threshold"] == numbers["threshold"]
                    };
                    all.iter().find(is_it).unwrap().clone()
                };
                for name in ["chosen", "cheap_alone", "strong_alone"] {
                    assert_numbers(&test[name], &of(&test[name]));
                }
                for (name, against) in
                    [("chosen", "chosen_against_strong"), ("cheap_alone", "cheap_against_strong")]
                {
                    let (expected, found) = (of(&test[name]), &test[against]);
                    let share = expected["cost_share"].as_f64().unwrap();
                    assert_close(value(&found["cost_share"]), share, 1e-9);
                    let difference = &expected["agreement_difference"];
                    if expected["rule"] != "strong-alone" {
                        assert_estimate(&found["agreement_difference"], difference);
                    }
                }
            }
        }
        assert!(rules > 30, "only {rules}");
    }
}
