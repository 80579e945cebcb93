//! The JSON of `calibrate`: its keys, its estimates, and what does not change it.

use serde_json::{Value, json};

use super::end_to_end::published_table;
use crate::support::labelled_run::{RunSpec, rows, warning};

/// A run with every block: three people, kept and dropped verdicts.
fn every_block() -> Value {
    let kinds = [(16, "a/a", "aaa"), (14, "b/b", "bbb"), (4, "b/b", "aab"), (3, "a/b", "bab")];
    let more = [(2, "t/a", "tta"), (1, "a/?", "abt")];
    RunSpec::new(rows(&[&kinds[..], &more].concat())).judged().found(&[])
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Fails unless an object has all documented keys, in the documented order; it may have others between them.
#[track_caller]
fn assert_keys(value: &Value, documented: &[&str]) {
    let known: Vec<&str> = keys(value).into_iter().filter(|key| documented.contains(key)).collect();
    assert_eq!(known, documented);
}

const KEPT: [&str; 7] =
    ["n", "agreement", "cohen_kappa", "gwet_ac1", "krippendorff_alpha", "mcc", "balanced_accuracy"];
const ORDERS: [&str; 4] = ["n", "unreadable", "agreement", "cohen_kappa"];

#[test]
fn the_json_has_every_documented_key_in_the_documented_order() {
    let found = every_block();
    assert_keys(
        &found,
        &[
            "judge",
            "part",
            "planned",
            "labelled",
            "annotators",
            "no_majority",
            "labels_unmatched",
            "coverage",
            "labelled_coverage",
            "kept",
            "orders",
            "pairs",
            "position",
            "human",
            "win_rates",
            "baselines",
            "slices",
            "warnings",
        ],
    );
    assert_eq!((&found["part"], &found["slices"]), (&Value::Null, &json!([])));
    let pair = &found["pairs"][0];
    assert_keys(pair, &["between", "confusion", "kept", "orders"]);
    assert_keys(&pair["confusion"], &["labels", "counts"]);
    for block in [&found, pair] {
        assert_keys(&block["kept"], &KEPT);
        assert_keys(&block["orders"], &ORDERS);
    }
    let position = ["consistency", "primacy", "recency", "p_value"];
    let counts = ["first_picks", "second_picks", "ties", "unparsed", "shi"];
    assert_keys(&found["position"], &[&position[..], &counts].concat());
    let human = ["pairwise_kappa", "fleiss_kappa", "krippendorff_alpha"];
    let judge = ["judge", "ceiling", "ratio", "alt_test"];
    assert_keys(&found["human"], &[&human[..], &judge].concat());
    assert_keys(&found["human"]["pairwise_kappa"][0], &["annotators", "kappa"]);
    assert_keys(&found["human"]["alt_test"], &["curve", "rho"]);
    assert_keys(&found["human"]["alt_test"]["curve"][0], &["epsilon", "omega"]);
    let rates = ["between", "system", "order_averaged", "kept", "bounds", "ppi", "rogan_gladen"];
    assert_keys(&found["win_rates"][0], &rates);
    let bounds = ["low", "high", "ci_low", "ci_high", "robust"];
    assert_keys(&found["win_rates"][0]["bounds"], &bounds);
    assert_keys(&found["baselines"][0], &["name", "agreement", "cohen_kappa"]);
    assert_keys(&found["warnings"][0], &["code", "message"]);
}

#[test]
fn every_estimate_is_the_object_of_value_low_high_and_n() {
    fn walk(value: &Value, estimates: &mut usize) {
        match value {
            Value::Object(fields) if fields.contains_key("value") && fields.contains_key("n") => {
                *estimates += 1;
                assert_eq!(keys(value), ["value", "low", "high", "n"]);
                assert!(value["n"].is_u64());
                let [value, low, high] = ["value", "low", "high"].map(|key| fields[key].as_f64());
                if let (Some(value), Some(low), Some(high)) = (value, low, high) {
                    assert!(low <= value && value <= high, "{fields:?}");
                }
            }
            Value::Object(fields) => fields.values().for_each(|field| walk(field, estimates)),
            Value::Array(all) => all.iter().for_each(|one| walk(one, estimates)),
            _ => {}
        }
    }
    let found = every_block();
    let mut estimates = 0;
    walk(&found, &mut estimates);
    assert!(estimates >= 40, "{estimates}");
    for place in [
        "/coverage",
        "/labelled_coverage",
        "/kept/agreement",
        "/kept/balanced_accuracy",
        "/orders/cohen_kappa",
        "/position/consistency",
        "/human/pairwise_kappa/0/kappa",
        "/human/judge",
        "/human/ceiling",
        "/human/ratio",
        "/win_rates/0/order_averaged",
        "/win_rates/0/kept",
        "/win_rates/0/ppi",
        "/baselines/0/agreement",
        "/baselines/0/cohen_kappa",
    ] {
        assert!(found.pointer(place).is_some_and(|found| found["n"].is_u64()), "{place}");
    }
}

#[test]
fn blocks_that_do_not_apply_are_null() {
    let found = RunSpec::new(rows(&[(6, "a/a", "a"), (6, "b/b", "b")])).judged().found(&[]);
    assert!(found["human"].is_null(), "one annotator alone");
    assert!(found["position"]["net_of_noise"].is_null(), "no repeats");
    assert!(found["win_rates"][0]["rogan_gladen"].is_null(), "no other run");
    assert!(warning(&found, "one-annotator").is_some());
}

#[test]
fn the_same_run_and_labels_give_the_same_bytes() {
    let judged = published_table().judged();
    let first = judged.calibrate(&["--format", "json"]).expect(0).stdout;
    assert_eq!(judged.calibrate(&["--format", "json"]).expect(0).stdout, first);
    // Another run of the same judge on the same items was begun at another time.
    let again = published_table().judged().calibrate(&["--format", "json"]).stdout;
    let [again, first] = [&again, &first].map(|text| {
        let mut found: Value = serde_json::from_str(text).unwrap();
        found["provenance"]["begun"].take();
        found
    });
    assert_eq!(again, first);
}

#[test]
fn the_provenance_has_the_digests_of_the_rubric_and_the_label_file() {
    let judged = published_table().judged();
    let read = |name: &str| std::fs::read(judged.folder.path().join(name)).unwrap();
    let digest = |bytes: &[u8]| json!(blake3::hash(bytes).to_hex().to_string());
    let provenance = judged.found(&[])["provenance"].take();
    assert_eq!(provenance["rubric"]["digest"], digest(&read("r.toml")));
    assert_eq!(provenance["labels"]["digest"], digest(&read("labels.jsonl")));
    assert_eq!(provenance["labels"]["file"], "labels.jsonl");
    let begun = provenance["begun"].as_str().unwrap();
    assert!(begun.len() == "2026-05-01T03:00:00Z".len() && begun.ends_with('Z'), "{begun}");
    assert!(provenance["rubric"]["requests"].as_str().is_some_and(|digest| !digest.is_empty()));

    // Read with another rubric it is that one's; the requests are the same.
    let other = String::from_utf8(read("r.toml")).unwrap().replace("'TIE'", "'DRAW'");
    judged.folder.write("again.toml", &other);
    let again = judged.found(&["--rubric", "./again.toml"])["provenance"].take();
    assert_eq!(again["rubric"]["digest"], digest(other.as_bytes()));
    assert_eq!(again["rubric"]["requests"], provenance["rubric"]["requests"]);
    let changed = [&read("labels.jsonl")[..], b"\n"].concat();
    std::fs::write(judged.folder.path().join("labels.jsonl"), &changed).unwrap();
    assert_eq!(judged.found(&[])["provenance"]["labels"]["digest"], digest(&changed));
}

#[test]
fn the_order_of_the_label_file_does_not_matter() {
    let kinds = [(9, "a/a", "aab"), (7, "b/b", "bb-"), (5, "a/b", "abt"), (4, "t/t", "-tt")];
    let written = RunSpec::new(rows(&kinds));
    let judged = written.judged();
    let numbers = || {
        let mut found = judged.found(&[]);
        // The digest of the file differs, as it should.
        found["provenance"]["labels"]["digest"].take();
        found
    };
    let found = numbers();
    let backwards: Vec<&str> = written.labels().leak().lines().rev().collect();
    judged.label(&(backwards.join("\n") + "\n"));
    assert_eq!(numbers(), found);
}
