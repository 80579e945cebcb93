//! What is drawn: once each, from every group, masked, and with a known probability.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{items, sample};

/// Exchanges with the prompts of some numbers.
fn traffic(numbers: impl Iterator<Item = u32>) -> String {
    let mut text = String::new();
    for number in numbers {
        let line = json!({"prompt": format!("What is the price of number {number}?"), "response": format!("{number} euros")});
        writeln!(text, "{line}").unwrap();
    }
    text
}

#[test]
fn a_prompt_that_comes_again_counts_once() {
    let found = items("t.jsonl", &traffic((0..30).chain(0..10).chain(0..10)), &[]);
    assert_eq!(found.len(), 30);
    let occurrences =
        |number: &str| found.iter().filter(|item| item["tags"]["occurrences"] == number).count();
    assert_eq!((occurrences("1"), occurrences("3")), (20, 10));
    assert!(found.iter().all(|item| item["tags"]["probability"] == "1"));
}

#[test]
fn the_same_seed_draws_the_same_in_any_order_and_a_larger_n_contains_it() {
    let ids = |text: &str, n: &str, seed: &str| -> Vec<String> {
        let flags = ["--n", n, "--seed", seed, "--by", "none"];
        let folder = crate::support::Folder::new();
        folder.write("t.jsonl", text);
        let said = folder.run(&[&["monitor", "sample", "t.jsonl"], &flags[..]].concat()).expect(0);
        said.json_lines().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let small = ids(&traffic(0..500), "20", "1");
    assert_eq!(small, ids(&traffic((0..500).rev()), "20", "1"));
    assert_eq!(small[..], ids(&traffic(0..500), "50", "1")[..20]);
    assert_ne!(small, ids(&traffic(0..500), "20", "2"));
}

#[test]
fn the_inverse_probabilities_add_up_to_the_number_of_prompts() {
    let mut total = 0.0;
    for seed in 0..30 {
        let folder = crate::support::Folder::new();
        folder.write("t.jsonl", &traffic((0..1000).chain(0..200)));
        let seed = seed.to_string();
        let command =
            ["monitor", "sample", "t.jsonl", "--n", "50", "--seed", &seed, "--by", "none"];
        let items = folder.run(&command).expect(0).json_lines();
        assert_eq!(items.len(), 50);
        let probability =
            |item: &Value| item["tags"]["probability"].as_str().unwrap().parse::<f64>().unwrap();
        let weights = items.iter().map(|item| 1.0 / probability(item));
        total += weights.sum::<f64>() / 30.0;
    }
    // The standard error of the mean of 30 is about 1000/√(30·49) = 26.
    assert!((total - 1000.0).abs() < 80.0, "{total}");
}

#[test]
fn rare_groups_are_drawn_too() {
    let mut text = traffic(0..500);
    for number in 0..5 {
        let line = json!({"prompt": format!("Wie kann ich das Paket {number} zurückgeben und wer zahlt das?"), "response": "So."});
        writeln!(text, "{line}").unwrap();
    }
    let folder = crate::support::Folder::new();
    folder.write("t.jsonl", &text);
    let said = folder.run(&["monitor", "sample", "t.jsonl", "--n", "20"]).expect(0);
    let german: Vec<_> =
        said.json_lines().into_iter().filter(|item| item["tags"]["language"] == "de").collect();
    assert_eq!(german.len(), 5);
    assert!(german.iter().all(|item| item["tags"]["probability"] == "1"));
    assert!(
        said.stderr.contains("20 items drawn from 2 groups in 505 exchanges"),
        "{}",
        said.stderr
    );
}

#[test]
fn secrets_are_masked_before_prompts_are_compared() {
    let lines = [
        json!({"prompt": "Mail me at ana@example.org", "response": "Sent to ana@example.org, key sk-abcdefghijklmnop1234"}),
        json!({"prompt": "Mail me at ben@example.org", "response": "Sent."}),
        json!({"messages": [{"role": "system", "content": "Ticket TCK-1234"}, {"role": "user", "content": "api_key=0123456789abcdef"}], "response": "A."}),
    ];
    let text = lines.map(|line| line.to_string()).join("\n");
    let said = sample("t.jsonl", &text, &["--mask", r"TCK-(\d+)"]).expect(0);
    let out = &said.stdout;
    assert_eq!(said.json_lines().len(), 2, "{out}");
    for secret in ["ana@", "ben@", "sk-abc", "0123456789abcdef", "1234"] {
        assert!(!out.contains(secret), "{secret}: {out}");
    }
    assert!(out.contains("Mail me at [email]") && out.contains("Ticket TCK-[masked]"), "{out}");
    let said = sample("t.jsonl", &text, &["--mask", "("]).expect(2);
    assert!(said.stderr.contains("`(` is no regular expression"), "{}", said.stderr);
    sample("t.jsonl", &text, &["--mask", "x*"]).expect(2);
}

#[test]
fn a_prompt_that_two_models_answered_is_drawn_once() {
    let mut text = String::new();
    for model in ["m-1", "m-2"] {
        for number in 0..20 {
            let line =
                json!({"prompt": format!("What is {number}?"), "response": "A.", "model": model});
            writeln!(text, "{line}").unwrap();
        }
    }
    let found = items("t.jsonl", &text, &["--by", "model"]);
    assert_eq!(found.len(), 20);
    assert!(found.iter().all(|item| item["tags"]["occurrences"] == "2"));
    // Nothing of the draw reaches a judge.
    assert!(found.iter().all(|item| item.get("context").is_none()), "{}", found[0]);
}

#[test]
fn groups_that_give_no_item_are_named() {
    let mut text = String::new();
    for model in ["m-1", "m-2", "m-3"] {
        let line = json!({"prompt": format!("What is {model}?"), "response": "A.", "model": model});
        writeln!(text, "{line}").unwrap();
    }
    let folder = crate::support::Folder::new();
    folder.write("t.jsonl", &text);
    let sample = ["monitor", "sample", "t.jsonl", "--by", "model", "--n"];
    let said = folder.run(&[&sample[..], &["2"]].concat()).expect(0);
    assert!(said.stderr.contains("1 group of the traffic gives no item"), "{}", said.stderr);
    assert!(said.stderr.contains(": m-3; raise --n"), "{}", said.stderr);
    let said = folder.run(&[&sample[..], &["3"]].concat()).expect(0);
    assert!(!said.stderr.contains("no item"), "{}", said.stderr);
}
