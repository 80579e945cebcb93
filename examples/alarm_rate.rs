//! Measures how often `monitor check` raises a false alarm, and how soon it sees a change:
//! `cargo run --release --example alarm_rate [HISTORIES]`.

#![expect(clippy::print_stdout, reason = "an example prints its result")]

#[expect(clippy::unwrap_used, reason = "the module is one of tests, which unwrap")]
#[path = "../tests/it/monitor/simulated.rs"]
mod simulated;

use evenhand::monitor::{Drift, History};
use simulated::{Change, FirstAlarm, Simulation, Sizes, checked, first_alarm};

const SIZES: Sizes = Sizes { anchors: 100, matched: 100, new: 60 };

const CHANGES: [(&str, Change, Drift); 6] = [
    ("judge wrong 20 points more often", judge(0.2), Drift::Judge),
    ("judge wrong 30 points more often", judge(0.3), Drift::Judge),
    ("candidate wins 40 points less often", systems(0.4), Drift::System),
    ("score lower by one deviation", metric(1.0), Drift::System),
    ("score lower by two deviations", metric(2.0), Drift::System),
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

/// Returns what comes of each of some histories. Every history has a seed of its own, so that the number of threads changes
/// nothing.
fn of_histories<T: Send>(
    histories: usize,
    nights: usize,
    change: Change,
    one: impl Fn(&History) -> T + Sync,
) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let drawn = |seed: usize| one(&Simulation::new(seed as u64, SIZES).history(nights, change));
    std::thread::scope(|scope| {
        let part = |part: usize| (part..histories).step_by(threads).map(&drawn).collect::<Vec<T>>();
        let parts: Vec<_> = (0..threads).map(|at| scope.spawn(move || part(at))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}

/// Prints the share of histories without a change in which a number raises the alarm, beside the most that is stated.
fn false_alarms(histories: usize, nights: usize) {
    let most_of = |history: &History| {
        let check = checked(history, history.entries.len());
        let points = check.streams.iter().flat_map(|stream| &stream.points);
        let most = points.map(|point| point.evidence).fold(0.0, f64::max);
        most / (check.streams.len() as f64 + 1.0)
    };
    let most = of_histories(histories, nights, NOTHING, most_of);
    for every in [20.0, 50.0, 100.0] {
        let raised = most.iter().filter(|most| **most >= every).count();
        println!(
            "{every:>4} checks between false alarms, {nights} checks: an alarm in {raised} of {histories} histories; at \
             most {:.0} % are stated",
            100.0 * nights as f64 / every
        );
    }
}

/// Prints after how many checks a change is seen, and how often it is attributed to what has changed.
fn delay(histories: usize, nights: usize, (name, change, cause): (&str, Change, Drift)) {
    let alarms = of_histories(histories, nights, change, first_alarm);
    let mut found: Vec<FirstAlarm> = alarms.into_iter().flatten().collect();
    found.sort_by_key(|one| one.checks);
    let right = found.iter().filter(|one| one.check.drift == [cause]).count();
    let others = found.iter().filter(|one| one.check.drift.iter().any(|drift| *drift != cause));
    let at = |share: f64| {
        let place = (histories as f64 * share) as usize;
        found.get(place).map_or("–".to_owned(), |one| one.checks.to_string())
    };
    println!(
        "{name:36} seen in {:>3} of {histories}, half of them by check {:>2}, nine tenths by {:>2}; attributed to it alone \
         {right}, to another cause {}",
        found.len(),
        at(0.5),
        at(0.9),
        others.count()
    );
}

fn run(histories: usize, nights: usize) {
    false_alarms(histories, nights);
    println!("\nchecks until an alarm, with 1000 checks between false alarms, of {nights}:");
    for change in CHANGES {
        delay(histories, nights, change);
    }
}

fn main() {
    let histories = std::env::args().nth(1).and_then(|number| number.parse().ok()).unwrap_or(400);
    run(histories, 10);
}

#[test]
fn the_example_runs() {
    run(2, 2);
}
