//! Times the metrics on the texts that `benches/metrics.py` also takes, one core, and prints seconds as JSON.
//!
//! `cargo bench --bench metrics -- FILE`, or `python benches/metrics.py compare` for both side by side. Each
//! metric runs through all texts several times, and the best time counts.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench reads a clock and prints"
)]

use std::time::Instant;

use evenhand::metrics::{Bleu, Chrf, Ratio, Rouge, RougeKind, Ter, total};
use serde_json::{Value, json};

const ROUNDS: usize = 5;

fn time(work: impl Fn() -> f64) -> Value {
    let mut best = f64::INFINITY;
    let mut score = 0.0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        score = work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    json!({"seconds": best, "score": score})
}

fn main() {
    // Cargo itself adds `--bench`.
    let Some(path) = std::env::args().skip(1).find(|argument| argument != "--bench") else {
        println!("a file of texts is needed: see benches/metrics.py");
        return;
    };
    let text = std::fs::read_to_string(path).expect("the file of texts is there");
    let pairs: Vec<(String, String)> = text
        .lines()
        .map(|line| {
            let pair: Value = serde_json::from_str(line).expect("a line is JSON");
            let text = |name: &str| pair[name].as_str().expect("a text").to_owned();
            (text("response"), text("reference"))
        })
        .collect();
    let items = || pairs.iter().map(|(response, reference)| (response, [reference.as_str()]));

    let rouge = Rouge { stem: true, ..Rouge::default() };
    let kinds = [RougeKind::One, RougeKind::Two, RougeKind::L];
    let rouge = || {
        let scores =
            items().map(|(response, references)| rouge.scores(&kinds, response, &references));
        total(scores.map(|scores| Ratio::of_score(scores[2].f))).value().unwrap_or(0.0)
    };
    let bleu = || {
        let bleu = Bleu::default();
        bleu.score(&total(
            items().map(|(response, references)| bleu.statistics(response, &references)),
        ))
        .score
    };
    let chrf = |chrf: Chrf| {
        chrf.score(&total(
            items().map(|(response, references)| chrf.statistics(response, &references)),
        ))
    };
    let ter = || {
        total(
            items().map(|(response, references)| Ter::default().statistics(response, &references)),
        )
        .score()
    };
    let figures = json!({
        "rouge-1/2/l": time(rouge),
        "bleu": time(bleu),
        "chrf": time(|| chrf(Chrf::PLAIN)),
        "chrf++": time(|| chrf(Chrf::PLUS_PLUS)),
        "ter": time(ter),
    });
    println!("{figures}");
}
