//! Items without a reference, without a system, or with several references.

use evenhand::metrics::{Bleu, Ter, total};
use serde_json::{Value, json};

use super::{
    WORDS, document, in_tenths, item, metric, metrics, number, of_items, pair, score, warning,
    with_items,
};

const ROUGE: [&str; 2] = ["--metric", "rouge-1"];

fn thirty() -> Vec<Value> {
    let right: Vec<[usize; 2]> = (0..30).map(|at| [3 + at % 7, at % 9]).collect();
    in_tenths(&right)
}

#[test]
fn items_without_a_reference_are_left_out_with_a_warning() {
    let mut items = thirty();
    for item in items.iter_mut().step_by(6) {
        item.as_object_mut().unwrap().remove("reference");
    }
    let found = of_items(&items, &ROUGE);
    let told = warning(&found, "no-reference").unwrap();
    assert!(told.starts_with("5 items have no reference") && told.ends_with("other 25"), "{told}");
    items.retain(|item| item.get("reference").is_some());
    let alone = of_items(&items, &ROUGE);
    assert_eq!(warning(&alone, "no-reference"), None);
    assert_eq!(metric(&found, "rouge-1"), metric(&alone, "rouge-1"));
    assert_eq!(score(metric(&found, "rouge-1"), "a")["n"], 25);
    assert_eq!(pair(metric(&found, "rouge-1"), ["a", "b"])["difference"]["n"], 25);
}

#[test]
fn a_metric_without_references_covers_all_items() {
    let mut items = thirty();
    items[3].as_object_mut().unwrap().remove("reference");
    let flags = ["--metric", "distinct-1", "--metric", "json-valid", "--metric", "rouge-1"];
    let found = of_items(&items, &flags);
    let n = |name| score(metric(&found, name), "a")["n"].clone();
    assert_eq!(["distinct-1", "json-valid", "rouge-1"].map(n), [30, 30, 29]);
    let told = warning(&found, "no-reference").unwrap();
    assert!(told.starts_with("1 item has no reference and is left out of rouge-1;"), "{told}");
}

#[test]
fn of_several_references_the_best_or_closest_in_length_counts() {
    let both = json!(["the cat sat on the mat today", "cat there"]);
    let texts = ["a cat sat", "the cat sat on the mat"];
    let items = [item("1", &[("a", texts[0]), ("b", texts[1])], both)];
    let flags = ["--metric", "rouge-1", "--metric", "bleu", "--metric", "ter"];
    let found = of_items(&items, &flags);
    // Of "a cat sat" 2·2/(3 + 7) against the first, 2·1/(3 + 2) against the second: equal; of the other 12/13.
    for (system, expected) in [("a", 0.4), ("b", 12.0 / 13.0)] {
        let value = number(&score(metric(&found, "rouge-1"), system)["value"]);
        assert!((value - expected).abs() < 1e-12, "{system}: {value}");
    }
    let references = ["the cat sat on the mat today", "cat there"];
    for (system, text) in ["a", "b"].into_iter().zip(texts) {
        let statistics = Bleu::default().statistics(text, &references);
        let closest = if system == "a" { 2 } else { 7 };
        assert_eq!(statistics.reference_length, closest);
        let expected = Bleu::default().score(&statistics).score;
        let value = number(&score(metric(&found, "bleu"), system)["value"]);
        assert!((value - expected).abs() < 1e-12, "{system}: {value}");
    }
    // Edits to the nearer one, over the mean length of both.
    let value = number(&score(metric(&found, "ter"), "b")["value"]);
    assert!((value - 100.0 / 4.5).abs() < 1e-9, "{value}");
    assert!(metric(&found, "bleu")["signature"].as_str().unwrap().starts_with("nrefs:2|"));
}

#[test]
fn the_signature_says_when_the_number_of_references_varies() {
    let items = [item("1", &[("a", "x")], "x"), item("2", &[("a", "x")], json!(["x", "y"]))];
    let found = of_items(&items, &["--metric", "bleu", "--metric", "ter"]);
    for name in ["bleu", "ter"] {
        let signature = metric(&found, name)["signature"].as_str().unwrap();
        assert!(signature.starts_with("nrefs:var|"), "{signature}");
    }
}

#[test]
fn corpus_scores_are_computed_from_sums_not_as_means() {
    let texts = [("zero", WORDS), (WORDS, WORDS), ("five six", "five six seven")];
    let items: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(at, (response, reference))| item(&at.to_string(), &[("a", response)], *reference))
        .collect();
    let found = of_items(&items, &["--metric", "bleu", "--metric", "ter"]);
    let bleu = total(texts.map(|(response, text)| Bleu::default().statistics(response, &[text])));
    let ter = total(texts.map(|(response, text)| Ter::default().statistics(response, &[text])));
    for (name, expected) in [("bleu", Bleu::default().score(&bleu).score), ("ter", ter.score())] {
        let value = number(&score(metric(&found, name), "a")["value"]);
        assert!((value - expected).abs() < 1e-9, "{name}: {value}, expected {expected}");
    }
    assert!((ter.score() - 1000.0 / 23.0).abs() < 1e-9);
}

#[test]
fn a_single_system_is_scored_without_comparisons() {
    let items: Vec<Value> = in_tenths(&[[3], [4], [8]]).into_iter().collect();
    let found = of_items(&items, &ROUGE);
    let metric = metric(&found, "rouge-1");
    assert!((number(&score(metric, "a")["value"]) - 0.5).abs() < 1e-12);
    assert_eq!(metric["pairs"], json!([]));
    assert_eq!(metric["best"], Value::Null);
    assert_eq!(warning(&found, "unequal-items"), None);
}

#[test]
fn systems_are_compared_on_their_common_items() {
    // On the easy items that both have answered a is ahead; the hard ones only a has tried.
    let mut items = in_tenths(&[[6, 5]; 10]);
    items[0] = in_tenths(&[[8, 5]])[0].clone();
    for at in 0..10 {
        items.push(item(&format!("hard-{at}"), &[("a", &super::tenths(1))], WORDS));
    }
    let found = of_items(&items, &ROUGE);
    let metric = metric(&found, "rouge-1");
    let [a, b] = ["a", "b"].map(|system| number(&score(metric, system)["value"]));
    assert!(a < b, "by the means of all it has answered, a is behind: {a} {b}");
    let difference = &pair(metric, ["a", "b"])["difference"];
    assert!((number(&difference["value"]) - 0.12).abs() < 1e-12, "{difference}");
    assert_eq!(difference["n"], 10);
    assert_eq!([&score(metric, "a")["n"], &score(metric, "b")["n"]], [20, 10]);
    let told = warning(&found, "unequal-items").unwrap();
    assert!(told.contains("each of the 20 items: `b` (10)"), "{told}");
    assert!(told.contains("paired differences"), "{told}");
}

#[test]
fn systems_without_a_common_item_have_no_difference() {
    let items = [item("1", &[("a", "x")], "x"), item("2", &[("b", "y")], "x")];
    let found = of_items(&items, &ROUGE);
    let pair = pair(metric(&found, "rouge-1"), ["a", "b"]);
    assert_eq!(pair["difference"], json!({"value": null, "low": null, "high": null, "n": 0}));
    assert_eq!([&pair["p_value"], &pair["p_adjusted"]], [&Value::Null; 2]);
    assert!(warning(&found, "undefined").unwrap().contains("rouge-1 of a − b"));
    assert_eq!(metric(&found, "rouge-1")["best"], Value::Null);
}

#[test]
fn responses_may_be_in_a_separate_file() {
    let items = thirty();
    let together = of_items(&items, &ROUGE);
    let mut apart = items.clone();
    let mut file = String::from("{\"id\":\"nobody\",\"response\":\"?\"}\n");
    for item in &mut apart {
        let response = item["responses"].as_object_mut().unwrap().remove("b").unwrap();
        file += &json!({"id": item["id"], "response": response}).to_string();
        file.push('\n');
    }
    let folder = with_items(&apart);
    folder.write("b.jsonl", &file);
    let found = document(&folder, &[&ROUGE[..], &["--responses", "b=b.jsonl"]].concat());
    assert_eq!(found["metrics"], together["metrics"]);
    assert!(warning(&found, "unmatched-ids").unwrap().contains("nobody"), "{}", found["warnings"]);
    let said = metrics(&folder, &["--responses", "b=nowhere.jsonl"]).expect(3);
    assert!(said.stderr.contains("nowhere.jsonl"), "{}", said.stderr);
}

#[test]
fn non_latin_texts_cause_a_warning_and_the_unicode_tokenizer_reads_them() {
    let items =
        [item("1", &[("a", "猫が座った")], "猫が座った"), item("2", &[("a", "cat")], "cat")];
    let found = of_items(&items, &ROUGE);
    assert!((number(&score(metric(&found, "rouge-1"), "a")["value"]) - 0.5).abs() < 1e-12);
    let told = warning(&found, "not-latin").unwrap();
    assert!(told.starts_with("2 texts have ") && told.contains("--tokenizer unicode"), "{told}");
    let found = of_items(&items, &[&ROUGE[..], &["--tokenizer", "unicode"]].concat());
    assert!((number(&score(metric(&found, "rouge-1"), "a")["value"]) - 1.0).abs() < 1e-12);
    assert_eq!(warning(&found, "not-latin"), None);
}

#[test]
fn a_text_without_n_grams_is_excluded_from_distinct_n() {
    let item = |id: &str, text: &str| json!({"id": id, "prompt": "?", "responses": {"a": text}});
    let items = [
        item("1", "two words"),
        item("2", "these are three"),
        item("3", ""),
        item("4", "on and on and on"),
    ];
    let found = of_items(&items, &["--metric", "distinct-1", "--metric", "distinct-3"]);
    let of = |name: &str| score(metric(&found, name), "a").clone();
    assert_eq!([&of("distinct-1")["n"], &of("distinct-3")["n"]], [&json!(3), &json!(2)]);
    // One trigram, and four of which two are the same.
    assert_eq!(of("distinct-3")["value"], 3.0 / 4.0);
}

#[test]
fn only_the_assistants_turns_of_a_conversation_are_scored() {
    let turn = |role: &str, content: &str| json!({"role": role, "content": content});
    let asked =
        json!([turn("assistant", "The cat"), turn("user", "And then?"), turn("assistant", "sat.")]);
    let untold = json!([turn("model", "The cat"), turn("model", "sat.")]);
    let items = [
        json!({"id": "1", "prompt": "?", "responses": {"a": asked, "b": untold}, "reference": "the cat sat"}),
    ];
    let found = of_items(&items, &["--metric", "exact-match"]);
    assert_eq!(score(metric(&found, "exact-match"), "a")["value"], 1.0);
    assert_eq!(score(metric(&found, "exact-match"), "b")["value"], 1.0);
}

#[test]
fn scripts_without_spaces_cause_a_warning_if_words_are_split_at_spaces() {
    let items = ["1", "2"].map(|id| {
        item(
            id,
            &[("a", "請求書は二回支払われました"), ("b", "Paid twice.")],
            "請求書は二度支払われた",
        )
    });
    let all = ["--metric", "token-f1", "--metric", "bleu", "--metric", "ter", "--metric", "chrf"];
    let told =
        |flags: &[&str]| warning(&of_items(&items, flags), "no-word-spaces").map(str::to_owned);
    let of_all = told(&all).unwrap();
    assert!(of_all.starts_with("4 texts are in scripts"), "{of_all}");
    assert!(of_all.contains("but token-f1, bleu, ter split words at spaces"), "{of_all}");
    let of_characters = told(&["--metric", "bleu", "--bleu-tokenizer", "char", "--metric", "chrf"]);
    assert_eq!(of_characters, None);
}
