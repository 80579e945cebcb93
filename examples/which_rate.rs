//! Shows which win rate is the answer: `cargo run --release --example which_rate`.
//!
//! It simulates people who prefer system b in 60 % of 600 comparisons, and a judge that picks whatever it reads first in
//! 15 % of its replies, and agrees with people in 85 % or 70 % of the others. 60 comparisons, drawn at random, are
//! labelled. Each run is judged and calibrated by evenhand as any run is. The table has how often all replies agreed
//! with the labels, and for each of the three win rates its mean, and in how many of the runs its 95 % interval contains
//! the 60 % of people.

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use evenhand::calibration::{Calibration, CalibrationOptions, calibrate};
use evenhand::input::{
    Connection, DataFile, ItemSource, JudgeSettings, LabelColumns, Message, load_rubric,
};
use evenhand::judge::{ChatModel, Reply, ReplyFuture};
use evenhand::run::{AskOptions, Judge, Progress, Session, Task};
use evenhand::stats::Estimate;
use evenhand::trial::Trial;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use tokio_util::sync::CancellationToken;

const COMPARISONS: u64 = 600;
const LABELS: usize = 60;
/// The share of comparisons in which people prefer b.
const PEOPLE: f64 = 0.6;
/// The share of replies that pick the first position whatever it holds.
const PULL: f64 = 0.15;

/// A judge that knows what people prefer: responses say it.
#[derive(Debug)]
struct SimulatedJudge {
    /// The share of the replies that do not follow the order which agree with people.
    accuracy: f64,
    seed: u64,
}

impl ChatModel for SimulatedJudge {
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        _: &'a [Message],
        _: Option<u64>,
    ) -> ReplyFuture<'a> {
        let number: u64 = trial.comparison.item.id.parse().unwrap_or(0);
        let stream = 2 * number + u64::from(trial.first_system() == "b");
        let mut random = Pcg64::seed_from_u64(self.seed * 2 * COMPARISONS + stream);
        let is_pulled = random.random_bool(PULL);
        let is_right = random.random_bool(self.accuracy);
        let first_is_preferred = trial.first_system() == preferred(self.seed, number);
        let vote = if is_pulled || is_right == first_is_preferred { "first" } else { "second" };
        let text = format!("{{\"vote\":\"{vote}\"}}");
        Box::pin(async move { Ok(Reply::from_text(text)) })
    }
}

/// Returns which system people prefer in a comparison.
fn preferred(seed: u64, number: u64) -> &'static str {
    let mut random = Pcg64::seed_from_u64(u64::MAX - (seed * COMPARISONS + number));
    if random.random_bool(PEOPLE) { "b" } else { "a" }
}

/// Judges and calibrates one simulated run.
async fn calibrated(accuracy: f64, seed: u64) -> evenhand::Result<Calibration> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let (mut items, mut labels) = (String::new(), String::new());
    let probability = LABELS as f64 / COMPARISONS as f64;
    let labelled =
        rand::seq::index::sample(&mut Pcg64::seed_from_u64(seed), COMPARISONS as usize, LABELS);
    for number in 0..COMPARISONS {
        let responses = r#""prompt":"p","responses":{"a":"one","b":"two"}"#;
        writeln!(items, r#"{{"id":"{number}",{responses}}}"#).expect("a String");
    }
    for number in labelled {
        let label = format!(
            r#"{{"id":"{number}","annotator":"people","winner":"{}","probability":{probability}}}"#,
            preferred(seed, number as u64)
        );
        writeln!(labels, "{label}").expect("a String");
    }
    std::fs::write(path("items.jsonl"), items).expect("a writable folder");
    std::fs::write(path("labels.jsonl"), labels).expect("a writable folder");

    let connection = Connection::Supplied(format!("simulated-{accuracy}-{seed}"));
    let settings = JudgeSettings::new("simulated", connection);
    let judge = Judge::with_model(settings, Arc::new(SimulatedJudge { accuracy, seed }));
    let source = ItemSource::open(&path("items.jsonl"), &[])?;
    let mut task = Task::new(source, load_rubric("helpfulness", Path::new("."))?, vec![judge]);
    task.run = Some(path("run.db"));
    let mut session = Session::plan(task.prepare()?, 0)?;
    let (progress, cancel) = (Progress::default(), CancellationToken::new());
    session.ask(&AskOptions::default(), &progress, &cancel).await?;
    let options = CalibrationOptions::default();
    let labels = DataFile::labels(path("labels.jsonl"), LabelColumns::default());
    calibrate(&session.run()?, &labels, options)
}

/// The results of one win rate over all runs.
#[derive(Debug, Default)]
struct Tally {
    sum: f64,
    covered: u32,
    runs: u32,
}

impl Tally {
    fn add(&mut self, rate: &Estimate) {
        let (Some(value), Some(low), Some(high)) = (rate.value, rate.low, rate.high) else {
            return;
        };
        self.sum += value;
        self.covered += u32::from(low <= PEOPLE && PEOPLE <= high);
        self.runs += 1;
    }

    fn mean(&self) -> f64 {
        self.sum / f64::from(self.runs)
    }

    fn coverage(&self) -> f64 {
        f64::from(self.covered) / f64::from(self.runs)
    }
}

/// The results of simulated runs.
#[derive(Debug, Default)]
struct Simulation {
    /// The sum of how often replies agreed with the labels.
    agreement: f64,
    runs: u32,
    /// The corrected, the order-averaged and the kept win rate.
    tallies: [Tally; 3],
}

impl Simulation {
    async fn run(accuracy: f64, runs: u32) -> evenhand::Result<Self> {
        let mut all = Self { runs, ..Self::default() };
        for seed in 0..runs {
            let found = calibrated(accuracy, seed.into()).await?;
            all.agreement += found.orders.agreement.value.unwrap_or(0.0);
            let rates = &found.win_rates[0];
            let rates = [rates.ppi, rates.order_averaged, rates.kept];
            all.tallies.iter_mut().zip(&rates).for_each(|(tally, rate)| tally.add(rate));
        }
        Ok(all)
    }

    /// Returns how often replies agreed with the labels, on average.
    fn agreement(&self) -> f64 {
        self.agreement / f64::from(self.runs)
    }
}

#[tokio::main]
async fn main() -> evenhand::Result<()> {
    let runs = 300;
    println!("People prefer b in {:.0} % of comparisons; {runs} simulated runs.", PEOPLE * 100.0);
    for accuracy in [0.85, 0.7] {
        let found = Simulation::run(accuracy, runs).await?;
        println!("\njudge agrees with people in {:.1} % of its replies", found.agreement() * 100.0);
        println!("  {:<24}{:>8}{:>24}", "win rate of b", "mean", "intervals with the 60 %");
        let names = ["corrected with labels", "order-averaged", "kept verdicts only"];
        for (name, tally) in names.iter().zip(&found.tallies) {
            let (mean, coverage) = (tally.mean() * 100.0, tally.coverage() * 100.0);
            println!("  {name:<24}{mean:>6.1} %{coverage:>22.1} %");
        }
    }
    Ok(())
}

#[tokio::test]
async fn only_the_corrected_rate_is_that_of_people() {
    let found = Simulation::run(0.7, 12).await.unwrap();
    // 70 % of 85 % of the replies, and half of those that follow the order.
    assert!((found.agreement() - 0.67).abs() < 0.03, "{found:?}");
    let [corrected, order_averaged, _] = found.tallies;
    assert!((corrected.mean() - PEOPLE).abs() < 0.05, "{corrected:?}");
    assert!(corrected.coverage() > 0.7, "{corrected:?}");
    assert!(order_averaged.mean() < 0.56 && order_averaged.coverage() < 0.3, "{order_averaged:?}");
}
