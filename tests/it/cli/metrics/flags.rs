//! Flags that change a metric: each changes the score and is in the signature.

use serde_json::{Value, json};

use super::{document, item, metric, score, with_items};
use crate::metrics::golden::{assert_close, golden, number, strings};

#[test]
fn bleu_equals_sacrebleu_with_every_tokenizer_and_smoothing() {
    let golden = golden("sacrebleu.json");
    let [responses, first, second] = ["H", "R", "R2"].map(|name| strings(&golden["texts"][name]));
    let items: Vec<Value> = (0..responses.len())
        .map(|at| {
            let references = json!([first[at], second[at]]);
            item(&at.to_string(), &[("a", &responses[at])], references)
        })
        .collect();
    let folder = with_items(&items);
    let cases = golden["cases"].as_array().unwrap().iter();
    let by_flags = cases.filter(|case| {
        let input = &case["input"];
        case["name"] == "corpus_bleu"
            && input["lowercase"] == false
            && input["smooth_value"].is_null()
    });
    let mut checked = 0;
    for case in by_flags {
        let [words, smoothing] =
            ["tokenize", "smooth_method"].map(|name| case["input"][name].as_str().unwrap());
        let flags = ["--metric", "bleu", "--bleu-tokenizer", words, "--bleu-smoothing", smoothing];
        let found = document(&folder, &flags);
        let bleu = metric(&found, "bleu");
        assert_eq!(bleu["signature"], case["expected"]["signature"]);
        let expected = number(&case["expected"]["two_references_score"]);
        assert_close(number(&score(bleu, "a")["value"]), expected, &flags.concat());
        checked += 1;
    }
    assert_eq!(checked, 4 * 4);
}

#[test]
fn the_squad_flag_selects_the_version_of_the_script() {
    let golden = golden("squad.json");
    let cases = golden["cases"].as_array().unwrap().iter();
    // Those with a single right answer.
    let cases: Vec<&Value> = cases.filter(|case| case["input"]["gold"].is_string()).collect();
    let items = cases.iter().enumerate().map(|(at, case)| {
        let [response, reference] = ["pred", "gold"].map(|name| case["input"][name].as_str());
        item(&at.to_string(), &[("a", response.unwrap())], reference.unwrap())
    });
    let folder = with_items(&items.collect::<Vec<_>>());
    let mean = |name: &str| {
        let values = cases.iter().map(|case| number(&case["expected"][name]));
        values.sum::<f64>() / cases.len() as f64
    };
    assert!(mean("f1_v2") > mean("f1_v1") + 0.01, "there must be something to tell them apart");
    for (flags, f1, signature) in [
        (&[][..], "f1_v1", "squad:v1.1"),
        (&["--squad", "v1"], "f1_v1", "squad:v1.1"),
        (&["--squad", "v2"], "f1_v2", "squad:v2.0"),
    ] {
        let wanted = ["--metric", "exact-match", "--metric", "token-f1"];
        let found = document(&folder, &[&wanted[..], flags].concat());
        for (name, expected) in [("exact-match", "em"), ("token-f1", f1)] {
            let of = metric(&found, name);
            assert_eq!(of["signature"], signature);
            assert_close(number(&score(of, "a")["value"]), mean(expected), name);
        }
    }
}
