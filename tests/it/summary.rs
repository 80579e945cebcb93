//! The numbers of a run: what `judge` reports, and that calibration computes none of them differently.

use evenhand::store::RunFile;
use evenhand::summary::summarise;
use evenhand::verdict::Outcome;
use serde_json::{Value, json};

use crate::support::labelled_run::{
    JudgedRun, Row, RunSpec, interval, is_undefined, rows, unwrapped, value, warning,
};

/// The run's summary as JSON, and the same as a table.
fn summary(judged: &JudgedRun, judge: &[&str]) -> (Value, String) {
    summary_with_code(0, judged, judge)
}

/// The same where `judge` ends with another exit code.
fn summary_with_code(code: i32, judged: &JudgedRun, judge: &[&str]) -> (Value, String) {
    let task = [
        "judge",
        "items.jsonl",
        "--rubric",
        "./r.toml",
        "--run",
        "run.db",
        "--inconclusive",
        "pass",
    ];
    let said = |format| {
        let flags = [&task[..], judge, &["--format", format]].concat();
        judged.folder.run(&flags).expect(code).stdout
    };
    (serde_json::from_str(&said("json")).unwrap(), said("table"))
}

const JUDGE: [&str; 2] = ["--judge", "judge-1"];

/// The line of the table with the order-averaged win rate.
fn order_averaged_line(table: &str) -> &str {
    table.lines().find(|line| line.contains("order-averaged")).unwrap()
}

#[test]
fn without_a_readable_reply_the_order_averaged_win_rate_is_undefined() {
    let mut spec = RunSpec::new(rows(&[(2, "?/?", "a"), (2, "?/?", "b")]));
    spec.code = 4;
    let judged = spec.judged();
    let (json, table) = summary_with_code(4, &judged, &JUDGE);
    let rate = &json["judges"][0]["win_rates"][0]["order_averaged"];
    assert_eq!(*rate, json!({ "value": null, "low": null, "high": null, "n": 4 }));
    let line = order_averaged_line(&table);
    assert!(line.contains(" – ") && line.contains("  4  "), "{line}");
    assert!(table.contains("no readable vote in 8 replies"), "{table}");

    let found = judged.found(&[]);
    assert_eq!(found["win_rates"][0]["order_averaged"], *rate);
    let undefined = warning(&found, "undefined").unwrap();
    assert!(undefined.contains("win_rates.order_averaged of beta"), "{undefined}");
    let table = judged.calibrate(&[]).expect(0).stdout;
    assert!(!order_averaged_line(&table).contains('%'), "{table}");
}

#[test]
fn among_readable_replies_an_unreadable_order_is_half_a_win() {
    let judged = RunSpec::new(rows(&[(1, "a/?", "a"), (3, "?/?", "a")])).judged();
    let (json, table) = summary(&judged, &JUDGE);
    let rate = &json["judges"][0]["win_rates"][0]["order_averaged"];
    // Of four comparisons one is worth (0 + ½)/2 to beta, the others ½ each.
    assert_eq!((value(rate), &rate["n"]), (0.4375, &json!(4)));
    assert!(order_averaged_line(&table).contains("43.8 %"), "{table}");
    assert_eq!(judged.found(&[])["win_rates"][0]["order_averaged"], *rate);
}

#[test]
fn readable_repeats_without_a_majority_leave_the_win_rate_defined() {
    let judged = RunSpec::new(rows(&[(4, "ab/ba", "a")])).judged();
    let (json, _) = summary(&judged, &["--judge", "judge-1", "--repeat", "2"]);
    assert_eq!(json["judges"][0]["outcomes"]["unparsed"], 4);
    assert_eq!(json["judges"][0]["win_rates"][0]["order_averaged"]["value"], json!(0.5));
    assert_eq!(judged.found(&[])["win_rates"][0]["order_averaged"]["value"], json!(0.5));
}

/// The interval of the mean of scores with a t distribution, as an estimate has it.
fn interval_of(scores: &[(usize, f64)]) -> [f64; 2] {
    let values = scores.iter().flat_map(|(times, score)| std::iter::repeat_n(*score, *times));
    let values: Vec<f64> = values.collect();
    let items: Vec<usize> = (0..values.len()).collect();
    let (_, interval) = evenhand::stats::mean_interval(&values, &items, 0.95).unwrap();
    [interval.low, interval.high]
}

#[test]
fn the_bounds_of_unreadable_replies_are_those_of_each_pair_and_order() {
    let against_gamma = ["b/b", "b/b", "b/b", "b/b", "a/a", "a/a", "b/?", "?/?"];
    let all = (0..40).flat_map(|at| {
        let (id, replies) = (format!("q{at:02}"), against_gamma[at % 8]);
        let readable = ["a/a", "b/b"][at % 2];
        [(["alpha", "beta"], readable), (["alpha", "gamma"], replies), (["beta", "gamma"], "b/a")]
            .map(|(between, replies)| Row::new(&id, between, replies, "a"))
    });
    let judged = RunSpec::new(all.collect()).judged();
    let (json, table) = summary(&judged, &JUDGE);
    let rates = &json["judges"][0]["win_rates"];
    for readable in [&rates[0], &rates[2]] {
        assert_eq!(readable["unreadable_orders"], 0);
        assert_eq!(readable["unreadable_bounds"], readable["order_averaged"]);
    }
    // Of 40: 20 won, 10 lost, 5 won in one order, 5 without any vote.
    let rate = &rates[1];
    assert_eq!(rate["unreadable_orders"], 15);
    assert_eq!(rate["unreadable_bounds"]["value"], rate["order_averaged"]["value"]);
    let [low, _] = interval_of(&[(20, 1.0), (10, 0.0), (5, 0.5), (5, 0.0)]);
    let high = evenhand::stats::wilson(30.0, 40.0, 0.95).unwrap().high;
    let found = interval(&rate["unreadable_bounds"]);
    assert!((found[0] - low).abs() < 1e-12 && (found[1] - high).abs() < 1e-12, "{found:?}");
    // One row in the table and one in Markdown, and the sentence counts the replies behind the rates.
    assert_eq!(table.matches("unreadable either way").count(), 1, "{table}");
    let bounds = format!("({:.1} – {:.1})", low * 100.0, high * 100.0);
    assert!(table.contains(&bounds), "{table}");
    let sentence = "15 of 240 replies could not be read: they count as no preference, and the interval holds \
                    whatever they would have chosen.";
    assert!(unwrapped(&table).contains(sentence), "{table}");
    let quoted = format!("(95 % interval {:.1} – {:.1})", low * 100.0, high * 100.0);
    assert!(unwrapped(&table).contains(&quoted), "{table}");
    let report = judged.calibrate(&[]).expect(0).stdout;
    assert_eq!(report.matches("unreadable either way").count(), 1, "{report}");
    for table in [table, report] {
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    }
}

#[test]
fn with_repeats_the_bounds_are_about_orders_without_a_majority() {
    // A majority of three is readable despite one unreadable reply.
    let kinds = [(8, "bb?/bbb", "b"), (4, "aaa/aaa", "a"), (4, "b??/bbb", "b")];
    let judged = RunSpec::new(rows(&kinds)).judged();
    let (json, table) = summary(&judged, &["--judge", "judge-1", "--repeat", "3"]);
    let rate = &json["judges"][0]["win_rates"][0];
    assert_eq!(rate["unreadable_orders"], 4);
    let [low, _] = interval_of(&[(8, 1.0), (4, 0.0), (4, 0.5)]);
    let high = evenhand::stats::wilson(12.0, 16.0, 0.95).unwrap().high;
    let found = interval(&rate["unreadable_bounds"]);
    assert!((found[0] - low).abs() < 1e-12 && (found[1] - high).abs() < 1e-12, "{found:?}");
    assert!(unwrapped(&table).contains("4 of 32 orders have no readable vote: they"), "{table}");
    assert_eq!(judged.found(&[])["win_rates"][0]["unreadable_bounds"], rate["unreadable_bounds"]);
}

#[test]
fn a_pair_of_systems_without_a_readable_reply_is_undefined_beside_one_with() {
    let all = (0..4).flat_map(|at| {
        let id = format!("q{at}");
        [(["alpha", "beta"], "a/a"), (["alpha", "gamma"], "?/?")]
            .map(|(between, replies)| Row::new(&id, between, replies, "a"))
    });
    let beta_gamma = (0..4).map(|at| Row::new(&format!("q{at}"), ["beta", "gamma"], "b/b", "a"));
    let judged = RunSpec::new(all.chain(beta_gamma).collect()).judged();
    let (json, _) = summary(&judged, &JUDGE);
    let rates = json["judges"][0]["win_rates"].as_array().unwrap();
    let undefined: Vec<bool> =
        rates.iter().map(|rate| is_undefined(&rate["order_averaged"])).collect();
    assert_eq!(undefined, [false, true, false]);
}

#[test]
fn votes_of_one_order_have_a_win_rate_of_their_own_in_every_report() {
    let kinds =
        [(9, "b/-", "b"), (3, "-/a", "a"), (2, "t/-", "b"), (4, "a/a", "a"), (2, "-/-", "a")];
    let mut spec = RunSpec::new(rows(&kinds));
    spec.code = 5;
    let judged = spec.judged();
    let (json, table) = summary_with_code(5, &judged, &JUDGE);
    let rate = &json["judges"][0]["win_rates"][0];
    let [low, high] = interval_of(&[(9, 1.0), (3, 0.0), (2, 0.5)]);
    assert_eq!(rate["one_order"]["n"], 14);
    assert!((value(&rate["one_order"]) - 10.0 / 14.0).abs() < 1e-12, "{rate}");
    let found = interval(&rate["one_order"]);
    assert!((found[0] - low).abs() < 1e-12 && (found[1] - high).abs() < 1e-12, "{rate}");
    // What was asked in both orders is apart.
    assert_eq!((&rate["kept"]["n"], &rate["order_averaged"]["n"]), (&json!(4), &json!(4)));
    let sentence = format!(
        "14 of 20 comparisons were asked in one order only, which keeps nothing: by the votes there, which no second \
         order confirms, beta wins 71.4 % ({:.1} – {:.1}) against alpha.",
        low * 100.0,
        high * 100.0
    );
    assert!(unwrapped(&table).contains(&sentence), "{table}");
    let row = table.lines().find(|line| line.contains("one order only ")).unwrap();
    assert!(row.contains("71.4 %") && row.ends_with("14  unconfirmed votes"), "{row}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let run = |flags: &[&str]| {
        judged.folder.run(&[&["report", "run.db"], flags].concat()).expect(0).stdout
    };
    let labels = ["--labels", "labels.jsonl"];
    for flags in [&[][..], &labels] {
        for format in ["table", "markdown", "html"] {
            let page = run(&[flags, &["--format", format]].concat());
            assert!(page.contains("one order only"), "{format} {flags:?}: {page}");
            assert!(page.contains("unconfirmed votes"), "{format} {flags:?}");
        }
        let document: Value =
            serde_json::from_str(&run(&[flags, &["--format", "json"]].concat())).unwrap();
        assert_eq!(document["summary"]["judges"][0]["win_rates"][0], *rate);
    }
    assert_eq!(judged.found(&[])["win_rates"][0]["one_order"], rate["one_order"]);
    // Where both orders were asked, there is no such number and no such row.
    let (json, table) = summary(&RunSpec::new(rows(&[(3, "a/a", "a")])).judged(), &JUDGE);
    assert!(json["judges"][0]["win_rates"][0]["one_order"].is_null());
    assert!(!table.contains("one order only"), "{table}");
}

#[test]
fn votes_of_one_order_are_of_each_pair_and_the_mean_over_the_judges_of_a_jury() {
    let all = (0..6).flat_map(|at| {
        let id = format!("q{at}");
        [
            (["alpha", "beta"], "b/- b/-"),
            (["alpha", "gamma"], "a/- -/b"),
            (["beta", "gamma"], "a/a a/a"),
        ]
        .map(|(between, replies)| Row::new(&id, between, replies, "a"))
    });
    let mut spec = RunSpec::new(all.collect());
    spec.code = 5;
    let run = spec.judged();
    let found = run.found(&[]);
    let rate = |pair: usize| &found["win_rates"][pair]["one_order"];
    assert_eq!([&rate(0)["value"], &rate(1)["value"]], [&json!(1.0), &json!(0.5)]);
    assert!(rate(2).is_null());
    let document = run.folder.run(&["report", "run.db", "--format", "json"]).expect(0).stdout;
    let document: Value = serde_json::from_str(&document).unwrap();
    let judges = &document["summary"]["judges"];
    assert_eq!(judges[1]["win_rates"][1]["one_order"]["value"], json!(1.0));
    assert!(judges[2]["win_rates"][0]["one_order"].is_null(), "a jury has no orders");
    let table = run.folder.run(&["report", "run.db", "--judge", "judge-1"]).expect(0).stdout;
    assert!(
        unwrapped(&table).contains(
            "12 of 18 comparisons were asked in one order only, which keeps nothing; the win rates"
        ),
        "{table}"
    );
}

#[test]
fn calibrate_and_judge_report_the_same_numbers() {
    let kinds = [(7, "a/a", "a"), (9, "b/b", "b"), (4, "a/b", "a"), (3, "b/a", "b")];
    let more = [(2, "t/t", "t"), (2, "a/t", "a"), (3, "?/b", "b"), (1, "?/?", "a")];
    let judged = RunSpec::new(rows(&[&kinds[..], &more].concat())).judged();
    let (json, _) = summary(&judged, &JUDGE);
    let (judge, found) = (&json["judges"][0], judged.found(&[]));
    // A missing key would be null in both.
    let assert_same = |judge: &Value, found: &Value, key: &str| {
        assert!(!judge[key].is_null(), "{key}");
        assert_eq!(judge[key], found[key], "{key}");
    };
    assert_same(judge, &found, "planned");
    assert_same(judge, &found, "coverage");
    for key in
        ["consistency", "primacy", "recency", "p_value", "first_picks", "second_picks", "ties"]
    {
        assert_same(&judge["position"], &found["position"], key);
    }
    assert_same(&judge["position"], &found["position"], "unparsed");
    assert_same(&judge["win_rates"][0], &found["win_rates"][0], "unreadable_orders");
    for key in ["between", "system", "order_averaged", "unreadable_bounds", "kept"] {
        assert_same(&judge["win_rates"][0], &found["win_rates"][0], key);
    }
}

#[test]
fn outcomes_are_counted_by_their_type_and_listed_in_the_order_of_reports() {
    let kinds = [(3, "a/a b/b a/a", "a"), (2, "a/b ?/b t/a", "a")];
    let judged = RunSpec::new(rows(&kinds)).judged();
    let run = RunFile::open(&judged.folder.path().join("run.db")).unwrap();
    let summary = summarise(&run, |_| {}).unwrap();
    let [first, second, third, jury] = summary.judges.as_slice() else { panic!("{summary:?}") };
    assert_eq!((first.outcome(Outcome::Kept), first.outcome(Outcome::Flipped)), (3, 2));
    assert_eq!((second.outcome(Outcome::Kept), second.outcome(Outcome::Unparsed)), (3, 2));
    assert_eq!((third.outcome(Outcome::Split), third.outcome(Outcome::Hung)), (2, 0));
    assert_eq!((jury.outcome(Outcome::Kept), jury.outcome(Outcome::Hung)), (3, 2));
    assert!(jury.is_jury() && !third.is_jury());
    let json = serde_json::to_string(&[&third.outcomes, &jury.outcomes]).unwrap();
    assert_eq!(
        json,
        "[{\"kept\":3,\"flipped\":0,\"split\":2,\"unparsed\":0,\"failed\":0,\"pending\":0},\
         {\"kept\":3,\"hung\":2,\"pending\":0}]"
    );
}
