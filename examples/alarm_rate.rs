//! Measures how often `monitor check` raises a false alarm, and how soon it sees a change:
//! `cargo run --release --example alarm_rate [HISTORIES]`.

#![expect(clippy::print_stdout, reason = "an example prints its result")]

#[path = "../tests/it/monitor/simulated.rs"]
mod simulated;

use evenhand::monitor::{CheckOptions, Drift};
use simulated::{Change, FirstAlarm, Simulation, Sizes, first_alarm};

const SIZES: Sizes = Sizes { anchors: 100, matched: 100, new: 60 };

const CHANGES: [(&str, Change, Drift); 8] = [
    ("judge wrong 10 points more often", judge(0.1), Drift::Judge),
    ("judge wrong 20 points more often", judge(0.2), Drift::Judge),
    ("candidate wins 20 points less often", systems(0.2), Drift::System),
    ("candidate wins 40 points less often", systems(0.4), Drift::System),
    ("score lower by half a deviation", metric(0.5), Drift::System),
    ("score lower by one deviation", metric(1.0), Drift::System),
    ("German prompts 40 instead of 20 %", traffic(0.2), Drift::Input),
    ("German prompts 60 instead of 20 %", traffic(0.4), Drift::Input),
];

const NOTHING: Change = Change { judge: 0.0, systems: 0.0, metric: 0.0, traffic: 0.0 };

const fn judge(judge: f64) -> Change {
    Change { judge, ..NOTHING }
}

const fn systems(systems: f64) -> Change {
    Change { systems, ..NOTHING }
}

const fn metric(metric: f64) -> Change {
    Change { metric, ..NOTHING }
}

const fn traffic(traffic: f64) -> Change {
    Change { traffic, ..NOTHING }
}

/// Returns the first alarm of each of some histories.
fn alarms(histories: usize, nights: usize, every: f64, change: Change) -> Vec<Option<FirstAlarm>> {
    let options = CheckOptions { false_alarm_every: every, ..CheckOptions::default() };
    let one = |seed: usize| {
        first_alarm(&Simulation::new(seed as u64, SIZES).history(nights, change), options)
    };
    // Every history has a seed of its own, so that the number of threads changes nothing.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                scope.spawn(move || (part..histories).step_by(threads).map(one).collect::<Vec<_>>())
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}

/// Prints the share of histories without a change that have an alarm, beside the most that is stated.
fn false_alarms(histories: usize, nights: usize, every: f64) {
    let found = alarms(histories, nights, every, NOTHING);
    let raised = found.iter().flatten().count();
    println!(
        "{every:>6} checks between false alarms, within {nights} checks: {raised} of {histories} histories, at most {:.0} % \
         are stated",
        100.0 * nights as f64 / every
    );
}

/// Prints after how many checks a change is seen, and how often it is attributed to what has changed.
fn delay(histories: usize, nights: usize, (name, change, cause): (&str, Change, Drift)) {
    let mut found: Vec<FirstAlarm> =
        alarms(histories, nights, 1000.0, change).into_iter().flatten().collect();
    found.sort_by_key(|one| one.checks);
    let right = found.iter().filter(|one| one.check.drift == [cause]).count();
    let at = |share: f64| {
        let place = (histories as f64 * share) as usize;
        found.get(place).map_or("–".to_owned(), |one| one.checks.to_string())
    };
    println!(
        "{name:36}{:>5} of {histories} seen, half of them by check {:>2}, nine tenths by {:>2}; {right} attributed to it \
         alone",
        found.len(),
        at(0.5),
        at(0.9)
    );
}

fn run(histories: usize, nights: usize) {
    for every in [50.0, 100.0, 1000.0] {
        false_alarms(histories, nights, every);
    }
    println!("\nchecks until an alarm, with 1000 checks between false alarms, of {nights}:");
    for change in CHANGES {
        delay(histories, nights, change);
    }
}

fn main() {
    let histories = std::env::args().nth(1).and_then(|number| number.parse().ok()).unwrap_or(400);
    run(histories, 20);
}

#[test]
fn the_example_runs() {
    run(2, 2);
}
