//! Stopping as soon as a pass rate is decided.

use std::path::PathBuf;

use evenhand::ErrorKind;
use evenhand::input::{Grade, SkipReason};
use evenhand::labelling::{
    Decision, FormOptions, Material, PageAnswer, Session, StoppingRate, StoppingRule,
};
use evenhand::stats::betting_interval;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

use super::grades::{grade, open};
use super::{label_path, options};
use crate::support::graded_run::{
    GradedRun, STEPS, grade_rubric, graded, graded_items, graded_rows,
};
use crate::support::{Folder, lines_of};

fn rule(than: f64) -> StoppingRule {
    let (system, rate) = ("alpha".to_owned(), StoppingRate::Passes);
    StoppingRule { system, rate, than, alpha: 0.05 }
}

fn stopping(rule: StoppingRule) -> FormOptions {
    FormOptions { stopping: Some(rule), ..options(&["ana"]) }
}

/// So many items with a response of alpha and one of beta.
fn run(items: usize) -> GradedRun {
    graded(&graded_rows(&["alpha", "beta"], &[(2 * items, "2/2")]))
}

/// A label file with a line for each letter, which is about the response of alpha to the next item: the place of a step, `c`
/// for "cannot assess", `s` for skipped.
fn labelled(folder: &Folder, letters: impl IntoIterator<Item = char>) -> PathBuf {
    let line = |(at, letter): (usize, char)| {
        let mut line = json!({
            "id": format!("q{at:03}"), "annotator": "ana", "system": "alpha", "probability": 1.0,
        });
        match letter {
            's' => line["skipped"] = "unclear".into(),
            'c' => line["grade"] = Grade::CANNOT_ASSESS.into(),
            step => line["grade"] = STEPS[step.to_digit(10).unwrap() as usize].into(),
        }
        line
    };
    folder.write("labels.jsonl", &lines_of(letters.into_iter().enumerate().map(line)))
}

fn decision(run: &GradedRun, letters: &[char], than: f64) -> Option<Decision> {
    let folder = Folder::new();
    let path = labelled(&folder, letters.iter().copied());
    open(run, &path, &stopping(rule(than))).unwrap().decision()
}

#[test]
fn it_decides_at_the_first_grade_at_which_the_interval_excludes_the_limit() {
    let run = run(120);
    let mut generator = rand_pcg::Pcg32::seed_from_u64(2);
    let mut decided = 0;
    for than in [0.4, 0.6] {
        for passes in [0.25, 0.75] {
            // From `good` on a response passes.
            let letters: Vec<char> = (0..120)
                .map(|_| match generator.random::<f64>() {
                    uniform if uniform < passes => '2',
                    uniform if uniform < 0.9 => '1',
                    _ => '0',
                })
                .collect();
            let scores: Vec<f64> = letters.iter().map(|letter| f64::from(*letter == '2')).collect();
            let interval = |n: usize| betting_interval(&scores[..n], 0.05).unwrap();
            let first = (1..=scores.len()).find(|n| !interval(*n).contains(than));
            let found = decision(&run, &letters, than);
            assert_eq!(found.map(|found| found.labels), first);
            if let (Some(found), Some(first)) = (found, first) {
                assert_eq!(
                    (found.interval, found.above),
                    (interval(first), interval(first).low > than)
                );
                decided += 1;
            }
        }
    }
    assert!(decided >= 3, "{decided}");
}

#[test]
fn what_is_skipped_or_cannot_be_assessed_may_be_a_pass_or_a_fail() {
    let run = run(100);
    let passes = ['2'; 40];
    let all = decision(&run, &passes, 0.5).unwrap();
    for open in ['s', 'c'] {
        let half: Vec<char> = passes.iter().flat_map(|pass| [*pass, open]).collect();
        assert_eq!(decision(&run, &half, 0.5), None, "{open}");
        let few: Vec<char> = [open; 3].into_iter().chain(passes).collect();
        let later = decision(&run, &few, 0.5).unwrap();
        assert!(later.labels > all.labels + 3 && later.above, "{later:?}, {all:?}");
        assert!(later.interval.high > 0.99, "{later:?}");
    }
}

#[test]
fn grades_of_other_systems_say_nothing_of_the_rate() {
    let (run, folder) = (run(40), Folder::new());
    let mut session = open(&run, &label_path(&folder), &stopping(rule(0.5))).unwrap();
    let of_alpha = |session: &Session, place: usize| {
        format!("{:?}", session.shown(0, place).unwrap().responses).contains("alpha answers")
    };
    let (alpha, beta): (Vec<usize>, Vec<usize>) =
        (0..80).partition(|place| of_alpha(&session, *place));
    assert_eq!((alpha.len(), beta.len()), (40, 40));
    for place in beta {
        session.answer(0, place, grade("poor")).unwrap();
    }
    assert_eq!(session.decision(), None);
    let mut labels = 0;
    for place in alpha {
        session.answer(0, place, grade("good")).unwrap();
        labels += 1;
        if session.decision().is_some() {
            break;
        }
    }
    let found = session.decision().unwrap();
    assert!(found.above && found.labels == labels, "{found:?} after {labels}");
    assert_eq!(Some(found), decision(&run, &['2'; 40], 0.5));
}

#[test]
fn a_correction_counts_in_place_of_the_first_answer() {
    let (run, folder) = (graded(&graded_rows(&["alpha"], &[(30, "2/2")])), Folder::new());
    let mut session = open(&run, &label_path(&folder), &stopping(rule(0.5))).unwrap();
    let skip = PageAnswer { skipped: Some(SkipReason::Unclear), ..PageAnswer::default() };
    for place in 0..30 {
        session.answer(0, place, skip.clone()).unwrap();
    }
    assert_eq!(session.decision(), None);
    for place in 0..30 {
        session.answer(0, place, grade("poor")).unwrap();
    }
    assert!(!session.decision().unwrap().above);
}

#[test]
fn what_does_not_allow_the_rule_is_refused_before_anything_is_written() {
    let (run, folder) = (run(9), Folder::new());
    let path = label_path(&folder);
    let win = StoppingRule { rate: StoppingRate::Wins, ..rule(0.5) };
    let misspelt = StoppingRule { system: "alhpa".to_owned(), ..rule(0.5) };
    for (rule, message) in [
        (win, "single responses are graded: no system wins"),
        (misspelt, "which no response of the forms has"),
        (rule(1.0), "between 0 and 1"),
    ] {
        let error = open(&run, &path, &stopping(rule)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        assert!(error.to_string().contains(message) && !path.exists(), "{error}");
    }
    let rubric = grade_rubric().replace("pass_from = \"good\"\n", "");
    let rows = graded_rows(&["alpha"], &[(3, "2/2")]);
    let items = std::fs::read_to_string(run.folder.path().join("items.jsonl")).unwrap();
    let without = graded_items(&items, &rubric, &rows);
    let error = open(&without, &path, &stopping(rule(0.5))).unwrap_err();
    assert!(error.to_string().contains("does not say what passes") && !path.exists(), "{error}");
    let text: String = [0.5, 0.25]
        .into_iter()
        .enumerate()
        .map(|(at, probability)| {
            let line = json!({
                "id": format!("q{at:03}"), "annotator": "", "system": "alpha", "grade": null,
                "probability": probability,
            });
            lines_of([line])
        })
        .collect();
    let drawn = folder.write("outcome.jsonl", &text);
    let file = evenhand::store::RunFile::open_any(&run.path()).unwrap();
    let material = Material::of_run(file).unwrap();
    let error = Session::open(material, &drawn, &stopping(rule(0.5))).unwrap_err();
    assert!(error.to_string().contains("the same known probability"), "{error}");
}
