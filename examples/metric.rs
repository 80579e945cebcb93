//! Scores responses against references: `cargo run --example metric`.

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use evenhand::metrics::SentenceMetric;

fn main() {
    let references = ["The order was shipped on Monday.", "We shipped the order on Monday."];
    for response in ["The order was shipped on Monday.", "It left on Monday.", "No idea."] {
        for name in ["rouge-l", "chrf", "token-f1"] {
            let Some(metric) = SentenceMetric::from_name(name) else { continue };
            println!("{name:9} {:6.3}  {response}", metric.score(response, &references));
        }
    }
}

#[test]
fn the_example_runs() {
    main();
}
