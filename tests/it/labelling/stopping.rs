//! Stopping as soon as the win rate is decided: the rate of errors at every look, and what the rule refuses.

use evenhand::ErrorKind;
use evenhand::input::SkipReason;
use evenhand::labelling::{
    Decision, FormOptions, Material, PageAnswer, Session, StoppingRate, StoppingRule,
};
use evenhand::stats::betting_interval;
use rand::{RngExt as _, SeedableRng as _};

use super::{SYSTEMS, for_system, items, label_path, material, options};
use crate::support::Folder;
use crate::support::labelled_run::label;

fn rule(than: f64) -> StoppingRule {
    let (system, rate) = (SYSTEMS[0].to_owned(), StoppingRate::Wins);
    StoppingRule { system, rate, than, alpha: 0.05 }
}

/// A label file in which the answers of one person, by letter, are those of so many items: a win, a loss, a tie or a
/// skip of the first system. The probability of each is that of a draw of all.
fn labelled(folder: &Folder, letters: impl IntoIterator<Item = char>) -> std::path::PathBuf {
    let mut text = String::new();
    for (at, letter) in letters.into_iter().enumerate() {
        let id = format!("i{at:03}");
        let mut line: serde_json::Value = serde_json::from_str(&label(
            &id,
            "ana",
            SYSTEMS,
            match letter {
                'w' => SYSTEMS[0],
                'l' => SYSTEMS[1],
                _ => "tie",
            },
        ))
        .unwrap();
        line["probability"] = 1.0.into();
        if letter == 's' {
            line["winner"] = serde_json::Value::Null;
            line["skipped"] = "unclear".into();
        }
        text += &crate::support::lines_of([line]);
    }
    folder.write("labels.jsonl", &text)
}

fn stopping(rule: StoppingRule, annotators: &[&str]) -> FormOptions {
    FormOptions { stopping: Some(rule), ..options(annotators) }
}

fn decision(letters: impl IntoIterator<Item = char>, count: usize, than: f64) -> Option<Decision> {
    let folder = Folder::new();
    let path = labelled(&folder, letters);
    Session::open(material(count), &path, &stopping(rule(than), &["ana"])).unwrap().decision()
}

#[test]
fn a_rule_that_is_looked_at_after_every_label_errs_as_rarely_as_it_says() {
    let mut generator = rand_pcg::Pcg32::seed_from_u64(17);
    let (runs, labels) = (400, 150);
    for (wins, ties) in [(0.5, 0.0), (0.3, 0.4), (0.1, 0.0)] {
        let rate = wins + ties / 2.0;
        let mut wrong = 0;
        for _ in 0..runs {
            let letters: Vec<char> = (0..labels)
                .map(|_| {
                    let uniform: f64 = generator.random();
                    if uniform < wins {
                        'w'
                    } else if uniform < wins + ties {
                        't'
                    } else {
                        'l'
                    }
                })
                .collect();
            // Either decision is wrong at the limit itself, which is the worst case.
            wrong += i32::from(decision(letters, labels, rate).is_some());
        }
        // 5 % of 400 are 20; 3 standard deviations are 13.
        assert!(wrong <= 33, "{wrong} of {runs} at {rate}");
    }
}

#[test]
fn a_large_difference_is_found_and_in_the_right_direction() {
    let mut generator = rand_pcg::Pcg32::seed_from_u64(5);
    let mut letters = |wins: f64| -> Vec<char> {
        (0..150).map(|_| if generator.random::<f64>() < wins { 'w' } else { 'l' }).collect()
    };
    for _ in 0..20 {
        let above = decision(letters(0.85), 150, 0.5).unwrap();
        assert!(above.above && above.interval.low > 0.5 && above.labels < 100, "{above:?}");
        let below = decision(letters(0.15), 150, 0.5).unwrap();
        assert!(!below.above && below.interval.high < 0.5 && below.labels < 100, "{below:?}");
    }
}

#[test]
fn it_decides_at_the_first_label_at_which_the_interval_excludes_the_limit() {
    let mut generator = rand_pcg::Pcg32::seed_from_u64(2);
    let mut decided = 0;
    for than in [0.4, 0.5, 0.6] {
        for wins in [0.3, 0.7] {
            let letters: Vec<char> = (0..120)
                .map(|_| match generator.random::<f64>() {
                    uniform if uniform < wins => 'w',
                    uniform if uniform < wins + 0.1 => 't',
                    _ => 'l',
                })
                .collect();
            let score = |letter: &char| match letter {
                'w' => 1.0,
                't' => 0.5,
                _ => 0.0,
            };
            let scores: Vec<f64> = letters.iter().map(score).collect();
            let interval = |n: usize| betting_interval(&scores[..n], 0.05).unwrap();
            let first = (1..=scores.len()).find(|n| !interval(*n).contains(than));
            let found = decision(letters, 120, than);
            assert_eq!(found.map(|found| found.labels), first);
            if let (Some(found), Some(first)) = (found, first) {
                assert_eq!(found.interval, interval(first));
                assert_eq!(found.above, interval(first).low > than);
                decided += 1;
            }
        }
    }
    assert!(decided >= 4, "{decided}");
}

#[test]
fn a_session_decides_as_people_label_and_later_labels_change_nothing() {
    let folder = Folder::new();
    let names = ["ana", "ben"];
    let drawn = FormOptions { overlap: Some(60), ..stopping(rule(0.5), &names) };
    let mut session = Session::open(material(60), &label_path(&folder), &drawn).unwrap();
    assert_eq!(session.decision(), None);
    let mut at = None;
    for place in 0..60 {
        session.answer(0, place, for_system(&session, 0, place, "first")).unwrap();
        at = at.or(session.decision());
    }
    let decision = at.unwrap();
    assert!(decision.above && decision.labels < 15, "{decision:?}");
    // What a second person says of the same is no new draw, and no decision is taken back.
    for place in 0..60 {
        session.answer(1, place, for_system(&session, 1, place, "second")).unwrap();
    }
    assert_eq!(session.decision(), Some(decision));
}

#[test]
fn a_skipped_comparison_counts_for_neither_side() {
    let wins = || ['w'; 40];
    let all_won = decision(wins(), 100, 0.5).unwrap();
    let skipped: Vec<char> = wins().into_iter().flat_map(|win| [win, 's']).collect();
    // Half of it may be losses, or wins: nothing follows.
    assert_eq!(decision(skipped, 100, 0.5), None);
    let few: Vec<char> = "sss".chars().chain(wins()).collect();
    let later = decision(few, 100, 0.5).unwrap();
    assert!(later.labels > all_won.labels + 3 && later.above, "{later:?}, {all_won:?}");
    // The upper end counts them as wins.
    assert!(later.interval.high > 0.99, "{later:?}");
}

#[test]
fn the_first_answer_counts_and_its_correction() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let stopping = stopping(rule(0.5), &["ana", "ben"]);
    let mut session = Session::open(material(30), &path, &stopping).unwrap();
    for place in 0..30 {
        session
            .answer(
                0,
                place,
                PageAnswer { skipped: Some(SkipReason::Unclear), ..PageAnswer::default() },
            )
            .unwrap();
        session.answer(1, place, for_system(&session, 1, place, "first")).unwrap();
    }
    // Ana came first, whatever Ben says of what she skipped: half of the comparisons, for their orders differ.
    let skipped_first = session.decision();
    for place in 0..30 {
        session.answer(0, place, for_system(&session, 0, place, "first")).unwrap();
    }
    let corrected = session.decision().unwrap();
    assert!(corrected.above && corrected.labels < 15, "{corrected:?}");
    assert!(skipped_first.is_none_or(|before| before.labels > corrected.labels));
    for place in 0..30 {
        session.undo(0, place).unwrap();
    }
    assert_eq!(session.decision(), skipped_first);
}

#[test]
fn several_comparisons_of_an_item_count_as_their_mean_once_all_are_answered() {
    let of_three = |count| -> Material {
        let items = items(count).into_iter().map(|item| item.with_response("other", "An answer"));
        Material::of_items(items.collect(), Some(SYSTEMS[0]), None).unwrap()
    };
    let folder = Folder::new();
    let one = stopping(rule(0.5), &["ana"]);
    let mut session = Session::open(of_three(40), &label_path(&folder), &one).unwrap();
    let mut looks = Vec::new();
    for place in 0..80 {
        session.answer(0, place, for_system(&session, 0, place, "the first")).unwrap();
        looks.extend(session.decision().map(|decision| (place + 1, decision)));
    }
    let (labels, found) = looks[0];
    // Items, not comparisons: as many as it takes with one comparison each.
    let alone = decision(['w'; 40], 40, 0.5).unwrap();
    assert_eq!(found, alone);
    assert!(labels > found.labels, "{labels}");
    // In a sample some items have one of the two.
    let path = folder.path().join("drawn.jsonl");
    let drawn = FormOptions { n: Some(40), ..one };
    let error = Session::open(of_three(40), &path, &drawn).unwrap_err();
    assert!(error.to_string().contains("equally many comparisons"), "{error}");
}

#[test]
fn comparisons_that_are_no_random_draw_of_one_system_are_refused() {
    let folder = Folder::new();
    let refused = |name: &str, text: &str, rule: StoppingRule, part: &str| {
        let path = folder.write(name, text);
        let error = Session::open(material(9), &path, &stopping(rule, &["ana"])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        let said = format!("{error} {}", error.details().join(" "));
        assert!(said.contains(part), "{said}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "nothing is written");
    };
    let blank = |id: &str, more: &str| {
        format!("{{\"id\":\"{id}\",\"annotator\":\"\",\"winner\":null{more}}}\n")
    };
    let by_outcome =
        blank("i001", ",\"probability\":0.5") + &blank("i002", ",\"probability\":0.25");
    refused("outcome.jsonl", &by_outcome, rule(0.5), "drawn by outcome or by uncertainty");
    let unknown = blank("i001", "") + &blank("i002", "");
    refused("unknown.jsonl", &unknown, rule(0.5), "were drawn is not known");
    let misspelt = StoppingRule { system: "system-quaill".to_owned(), ..rule(0.5) };
    refused("system.jsonl", "", misspelt, "which no comparison of the forms has");
    for than in [0.0, 1.0, f64::NAN] {
        refused("than.jsonl", "", rule(than), "between 0 and 1");
    }
    refused("alpha.jsonl", "", StoppingRule { alpha: 0.0, ..rule(0.5) }, "between 0 and 1");
    let three = items(3).into_iter().map(|item| item.with_response("other", "An answer"));
    let passes = StoppingRule { rate: StoppingRate::Passes, ..rule(0.5) };
    refused("passes.jsonl", "", passes, "comparisons are labelled: nothing passes");
    let material = Material::of_items(three.collect(), None, None).unwrap();
    let path = folder.path().join("pairs.jsonl");
    let error = Session::open(material, &path, &stopping(rule(0.5), &["ana"])).unwrap_err();
    assert!(error.to_string().contains("between other systems") && !path.exists(), "{error}");
}
