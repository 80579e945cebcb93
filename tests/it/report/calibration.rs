//! The calibration report for people, and that names from outside cannot control a terminal.

use serde_json::Value;

use crate::support::CommandOutput;
use crate::support::labelled_run::{Row, RunSpec, interval, rows, unwrapped, value};

fn with_length(rows: &mut [Row], right: impl Fn(usize) -> bool) {
    for (at, row) in rows.iter_mut().enumerate() {
        let label = if row.labels.starts_with('b') { 'b' } else { 'a' };
        let other = if label == 'a' { 'b' } else { 'a' };
        row.longer = if right(at) { label } else { other };
        row.tag = Some(["billing", "delivery", "returns"][at % 3].to_owned());
    }
}

#[test]
fn the_report_on_a_trustworthy_judge_says_so() {
    let kinds = [(38, "a/a", "a"), (2, "a/a", "b"), (36, "b/b", "b"), (3, "a/b", "a")];
    let mut rows = rows(&[&kinds[..], &[(1, "b/a", "b")]].concat());
    with_length(&mut rows, |at| at % 2 == 0);
    let judged = RunSpec::new(rows).judged();
    insta::assert_snapshot!("trustworthy", judged.calibrate(&[]).expect(0).stdout);
    let markdown = judged.calibrate(&["--format", "markdown"]).expect(0).stdout;
    insta::assert_snapshot!("trustworthy_markdown", markdown);
}

#[test]
fn the_report_on_a_judge_that_keeps_easy_comparisons_says_so_first() {
    let kinds = [(20, "a/a", "a"), (19, "b/b", "b"), (1, "b/b", "a")];
    let mut rows =
        rows(&[&kinds[..], &[(30, "a/b", "a"), (28, "a/b", "b"), (2, "a/b", "b")]].concat());
    with_length(&mut rows, |at| at % 2 == 0);
    let table = RunSpec::new(rows).judged().calibrate(&[]).expect(0).stdout;
    insta::assert_snapshot!("kept_selection", table);
}

#[test]
fn the_report_on_three_annotators_compares_them_with_each_other() {
    let kinds = [(30, "a/a", "aaa"), (28, "b/b", "bbb"), (6, "b/b", "bab"), (5, "a/b", "aab")];
    let more = [(4, "t/t", "tta"), (2, "a/t", "abt")];
    let mut rows = rows(&[&kinds[..], &more].concat());
    with_length(&mut rows, |at| at % 2 == 0);
    let judged = RunSpec::new(rows).judged();
    let table = judged.calibrate(&[]).expect(0).stdout;
    assert!(table.contains("3 people labelled 75 of 75 comparisons"), "{table}");
    let full = judged.calibrate(&["--full"]).expect(0).stdout;
    insta::assert_snapshot!("three_annotators", full);
}

#[test]
fn an_exchangeable_judge_agrees_with_the_others_as_often_as_a_person_does() {
    // Judge and three people are four raters of whom each dissents equally often.
    let a_wins = [(20, "a/a", "aaa"), (5, "b/b", "aaa"), (5, "a/a", "baa"), (5, "a/a", "aba")];
    let b_wins = [(20, "b/b", "bbb"), (5, "a/a", "bbb"), (5, "b/b", "abb"), (5, "b/b", "bab")];
    let rest = [(5, "a/a", "aab"), (5, "b/b", "bba"), (10, "a/a", "a"), (10, "b/b", "b")];
    let judged = RunSpec::new(rows(&[&a_wins[..], &b_wins, &rest].concat())).judged();
    let found = judged.found(&[]);
    assert_eq!(found["human"]["judge"]["value"], found["human"]["ceiling"]["value"]);
    // With the majority of all three it agrees more often, which no person could be compared with.
    assert!(value(&found["orders"]["agreement"]) > value(&found["human"]["judge"]) + 0.05);
    let share = |estimate: &Value| {
        let [low, high] = interval(estimate).map(|end| end * 100.0);
        format!("{:.1} % ({low:.1} – {high:.1})", value(estimate) * 100.0)
    };
    let (judge, person) = (share(&found["human"]["judge"]), share(&found["human"]["ceiling"]));
    let sentence = format!(
        "On the 80 comparisons that several people labelled, judge-1 agrees with the others in {judge} if it takes \
         the place of one person; that person agrees with them in {person}."
    );
    let headline = found["headline"].as_str().unwrap();
    assert!(headline.ends_with(&sentence), "no `{sentence}` in {headline}");
    assert!(!headline.contains("people agree with each other"), "{headline}");
}

#[test]
fn the_report_on_a_jury_speaks_of_its_judges() {
    let kinds = [(20, "a/a a/b", "aaa"), (20, "b/b b/b", "bbb"), (5, "a/b ?/b", "aab")];
    let judged = RunSpec::new(rows(&kinds)).judged();
    let task = ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db"];
    let jury = ["--judge", "judge-1", "--judge", "judge-2", "--inconclusive", "pass"];
    for format in ["table", "markdown"] {
        let flags = [&task[..], &jury, &["--format", format]].concat();
        let page = judged.folder.run(&flags).expect(0).stdout;
        let row = |line: &&str| line.contains("kept verdicts only");
        let meanings = page.lines().filter(row).map(|line| line.trim_end_matches([' ', '|']));
        let meanings: Vec<bool> =
            meanings.map(|line| line.ends_with("if most judges agree")).collect();
        assert_eq!(meanings, [false, false, true], "{page}");

        let flags = [&["--full"][..], &["--format", format]].concat();
        let page = judged.calibrate(&flags[usize::from(format == "markdown")..]).expect(0).stdout;
        let said = unwrapped(&page);
        assert!(said.contains("of its judges' replies"), "{page}");
        assert!(said.contains("if most judges agree"), "{page}");
        assert!(said.contains("what its judges prefer"), "{page}");
        let fits = |line: &str| format == "markdown" || line.chars().count() <= 80;
        assert!(page.lines().all(fits), "{page}");
        for wrong in
            ["of its replies", "if both orders agree", "the judge ", "judge in their place"]
        {
            assert!(!said.contains(wrong), "`{wrong}` in {page}");
        }
    }
}

#[test]
fn a_judge_that_is_no_better_than_a_rule_is_named_after_the_rule() {
    let mut rows = rows(&[(28, "a/a", "a"), (28, "b/b", "b"), (4, "a/b", "a")]);
    with_length(&mut rows, |_| true);
    let page = unwrapped(&RunSpec::new(rows).judged().calibrate(&[]).expect(0).stdout);
    let expected = "\"the longer response wins\", which agrees with people in 100.0 %. judge-1 agrees with people";
    assert!(page.contains(expected), "{page}");
    // Elsewhere the sentence before is about the judge.
    let page = RunSpec::new(self::rows(&[(28, "a/a", "a"), (28, "b/b", "b")])).judged();
    let page = unwrapped(&page.calibrate(&[]).expect(0).stdout);
    assert!(page.contains(" It agrees with people in 100.0 %"), "{page}");
}

#[test]
fn one_more_pair_of_systems_is_below() {
    let others = ["beta", "delta", "epsilon", "gamma", "zeta"];
    let more = ["1 more pair of systems is below.", "2 more pairs of systems are below."];
    for (pairs, more) in [4, 5].into_iter().zip(more) {
        let of_item = |at: usize| {
            let id = format!("q{at}");
            let row = move |other: &&'static str| Row::new(&id, ["alpha", *other], "a/a", "a");
            others[..pairs].iter().map(row)
        };
        let mut written = RunSpec::new((0..8).flat_map(of_item).collect());
        written.flags = vec!["--baseline", "alpha"];
        let page = unwrapped(&written.judged().calibrate(&[]).expect(0).stdout);
        assert!(page.contains(more), "no `{more}` in {page}");
    }
}

#[test]
fn an_interval_that_excludes_one_half_does_not_seem_to_end_there() {
    // Counts whose interval by Wilson begins just above one half.
    let ends = |wins: usize, n: usize| {
        let interval = evenhand::stats::wilson(wins as f64, n as f64, 0.95).unwrap();
        (interval.low, interval.high)
    };
    let near = |(low, _): (f64, f64)| low > 0.5 && format!("{:.1}", low * 100.0) == "50.0";
    let sizes = (40..400).flat_map(|n| (n / 2..n).map(move |wins| (wins, n)));
    let (wins, n) = sizes.clone().find(|(wins, n)| near(ends(*wins, *n))).unwrap();
    let judged = RunSpec::new(rows(&[(wins, "b/b", "b"), (n - wins, "a/a", "a")])).judged();
    let page = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    assert!(page.contains("beta is preferred."), "{page}");
    assert!(!page.contains("(95 % interval 50.0 "), "{page}");
    let low = format!("(95 % interval {:.2} – ", ends(wins, n).0 * 100.0);
    assert!(page.contains(&low), "no `{low}` in {page}");
    // A gate at one half is passed, and does not seem to contain it.
    let said = judged.calibrate(&["--min-win-rate", "beta=0.5"]).expect(0);
    assert!(!said.stderr.contains("(0.500 to"), "{}", said.stderr);
}

/// Fails if an output holds a character that controls a terminal.
fn assert_no_control_characters(said: &CommandOutput) {
    let active = |char: char| {
        (char.is_control() && char != '\n') || ('\u{202a}'..='\u{202e}').contains(&char)
    };
    for text in [&said.stdout, &said.stderr] {
        assert!(!text.chars().any(active), "{text:?}");
    }
}

#[test]
fn names_from_outside_cannot_control_a_terminal() {
    let [a, b, c] = ["al\u{1b}[31mpha", "be\u{202e}ta\u{7}", "ga\u{9b}2Jmma"];
    let mut all = Vec::new();
    for at in 0..12 {
        let id = format!("q\u{1b}[2J{at:02}");
        for (between, replies, labels) in
            [([a, b], "a/a", "aab"), ([a, c], "b/b", "bb-"), ([b, c], "a/b", "a-b")]
        {
            let mut row = Row::new(&id, between, replies, labels);
            row.tag = Some(format!("\u{1b}]0;title\u{7}{}", at % 2));
            all.push(row);
        }
    }
    let mut written = RunSpec::new(all);
    written.annotators = ["a\u{1b}[1mna", "be\u{85}n", "c\u{200f}\u{202e}yd"];
    let judged = written.judged();
    for flags in [&[][..], &["--format", "json"], &["--part", "test"], &["--min-kappa", "0.9999"]] {
        let said = judged.calibrate(flags);
        assert!([0, 6, 8].contains(&said.code), "{said:?}");
        assert!(said.stdout.contains("31mpha"), "the name is still shown");
        assert_no_control_characters(&said);
    }
    let found = judged.found(&[]);
    assert_eq!(found["pairs"][0]["between"][0], a, "JSON has the name itself");
    assert_eq!(found["human"]["pairwise_kappa"][0]["annotators"][0], written.annotators[0]);
    assert_no_control_characters(&judged.folder.run(&["sample", "run.db", "--n", "5"]).expect(0));

    // The same holds for error messages about labels.
    let labels = written.labels();
    let first: Value = serde_json::from_str(labels.lines().next().unwrap()).unwrap();
    let mut unknown = first.clone();
    unknown["winner"] = Value::from("\u{1b}[31mnobody");
    unknown["annotator"] = Value::from("new");
    let mut turned = first;
    turned["winner"] = Value::from(b);
    for line in [unknown, turned] {
        judged.label(&format!("{labels}{line}\n"));
        let said = judged.calibrate(&[]).expect(3);
        assert!(said.stderr.contains("labels.jsonl:"), "{}", said.stderr);
        assert_no_control_characters(&said);
    }
}

#[test]
fn a_judge_that_agrees_less_than_a_rule_is_worse_by_a_positive_number_of_points() {
    let mut rows = rows(&[(30, "a/a", "b"), (30, "b/b", "a"), (10, "a/b", "a")]);
    with_length(&mut rows, |at| at % 2 == 0);
    let table = RunSpec::new(rows).judged().calibrate(&["--full"]).expect(0).stdout;
    let line = table.lines().find(|line| line.contains("the judge is worse by")).unwrap();
    let value: f64 = line.split_whitespace().nth(5).unwrap().parse().unwrap();
    assert!(value > 0.0 && line.ends_with("points, paired"), "{table}");
    assert!(!table.contains("better by"), "{table}");
}

#[test]
fn a_judge_that_can_replace_no_annotator_is_said_to_be_so() {
    let judged = RunSpec::new(rows(&[(30, "a/a", "bbb"), (30, "b/b", "aaa")])).judged();
    let table = judged.calibrate(&["--full"]).expect(0).stdout;
    assert!(table.contains("the judge cannot replace any of the 3 annotators"), "{table}");
    assert!(!table.contains("ω"), "{table}");
}
