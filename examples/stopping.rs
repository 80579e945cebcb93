//! Shows how often `evenhand judge --until-decided` is wrong, and what it saves:
//! `cargo run --release --example stopping`.
//!
//! A system is compared with one other or with several. Each comparison is worth 1, ½ or 0 to it, and asking ends when every
//! win rate is decided, or after 1,000 items. A decision is wrong if the win rate does not lie where it says. The interval is
//! that of Clopper and Pearson for the number of simulated runs.

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use evenhand::stats::{MeanFinding, SequentialMeans, StatError, clopper_pearson, quantile};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

const RUNS: u64 = 4000;
const ITEMS: usize = 1000;
const ERROR: f64 = 0.05;

/// What is true, and what is asked.
struct Setting {
    name: &'static str,
    /// The win rate against each other system.
    win_rates: &'static [f64],
    margin: Option<f64>,
    /// The share of comparisons that are worth ½: ties, and orders that disagree.
    ties: f64,
}

const SETTINGS: [Setting; 10] = [
    Setting { name: "no difference", win_rates: &[0.5], margin: None, ties: 0.0 },
    Setting { name: "no difference, 40 % ties", win_rates: &[0.5], margin: None, ties: 0.4 },
    Setting { name: "4 pairs, no difference", win_rates: &[0.5; 4], margin: None, ties: 0.2 },
    Setting {
        name: "4 pairs, one differs",
        win_rates: &[0.5, 0.5, 0.5, 0.7],
        margin: None,
        ties: 0.2,
    },
    Setting { name: "at the margin of 10 points", win_rates: &[0.6], margin: Some(0.1), ties: 0.2 },
    Setting {
        name: "inside a margin of 10 points",
        win_rates: &[0.5],
        margin: Some(0.1),
        ties: 0.2,
    },
    Setting { name: "win rate 55 %", win_rates: &[0.55], margin: None, ties: 0.2 },
    Setting { name: "win rate 60 %", win_rates: &[0.6], margin: None, ties: 0.2 },
    Setting { name: "win rate 70 %", win_rates: &[0.7], margin: None, ties: 0.2 },
    Setting { name: "win rate 80 %", win_rates: &[0.8], margin: None, ties: 0.2 },
];

fn main() -> Result<(), StatError> {
    table(RUNS)
}

/// Prints a row for each setting, of so many simulated runs.
fn table(runs: u64) -> Result<(), StatError> {
    println!(
        "{runs} simulated runs each, stated error {:.0} %, at most {ITEMS} items",
        ERROR * 100.0
    );
    println!("{:<30}{:>7}  {:<14}{:>9}{:>8}", "", "wrong", "95 % interval", "decided", "median");
    for (number, setting) in SETTINGS.iter().enumerate() {
        row(number as u64, setting, runs)?;
    }
    Ok(())
}

fn row(number: u64, setting: &Setting, runs: u64) -> Result<(), StatError> {
    let mut random = Pcg64::seed_from_u64(number);
    let (mut wrong, mut decided, mut items) = (0, 0, Vec::new());
    for _ in 0..runs {
        let run = Run::simulate(setting, &mut random)?;
        wrong += u64::from(run.is_wrong);
        decided += u64::from(run.is_decided);
        items.push(run.items as f64);
    }
    items.sort_by(f64::total_cmp);
    let interval = clopper_pearson(wrong, runs, 0.95)?;
    let share = |number: u64| number as f64 / runs as f64 * 100.0;
    println!(
        "{:<30}{:>5.1} %  {:<14}{:>7.1} %{:>8.0}",
        setting.name,
        share(wrong),
        format!("{:.1} – {:.1}", interval.low * 100.0, interval.high * 100.0),
        share(decided),
        quantile(&items, 0.5)?
    );
    Ok(())
}

/// How one run ended.
struct Run {
    is_wrong: bool,
    is_decided: bool,
    items: usize,
}

impl Run {
    fn simulate(setting: &Setting, random: &mut Pcg64) -> Result<Self, StatError> {
        let Setting { win_rates, margin, ties, .. } = setting;
        let mut means = SequentialMeans::new(win_rates.len(), 0.5, *margin, ERROR)?;
        let mut items = 0;
        while items < ITEMS && means.undecided() > 0 {
            for (at, win_rate) in win_rates.iter().enumerate() {
                let wins = (win_rate - ties / 2.0) / (1.0 - ties);
                let score = if random.random_bool(*ties) {
                    0.5
                } else {
                    f64::from(random.random_bool(wins))
                };
                means.observe(at, [score; 2])?;
            }
            means.decide();
            items += 1;
        }
        let is_wrong = |(at, win_rate): (usize, &f64)| {
            means.decided(at).is_some_and(|decided| match decided.finding {
                MeanFinding::Above => *win_rate <= 0.5,
                MeanFinding::Below => *win_rate >= 0.5,
                MeanFinding::Within => margin.is_none_or(|margin| (win_rate - 0.5).abs() >= margin),
            })
        };
        let is_wrong = win_rates.iter().enumerate().any(is_wrong);
        Ok(Self { is_wrong, is_decided: means.undecided() == 0, items })
    }
}

#[test]
fn the_example_runs() {
    table(3).unwrap();
}
