//! Quality beside price and latency, where items say how responses were generated.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    WITH_LABELS, WITHOUT_LABELS, assert_estimate, assert_undefined, document_of, overview_of,
};
use crate::support::labelled_run::{JudgedRun, Row, RunSpec, is_undefined, rows, warning};

const PAIRS: [[&str; 2]; 3] = [["alpha", "beta"], ["alpha", "gamma"], ["beta", "gamma"]];

/// Three systems on six items. Of gamma only the model is known, of a response of beta not the cost, of two of them not
/// the latency.
pub(crate) fn three_systems() -> RunSpec {
    let replies = [
        ["a/a", "a/a", "b/b"],
        ["a/b", "a/a", "a/a"],
        ["b/b", "t/a", "a/a"],
        ["a/a", "a/t", "t/t"],
        ["?/a", "a/a", "b/a"],
        ["b/b", "b/b", "a/t"],
    ];
    let mut all = Vec::new();
    for (at, replies) in replies.into_iter().enumerate() {
        let rows = PAIRS.into_iter().zip(replies);
        all.extend(rows.map(|(pair, replies)| Row::new(&format!("q{at}"), pair, replies, "")));
    }
    let mut spec = RunSpec::new(all);
    let prompt_tokens = [100, 110, 90, 120, 105, 95];
    let alpha_tokens = [400, 520, 380, 700, 430, 560];
    let beta_tokens = [40, 52, 38, 70, 43, 56];
    let alpha_costs = [0.012, 0.015, 0.011, 0.02, 0.013, 0.016];
    let alpha_latencies = [900, 1250, 870, 1400, 1010, 980];
    let beta_costs = [Some(0.001), Some(0.0015), Some(0.0), Some(0.004), None, Some(0.0012)];
    let beta_latencies = [Some(300), None, Some(420), Some(510), Some(280), None];
    let marks = [None, Some("cut-off"), None, Some("refused"), Some("cut-off"), Some("empty")];
    for at in 0..6 {
        let mut alpha = json!({
            "model": if at == 2 { "large-2" } else { "large-1" },
            "finish_reason": "stop",
            "prompt_tokens": prompt_tokens[at],
            "completion_tokens": alpha_tokens[at],
            "cost": alpha_costs[at],
            "latency_ms": alpha_latencies[at],
        });
        if let Some(mark) = marks[at] {
            alpha["mark"] = json!(mark);
        }
        let mut beta = json!({
            "model": "small",
            "prompt_tokens": prompt_tokens[at],
            "completion_tokens": beta_tokens[at],
        });
        if let Some(cost) = beta_costs[at] {
            beta["cost"] = json!(cost);
        }
        if let Some(latency) = beta_latencies[at] {
            beta["latency_ms"] = json!(latency);
        }
        let generated = json!({ "alpha": alpha, "beta": beta, "gamma": { "model": "old" } });
        spec.generated.insert(format!("q{at}"), generated);
    }
    spec
}

/// What is known of a response whose cost and latency are known.
fn response(cost: f64, latency_ms: f64) -> Value {
    json!({ "model": "m", "cost": cost, "latency_ms": latency_ms })
}

/// The numbers of a system in a document.
#[track_caller]
fn of<'a>(found: &'a Value, system: &str) -> &'a Value {
    let systems = found["generated"]["systems"].as_array().unwrap_or_else(|| panic!("{found}"));
    systems
        .iter()
        .find(|one| one["system"] == system)
        .unwrap_or_else(|| panic!("{system}: {found}"))
}

/// Fails unless an estimate has this value, interval and n.
#[track_caller]
fn assert_interval(estimate: &Value, value: f64, [low, high]: [f64; 2], n: u64) {
    for (key, expected) in [("value", value), ("low", low), ("high", high)] {
        let found = estimate[key].as_f64().unwrap_or_else(|| panic!("{key}: {estimate}"));
        assert!(
            (found - expected).abs() < 1e-9 * expected.max(1.0),
            "{key} {expected}: {estimate}"
        );
    }
    assert_eq!(estimate["n"], n, "{estimate}");
}

/// Whether each system is on the frontier of price and on that of latency.
fn frontiers(found: &Value) -> BTreeMap<String, [Option<bool>; 2]> {
    let on = |system: &Value, key: &str| system[key].as_bool();
    let systems = found["generated"]["systems"].as_array().unwrap().iter();
    let keys = ["on_cost_frontier", "on_latency_frontier"];
    systems
        .map(|one| (one["system"].as_str().unwrap().to_owned(), keys.map(|key| on(one, key))))
        .collect()
}

// The expected numbers of this test are the output of a Python script on the same data. Win rates: statsmodels, OLS of
// the order-averaged scores on a constant, cov_type "cluster" by item with correction and use_t; their intervals are cut
// to [0, 1]. Costs and tokens: numpy mean and standard deviation with scipy.stats.t; the low end of the cost of beta,
// -0.000305, is cut to 0. Latencies: numpy.quantile.
#[test]
fn the_numbers_of_each_system_are_those_of_statsmodels_and_numpy() {
    let found = three_systems().judged().overview_without_labels();
    let systems = found["generated"]["systems"].as_array().unwrap();
    let names: Vec<&Value> = systems.iter().map(|one| &one["system"]).collect();
    assert_eq!(names, ["alpha", "beta", "gamma"], "the highest win rate is first");
    let [alpha, beta, gamma] = ["alpha", "beta", "gamma"].map(|system| of(&found, system));

    let rate = |system: &Value| system["win_rate"].clone();
    assert_interval(&rate(alpha), 0.645_833_333_333_333_5, [0.244_358_473_829_747_35, 1.0], 12);
    let interval = [0.129_615_592_746_494_8, 0.953_717_740_586_838_9];
    assert_interval(&rate(beta), 0.541_666_666_666_666_9, interval, 12);
    let interval = [0.067_085_711_627_459_44, 0.557_914_288_372_540_6];
    assert_interval(&rate(gamma), 0.312_5, interval, 12);

    let interval = [0.011_067_206_351_025_79, 0.017_932_793_648_974_21];
    assert_interval(&alpha["cost_usd"], 0.014_5, interval, 6);
    assert_interval(&beta["cost_usd"], 0.001_54, [0.0, 0.003_385_030_813_193_446_4], 5);
    assert_undefined(&gamma["cost_usd"], 0);
    let interval = [91.998_132_896_943_99, 114.668_533_769_722_67];
    assert_interval(&alpha["prompt_tokens"], 103.333_333_333_333_33, interval, 6);
    let interval = [371.283_700_399_818_14, 625.382_966_266_848_5];
    assert_interval(&alpha["completion_tokens"], 498.333_333_333_333_3, interval, 6);
    let interval = [37.128_370_039_981_82, 62.538_296_626_684_854];
    assert_interval(&beta["completion_tokens"], 49.833_333_333_333_336, interval, 6);
    assert_undefined(&gamma["prompt_tokens"], 0);
    assert_eq!(alpha["latency_ms"], json!({ "p50": 995.0, "p90": 1325.0, "n": 6 }));
    assert_eq!(beta["latency_ms"], json!({ "p50": 360.0, "p90": 483.0, "n": 4 }));
    assert_eq!(gamma["latency_ms"], Value::Null);
}

#[test]
fn marks_and_models_are_counted() {
    let found = three_systems().judged().overview_without_labels();
    let counts = |system: &str| {
        ["responses", "cut_off", "refused", "empty"]
            .map(|key| of(&found, system)[key].as_u64().unwrap())
    };
    assert_eq!(counts("alpha"), [6, 2, 1, 1]);
    assert_eq!(counts("beta"), [6, 0, 0, 0]);
    let models =
        json!([{ "model": "large-1", "responses": 5 }, { "model": "large-2", "responses": 1 }]);
    assert_eq!(of(&found, "alpha")["models"], models);
    assert_eq!(found["generated"]["unknown"], json!([]));
}

#[test]
fn a_system_with_an_unknown_amount_is_on_no_frontier_and_beats_nobody() {
    let found = three_systems().judged().overview_without_labels();
    let expected = [
        ("alpha", [Some(true), Some(true)]),
        ("beta", [Some(true), Some(true)]),
        ("gamma", [None, None]),
    ];
    assert_eq!(frontiers(&found), expected.map(|(name, on)| (name.to_owned(), on)).into());
}

/// Systems that are compared on two items, where the first of a pair wins as often as the replies say.
fn systems(pairs: &[([&'static str; 2], [&'static str; 2])], generated: &Value) -> JudgedRun {
    systems_with(pairs, generated, Vec::new())
}

/// The same, judged with further flags.
fn systems_with(
    pairs: &[([&'static str; 2], [&'static str; 2])],
    generated: &Value,
    flags: Vec<&'static str>,
) -> JudgedRun {
    let mut all = Vec::new();
    for (pair, replies) in pairs {
        for (at, replies) in replies.iter().enumerate() {
            all.push(Row::new(&format!("q{at}"), *pair, replies, ""));
        }
    }
    let mut spec = RunSpec::new(all);
    spec.flags = flags;
    for at in 0..2 {
        spec.generated.insert(format!("q{at}"), generated.clone());
    }
    spec.judged()
}

#[test]
fn equal_systems_beat_neither_each_other_and_zero_is_a_price() {
    // All win rates are one half.
    let names = ["a", "b", "c", "d"];
    let mut pairs = Vec::new();
    for (at, one) in names.into_iter().enumerate() {
        pairs.extend(names[at + 1..].iter().map(|other| ([one, *other], ["t/t", "a/b"])));
    }
    let generated = json!({
        "a": response(0.001, 10.0),
        "b": response(0.001, 10.0),
        "c": response(0.002, 20.0),
        "d": { "model": "m", "cost": 0.0 },
    });
    let found = systems(&pairs, &generated).overview_without_labels();
    let expected = [
        ("a", [Some(false), Some(true)]),
        ("b", [Some(false), Some(true)]),
        ("c", [Some(false), Some(false)]),
        ("d", [Some(true), None]),
    ];
    assert_eq!(frontiers(&found), expected.map(|(name, on)| (name.to_owned(), on)).into());
    let free = &of(&found, "d")["cost_usd"];
    assert_eq!(*free, json!({ "value": 0.0, "low": null, "high": null, "n": 2 }));
    // A price that is 0 everywhere is exact, one that does not vary is not.
    let message = warning(&found, "no-interval").unwrap();
    assert!(message.contains("generated.cost_usd of a"), "{message}");
    let warnings = found["warnings"].to_string();
    assert!(!warnings.contains("cost_usd of d"), "{warnings}");
    assert!(warnings.contains("no value for generated.prompt_tokens of a"), "{warnings}");
}

#[test]
fn the_better_system_at_a_lower_price_beats_both_others() {
    let pairs =
        [(["a", "b"], ["a/a", "a/a"]), (["a", "c"], ["a/a", "a/a"]), (["b", "c"], ["t/t", "t/t"])];
    let generated = json!({ "a": response(0.001, 30.0), "b": response(0.001, 20.0), "c": response(0.002, 20.0) });
    let found = systems(&pairs, &generated).overview_without_labels();
    let expected = [
        ("a", [Some(true), Some(true)]),
        // As expensive as a and worse; faster than a, and as fast as c.
        ("b", [Some(false), Some(true)]),
        ("c", [Some(false), Some(true)]),
    ];
    assert_eq!(frontiers(&found), expected.map(|(name, on)| (name.to_owned(), on)).into());
    // a wins 4 of 4, b and c half of two ties and no other.
    assert_estimate(&of(&found, "a")["win_rate"], 1.0, 4);
    assert_estimate(&of(&found, "b")["win_rate"], 1.0 / 4.0, 4);
}

#[test]
fn a_run_whose_items_do_not_say_it_has_no_such_numbers() {
    let found = RunSpec::new(rows(&[(3, "a/a", "")])).judged().overview_without_labels();
    assert_eq!(found.get("generated"), Some(&Value::Null));
}

#[test]
fn only_responses_that_were_compared_count_and_other_systems_are_named() {
    let mut spec = RunSpec::new(vec![
        Row::new("q0", ["a", "b"], "a/a", ""),
        Row::new("q1", ["a", "b"], "b/b", ""),
        Row::new("q1", ["a", "c"], "b/b", ""),
        Row::new("q1", ["b", "c"], "a/a", ""),
    ]);
    // There is no response of z, and none of c to q0.
    let generated =
        json!({ "a": response(0.5, 1.0), "c": response(0.5, 1.0), "z": response(9.0, 9.0) });
    for id in ["q0", "q1"] {
        spec.generated.insert(id.to_owned(), generated.clone());
    }
    let found = spec.judged().overview_without_labels();
    assert_eq!(of(&found, "a")["responses"], 2);
    assert_eq!(of(&found, "c")["responses"], 1);
    assert_eq!(found["generated"]["systems"].as_array().unwrap().len(), 2);
    assert_eq!(found["generated"]["unknown"], json!(["b"]));
}

#[test]
fn without_a_readable_reply_no_win_rate_and_no_frontier_is_known() {
    let mut spec = RunSpec::new(rows(&[(2, "?/?", "")]));
    spec.code = 4;
    for id in ["q000", "q001"] {
        let generated = json!({ "alpha": response(0.5, 1.0), "beta": response(0.1, 2.0) });
        spec.generated.insert(id.to_owned(), generated);
    }
    let found = spec.judged().overview_without_labels();
    assert_undefined(&of(&found, "alpha")["win_rate"], 2);
    let unknown = [None, None];
    assert_eq!(
        frontiers(&found),
        [("alpha".to_owned(), unknown), ("beta".to_owned(), unknown)].into()
    );
    let message = warning(&found, "undefined").unwrap();
    assert!(message.contains("generated.win_rate of alpha"), "{message}");
}

#[test]
fn the_win_rate_of_a_jury_is_the_mean_over_its_judges() {
    let mut spec =
        RunSpec::new(rows(&[(1, "a/a a/b", ""), (1, "b/b a/a", ""), (1, "a/a ?/a", "")]));
    for id in ["q000", "q001", "q002"] {
        spec.generated.insert(id.to_owned(), json!({ "alpha": response(0.5, 1.0) }));
    }
    let found = spec.judged().overview_without_labels();
    assert_eq!(found["judge"], "jury");
    // (1 + ½)/2, (0 + 1)/2, (1 + ¾)/2.
    assert_estimate(&of(&found, "alpha")["win_rate"], (0.75 + 0.5 + 0.875) / 3.0, 3);
    assert_eq!(found["generated"]["unknown"], json!(["beta"]));
}

#[test]
fn the_order_of_the_items_does_not_matter() {
    let mut spec = three_systems();
    let one = spec.judged().overview_without_labels();
    spec.shuffle = Some(7);
    let other = spec.judged().overview_without_labels();
    for (one, other) in
        [("alpha", "alpha"), ("beta", "beta")].map(|(a, b)| (of(&one, a), of(&other, b)))
    {
        for key in ["cost_usd", "win_rate", "completion_tokens"] {
            let [low, high] = ["low", "high"].map(|end| one[key][end].as_f64().unwrap());
            assert_interval(
                &other[key],
                one[key]["value"].as_f64().unwrap(),
                [low, high],
                one[key]["n"].as_u64().unwrap(),
            );
        }
        assert_eq!(one["latency_ms"], other["latency_ms"]);
    }
}

#[test]
fn an_amount_that_is_too_large_to_add_up_is_undefined() {
    let pairs = [(["a", "b"], ["a/a", "b/b"])];
    let generated = json!({ "a": response(f64::MAX, f64::MAX), "b": response(1.0, 1.0) });
    let found = systems(&pairs, &generated).overview_without_labels();
    assert!(is_undefined(&of(&found, "a")["cost_usd"]));
    assert_eq!(frontiers(&found)["a"], [None, Some(false)]);
}

#[test]
fn the_path_of_a_model_is_redacted() {
    let pairs = [(["a", "b"], ["a/a", "b/b"])];
    let generated = json!({ "a": { "model": "/home/somebody/large.gguf" } });
    let judged = systems(&pairs, &generated);
    let mut overview = overview_of(&judged.folder, WITHOUT_LABELS);
    assert!(document_of(&overview).to_string().contains("/home/somebody"));
    let _redaction = overview.redact();
    let found = document_of(&overview);
    assert_eq!(of(&found, "a")["models"][0]["model"], "large.gguf");
    assert!(!found.to_string().contains("/home/somebody"), "{found}");
}

#[test]
fn labels_do_not_change_it() {
    let mut spec = RunSpec::new(rows(&[(4, "a/a", "b"), (2, "b/b", "b"), (3, "a/b", "a")]));
    for at in 0..9 {
        let generated =
            json!({ "alpha": response(f64::from(at), 1.0), "beta": response(0.1, 2.0) });
        spec.generated.insert(format!("q{at:03}"), generated);
    }
    let judged = spec.judged();
    let with = document_of(&overview_of(&judged.folder, WITH_LABELS));
    assert!(!with["calibration"].is_null());
    assert_eq!(with["generated"], judged.overview_without_labels()["generated"]);
}

#[test]
fn systems_with_different_opponents_are_on_no_frontier() {
    let generated = json!({
        "alpha": response(0.5, 1.0), "beta": response(0.1, 2.0), "gamma": response(0.2, 3.0),
    });
    let won = ["a/a", "a/a"];
    let all = [(["alpha", "beta"], won), (["alpha", "gamma"], won), (["beta", "gamma"], won)];
    for (pairs, same_opponents) in [(&all[..], true), (&all[..2], false)] {
        let flags = if same_opponents { Vec::new() } else { vec!["--baseline", "alpha"] };
        let found = systems_with(pairs, &generated, flags).overview_without_labels();
        assert_eq!(found["generated"]["same_opponents"], same_opponents);
        let is_known = frontiers(&found).values().flatten().all(Option::is_some);
        assert_eq!(is_known, same_opponents, "{:?}", frontiers(&found));
    }
}
