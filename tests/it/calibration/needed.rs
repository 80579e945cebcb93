//! How many labelled comparisons a finding says would answer its question.

use evenhand::Remedy;
use evenhand::calibration::{CalibrationOptions, calibrate};
use evenhand::input::{DataFile, LabelColumns};
use evenhand::store::RunFile;
use serde_json::Value;

use crate::support::labelled_run::{JudgedRun, RunSpec, interval, rows, value, warning};

/// 1.96 + 0.84 over 1.96: what 80 % power at 5 % takes beside half the width of an interval.
const POWER: f64 = (1.959_963_984_540_054 + 0.841_621_233_572_914_3) / 1.959_963_984_540_054;

/// How many comparisons show an effect, from `n` of which the interval reaches `half_width` to each side; rounded up
/// to two digits.
fn to_show(effect: f64, half_width: f64, n: f64) -> u64 {
    two_digits(n * (POWER * half_width / effect).powi(2))
}

fn two_digits(n: f64) -> u64 {
    let unit = 10_f64.powf(n.log10().floor() - 1.0);
    ((n / unit).ceil() * unit) as u64
}

fn half_width(estimate: &Value) -> f64 {
    let [low, high] = interval(estimate);
    (high - low) / 2.0
}

/// The sentence about the open winner, and whether the table says how to draw labels.
fn no_winner(judged: &JudgedRun) -> (Value, String, bool) {
    let found = judged.found(&[]);
    let sentence = warning(&found, "no-winner").unwrap().to_owned();
    let table = judged.calibrate(&["--format", "markdown"]).expect(0).stdout;
    let line = table.lines().find(|line| line.contains("no-winner")).unwrap();
    (found, sentence, line.contains("evenhand sample"))
}

#[test]
fn the_labels_that_show_a_winner_are_counted_by_the_spread_of_the_labels_alone() {
    // A good judge: the corrected rate is much narrower than the mean label.
    let labelled = [(32, "b/b", "b"), (24, "a/a", "a"), (2, "b/b", "a"), (2, "a/a", "b")];
    let rest = [(336, "b/b", ""), (264, "a/a", "")];
    let judged = RunSpec::new(rows(&[&labelled[..], &rest].concat())).judged();
    let (found, sentence, draws) = no_winner(&judged);
    let rates = &found["win_rates"][0];
    let effect = (value(&rates["ppi"]) - 0.5).abs();
    assert!(half_width(&rates["ppi"]) < 0.7 * half_width(&rates["labels"]), "{rates}");
    let needed = to_show(effect, half_width(&rates["labels"]), 60.0);
    let expected = format!("at most about {needed} labelled comparisons would show it (60 so far)");
    assert!((60..660).contains(&needed) && sentence.contains(&expected), "{expected}: {sentence}");
    assert!(draws);
}

#[test]
fn more_labels_than_the_run_has_comparisons_take_further_items() {
    let judged = RunSpec::new(rows(&[(35, "b/b", "b"), (25, "a/a", "a")])).judged();
    let (found, sentence, draws) = no_winner(&judged);
    let labels = &found["win_rates"][0]["labels"];
    let needed = to_show(value(labels) - 0.5, half_width(labels), 60.0);
    let expected = format!(
        "judge and label further items: at most about {needed} labelled ones would show it (60 so far)"
    );
    assert!(needed > 60 && sentence.contains(&expected), "{expected}: {sentence}");
    assert!(!draws, "there is nothing left to draw");
}

#[test]
fn a_lead_is_excluded_only_by_an_interval_within_45_to_55_percent() {
    let (found, sentence, draws) =
        no_winner(&RunSpec::new(rows(&[(250, "b/b", "b"), (250, "a/a", "a")])).judged());
    let [low, high] = interval(&found["win_rates"][0]["ppi"]);
    assert!(low >= 0.45 && high <= 0.55, "{low} {high}");
    assert!(sentence.contains("the labels exclude a win rate outside 45 – 55 %"), "{sentence}");
    assert!(!draws);

    // As narrow, but not around one half.
    let (found, sentence, draws) =
        no_winner(&RunSpec::new(rows(&[(255, "b/b", "b"), (245, "a/a", "a")])).judged());
    let rate = &found["win_rates"][0]["ppi"];
    assert!(half_width(rate) < 0.05 && interval(rate)[1] > 0.55, "{rate}");
    let needed = two_digits(500.0 * (half_width(rate) / (0.05 - (value(rate) - 0.5))).powi(2));
    let expected = format!(
        "judge and label further items: at most about {needed} labelled ones would exclude a win rate outside \
         45 – 55 % (500 so far)"
    );
    assert!(sentence.contains(&expected), "{expected}: {sentence}");
    assert!(!draws);
}

/// A judge and the longer response, each right where its letter is, on so many comparisons of both labels each.
fn against_longer(kinds: &[(usize, bool, bool)]) -> Value {
    let mut all = Vec::new();
    let mut longer = Vec::new();
    for (times, judge, rule) in kinds {
        for (label, other) in [("a", "b"), ("b", "a")] {
            let replies = if (label == "a") == *judge { "a/a" } else { "b/b" };
            all.push((*times, replies, label));
            longer.extend(std::iter::repeat_n(if *rule { label } else { other }, *times));
        }
    }
    let mut rows = rows(&all);
    for (row, longer) in rows.iter_mut().zip(longer) {
        row.longer = longer.chars().next().unwrap();
    }
    RunSpec::new(rows).judged().found(&[])
}

#[test]
fn a_lead_over_a_rule_that_takes_too_many_labels_has_no_number() {
    let found = against_longer(&[(20, true, true), (25, true, false), (24, false, true)]);
    let difference = &found["baselines"][0]["difference"];
    assert!(
        value(difference) > 0.0
            && to_show(value(difference), half_width(difference), 138.0) > 10_000
    );
    let sentence = warning(&found, "no-better-than-longer").unwrap();
    assert!(
        sentence.ends_with("or try another judge: more labels alone do not help"),
        "{sentence}"
    );
}

#[test]
fn no_number_is_below_that_of_labels_whose_intervals_can_be_trusted() {
    let found = against_longer(&[(3, true, true), (1, true, false)]);
    let difference = &found["baselines"][0]["difference"];
    assert!(to_show(value(difference), half_width(difference), 8.0) < 50, "{difference}");
    let sentence = warning(&found, "no-better-than-longer").unwrap();
    let expected =
        "or judge and label further items: about 50 labelled ones would show a lead of this size";
    assert!(sentence.ends_with(expected), "{sentence}");
}

#[test]
fn only_a_finding_that_draws_labels_has_that_remedy() {
    let judged =
        RunSpec::new(rows(&[(35, "b/b", "b"), (25, "a/a", "a"), (300, "b/b", "")])).judged();
    let run = RunFile::open(&judged.folder.path().join("run.db")).unwrap();
    let labels =
        DataFile::labels(judged.folder.path().join("labels.jsonl"), LabelColumns::default());
    let results = calibrate(&run, &labels, CalibrationOptions::default()).unwrap();
    let warnings = results.warnings();
    let draws = |code: &str| {
        let warning = warnings.iter().find(|warning| warning.code == code).unwrap();
        warning.remedy == Some(Remedy::DrawLabels)
    };
    assert!(draws("unknown-sampling"));
    assert!(!draws("one-annotator") && !draws("perfect-agreement"));
    let json = serde_json::to_value(&warnings[0]).unwrap();
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), ["code", "message"]);
}
