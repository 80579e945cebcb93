//! What keeping only verdicts on which both orders agree does to every number, against the printed simulation.
//!
//! A comparison has a gap drawn from a normal distribution; people prefer the first system with probability
//! σ(1.5·gap), and the judge with σ(k·gap ± b), where b helps whoever is shown first. The figures were printed
//! to three digits from 400,000 comparisons.

use std::fmt::Write as _;

use evenhand::stats::{Table, VerdictCounts, Weights, cohen_kappa_value, manski, win_rates};
use rand::{RngExt as _, SeedableRng as _};
use rand_distr::{Distribution as _, Normal};
use rand_pcg::Pcg64;
use serde_json::{Value, json};

use crate::stats::assert_close;
use crate::support::Folder;

/// One comparison: whether people, and the judge in either order, prefer the first system.
#[derive(Debug, Clone, Copy)]
struct Compared {
    people: bool,
    /// With the first system shown first, and with it shown second.
    judge: [bool; 2],
}

/// Gap mean and spread, the judge's sharpness k and its bias b.
#[derive(Debug, Clone, Copy)]
struct World {
    mean: f64,
    spread: f64,
    sharp: f64,
    bias: f64,
}

impl World {
    fn compare(self, n: usize) -> Vec<Compared> {
        let mut random = Pcg64::seed_from_u64(20);
        let gaps = Normal::new(self.mean, self.spread).unwrap();
        let likes = |logit: f64, random: &mut Pcg64| {
            random.random_range(0.0..1.0) < 1.0 / (1.0 + (-logit).exp())
        };
        let mut one = || {
            let gap = gaps.sample(&mut random);
            let people = likes(1.5 * gap, &mut random);
            let judge =
                [self.bias, -self.bias].map(|bias| likes(self.sharp * gap + bias, &mut random));
            Compared { people, judge }
        };
        (0..n).map(|_| one()).collect()
    }
}

/// The tables of judge against people, two cells a row: of every reply, and of kept verdicts.
fn tables(compared: &[Compared]) -> ([f64; 4], [f64; 4]) {
    let (mut all, mut kept) = ([0.0; 4], [0.0; 4]);
    for Compared { people, judge } in compared {
        for reply in judge {
            all[2 * usize::from(*reply) + usize::from(*people)] += 1.0;
        }
        if judge[0] == judge[1] {
            kept[2 * usize::from(judge[0]) + usize::from(*people)] += 1.0;
        }
    }
    (all, kept)
}

#[test]
fn keeping_only_agreeing_verdicts_changes_every_number_as_published() {
    let world = |mean, spread, sharp, bias| World { mean, spread, sharp, bias };
    // People, half for dropped pairs, decided pairs only, coverage, both bounds, agreement and κ of all and kept.
    for (world, printed) in [
        (
            world(0.3, 1.0, 2.0, 0.0),
            [0.578, 0.590, 0.629, 0.704, 0.442, 0.739, 0.678, 0.752, 0.336, 0.478],
        ),
        (
            world(0.3, 1.0, 2.0, 1.0),
            [0.578, 0.584, 0.635, 0.621, 0.394, 0.773, 0.663, 0.762, 0.307, 0.497],
        ),
        (
            world(0.3, 0.5, 2.0, 1.5),
            [0.599, 0.589, 0.716, 0.411, 0.294, 0.884, 0.567, 0.659, 0.102, 0.234],
        ),
        (
            world(1.0, 1.0, 2.0, 1.0),
            [0.745, 0.760, 0.867, 0.707, 0.613, 0.906, 0.732, 0.828, 0.281, 0.397],
        ),
    ] {
        let compared = world.compare(40_000);
        let count =
            |of: &dyn Fn(&Compared) -> bool| compared.iter().filter(|one| of(one)).count() as u64;
        let counts = VerdictCounts {
            wins: count(&|one| one.judge == [true, true]),
            losses: count(&|one| one.judge == [false, false]),
            ties: 0,
            dropped: count(&|one| one.judge[0] != one.judge[1]),
        };
        let n = counts.total() as f64;
        let rates = win_rates(&counts).unwrap();
        let bounds = manski(&counts).unwrap();
        let (all, kept) = tables(&compared);
        let [all, kept] = [&all, &kept].map(|cells| Table::new(2, cells).unwrap());
        let kappa = |table| cohen_kappa_value(table, Weights::Identity).unwrap();
        let found = [
            count(&|one| one.people) as f64 / n,
            rates.half_all,
            rates.decided.unwrap(),
            1.0 - counts.dropped as f64 / n,
            bounds.low,
            bounds.high,
            all.agreement().unwrap(),
            kept.agreement().unwrap(),
            kappa(all),
            kappa(kept),
        ];
        for (found, printed) in found.into_iter().zip(printed) {
            // Three standard errors of shares of 40,000 are 0.0075; those of κ, and of what is left after
            // dropping, are up to twice as large.
            assert_close(found, printed, 0.015);
        }
        assert!(found[7] > found[6] + 0.05 && found[9] > found[8] + 0.05, "{found:?}");
    }
}

#[test]
fn calibrate_shows_agreement_on_kept_verdicts_above_that_of_every_reply() {
    let compared = World { mean: 0.3, spread: 1.0, sharp: 2.0, bias: 1.0 }.compare(2000);
    let folder = Folder::new();
    let name = |first: bool| if first { "a" } else { "b" };
    let (mut items, mut labels, mut replies) = (String::new(), String::new(), String::new());
    for (at, Compared { people, judge }) in compared.iter().enumerate() {
        let id = format!("t-{at}");
        let item = json!({"id": id, "prompt": "?", "responses": {"a": "one", "b": "two"}});
        let label = json!({"id": id, "annotator": "ana", "winner": name(*people)});
        writeln!(items, "{item}").unwrap();
        writeln!(labels, "{label}").unwrap();
        for (shown, likes) in [["a", "b"], ["b", "a"]].into_iter().zip(judge) {
            let vote = if shown[0] == name(*likes) { "first" } else { "second" };
            let [first, second] = shown;
            let line = json!({"id": id, "first": first, "second": second, "reply": vote});
            writeln!(replies, "{line}").unwrap();
        }
    }
    folder.write("items.jsonl", &items);
    folder.write("labels.jsonl", &labels);
    folder.write("replies.jsonl", &replies);
    folder.write("evenhand.toml", "[judges.j]\nrecorded = \"replies.jsonl\"\n");
    folder.write(
        "r.toml",
        "name = \"r\"\ndescription = \"Which is better?\"\nties = false\n\
         [reply]\nformat = \"pattern\"\nfirst = '^first$'\nsecond = '^second$'\n",
    );
    let task = ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", "j", "--run", "r.db"];
    folder.run(&task).expect(0);
    let task = ["calibrate", "r.db", "--labels", "labels.jsonl", "--format", "json"];
    let found: Value = serde_json::from_str(&folder.run(&task).expect(0).stdout).unwrap();

    let number = |pointer: &str| found.pointer(pointer).unwrap().as_f64().unwrap();
    let (all, kept) = tables(&compared);
    let [all, kept] = [&all, &kept].map(|cells| Table::new(2, cells).unwrap());
    assert_close(number("/orders/agreement/value"), all.agreement().unwrap(), 1e-12);
    assert_close(number("/kept/agreement/value"), kept.agreement().unwrap(), 1e-12);
    // The printed figures of this setting; three standard errors of 2,000 comparisons are 0.03 or less, and
    // of 1,240 kept ones 0.04. Single replies are what a coin on dropped comparisons is on average.
    for (pointer, printed, within) in [
        ("/coverage/value", 0.621, 0.033),
        ("/orders/agreement/value", 0.663, 0.032),
        ("/kept/agreement/value", 0.762, 0.037),
        ("/orders/cohen_kappa/value", 0.307, 0.066),
        ("/kept/cohen_kappa/value", 0.497, 0.078),
    ] {
        assert_close(number(pointer), printed, within);
    }
    assert!(number("/kept/agreement/low") > number("/orders/agreement/high"));
    assert!(number("/kept/cohen_kappa/low") > number("/orders/cohen_kappa/high"));

    // Wins of `b`: people give it 1 − 0.578; all comparisons are labelled, so that this is what ppi says.
    let people = 1.0 - compared.iter().filter(|one| one.people).count() as f64 / 2000.0;
    assert_eq!(found["win_rates"][0]["system"], "b");
    assert_close(number("/win_rates/0/ppi/value"), people, 1e-12);
    let apart = |name: &str| (number(&format!("/win_rates/0/{name}/value")) - people).abs();
    assert!(apart("kept") > 2.0 * apart("order_averaged"), "{}", found["win_rates"]);
    let bounds = &found["win_rates"][0]["bounds"];
    assert!(bounds["low"].as_f64() < Some(people) && Some(people) < bounds["high"].as_f64());
}
