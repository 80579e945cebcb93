//! Calibration of more than two systems: statistics are per pair, the headline is stratified over all pairs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::Folder;
use crate::support::labelled_run::{
    Row, RunSpec, beyond_chance, confusion, is_undefined, label, value, warning,
};

/// By pair of systems: the replies (rows) against the label (columns): the two systems, tie, unreadable.
type Tables = BTreeMap<[String; 2], Vec<Vec<f64>>>;

/// What `verdicts` and a label file say of every reply, and of every kept verdict.
fn tables(verdicts: &[Value], labels: &str) -> (Tables, Tables) {
    let between = |line: &Value| -> [String; 2] {
        let mut names = [0, 1].map(|at: usize| line["between"][at].as_str().unwrap().to_owned());
        names.sort();
        names
    };
    let labels: Vec<Value> =
        labels.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let labels: BTreeMap<(&str, [String; 2]), &Value> = labels
        .iter()
        .map(|label| ((label["id"].as_str().unwrap(), between(label)), &label["winner"]))
        .collect();
    let (mut orders, mut kept) = (Tables::new(), Tables::new());
    for verdict in verdicts {
        let pair = between(verdict);
        let Some(label) = labels.get(&(verdict["id"].as_str().unwrap(), pair.clone())) else {
            continue;
        };
        let category = |name: &Value| match name.as_str() {
            Some("tie") => 2,
            Some(name) if name == pair[0] => 0,
            Some(_) => 1,
            None => 3,
        };
        let add = |tables: &mut Tables, said: &Value| {
            let table = tables.entry(pair.clone()).or_insert(vec![vec![0.0; 4]; 4]);
            table[category(said)][category(label)] += 1.0;
        };
        for order in verdict["orders"].as_array().unwrap() {
            add(&mut orders, &order["preference"]);
        }
        if verdict["outcome"] == "kept" {
            add(&mut kept, &verdict["winner"]);
        }
    }
    (orders, kept)
}

/// `Σn(Po − Pe) / Σn(1 − Pe)`.
fn stratified(tables: &Tables) -> f64 {
    let parts = tables.values().map(|table| beyond_chance(table));
    let [beyond, possible] =
        parts.fold([0.0, 0.0], |sum, part| [sum[0] + part[0], sum[1] + part[1]]);
    beyond / possible
}

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "found {found}, expected {expected}");
}

/// The sample that ships, judged by a built-in judge; what was found, and its verdicts.
fn tickets(judge: &str) -> (Value, Vec<Value>, String) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("calibration/tickets");
    let (items, labels) = (sample.join("items.jsonl"), sample.join("labels.jsonl"));
    let folder = Folder::new();
    let task = ["judge", items.to_str().unwrap(), "--rubric", "summary-quality", "--run", "run.db"];
    folder.run(&[&task[..], &["--judge", judge]].concat()).expect(0);
    let calibrate = ["calibrate", "run.db", "--labels", labels.to_str().unwrap()];
    let said = folder.run(&[&calibrate[..], &["--format", "json"]].concat()).expect(0);
    let verdicts = folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
    let found = serde_json::from_str(&said.stdout).unwrap();
    (found, verdicts, std::fs::read_to_string(labels).unwrap())
}

#[test]
fn the_headline_kappa_of_three_systems_is_stratified_over_their_pairs() {
    let (found, verdicts, labels) = tickets("builtin:lexical");
    assert_eq!([&found["planned"], &found["kept"]["n"], &found["orders"]["n"]], [192, 192, 384]);
    let pairs = found["pairs"].as_array().unwrap();
    let between: Vec<&Value> = pairs.iter().map(|pair| &pair["between"]).collect();
    let expected =
        [["model-a", "model-b"], ["model-a", "model-c"], ["model-b", "model-c"]].map(|p| json!(p));
    assert_eq!(between, expected.iter().collect::<Vec<_>>());

    let mut sums = [0.0, 0.0];
    for pair in pairs {
        let table = confusion(pair);
        let [beyond, possible] = beyond_chance(&table);
        assert_close(value(&pair["kept"]["cohen_kappa"]), beyond / possible);
        let n: f64 = table.iter().flatten().sum();
        assert_eq!(pair["kept"]["n"].as_f64(), Some(n));
        let right: f64 = (0..3).map(|at| table[at][at]).sum();
        assert_close(value(&pair["kept"]["agreement"]), right / n);
        sums = [sums[0] + beyond, sums[1] + possible];
    }
    assert_close(value(&found["kept"]["cohen_kappa"]), sums[0] / sums[1]);

    let (orders, kept) = tables(&verdicts, &labels);
    assert_close(value(&found["kept"]["cohen_kappa"]), stratified(&kept));
    assert_close(value(&found["orders"]["cohen_kappa"]), stratified(&orders));
}

#[test]
fn flips_and_splits_count_in_the_stratified_kappa_of_every_reply() {
    let (found, verdicts, labels) = tickets("builtin:random");
    let (orders, kept) = tables(&verdicts, &labels);
    let kept_n: f64 = kept.values().flatten().flatten().sum();
    assert!(kept_n < 192.0, "a coin flips");
    assert_close(value(&found["kept"]["cohen_kappa"]), stratified(&kept));
    assert_close(value(&found["orders"]["cohen_kappa"]), stratified(&orders));
    for pair in found["pairs"].as_array().unwrap() {
        let key = [0, 1].map(|at: usize| pair["between"][at].as_str().unwrap().to_owned());
        let [beyond, possible] = beyond_chance(&orders[&key]);
        assert_close(value(&pair["orders"]["cohen_kappa"]), beyond / possible);
    }
}

#[test]
fn statistics_of_one_pair_are_null_over_several_pairs_with_a_warning() {
    let (found, ..) = tickets("builtin:lexical");
    for statistic in ["gwet_ac1", "krippendorff_alpha", "mcc"] {
        assert!(is_undefined(&found["kept"][statistic]), "{statistic}");
        for pair in found["pairs"].as_array().unwrap() {
            assert!(!pair["kept"][statistic]["value"].is_null(), "{statistic} of {pair}");
        }
    }
    let message = warning(&found, "several-pairs").unwrap();
    for name in ["AC1", "α", "Matthews"] {
        assert!(message.contains(name), "{message}");
    }
    let rates = found["win_rates"].as_array().unwrap();
    let counted: Vec<&str> = rates.iter().map(|rate| rate["system"].as_str().unwrap()).collect();
    assert_eq!(counted, ["model-b", "model-c", "model-c"], "the later name");
}

#[test]
fn a_random_judge_has_no_agreement_beyond_chance_for_any_number_of_systems() {
    let systems = ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"];
    let folder = Folder::new();
    let (mut items, mut labels) = (String::new(), String::new());
    for item in 0..12 {
        let id = format!("q{item:02}");
        let responses: BTreeMap<&str, &str> = systems.iter().map(|name| (*name, *name)).collect();
        let line = json!({ "id": id, "prompt": "Which?", "responses": responses });
        writeln!(items, "{line}").unwrap();
        for (at, one) in systems.iter().enumerate() {
            for other in &systems[at + 1..] {
                // The later one is always better, as far as people go.
                labels += &label(&id, "ana", [one, other], if item < 11 { other } else { one });
            }
        }
    }
    folder.write("items.jsonl", &items);
    folder.write("labels.jsonl", &labels);
    let json =
        "name = \"coin\"\ndescription = \"Which?\"\nties = false\n[reply]\nformat = \"json\"\n";
    folder.write("r.toml", json);
    let task = ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", "builtin:random"];
    folder.run(&[&task[..], &["--run", "run.db"]].concat()).expect(0);
    let calibrate = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let found: Value = serde_json::from_str(&folder.run(&calibrate).expect(0).stdout).unwrap();
    assert_eq!(found["orders"]["n"], 12 * 28 * 2);
    let kappa = value(&found["orders"]["cohen_kappa"]);
    assert!(kappa.abs() < 0.1, "{kappa}");

    // Pooled by name, the same coin would look like a judge.
    let number = |name: &Value| systems.iter().position(|system| name == system).unwrap();
    let verdicts = folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
    let mut pooled = vec![vec![0.0; 8]; 8];
    for verdict in &verdicts {
        let of = usize::from(verdict["id"] != "q11");
        let label = number(&verdict["between"][of]);
        for order in verdict["orders"].as_array().unwrap() {
            pooled[number(&order["preference"])][label] += 1.0;
        }
    }
    let [beyond, possible] = beyond_chance(&pooled);
    assert!(beyond / possible > 0.3, "{}", beyond / possible);
}

/// Three systems on ten items; beta is the baseline that others are compared with.
fn triples(pairs: &[([&'static str; 2], &'static str, &'static str)]) -> Vec<Row> {
    let of_item = |item: usize| {
        let id = format!("q{item:02}");
        pairs.iter().map(move |(between, replies, labels)| Row::new(&id, *between, replies, labels))
    };
    (0..10).flat_map(of_item).collect()
}

#[test]
fn with_a_baseline_the_other_system_of_each_pair_is_counted() {
    let pairs = [
        (["alpha", "beta"], "a/a", "a"),
        (["alpha", "gamma"], "b/b", "b"),
        (["beta", "gamma"], "b/b", "b"),
    ];
    let mut written = RunSpec::new(triples(&pairs));
    written.flags = vec!["--baseline", "beta"];
    let found = written.judged().found(&[]);
    let rates = found["win_rates"].as_array().unwrap();
    let reported: Vec<_> = rates
        .iter()
        .map(|rate| (&rate["between"], &rate["system"], value(&rate["kept"])))
        .collect();
    let [with_alpha, with_gamma] = [json!(["alpha", "beta"]), json!(["beta", "gamma"])];
    assert_eq!(
        reported,
        [(&with_alpha, &json!("alpha"), 1.0), (&with_gamma, &json!("gamma"), 1.0)],
        "alpha and gamma beat the baseline"
    );
    // People also compared alpha with gamma, which this run did not.
    assert_eq!([&found["planned"], &found["labelled"], &found["labels_unmatched"]], [20, 20, 10]);
    let message = warning(&found, "labels-unmatched").unwrap();
    assert!(message.starts_with("10 labels"), "{message}");
}

#[test]
fn a_pair_of_systems_may_occur_in_some_items_only() {
    let mut rows = triples(&[(["alpha", "beta"], "a/a", "a")]);
    rows.push(Row::new("z1", ["beta", "gamma"], "b/b", "a"));
    rows.push(Row::new("z2", ["beta", "gamma"], "b/b", "b"));
    let found = RunSpec::new(rows).judged().found(&[]);
    let reported: Vec<_> = found["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (&pair["between"], &pair["kept"]["n"], value(&pair["kept"]["agreement"])))
        .collect();
    let [first, second] = [json!(["alpha", "beta"]), json!(["beta", "gamma"])];
    assert_eq!(reported, [(&first, &json!(10), 1.0), (&second, &json!(2), 0.5)]);
    assert_eq!(found["kept"]["agreement"]["value"], 11.0 / 12.0);
    // Of the first pair κ is 0/0, of the second 0: it alone decides the headline.
    assert!(found["pairs"][0]["kept"]["cohen_kappa"]["value"].is_null());
    assert_eq!(found["kept"]["cohen_kappa"]["value"], 0.0);
    let message = warning(&found, "undefined").unwrap();
    assert!(message.contains("alpha and beta"), "{message}");
}
