//! How far the judge's score may be from what people would say, by its replies; and the draw by it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use evenhand::calibration::{SampleDesign, doubt, sample};
use evenhand::store::RunFile;
use evenhand::verdict::{Ballot, WeightedBallot};
use evenhand::vote::Vote;
use serde_json::{Value, json};

use crate::stats::assert_close;
use crate::support::labelled_run::{JudgedRun, RunSpec, rows, value, warning};

const FIRST: WeightedBallot = (Ballot::Cast(Vote::First), None);
const SECOND: WeightedBallot = (Ballot::Cast(Vote::Second), None);
const TIE: WeightedBallot = (Ballot::Cast(Vote::Tie), None);
const UNREADABLE: WeightedBallot = (Ballot::Unreadable, None);
const PENDING: WeightedBallot = (Ballot::Pending, None);

/// A reply that gives the response shown first a probability, and votes accordingly.
fn sure(of_first: f64) -> WeightedBallot {
    let vote = if of_first >= 0.5 { Vote::First } else { Vote::Second };
    (Ballot::Cast(vote), Some(of_first))
}

fn of_orders(a_first: &[WeightedBallot], b_first: &[WeightedBallot]) -> f64 {
    doubt(&[[a_first, b_first]]).unwrap()
}

#[test]
fn doubt_grows_from_kept_over_tie_split_and_half_unreadable_to_flipped() {
    let kept = of_orders(&[FIRST], &[SECOND]);
    let tie = of_orders(&[TIE], &[TIE]);
    let split = of_orders(&[FIRST], &[TIE]);
    let half = of_orders(&[FIRST], &[UNREADABLE]);
    let flipped = of_orders(&[FIRST], &[FIRST]);
    let unreadable = of_orders(&[UNREADABLE], &[UNREADABLE]);
    // By hand: one in ten kept verdicts is wrong; (0.3 + 0.3)/4; 0.6/16 + 0.2·9/16 + 0.2/16; 0.7/16 + 0.3·9/16; 1/4.
    for (found, squared) in
        [(kept, 0.1), (tie, 0.15), (split, 0.1625), (half, 0.2125), (flipped, 0.25)]
    {
        assert_close(found * found, squared, 1e-12);
    }
    assert_close(unreadable, flipped, 1e-12);
    assert_close(of_orders(&[SECOND], &[FIRST]), kept, 1e-12);
}

#[test]
fn repeats_that_disagree_and_probabilities_near_one_half_raise_doubt() {
    let all = of_orders(&[FIRST; 3], &[SECOND; 3]);
    let most = of_orders(&[FIRST, FIRST, SECOND], &[SECOND; 3]);
    assert_close(all, of_orders(&[FIRST], &[SECOND]), 1e-12);
    assert!(most > all + 0.02, "{most} {all}");
    let by_probability =
        [0.99, 0.9, 0.75, 0.6, 0.51].map(|p| of_orders(&[sure(p)], &[sure(1.0 - p)]));
    assert!(by_probability.windows(2).all(|two| two[1] > two[0] + 0.01), "{by_probability:?}");
    // A kept verdict is scored 1 or 0, which a coin is further from than from the ½ of a flip.
    assert!(by_probability[4] > of_orders(&[FIRST], &[FIRST]));
    // Both orders for the first position, by probabilities that cancel out.
    assert_close(of_orders(&[sure(0.8)], &[sure(0.8)]), 0.5, 1e-12);
}

#[test]
fn the_doubt_of_a_jury_is_about_the_judges_that_answered_both_orders() {
    let [kept, other] = [[&[FIRST][..], &[SECOND][..]], [&[SECOND][..], &[FIRST][..]]];
    let open = [&[FIRST][..], &[PENDING][..]];
    assert_eq!(doubt(&[kept, open]), doubt(&[kept]));
    assert_eq!(doubt(&[open]), None);
    assert_eq!(doubt(&[]), None);
    // Two judges for different systems are as undecided as one that flips.
    assert_close(doubt(&[kept, other]).unwrap(), 0.5, 1e-12);
}

/// Two hundred comparisons of every kind, without a label.
fn mixed() -> JudgedRun {
    let kinds = [(80, "a/a", ""), (40, "b/b", ""), (20, "t/t", ""), (15, "a/t", "")];
    let more = [(15, "?/b", ""), (30, "a/b", "")];
    RunSpec::new(rows(&[&kinds[..], &more].concat())).judged()
}

/// The size of a comparison of the mixed run by its id, rounded as the draw does.
fn size(id: &str) -> f64 {
    match id[1..].parse().unwrap() {
        0..120 => 0.32,
        120..140 => 0.39,
        140..155 => 0.40,
        155..170 => 0.46,
        _ => 0.50,
    }
}

fn by_uncertainty(judged: &JudgedRun, n: &str) -> Vec<Value> {
    judged.sample(&["--n", n, "--by", "uncertainty"])
}

#[test]
fn a_draw_by_uncertainty_states_probabilities_in_proportion_to_the_doubt() {
    let judged = mixed();
    let lines = by_uncertainty(&judged, "50");
    assert_eq!(lines.len(), 50);
    let total = 120.0 * 0.32 + 20.0 * 0.39 + 15.0 * 0.40 + 15.0 * 0.46 + 30.0 * 0.50;
    let mut stands_for = 0.0;
    for line in &lines {
        let keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["id", "annotator", "between", "winner", "probability"]);
        let probability = line["probability"].as_f64().unwrap();
        let share = size(line["id"].as_str().unwrap()) / total;
        assert_close(probability, 50.0 * (0.9 * share + 0.1 / 200.0), 1e-12);
        stands_for += 1.0 / probability;
    }
    assert_close(stands_for, 200.0, 2.0);
    assert_eq!(by_uncertainty(&judged, "50"), lines, "the same seed draws the same");
    assert_ne!(judged.sample(&["--n", "50", "--by", "uncertainty", "--seed", "1"]), lines);
    let all = by_uncertainty(&judged, "500");
    assert_eq!(all.len(), 200);
    assert!(all.iter().all(|line| line["probability"] == 1.0));
    // The order of the lines does not give the kind away.
    let kept: Vec<bool> =
        lines.iter().map(|line| size(line["id"].as_str().unwrap()) < 0.33).collect();
    assert!(kept.windows(2).filter(|two| two[0] != two[1]).count() > 8, "{kept:?}");
}

#[test]
fn over_many_seeds_each_comparison_is_drawn_as_often_as_its_probability_says() {
    let judged = mixed();
    let run = RunFile::open(&judged.folder.path().join("run.db")).unwrap();
    let mut times: BTreeMap<String, (u32, f64)> = BTreeMap::new();
    for seed in 0..150 {
        let drawn = sample(&run, None, 60, seed, SampleDesign::ByUncertainty).unwrap();
        assert_eq!(drawn.comparisons.len(), 60);
        for one in drawn.comparisons {
            let entry = times.entry(one.id).or_insert((0, one.probability));
            entry.0 += 1;
            assert_close(entry.1, one.probability, 1e-12);
        }
    }
    assert_eq!(times.len(), 200);
    for (id, (times, probability)) in times {
        // 4.5 standard errors of 150 draws.
        let error = (probability * (1.0 - probability) / 150.0).sqrt();
        assert_close(f64::from(times) / 150.0, probability, 4.5 * error);
        assert!(id.starts_with('q'));
    }
}

/// Labels for the drawn lines: people say beta from `q100` on.
fn labels(lines: &[Value]) -> String {
    let fill = |line: &Value| {
        let mut line = line.clone();
        line["annotator"] = json!("ana");
        line["winner"] = json!(if line["id"].as_str() >= Some("q100") { "beta" } else { "alpha" });
        format!("{line}\n")
    };
    lines.iter().map(fill).collect()
}

#[test]
fn labels_drawn_by_uncertainty_correct_the_win_rate_and_a_part_of_them_does_not_represent_the_run()
{
    let judged = mixed();
    let lines = by_uncertainty(&judged, "80");
    judged.label(&labels(&lines));
    let found = judged.found(&[]);
    let rates = &found["win_rates"][0];
    assert_eq!(rates["ppi_basis"], "known-probabilities");
    // By people half of 200 are for beta; by the labels as they are, more.
    assert!((value(&rates["ppi"]) - 0.5).abs() < 0.05, "{rates}");
    assert!(warning(&found, "weighted-labels").is_some() || found["warnings"].is_array());
    judged.label(&labels(&lines[..60]));
    assert_eq!(judged.found(&[])["win_rates"][0]["ppi_basis"], "incomplete-sample");
}

#[test]
fn weighted_labels_are_corrected_by_verdict_with_the_known_share_of_each() {
    // The judge's score is the same within each kind, so each is the weighted mean of its labels.
    let judged = RunSpec::new(rows(&[(40, "a/a", ""), (60, "b/b", ""), (100, "a/b", "")])).judged();
    let mut text = String::new();
    let mut expected = 0.0;
    for (start, share) in [(0, 0.2), (40, 0.3), (100, 0.5)] {
        let (mut sum, mut weights) = (0.0, 0.0);
        for at in 0..20 {
            let probability = if at % 2 == 0 { 0.5 } else { 0.25 };
            let wins = at % 3 == 0;
            let winner = if wins { "beta" } else { "alpha" };
            let id = format!("q{:03}", start + at);
            let line = json!({ "id": id, "annotator": "ana", "winner": winner, "probability": probability });
            writeln!(text, "{line}").unwrap();
            weights += 1.0 / probability;
            sum += f64::from(wins) / probability;
        }
        expected += share * sum / weights;
    }
    judged.label(&text);
    assert_close(value(&judged.found(&[])["win_rates"][0]["ppi"]), expected, 1e-9);
}
