//! What is drawn: once each, from every group, masked, and with a known probability.

use std::fmt::Write as _;

use serde_json::json;

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
    let occurrences = |number: u64| {
        found.iter().filter(|item| item["context"]["occurrences"].as_u64() == Some(number)).count()
    };
    assert_eq!((occurrences(1), occurrences(3)), (20, 10));
    assert!(found.iter().all(|item| item["context"]["probability"] == 1.0));
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
        let weights =
            items.iter().map(|item| 1.0 / item["context"]["probability"].as_f64().unwrap());
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
    assert!(german.iter().all(|item| item["context"]["probability"] == 1.0));
    assert!(
        said.stderr.contains("20 items drawn of 2 groups from 505 exchanges"),
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
