//! Times `BERTScore` on the texts that `benches/bertscore.py` also takes, on all cores, and prints seconds as JSON.
//!
//! `cargo bench --features local --bench bertscore -- ITEMS ENCODER`, or `python benches/bertscore.py compare ENCODER`
//! for this and `bert_score` side by side.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench reads a clock and prints"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use evenhand::encoder::Encoder;
use evenhand::input::ItemSource;
use evenhand::metrics::{
    BertScore, BertScorePart, EvaluationSettings, Metric, TokenMatcher as _, score_items,
};
use serde_json::json;

/// Returns the mean F1 of all responses.
fn score(encoder: Encoder, items: &Path) -> f64 {
    let source = ItemSource::open(items, &[]).expect("the items are there").with_single_responses();
    let mut settings = EvaluationSettings::default();
    settings.metrics = vec![Metric::BertScore(BertScorePart::F1)];
    settings.bert_score = Some(BertScore::new(Arc::new(encoder)));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let totals = runtime.block_on(score_items(&source, settings, Vec::new())).expect("scores");
    totals.evaluate().metrics[0].systems[0].score.value.expect("a score")
}

fn main() {
    // Cargo itself adds `--bench`.
    let given: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    let [items, folder] = given.as_slice() else {
        println!("a file of items and an encoder are needed: see benches/bertscore.py");
        return;
    };
    let open = || Encoder::open(Path::new(folder), "encoder", None).expect("an encoder");
    let start = Instant::now();
    let encoder = open();
    encoder.vectors(&["warm"]).expect("vectors");
    let load = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let layer = encoder.identity().layer;
    let mean = score(encoder, Path::new(items));
    let seconds = start.elapsed().as_secs_f64();
    println!("{}", json!({"load": load, "seconds": seconds, "mean": mean, "layer": layer}));
}
