//! Asks a judge in both orders which of two responses is better: `cargo run --example judge_pair`.
//!
//! The judge here is a rule that needs no key. For a model, name `openai:gpt-4o-mini` in its place and give its
//! key in `Secrets`.

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::path::Path;

use evenhand::input::{Item, Settings, load_rubric};
use evenhand::judge::Secrets;
use evenhand::run::{Judge, judge_pair};

#[tokio::main(flavor = "current_thread")]
async fn main() -> evenhand::Result<()> {
    let rubric = load_rubric("helpfulness", Path::new("."))?;
    let settings = Settings::default().judge("builtin:longer")?;
    let judge = Judge::new(settings, Secrets::default());
    let item = Item::new("refund", "How do I get a refund?")
        .with_response("terse", "Ask support.")
        .with_response("helpful", "Open Orders, choose the order, then Request a refund.");

    let verdict = judge_pair(judge, rubric, item).await?;
    println!("{}: {}", verdict.outcome.as_str(), verdict.winner.as_deref().unwrap_or("no winner"));
    Ok(())
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
