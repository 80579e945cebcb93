//! A budget that is too small for one comparison is refused with the least one that does, which then works.

use regex::Regex;

use crate::support::CommandOutput;
use crate::support::server::{Answer, Scene};

/// A dollar is a thousand tokens of a reply, and a reply has 100 at most: 0.10 in the worst case.
const PRICE: [(&str, &str); 2] =
    [("max_tokens", "100"), ("price", "{ input_per_million = 0.0, output_per_million = 1000.0 }")];

/// The amount that a message names behind a flag and the words `or more`.
fn least(said: &CommandOutput, flag: &str) -> String {
    let pattern = Regex::new(&format!("{flag} ([0-9.]+) or more")).unwrap();
    let found = pattern.captures(&said.stderr);
    found.unwrap_or_else(|| panic!("{flag} in {}", said.stderr))[1].to_owned()
}

/// The same amount, less a millionth.
fn little_less(amount: &str) -> String {
    format!("{:.6}", amount.parse::<f64>().unwrap() - 1e-6)
}

fn scene() -> Scene {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    scene.settings(&PRICE);
    scene
}

#[test]
fn a_first_budget_below_one_comparison_is_refused_and_the_named_one_works() {
    // An odd price of prompts, so that the least sum has many digits.
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    let price = "{ input_per_million = 0.37, output_per_million = 1.13 }";
    scene.settings(&[("max_tokens", "100"), ("price", price)]);
    for flags in [&[][..], &["--repeat", "3"]] {
        let judge = |amount: &str| scene.judge(&[flags, &["--max-cost", amount]].concat());
        let said = judge("0.0001").expect(2);
        let named = least(&said, "--max-cost");
        assert!(said.stderr.contains("less than one comparison may cost"), "{}", said.stderr);
        assert!(!said.stderr.contains("same command"), "{}", said.stderr);
        judge(&little_less(&named)).expect(2);
        assert_eq!(scene.server.requests(), 0);
    }
    let repeated = |amount: &str| scene.judge(&["--repeat", "3", "--max-cost", amount]);
    let named = least(&repeated("0").expect(2), "--max-cost");
    repeated(&named);
    assert!(scene.server.requests() >= 6, "both orders, three times each");
}

#[test]
fn a_used_up_budget_names_the_sum_with_which_the_run_goes_on() {
    let scene = scene();
    let mut budget = "0.20".to_owned();
    for asked in [2, 4, 6] {
        let said = scene.judge(&["--max-cost", &budget]);
        assert_eq!(scene.server.requests(), asked, "{}", said.stderr);
        if asked == 6 {
            said.expect(0);
            break;
        }
        let said = said.expect(5);
        assert!(!said.stderr.contains("again to resume"), "{}", said.stderr);
        budget = least(&said, "--max-cost");
        // A reply costs 0.02, and the next comparison at most 0.20.
        assert_eq!(budget, if asked == 2 { "0.24" } else { "0.28" });
        let said = scene.judge(&["--max-cost", &little_less(&budget)]).expect(5);
        assert_eq!(scene.server.requests(), asked);
        assert_eq!(least(&said, "--max-cost"), budget, "and it says so again");
    }
}

#[test]
fn every_judge_of_a_jury_counts_and_one_that_is_finished_does_not() {
    let scene = scene();
    let tables = ["judge-1", "judge-2"].map(|name| scene.judge_table(name, &PRICE));
    scene.folder.write("evenhand.toml", &tables.concat());
    let jury = ["--judge", "judge-1", "--judge", "judge-2"];
    let judge = |flags: &[&str]| scene.judge(&[&jury[..], flags].concat());
    let said = judge(&["--max-cost", "0.39"]).expect(2);
    assert_eq!(least(&said, "--max-cost"), "0.40");
    assert!(said.stderr.contains("4 requests of 2 judges"), "{}", said.stderr);
    let said = judge(&["--max-requests", "3"]).expect(2);
    assert_eq!(least(&said, "--max-requests"), "4");
    assert_eq!(scene.server.requests(), 0);
    judge(&["--max-requests", "4"]).expect(5);
    assert_eq!(scene.server.requests(), 4);
}

#[test]
fn the_least_number_of_requests_includes_repeats_and_what_is_already_answered() {
    let scene = Scene::new(2, |seen| match (seen.id.as_str(), seen.first) {
        ("q-002", "alpha") => Answer::error(422, "Unprocessable"),
        _ => seen.prefers("beta"),
    });
    for (flags, named) in [(&[][..], "2"), (&["--repeat", "3"], "6")] {
        let said = scene.judge(&[flags, &["--max-requests", "1"]].concat()).expect(2);
        assert_eq!(least(&said, "--max-requests"), named);
    }
    assert_eq!(scene.server.requests(), 0);
    scene.judge(&["--run", "other.db"]).expect(0);
    let again = ["--run", "other.db", "--retry-failed", "--max-requests", "1"];
    let before = scene.server.requests();
    scene.judge(&again).expect(0);
    assert_eq!(scene.server.requests(), before + 1, "one order is asked again");
}

#[test]
fn a_budget_is_not_refused_where_nothing_is_left_to_ask_or_nothing_costs() {
    let scene = scene();
    scene.judge(&[]).expect(0);
    scene.judge(&["--max-cost", "0", "--max-requests", "1"]).expect(0);
    scene.judge(&["--judge", "builtin:longer", "--run", "free.db", "--max-cost", "0"]).expect(0);
}

#[test]
fn a_refused_budget_leaves_the_replies_of_a_run_as_they_are() {
    let scene = scene();
    scene.judge(&["--max-requests", "2"]).expect(5);
    let before = scene.verdicts();
    scene.judge(&["--max-requests", "1"]).expect(2);
    scene.judge(&["--max-cost", "0.05"]).expect(5);
    assert_eq!(scene.verdicts(), before);
}
