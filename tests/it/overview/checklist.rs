//! What was validated and what was not.

use std::collections::BTreeSet;

use evenhand::calibration::Part;
use evenhand::overview::{Check, CheckState, ChecklistEntry, GapRemedy};

use super::{About, WITH_LABELS, WITHOUT_LABELS, overview_of};
use crate::support::Folder;
use crate::support::labelled_run::{Row, RunSpec, label, rows};
use crate::support::server::{Answer, Scene};

fn checklist(folder: &Folder, about: About) -> Vec<ChecklistEntry> {
    overview_of(folder, about).checklist
}

fn entry(folder: &Folder, about: About, code: Check) -> ChecklistEntry {
    let entries = checklist(folder, about);
    entries.into_iter().find(|entry| entry.code == code).unwrap()
}

#[test]
fn every_check_is_listed_in_one_order_with_or_without_labels() {
    let judged = RunSpec::new(rows(&[(3, "a/a", "a")])).judged();
    let all = [
        Check::BothOrders,
        Check::Answered,
        Check::Readable,
        Check::Repeats,
        Check::Labels,
        Check::LabelsRandom,
        Check::EnoughLabels,
        Check::SeveralAnnotators,
        Check::BeatsRules,
        Check::TestPart,
        Check::PinnedModel,
    ];
    for about in [WITH_LABELS, WITHOUT_LABELS] {
        let entries = checklist(&judged.folder, about);
        assert_eq!(entries.iter().map(|entry| entry.code).collect::<Vec<_>>(), all);
        for entry in entries {
            assert!(entry.sentence.ends_with('.') && !entry.sentence.contains(".."), "{entry:?}");
            assert!(entry.state != CheckState::Done || entry.remedy.is_none(), "{entry:?}");
            assert_eq!(entry.command, None);
        }
    }
}

#[test]
fn a_comparison_that_was_answered_in_one_order_only_is_a_gap() {
    let mut spec = RunSpec::new(rows(&[(3, "a/a", ""), (1, "a/-", ""), (1, "-/-", "")]));
    spec.code = 5;
    let judged = spec.judged();
    let of = |code| entry(&judged.folder, WITHOUT_LABELS, code);
    let both = of(Check::BothOrders);
    assert_eq!((both.state, both.remedy), (CheckState::Partly, Some(GapRemedy::Resume)));
    assert!(
        both.sentence.starts_with("1 comparison was answered in one order only"),
        "{}",
        both.sentence
    );
    let answered = of(Check::Answered);
    assert_eq!(answered.sentence, "Of 5 comparisons, 2 are pending.");
    assert_eq!((answered.state, answered.remedy), (CheckState::Partly, Some(GapRemedy::Resume)));

    let mut spec = RunSpec::new(rows(&[(2, "-/-", "")]));
    spec.code = 4;
    let judged = spec.judged();
    for code in [Check::BothOrders, Check::Answered, Check::Readable] {
        assert_eq!(entry(&judged.folder, WITHOUT_LABELS, code).state, CheckState::Missing);
    }
}

#[test]
fn refused_comparisons_and_unreadable_replies_are_counted() {
    let scene = Scene::new(4, |seen| match seen.id.as_str() {
        "q-001" => Answer::error(400, "This prompt is refused"),
        "q-002" => Answer::says("I cannot say."),
        _ => seen.prefers("beta"),
    });
    scene.settings(&[("max_parse_attempts", "1")]);
    scene.judge(&[]).expect(0);
    let answered = entry(&scene.folder, WITHOUT_LABELS, Check::Answered);
    assert_eq!(answered.sentence, "Of 4 comparisons, 1 has failed.");
    assert_eq!(answered.remedy, Some(GapRemedy::RetryFailed));
    let readable = entry(&scene.folder, WITHOUT_LABELS, Check::Readable);
    assert_eq!(readable.sentence, "Of 6 replies, 2 have no readable vote.");
    assert_eq!(
        (readable.state, readable.remedy),
        (CheckState::Partly, Some(GapRemedy::ShowUnreadable))
    );
}

#[test]
fn without_labels_the_gap_is_a_sample_to_label() {
    let judged = RunSpec::new(rows(&[(7, "a/a", "")])).judged();
    let labels = entry(&judged.folder, WITHOUT_LABELS, Check::Labels);
    assert_eq!(labels.state, CheckState::Missing);
    assert_eq!(labels.remedy, Some(GapRemedy::Sample { comparisons: 7 }));
    for code in [Check::EnoughLabels, Check::SeveralAnnotators, Check::BeatsRules] {
        let other = entry(&judged.folder, WITHOUT_LABELS, code);
        assert_eq!((other.state, other.remedy), (CheckState::Missing, None));
    }
    // Each check says what is not known.
    let sentences: BTreeSet<String> =
        checklist(&judged.folder, WITHOUT_LABELS).into_iter().map(|entry| entry.sentence).collect();
    assert_eq!(sentences.len(), 11, "{sentences:?}");
}

#[test]
fn it_says_how_labels_were_chosen() {
    let spec = RunSpec::new(rows(&[(60, "a/a", "a"), (60, "a/b", "")]));
    let judged = spec.judged();
    let of = || entry(&judged.folder, WITH_LABELS, Check::LabelsRandom);
    assert_eq!(
        of().state,
        CheckState::Missing,
        "only kept verdicts are labelled: {}",
        of().sentence
    );

    let mut all = rows(&[(40, "a/a", "a"), (20, "a/b", "b"), (60, "b/b", "")]);
    let judged = RunSpec::new(all.clone()).judged();
    let unknown = entry(&judged.folder, WITH_LABELS, Check::LabelsRandom);
    assert_eq!(unknown.state, CheckState::Partly);
    assert!(unknown.sentence.contains("not known how"), "{}", unknown.sentence);

    for row in &mut all {
        row.labels = "a";
    }
    let judged = RunSpec::new(all).judged();
    assert_eq!(entry(&judged.folder, WITH_LABELS, Check::LabelsRandom).state, CheckState::Done);

    // A sample with its probabilities.
    let lines = judged.sample(&["--n", "60"]).into_iter().map(|mut line| {
        line["winner"] = "alpha".into();
        line["annotator"] = "ana".into();
        format!("{line}\n")
    });
    judged.label(&lines.collect::<String>());
    let drawn = entry(&judged.folder, WITH_LABELS, Check::LabelsRandom);
    assert_eq!(drawn.state, CheckState::Done, "{}", drawn.sentence);
    assert!(drawn.sentence.contains("known probabilities"), "{}", drawn.sentence);
}

#[test]
fn it_says_whether_there_are_enough_labels() {
    let of = |kinds: &[(usize, &'static str, &'static str)]| {
        let judged = RunSpec::new(rows(kinds)).judged();
        entry(&judged.folder, WITH_LABELS, Check::EnoughLabels)
    };
    let few = of(&[(20, "a/a", "a"), (200, "b/b", "")]);
    assert_eq!(
        (few.state, few.remedy),
        (CheckState::Missing, Some(GapRemedy::Sample { comparisons: 100 }))
    );
    let shown = of(&[(90, "a/a", "a"), (10, "b/b", "b")]);
    assert_eq!((shown.state, shown.remedy), (CheckState::Done, None));
    // All comparisons are labelled, so a larger sample cannot help.
    let open = of(&[(32, "a/a", "a"), (28, "b/b", "b")]);
    assert_eq!((open.state, open.remedy), (CheckState::Partly, None));
    assert!(
        open.sentence.starts_with("The win rate of beta against alpha may be 50 %"),
        "{}",
        open.sentence
    );
}

#[test]
fn labels_show_a_preference_only_if_they_stand_for_all_comparisons() {
    let of = |kinds: &[(usize, &'static str, &'static str)]| {
        let judged = RunSpec::new(rows(kinds)).judged();
        entry(&judged.folder, WITH_LABELS, Check::EnoughLabels)
    };
    let remedy = Some(GapRemedy::Sample { comparisons: 100 });
    // Of kept comparisons alone nothing follows about the others.
    let kept = of(&[(60, "a/a", "a"), (60, "a/b", "")]);
    assert_eq!((kept.state, &kept.remedy), (CheckState::Missing, &remedy), "{}", kept.sentence);
    assert_eq!(
        kept.sentence,
        "Only comparisons with a kept verdict are labelled, so the labels do not show which system people prefer."
    );
    let unknown = of(&[(40, "a/a", "a"), (20, "a/b", "a"), (60, "b/b", "")]);
    assert_eq!((unknown.state, &unknown.remedy), (CheckState::Partly, &remedy));
    assert_eq!(
        unknown.sentence,
        "If the labelled comparisons are a random sample, the labels show which system people prefer."
    );
}

#[test]
fn labels_show_a_preference_only_if_they_do_so_for_every_pair() {
    let pair = |between: [&'static str; 2], n: usize, labels| {
        (0..n).map(move |at| Row::new(&format!("{}{at:02}", between[1]), between, "a/a", labels))
    };
    let of = |labels| {
        let first = pair(["alpha", "beta"], 60, "a");
        let rows = first.chain(pair(["alpha", "gamma"], 3, labels)).collect();
        entry(&RunSpec::new(rows).judged().folder, WITH_LABELS, Check::EnoughLabels)
    };
    let none = of("");
    assert_eq!(none.state, CheckState::Missing, "{}", none.sentence);
    assert_eq!(
        none.sentence,
        "The labels do not show which system people prefer, gamma or alpha: there are too few to estimate it."
    );
}

#[test]
fn it_says_whether_several_people_labelled_the_same_comparisons() {
    let of = |kinds: &[(usize, &'static str, &'static str)]| {
        let judged = RunSpec::new(rows(kinds)).judged();
        entry(&judged.folder, WITH_LABELS, Check::SeveralAnnotators)
    };
    assert_eq!(of(&[(40, "a/a", "a")]).state, CheckState::Missing);
    let some = of(&[(40, "a/a", "a"), (5, "b/b", "bb")]);
    assert_eq!(
        (some.state, some.remedy),
        (CheckState::Partly, Some(GapRemedy::Sample { comparisons: 30 }))
    );
    assert!(
        some.sentence.starts_with("Only 5 comparisons have two annotators or more"),
        "{}",
        some.sentence
    );
    assert_eq!(of(&[(20, "a/a", "aa"), (20, "b/b", "bbb")]).state, CheckState::Done);
}

#[test]
fn it_says_whether_the_judge_beats_simple_rules() {
    // The longer response is always right, and so is the judge.
    let longer = |replies, labels, n| {
        let with = |(at, letter): (usize, char)| Row {
            longer: letter,
            ..Row::new(&format!("{letter}{at:02}"), ["alpha", "beta"], replies, labels)
        };
        (0..n).map(move |at| with((at, labels.chars().next().unwrap()))).collect::<Vec<_>>()
    };
    let equal = [longer("a/a", "a", 40), longer("b/b", "b", 40)].concat();
    let judged = RunSpec::new(equal).judged();
    let found = entry(&judged.folder, WITH_LABELS, Check::BeatsRules);
    assert_eq!((found.state, found.remedy), (CheckState::Partly, Some(GapRemedy::ShowLabelled)));
    assert!(found.sentence.contains("\"the longer response wins\""), "{}", found.sentence);
    // Where lengths are equal the rule calls everything a tie.
    let judged = RunSpec::new(rows(&[(40, "a/a", "a"), (40, "b/b", "b")])).judged();
    assert_eq!(entry(&judged.folder, WITH_LABELS, Check::BeatsRules).state, CheckState::Done);
}

#[test]
fn it_says_which_part_was_measured() {
    let judged = RunSpec::new(rows(&[(60, "a/a", "a"), (20, "b/b", "b")])).judged();
    let of = |part| entry(&judged.folder, About { part, ..WITH_LABELS }, Check::TestPart);
    assert_eq!((of(None).state, of(None).remedy), (CheckState::Missing, Some(GapRemedy::TestPart)));
    assert_eq!(of(Some(Part::Dev)).state, CheckState::Missing);
    assert_eq!(of(Some(Part::Test)).state, CheckState::Done);
}

#[test]
fn it_says_whether_noise_is_known() {
    let of = |judged: &Folder| entry(judged, WITHOUT_LABELS, Check::Repeats);
    let once = RunSpec::new(rows(&[(2, "a/a", "")])).judged();
    // A recording cannot be asked again.
    assert_eq!((of(&once.folder).state, of(&once.folder).remedy), (CheckState::Missing, None));
    let thrice = RunSpec::new(rows(&[(2, "aaa/aaa", "")])).judged();
    assert_eq!(of(&thrice.folder).state, CheckState::Done);
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    assert_eq!(of(&scene.folder).remedy, Some(GapRemedy::Repeat { repeat: 3 }));
    let rule = Folder::new();
    std::fs::copy(scene.folder.path().join("items.jsonl"), rule.path().join("items.jsonl"))
        .unwrap();
    let command = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:first"];
    rule.run(&[&command[..], &["--run", "run.db", "--inconclusive", "pass"]].concat()).expect(0);
    assert_eq!(of(&rule).state, CheckState::Done);
    assert_eq!(entry(&rule, WITHOUT_LABELS, Check::PinnedModel).state, CheckState::Done);
}

#[test]
fn it_says_whether_the_model_has_a_fixed_version() {
    let served = |model: &'static str, names: fn(usize) -> (&'static str, &'static str)| {
        let scene = Scene::new(2, move |seen| {
            let mut body = crate::support::server::completion(&seen.verdict("beta"));
            let at = usize::from(seen.id == "q-001") * 2 + usize::from(seen.first == "alpha");
            let (name, fingerprint) = names(at);
            body["model"] = name.into();
            body["system_fingerprint"] = fingerprint.into();
            Answer::json(200, &body)
        });
        scene.settings(&[("model", model)]);
        scene.judge(&[]).expect(0);
        entry(&scene.folder, WITHOUT_LABELS, Check::PinnedModel)
    };
    let same = |_| ("gpt-4o-2024-08-06", "fp");
    assert_eq!(served("\"gpt-4o-2024-08-06\"", same).state, CheckState::Done);
    let alias = served("\"gpt-4o\"", same);
    assert_eq!(alias.state, CheckState::Partly);
    assert!(alias.sentence.contains("`gpt-4o-2024-08-06`"), "{}", alias.sentence);
    assert_eq!(served("\"gpt-4o\"", |_| ("gpt-4o", "fp")).state, CheckState::Missing);
    let fingerprints =
        served("\"gpt-4o-2024-08-06\"", |at| ("gpt-4o-2024-08-06", ["a", "b"][at % 2]));
    assert_eq!(fingerprints.state, CheckState::Partly);
    let models = served("\"gpt-4o-2024-08-06\"", |at| (["gpt-4o", "gpt-4o-mini"][at % 2], "fp"));
    assert_eq!(models.state, CheckState::Missing);
    assert!(models.sentence.contains("2 names: gpt-4o, gpt-4o-mini"), "{}", models.sentence);
    let recorded = RunSpec::new(rows(&[(1, "a/a", "")])).judged();
    assert_eq!(
        entry(&recorded.folder, WITHOUT_LABELS, Check::PinnedModel).state,
        CheckState::Partly
    );
}

#[test]
fn labels_of_several_people_count_the_people() {
    let judged = RunSpec::new(rows(&[(3, "a/a", "ab"), (2, "b/b", "")])).judged();
    let labels = entry(&judged.folder, WITH_LABELS, Check::Labels);
    assert_eq!(labels.sentence, "3 of 5 comparisons are labelled, by 2 people.");
    judged.label(&label("q000", "ana", ["alpha", "beta"], "alpha"));
    let labels = entry(&judged.folder, WITH_LABELS, Check::Labels);
    assert_eq!(labels.sentence, "1 of 5 comparisons are labelled, by 1 person.");
}
