//! A jury beside its members: numbers worked out by hand, what is chosen where, what is undefined, and how it is shown.

use evenhand::calibration::Part;
use serde_json::{Value, json};

use crate::overview::document::assert_satisfies_schema;
use crate::stats::assert_close;
use crate::support::labelled_run::{
    Row, RunSpec, interval, is_undefined, label, rows, unwrapped, value, warning,
};
use crate::support::server::Scene;

/// The prices of three judges, in USD per million tokens of prompts; tokens of replies cost twice as much. A reply has 100
/// and 20 tokens, so a comparison with both orders costs 280 millionths of a price.
const PRICES: [f64; 3] = [6.0, 3.0, 1.0];
const NAMES: [&str; 3] = ["dear", "mid", "cheap"];

/// Calibrates a jury of three judges on 60 items, of which people prefer alpha on each. `is_wrong` says whether a judge
/// errs on an item, in both orders.
fn priced(is_wrong: impl Fn(usize, usize) -> bool + Send + Sync + 'static) -> Scene {
    with_prices(PRICES.map(Some), is_wrong)
}

/// The same where prices of judges may not be known.
fn with_prices(
    prices: [Option<f64>; 3],
    is_wrong: impl Fn(usize, usize) -> bool + Send + Sync + 'static,
) -> Scene {
    let scene = Scene::new(60, move |seen| {
        let judge = NAMES.iter().position(|name| seen.model() == format!("model-of-{name}"));
        let item = seen.id.trim_start_matches("q-").parse().unwrap();
        seen.prefers(if is_wrong(judge.unwrap(), item) { "beta" } else { "alpha" })
    });
    let tables = NAMES.iter().zip(prices).map(|(name, price)| {
        let price = price.map(|price| {
            let twice = 2.0 * price;
            format!("{{ input_per_million = {price:?}, output_per_million = {twice:?} }}")
        });
        let settings: Vec<(&str, &str)> =
            price.iter().map(|price| ("price", price.as_str())).collect();
        scene.judge_table(name, &settings)
    });
    scene.folder.write("evenhand.toml", &tables.collect::<String>());
    let judges = NAMES.iter().flat_map(|name| ["--judge", name]);
    scene.judge(&judges.chain(["--inconclusive", "pass"]).collect::<Vec<_>>()).expect(0);
    let ids = (1..=60).map(|at| format!("q-{at:03}"));
    let labels = ids.map(|id| label(&id, "ana", ["alpha", "beta"], "alpha"));
    scene.folder.write("labels.jsonl", &labels.collect::<String>());
    scene
}

fn found(scene: &Scene, flags: &[&str]) -> Value {
    let command = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let said = scene.folder.run(&[&command[..], flags].concat()).expect(0);
    serde_json::from_str(&said.stdout).unwrap()
}

/// The only pair of systems of the block.
fn jury(found: &Value) -> &Value {
    let pairs = found["jury_members"]["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 1);
    &pairs[0]
}

/// The items of the scene that are in a part.
fn in_part(part: Part) -> Vec<usize> {
    (1..=60).filter(|at| Part::of(&format!("q-{at:03}")) == part).collect()
}

#[test]
fn judges_that_never_err_together_are_better_as_a_jury() {
    // Each judge errs on 12 items of its own, so two of three are always right. Errors of a fifth each that exclude each
    // other correlate by −0.2²/(0.2 · 0.8) = −1/4.
    let scene = priced(|judge, item| item % 5 == judge);
    let found = found(&scene, &[]);
    let jury = jury(&found);
    for (member, price) in jury["members"].as_array().unwrap().iter().zip(PRICES) {
        assert_close(value(&member["agreement"]), 0.8, 1e-12);
        assert_eq!([&member["agreement"]["n"], &member["coverage"]["n"]], [120, 60]);
        assert_close(value(&member["coverage"]), 1.0, 1e-12);
        assert_close(member["usd_per_comparison"].as_f64().unwrap(), 280e-6 * price, 1e-12);
    }
    let errors = &jury["errors"];
    assert_eq!([&errors["n"], &errors["constant_errors"]], [&json!(60), &json!([])]);
    for pair in errors["pairs"].as_array().unwrap() {
        assert_close(value(&pair["correlation"]), -0.25, 1e-12);
    }
    assert_close(value(&errors["mean_correlation"]), -0.25, 1e-12);
    assert_close(value(&errors["effective_judges"]), 3.0, 1e-12);
    assert_close(interval(&errors["effective_judges"])[1], 3.0, 1e-12);

    // The best member is the one that errs least on the dev part.
    let [dev, test] = [Part::Dev, Part::Test].map(in_part);
    let wrong = |part: &[usize], judge: usize| part.iter().filter(|at| **at % 5 == judge).count();
    let best = (0..3).min_by_key(|judge| (wrong(&dev, *judge), (PRICES[*judge] * 10.0) as u64));
    let best = best.unwrap();
    assert_eq!(jury["dev"]["n"], dev.len());
    assert_eq!(jury["dev"]["best_member"]["judges"], json!([NAMES[best]]));
    assert_eq!(jury["dev"]["best"]["judges"], json!(NAMES));
    let share = 1.0 - wrong(&test, best) as f64 / test.len() as f64;
    assert_close(value(&jury["test"]["best_member"]["agreement"]), share, 1e-12);
    assert_close(value(&jury["test"]["jury"]["agreement"]), 1.0, 1e-12);
    assert_close(value(&jury["test"]["jury_minus_best_member"]), 1.0 - share, 1e-12);
    assert!(interval(&jury["test"]["jury_minus_best_member"])[0] > 0.0, "{jury}");
    assert_eq!(warning(&found, "jury-no-better"), None);
    // No jury of fewer judges is within two points of the best.
    assert_eq!(jury["test"]["cheapest"]["judges"], json!(NAMES));
    assert!(jury["test"]["cheapest_minus_jury"].is_null());
    let all: f64 = PRICES.iter().sum::<f64>() * 280e-6;
    assert_close(jury["test"]["jury"]["usd_per_comparison"].as_f64().unwrap(), all, 1e-12);
}

#[test]
fn judges_that_err_on_the_same_comparisons_are_one_judge_and_the_cheapest_is_enough() {
    let scene = priced(|_, item| item % 5 == 0);
    let found = found(&scene, &[]);
    let jury = jury(&found);
    assert_close(value(&jury["errors"]["mean_correlation"]), 1.0, 1e-12);
    assert_close(value(&jury["errors"]["effective_judges"]), 1.0, 1e-12);
    // All are equally good, so the price decides, although the cheapest judge comes last.
    for name in ["best_member", "best", "cheapest"] {
        assert_eq!(jury["dev"][name]["judges"], json!(["cheap"]), "{name}");
    }
    let test = &jury["test"];
    assert_close(value(&test["jury_minus_best_member"]), 0.0, 1e-12);
    assert_close(value(&test["cheapest_minus_jury"]), 0.0, 1e-12);
    assert_close(test["cheapest"]["usd_per_comparison"].as_f64().unwrap(), 280e-6, 1e-12);
    let n = in_part(Part::Test).len();
    let message = warning(&found, "jury-no-better").unwrap();
    for words in [
        "is +0.0 points (−".to_owned(),
        format!("on {n} labelled comparisons of the test part"),
        "cheap does at least as well alone on these labels (it costs 10 % of what the jury costs)"
            .to_owned(),
        "; so few labels do not show a difference of less than about ".to_owned(),
    ] {
        assert!(message.contains(&words), "no `{words}` in {message}");
    }
}

#[test]
fn without_the_price_of_some_judge_the_fewest_judges_are_chosen() {
    let scene = with_prices([Some(6.0), None, Some(1.0)], |_, item| item % 5 == 0);
    let found = found(&scene, &[]);
    let jury = jury(&found);
    let prices = jury["members"].as_array().unwrap().iter().map(|one| &one["usd_per_comparison"]);
    let known: Vec<bool> = prices.map(Value::is_f64).collect();
    assert_eq!(known, [true, false, true]);
    assert_eq!(jury["dev"]["cheapest"]["judges"], json!(["dear"]), "the first of equal ones");
    assert!(jury["test"]["jury"]["usd_per_comparison"].is_null());
    assert!(!warning(&found, "jury-no-better").unwrap().contains("costs"), "{found}");
}

#[test]
fn copied_replies_say_nothing_about_the_cost_and_replies_of_this_run_do() {
    let scene = priced(|judge, item| item % 5 == judge);
    let judges: Vec<&str> = NAMES.iter().flat_map(|name| ["--judge", name]).collect();
    let reuse = ["--run", "again.db", "--reuse", "run.db", "--inconclusive", "pass"];
    let prices = || -> Value {
        let command = ["calibrate", "again.db", "--labels", "labels.jsonl", "--format", "json"];
        let said = scene.folder.run(&command).expect(0);
        let found: Value = serde_json::from_str(&said.stdout).unwrap();
        let members = jury(&found)["members"].as_array().unwrap().clone();
        members.iter().map(|one| one["usd_per_comparison"].clone()).collect()
    };
    scene.judge(&[&judges[..], &reuse].concat()).expect(0);
    assert_eq!(prices(), json!([null, null, null]));
    // Two more items are paid for: a comparison costs what one of them does.
    scene.items(62);
    scene.judge(&[&judges[..], &reuse].concat()).expect(0);
    for (found, price) in prices().as_array().unwrap().iter().zip(PRICES) {
        assert_close(found.as_f64().unwrap(), 280e-6 * price, 1e-12);
    }
}

#[test]
fn with_repeats_a_verdict_is_that_of_most_replies_and_agreement_that_of_all() {
    let kinds = [(40, "aab/aaa aaa/aaa", "a"), (20, "bbb/bba aab/aba", "a")];
    let found = RunSpec::new(rows(&kinds)).judged().found(&[]);
    let jury = jury(&found);
    let agreement = |at: usize| value(&jury["members"][at]["agreement"]);
    assert_close(agreement(0), (40.0 * 5.0 + 20.0) / 360.0, 1e-12);
    assert_close(agreement(1), (40.0 * 6.0 + 20.0 * 4.0) / 360.0, 1e-12);
    // The errors 1/6 and 5/6 of the first go with 0 and 1/3 of the second.
    assert_close(value(&jury["errors"]["mean_correlation"]), 1.0, 1e-12);
    let best = &jury["dev"]["best_member"];
    assert_eq!(best["judges"], json!(["judge-2"]));
    assert_close(value(&best["agreement"]), 1.0, 1e-12);
    // Where they keep different winners, the jury has the mean of all twelve replies.
    let second = (40..60).filter(|at| Part::of(&format!("q{at:03}")) == Part::Dev).count() as f64;
    let n = jury["dev"]["n"].as_f64().unwrap();
    assert_close(
        value(&jury["dev"]["jury"]["agreement"]),
        (n - second + second * 5.0 / 12.0) / n,
        1e-12,
    );
}

#[test]
fn a_jury_that_is_worse_than_its_best_member_says_so() {
    // Two judges err on the same half of the items and outvote the third.
    let scene = priced(|judge, item| judge > 0 && item % 2 == 0);
    let found = found(&scene, &[]);
    let jury = jury(&found);
    assert_eq!(jury["dev"]["cheapest"]["judges"], json!(["dear"]));
    let test = in_part(Part::Test);
    let even = test.iter().filter(|at| **at % 2 == 0).count() as f64;
    let difference = &jury["test"]["jury_minus_best_member"];
    assert_close(value(difference), -even / test.len() as f64, 1e-12);
    let message = warning(&found, "jury-no-better").unwrap();
    let words =
        "the interval is below 0: dear is better alone (it costs 60 % of what the jury costs)";
    assert!(message.ends_with(words), "{message}");
    // The best judge is always right, so its errors do not vary.
    assert_eq!(jury["errors"]["constant_errors"], json!(["dear"]));
    let errors = &jury["errors"];
    let by_pair = errors["pairs"].as_array().unwrap();
    let undefined: Vec<bool> =
        by_pair.iter().map(|one| is_undefined(&one["correlation"])).collect();
    assert_eq!(undefined, [true, true, false]);
    assert_close(value(&by_pair[2]["correlation"]), 1.0, 1e-12);
    assert!(is_undefined(&errors["mean_correlation"]) && is_undefined(&errors["effective_judges"]));
    let message = warning(&found, "undefined").unwrap();
    assert!(message.contains("jury_members.mean_correlation of alpha and beta"), "{message}");
}

/// Kinds of comparisons: three judges, the second of which is a little better than the others.
const KINDS: [(usize, &str, &str); 5] = [
    (50, "a/a a/a a/a", "a"),
    (15, "b/b a/a a/b", "a"),
    (15, "a/a a/b b/b", "a"),
    (10, "a/b a/a b/b", "a"),
    (10, "b/b b/b a/a", "a"),
];

#[test]
fn an_interval_that_includes_0_does_not_show_that_the_jury_is_better() {
    let kinds = [(70, "a/a a/a a/a", "a"), (6, "b/b a/a a/a", "a"), (4, "a/a b/b a/a", "a")];
    let kinds = [&kinds[..], &[(4, "a/a a/a b/b", "a"), (16, "b/b b/b b/b", "a")]].concat();
    let found = RunSpec::new(rows(&kinds)).judged().found(&[]);
    let difference = &jury(&found)["test"]["jury_minus_best_member"];
    let [low, high] = interval(difference);
    assert!(value(difference) > 0.0 && low < 0.0 && 0.0 < high, "{difference}");
    let best = jury(&found)["dev"]["best_member"]["judges"][0].as_str().unwrap();
    let message = warning(&found, "jury-no-better").unwrap();
    let words = format!("the interval includes 0: the jury is not shown to be better than {best}");
    assert!(message.contains(&words), "{message}");
    assert!(!message.contains("costs"), "recordings have no price: {message}");
}

#[test]
fn a_jury_without_a_majority_has_the_mean_of_its_replies() {
    // Hung: one is right in both orders, one in one of them, one in none. Of two judges all are the mean.
    let kinds = [(30, "a/a a/b b/b", "a"), (30, "a/a a/a b/b", "a"), (10, "b/b a/b b/b", "a")];
    let found = RunSpec::new(rows(&kinds)).judged().found(&[]);
    let parts = |part| {
        let ids = (0..70).filter(move |at| Part::of(&format!("q{at:03}")) == part);
        let mut counts = [0.0; 3];
        ids.for_each(|at| counts[usize::from(at >= 30) + usize::from(at >= 60)] += 1.0);
        counts
    };
    let [hung, right, wrong] = parts(Part::Test);
    let n = hung + right + wrong;
    let numbers = &jury(&found)["test"]["jury"];
    assert_close(value(&numbers["agreement"]), (hung * 0.5 + right) / n, 1e-12);
    assert_close(value(&numbers["coverage"]), (right + wrong) / n, 1e-12);

    let two = [(30, "a/a a/b", "a"), (30, "a/a b/b", "a"), (20, "a/b ?/b", "b")];
    let found = RunSpec::new(rows(&two)).judged().found(&[]);
    let numbers = &jury(&found)["dev"];
    let dev = |range: std::ops::Range<usize>| {
        range.filter(|at| Part::of(&format!("q{at:03}")) == Part::Dev).count() as f64
    };
    let [first, second, third] = [dev(0..30), dev(30..60), dev(60..80)];
    let n = first + second + third;
    let mean = (first * 0.75 + second * 0.5 + third * 0.5) / n;
    assert_close(value(&numbers["jury"]["agreement"]), mean, 1e-12);
}

#[test]
fn the_dev_part_chooses_whatever_is_shown() {
    let judged = RunSpec::new(rows(&KINDS)).judged();
    let both = judged.found(&[]);
    let dev = judged.found(&["--part", "dev"]);
    let test = judged.found(&["--part", "test"]);
    assert_eq!(jury(&both)["dev"], jury(&dev)["dev"]);
    assert_eq!(jury(&both)["dev"], jury(&test)["dev"]);
    assert_eq!(jury(&both)["test"], jury(&test)["test"]);
    assert!(jury(&dev)["test"].is_null(), "{dev}");
    assert_eq!(warning(&dev, "jury-no-better"), None);
    // The members and their errors are those of the part that is shown.
    let [all, of_dev, of_test] =
        [&both, &dev, &test].map(|found| jury(found)["errors"]["n"].as_u64().unwrap());
    assert_eq!(all, of_dev + of_test);
    assert_eq!(
        [jury(&test)["dev"]["n"].as_u64(), jury(&test)["test"]["n"].as_u64()],
        [Some(of_dev), Some(of_test)]
    );
    let table = judged.calibrate(&["--part", "dev"]).expect(0).stdout;
    assert!(unwrapped(&table).contains("The test part was not measured"), "{table}");
}

#[test]
fn the_members_have_the_numbers_of_their_own_calibrations() {
    let judged = RunSpec::new(rows(&KINDS)).judged();
    let found = judged.found(&[]);
    for (at, member) in jury(&found)["members"].as_array().unwrap().iter().enumerate() {
        let name = format!("judge-{}", at + 1);
        let alone = judged.found(&["--judge", &name]);
        assert_eq!(member["judge"], name);
        assert_eq!(member["agreement"], alone["orders"]["agreement"]);
        assert_eq!(member["coverage"], alone["coverage"]);
        assert!(alone["jury_members"].is_null(), "a report on one judge has no jury");
    }
    let single = RunSpec::new(rows(&[(30, "a/a", "a")])).judged().found(&[]);
    assert!(single["jury_members"].is_null() && single.get("jury_members").is_some());
}

#[test]
fn comparisons_that_some_judge_did_not_answer_are_left_out_of_what_is_compared() {
    let mut spec = RunSpec::new(rows(&KINDS));
    spec.rows.extend(
        (0..12).map(|at| Row::new(&format!("r{at:03}"), ["alpha", "beta"], "b/b a/- b/b", "a")),
    );
    spec.code = 5;
    let found = spec.judged().found(&[]);
    let jury = jury(&found);
    assert_eq!(jury["errors"]["n"], 100);
    let [dev, test] = ["dev", "test"].map(|part| jury[part]["n"].as_u64().unwrap());
    assert_eq!(dev + test, 100);
    let replies = jury["members"].as_array().unwrap().iter().map(|one| &one["agreement"]["n"]);
    assert_eq!(replies.collect::<Vec<_>>(), [224, 212, 224]);
}

#[test]
fn each_pair_of_systems_has_a_choice_of_its_own() {
    // The first judge knows alpha and beta, the second alpha and gamma; over both they are equal.
    let row = |at: usize, other, replies| {
        Row::new(&format!("{other}{at:03}"), ["alpha", other], replies, "a")
    };
    let mut all = Vec::new();
    for at in 0..60 {
        let [knows, does_not] = if at % 2 == 0 { ["a/a", "b/b"] } else { ["a/a", "a/b"] };
        let [third, ..] = if at % 3 == 0 { ["b/b"] } else { ["a/a"] };
        let replies =
            |one: &str, two: &str| -> &'static str { format!("{one} {two} {third}").leak() };
        all.push(row(at, "beta", replies(knows, does_not)));
        all.push(row(at, "gamma", replies(does_not, knows)));
    }
    let judged = RunSpec::new(all).judged();
    let found = judged.found(&[]);
    let pairs = found["jury_members"]["pairs"].as_array().unwrap();
    let best: Vec<&Value> =
        pairs.iter().map(|pair| &pair["dev"]["best_member"]["judges"][0]).collect();
    assert_eq!(best, ["judge-1", "judge-2"]);
    assert_eq!([&pairs[0]["errors"]["n"], &pairs[1]["errors"]["n"]], [60, 60]);
    assert_eq!(pairs[1]["between"], json!(["alpha", "gamma"]));
    let message = warning(&found, "jury-no-better").unwrap();
    let words = "for 2 of 2 pairs of systems: alpha and beta (judge-1), alpha and gamma (judge-2)";
    assert!(message.ends_with(words), "{message}");
    let table = judged.calibrate(&[]).expect(0).stdout;
    assert!(table.contains("the jury and its judges on alpha and gamma"), "{table}");
}

#[test]
fn too_few_labels_of_the_dev_part_choose_nothing() {
    let judged = RunSpec::new(rows(&[(30, "a/a a/b b/b", "a")])).judged();
    let found = judged.found(&[]);
    let dev = (0..30).filter(|at| Part::of(&format!("q{at:03}")) == Part::Dev).count();
    assert!(dev < 20);
    let jury = jury(&found);
    assert_eq!([&jury["dev"]["n"], &jury["dev"]["fewest"]], [&json!(dev), &json!(20)]);
    for name in ["best_member", "best", "cheapest"] {
        assert!(jury["dev"][name].is_null(), "{name}");
    }
    assert!(jury["test"].is_null());
    assert_eq!(warning(&found, "jury-no-better"), None);
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    let words = format!(
        "Nothing was chosen: the dev part has {dev} labelled comparisons that every judge answered, of at least 20."
    );
    assert!(table.contains(&words), "{table}");
    assert!(table.contains("judge-1 and judge-2 and judge-3 err equally on all of 30"), "{table}");
}

/// A name that is a tag, a cell of a table and an escape sequence.
const HOSTILE: &str = "<b>*a*|\u{1b}[31m a rather long name of a judge";

#[test]
fn the_jury_is_shown_in_every_format_and_hostile_names_are_escaped() {
    let judged = RunSpec::new(rows(&KINDS)).judged();
    let settings = judged.folder.path().join("evenhand.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let quoted = "\"<b>*a*|\\u001b[31m a rather long name of a judge\"";
    std::fs::write(&settings, text.replace("[judges.judge-2]", &format!("[judges.{quoted}]")))
        .unwrap();
    let judge = ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "hostile.db"];
    let three = ["--judge", "judge-1", "--judge", HOSTILE, "--judge", "judge-3"];
    let more = ["--inconclusive", "pass"];
    judged.folder.run(&[&judge[..], &three, &more].concat()).expect(0);
    let report = |command: &str, format: &str| {
        let flags = ["hostile.db", "--labels", "labels.jsonl", "--format", format];
        judged.folder.run(&[&[command][..], &flags].concat()).expect(0).stdout
    };
    let document: Value = serde_json::from_str(&report("report", "json")).unwrap();
    assert_satisfies_schema(&document);
    assert_eq!(document["calibration"]["jury_members"]["pairs"][0]["members"][1]["judge"], HOSTILE);

    let table = report("calibrate", "table");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    for words in
        ["correlation of errors", "independent judges", "jury − best member", "test part, jury"]
    {
        assert!(table.contains(words), "no `{words}` in {table}");
    }
    assert!(table.contains("<b>*a*|") && !table.contains('\u{1b}'), "{table}");
    let full = ["calibrate", "hostile.db", "--labels", "labels.jsonl", "--full"];
    let full = judged.folder.run(&full).expect(0).stdout;
    assert!(full.contains("correlation of the errors of each two judges"), "{full}");
    assert!(full.contains("judge-1, judge-3") && !full.contains('\u{1b}'), "{full}");

    for command in ["calibrate", "report"] {
        let markdown = report(command, "markdown");
        assert!(markdown.contains("| independent judges |"), "{markdown}");
        let row = markdown.lines().find(|line| line.contains("a rather long name")).unwrap();
        assert!(!markdown.contains('\u{1b}') && !markdown.contains("<b>"), "{markdown}");
        assert!(row.starts_with('|'), "{row}");
    }
    let page = report("report", "html");
    assert!(page.contains("The jury and its judges"), "no heading");
    assert!(!page.contains("<b>*a*") && !page.contains('\u{1b}'), "a name is not escaped");
}
