//! What each annotator is asked: draws, shares, repeats, equal pairs, sides.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use evenhand::ErrorKind;
use evenhand::calibration::{SampleDesign, sample};
use evenhand::input::{LabelLine, LabelTask};
use evenhand::labelling::{FormOptions, Material, Session};
use evenhand::store::RunFile;

use super::{SYSTEMS, form, ids, label_path, labels_in, lines, material, open, options};
use crate::support::Folder;
use crate::support::labelled_run::{RunSpec, rows};

const COMPARE: LabelTask = LabelTask::Compare;

#[test]
fn one_annotator_is_asked_every_comparison_in_an_order_of_the_seed() {
    let folder = Folder::new();
    let of_seed = |seed| {
        let path = folder.path().join(format!("{seed}.jsonl"));
        Session::open(material(40), &path, &FormOptions { seed, ..options(&["ana"]) }).unwrap();
        form(&path, 40, "ana")
    };
    let first = of_seed(1);
    assert_eq!(ids(&first, &COMPARE).len(), 40);
    assert!(first.iter().all(|line| line.probability == Some(1.0)));
    let order = |lines: &[LabelLine]| -> Vec<String> {
        lines.iter().map(|line| line.id.to_string()).collect()
    };
    assert!(!order(&first).is_sorted());
    assert_ne!(order(&first), order(&of_seed(2)));
}

#[test]
fn a_draw_of_items_has_its_probability_and_is_part_of_a_larger_one() {
    let folder = Folder::new();
    let of_n = |n| {
        let path = folder.path().join(format!("{n}.jsonl"));
        let options = FormOptions { n: Some(n), seed: 7, ..options(&["ana"]) };
        Session::open(material(50), &path, &options).unwrap();
        form(&path, 50, "ana")
    };
    let (small, large) = (of_n(10), of_n(20));
    assert!(small.iter().all(|line| line.probability == Some(0.2)));
    assert!(large.iter().all(|line| line.probability == Some(0.4)));
    assert_eq!((small.len(), large.len()), (10, 20));
    assert!(ids(&small, &COMPARE).is_subset(&ids(&large, &COMPARE)));
    let all = of_n(1000);
    assert!(all.len() == 50 && all.iter().all(|line| line.probability == Some(1.0)));
}

#[test]
fn every_comparison_of_items_is_equally_likely_to_be_drawn() {
    let folder = Folder::new();
    let mut drawn: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..200 {
        let path = folder.path().join(format!("{seed}.jsonl"));
        let options = FormOptions { n: Some(5), seed, ..options(&["ana"]) };
        Session::open(material(10), &path, &options).unwrap();
        for id in ids(&form(&path, 10, "ana"), &COMPARE) {
            *drawn.entry(id).or_default() += 1;
        }
    }
    // 200 draws of one half each: 100 ± 4.5 standard deviations.
    assert!(drawn.values().all(|count| (68..=132).contains(count)), "{drawn:?}");
}

#[test]
fn a_draw_of_a_run_is_the_sample_of_calibration() {
    let kinds = [(20, "a/a", "-"), (10, "a/b", "-"), (5, "a/-", "-")];
    let judged = RunSpec { code: 5, ..RunSpec::new(rows(&kinds)) }.judged();
    let path = judged.folder.path().join("run.db");
    let run = || RunFile::open(&path).unwrap();
    for design in [SampleDesign::Random, SampleDesign::ByOutcome, SampleDesign::ByUncertainty] {
        let labels = judged.folder.path().join(format!("{design:?}.jsonl"));
        let options = FormOptions { n: Some(12), seed: 3, design, ..options(&["ana"]) };
        let session = Session::open(Material::of_run(run()).unwrap(), &labels, &options).unwrap();
        let text = std::fs::read_to_string(&labels).unwrap();
        let line = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let found: Vec<(String, f64)> = text
            .lines()
            .map(line)
            .map(|line| {
                (line["id"].as_str().unwrap().to_owned(), line["probability"].as_f64().unwrap())
            })
            .collect();
        let sample = sample(&run(), None, 12, 3, design).unwrap().comparisons;
        let expected: Vec<(String, f64)> =
            sample.into_iter().map(|one| (one.id, one.probability)).collect();
        assert_eq!(found, expected, "{design:?}");
        assert_eq!(session.progress(0).total, 12);
    }
    // Without a draw also those that the judge has not answered: a label needs no verdict.
    let labels = judged.folder.path().join("all.jsonl");
    let all = Session::open(Material::of_run(run()).unwrap(), &labels, &options(&["ana"])).unwrap();
    assert_eq!(all.progress(0).total, 35);
}

#[test]
fn shared_comparisons_go_to_everybody_and_each_other_one_to_one_person() {
    let (folder, names) = (Folder::new(), ["ana", "ben", "cleo"]);
    let path = label_path(&folder);
    let options = FormOptions { overlap: Some(8), n: Some(50), ..options(&names) };
    Session::open(material(60), &path, &options).unwrap();
    let forms = names.map(|name| ids(&form(&path, 60, name), &COMPARE));
    let mut count: BTreeMap<&String, usize> = BTreeMap::new();
    forms.iter().flatten().for_each(|id| *count.entry(id).or_default() += 1);
    assert_eq!(count.len(), 50);
    assert_eq!(count.values().filter(|count| **count == 3).count(), 8);
    assert_eq!(count.values().filter(|count| **count == 1).count(), 42);
    assert_eq!(forms.each_ref().map(BTreeSet::len), [22; 3]);
    // Shared ones are no block: nobody has them first, and the orders differ.
    let order = |name| -> Vec<String> {
        form(&path, 60, name).iter().map(|line| line.id.to_string()).collect()
    };
    let is_shared = |id: &String| count[id] == 3;
    for name in names {
        assert!(!order(name)[..8].iter().all(is_shared), "{name}");
    }
    let shared = |name| order(name).into_iter().filter(is_shared).collect::<Vec<_>>();
    assert_ne!(shared("ana"), shared("ben"));
}

#[test]
fn several_annotators_share_thirty_where_nothing_else_is_said() {
    let folder = Folder::new();
    let path = label_path(&folder);
    open(100, &path, &["ana", "ben"]).unwrap();
    let [ana, ben] = ["ana", "ben"].map(|name| ids(&form(&path, 100, name), &COMPARE));
    assert_eq!((ana.len(), ben.len(), ana.intersection(&ben).count()), (65, 65, 30));
}

#[test]
fn repeats_come_from_the_first_half_and_much_later_on_the_other_side() {
    let folder = Folder::new();
    for (count, repeats) in [(20, 3), (40, 8), (41, 21), (100, 10)] {
        let path = folder.path().join(format!("{count}.jsonl"));
        let options = FormOptions { repeats, seed: count as u64, ..options(&["ana"]) };
        let session = Session::open(material(count), &path, &options).unwrap();
        let form = form(&path, count, "ana");
        assert_eq!(form.len(), count + repeats);
        for (at, line) in form.iter().enumerate() {
            if line.task != LabelTask::Repeat {
                continue;
            }
            let first = |one: &LabelLine| one.id == line.id && one.task == COMPARE;
            let first = form.iter().position(first).unwrap();
            assert!(at > first + 10, "{count}: {first} and {at}");
            let compared = form[..first].iter().filter(|line| line.task == COMPARE).count();
            assert!(compared < count.div_ceil(2), "{count}: {first}");
            let [one, other] = [first, at].map(|place| session.shown(0, place).unwrap());
            let [[one_left, one_right], [left, right]] = [&one, &other].map(super::sides);
            assert_eq!((one_left, one_right, one.prompt), (right, left, other.prompt));
        }
    }
}

#[test]
fn a_short_form_repeats_at_most_half_of_its_comparisons() {
    let folder = Folder::new();
    let path = label_path(&folder);
    for wrong in [
        FormOptions { repeats: 4, ..options(&["ana"]) },
        FormOptions { equal_pairs: 6, ..options(&["ana"]) },
    ] {
        let error = Session::open(material(5), &path, &wrong).unwrap_err();
        assert!(error.to_string().contains("at most") && !path.exists(), "{error}");
    }
    let options = FormOptions { repeats: 3, equal_pairs: 5, ..options(&["ana"]) };
    Session::open(material(5), &path, &options).unwrap();
    let form = form(&path, 5, "ana");
    let count = |task: fn(&LabelTask) -> bool| form.iter().filter(|one| task(&one.task)).count();
    assert_eq!(count(|task| *task == LabelTask::Repeat), 3);
    assert_eq!(count(|task| matches!(task, LabelTask::Equal(_))), 5);
    let first = |id: &str, task: &LabelTask| {
        form.iter().position(|line| *line.id == *id && line.task == *task).unwrap()
    };
    for line in form.iter().filter(|line| line.task == LabelTask::Repeat) {
        assert!(first(&line.id, &COMPARE) < first(&line.id, &LabelTask::Repeat));
    }
    // The same options again go on with it.
    Session::open(material(5), &path, &options).unwrap();
}

#[test]
fn an_equal_pair_shows_one_response_on_both_sides() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let options = FormOptions { equal_pairs: 20, seed: 4, ..options(&["ana"]) };
    let session = Session::open(material(60), &path, &options).unwrap();
    let form = form(&path, 60, "ana");
    let (mut places, mut systems) = (Vec::new(), BTreeSet::new());
    for (place, line) in form.iter().enumerate() {
        let [left, right] = super::sides(&session.shown(0, place).unwrap());
        if let LabelTask::Equal(system) = &line.task {
            assert_eq!(left, right);
            places.push(place);
            systems.insert(system.to_string());
        } else {
            assert_ne!(left, right);
        }
    }
    assert_eq!(places.len(), 20);
    assert_eq!(systems.iter().map(String::as_str).collect::<Vec<_>>(), SYSTEMS);
    assert!(places[0] < 20 && places[19] > 60, "{places:?}");
}

#[test]
fn each_system_is_on_the_left_half_of_the_time_and_independently_for_each_person() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let options = FormOptions { overlap: Some(600), ..options(&["ana", "ben"]) };
    let session = Session::open(material(600), &path, &options).unwrap();
    let left = |annotator: usize| -> BTreeMap<String, bool> {
        (0..600)
            .map(|place| {
                let shown = session.shown(annotator, place).unwrap();
                (
                    format!("{:?}", shown.prompt),
                    format!("{:?}", super::sides(&shown)[0]).contains("first"),
                )
            })
            .collect()
    };
    let (ana, ben) = (left(0), left(1));
    let same = ana.iter().filter(|(prompt, is_left)| ben[*prompt] == **is_left).count();
    // 300 ± 4 standard deviations.
    for count in [ana.values().filter(|first| **first).count(), same] {
        assert!((251..=349).contains(&count), "{count}");
    }
}

#[test]
fn an_open_sample_in_the_file_is_what_is_labelled_with_its_probabilities() {
    let folder = Folder::new();
    let blank = |id: &str, probability: f64| {
        format!(
            "{{\"id\":\"{id}\",\"annotator\":\"\",\"winner\":null,\"probability\":{probability}}}\n"
        )
    };
    let text = [("i007", 0.25), ("i002", 0.5), ("i005", 0.25), ("i001", 0.5)]
        .map(|(id, probability)| blank(id, probability))
        .concat();
    let path = folder.write("labels.jsonl", &text);
    open(9, &path, &["ana"]).unwrap();
    let found: Vec<(String, Option<f64>)> =
        form(&path, 9, "ana").iter().map(|line| (line.id.to_string(), line.probability)).collect();
    let expected = [("i007", 0.25), ("i002", 0.5), ("i005", 0.25), ("i001", 0.5)];
    assert_eq!(found, expected.map(|(id, probability)| (id.to_owned(), Some(probability))));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with(&text));

    let path = folder.write("shared.jsonl", &text);
    let shared = FormOptions { overlap: Some(1), n: Some(4), ..options(&["ana", "ben"]) };
    Session::open(material(9), &path, &shared).unwrap();
    let [ana, ben] = ["ana", "ben"].map(|name| ids(&form(&path, 9, name), &COMPARE));
    assert_eq!(ana.intersection(&ben).collect::<Vec<_>>(), ["i007"]);
    assert_eq!(ana.union(&ben).count(), 4);
    assert_eq!(labels_in(&path, 9).blank, 9);
}

#[test]
fn labels_that_were_written_by_hand_are_answers_of_their_annotator() {
    let folder = Folder::new();
    let text = "{\"id\":\"i001\",\"annotator\":\"ana\",\"winner\":\"system-zebra\"}\n\
                {\"id\":\"i003\",\"annotator\":\"\",\"winner\":null}\n";
    let path = folder.write("labels.jsonl", text);
    let progress = open(5, &path, &["ana"]).unwrap().progress(0);
    assert_eq!((progress.total, progress.answered, progress.next), (2, 1, Some(1)));
    // Somebody else is asked the same.
    assert_eq!(open(5, &path, &["ben"]).unwrap().progress(0).total, 2);
}

/// Writes forms of two annotators, with everything that a form can have; returns the options.
fn forms_of_two(path: &Path) -> FormOptions {
    let drawn = FormOptions {
        n: Some(20),
        overlap: Some(4),
        repeats: 2,
        equal_pairs: 1,
        ..options(&["ana", "ben"])
    };
    Session::open(material(30), path, &drawn).unwrap();
    drawn
}

#[test]
fn who_joins_labels_everything_that_others_were_asked_once() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let drawn = forms_of_two(&path);
    let asked = |name| ids(&form(&path, 30, name), &COMPARE);
    let before = std::fs::read_to_string(&path).unwrap();
    let session = open(30, &path, &["ana", "cleo"]).unwrap();
    assert_eq!(form(&path, 30, "cleo").len(), 20);
    assert_eq!(asked("cleo"), asked("ana").union(&asked("ben")).cloned().collect());
    assert_eq!(session.progress(0).total, 15);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with(&before));
    // The options of the beginning with one more annotator.
    let with_dan = FormOptions {
        annotators: ["ana", "ben", "dan"].map(ToOwned::to_owned).to_vec(),
        ..drawn.clone()
    };
    let session = Session::open(material(30), &path, &with_dan).unwrap();
    assert_eq!(session.progress(2).total, 23);
}

#[test]
fn the_same_options_go_on_and_others_are_refused() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let drawn = forms_of_two(&path);
    let before = std::fs::read_to_string(&path).unwrap();
    for same in [drawn.clone(), options(&["ana", "ben"]), options(&["ben"])] {
        Session::open(material(30), &path, &same).unwrap();
    }
    for (other, part) in [
        (FormOptions { n: Some(21), ..drawn.clone() }, "asks for 20 comparisons, not 21"),
        (FormOptions { n: Some(19), ..drawn.clone() }, "asks for 20 comparisons, not 19"),
        (FormOptions { overlap: Some(5), ..drawn.clone() }, "share 4 comparisons, not 5"),
        (FormOptions { repeats: 3, ..drawn.clone() }, "`ana` with 2 repeats, not 3"),
        (FormOptions { equal_pairs: 2, ..drawn.clone() }, "`ana` with 1 equal pairs, not 2"),
        (FormOptions { overlap: Some(3), ..options(&["cleo"]) }, "who joins labels all"),
    ] {
        let error = Session::open(material(30), &path, &other).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(error.hint_text().unwrap().contains("another label file"), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    let all = folder.path().join("all.jsonl");
    let more_than_all = FormOptions { n: Some(500), ..options(&["ana"]) };
    for _ in 0..2 {
        Session::open(material(30), &all, &more_than_all).unwrap();
    }
}

#[test]
fn options_without_meaning_are_refused_before_a_file_is_created() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let long = "x".repeat(65);
    for (wrong, part) in [
        (FormOptions { n: Some(0), ..options(&["ana"]) }, "nothing to label"),
        (
            FormOptions { n: Some(5), design: SampleDesign::ByOutcome, ..options(&["ana"]) },
            "only be drawn at random",
        ),
        (FormOptions { design: SampleDesign::ByOutcome, ..options(&["ana"]) }, "but not how many"),
        (FormOptions { overlap: Some(5), ..options(&["ana"]) }, "only among several"),
        (options(&[]), "no annotator is named"),
        (options(&["ana", "ana"]), "named twice"),
        (options(&["ana", "An a"]), "look alike"),
        (options(&[" "]), "is empty"),
        (options(&["a\u{1b}[31m"]), "control characters"),
        (options(&[&long]), "longer than 64"),
    ] {
        let error = Session::open(material(9), &path, &wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(!error.to_string().contains('\u{1b}'));
        assert!(!path.exists(), "{error}");
    }
    open(9, &path, &["ana"]).unwrap();
    let error = open(9, &path, &["Ana"]).unwrap_err();
    assert!(error.to_string().contains("looks like `ana`, who is in the label file"), "{error}");
    assert_eq!(lines(&path, 9).len(), 9);
}

#[test]
fn a_baseline_compares_it_with_each_other_system() {
    let items: Vec<_> = super::items(4)
        .into_iter()
        .map(|item| item.with_response("base", "An answer").with_response("more", "Another"))
        .collect();
    let count = |baseline| {
        let folder = Folder::new();
        let material = Material::of_items(items.clone(), baseline, None).unwrap();
        let path = label_path(&folder);
        Session::open(material, &path, &options(&["ana"])).unwrap().progress(0).total
    };
    assert_eq!((count(None), count(Some("base"))), (4 * 6, 4 * 3));
    let error = Material::of_items(items.clone(), Some("bas"), None).unwrap_err();
    assert!(error.to_string().contains("unknown system `bas`"), "{error}");
    let single = vec![evenhand::input::Item::new("i", "p").with_response("a", "x")];
    assert!(Material::of_items(single, None, None).is_err());
}

#[test]
fn another_seed_is_refused_where_a_sample_is_drawn_already() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let of = |seed: u64| FormOptions { n: Some(10), seed, ..options(&["ana"]) };
    Session::open(material(40), &path, &of(3)).unwrap();
    let before = std::fs::read_to_string(&path).unwrap();
    Session::open(material(40), &path, &of(3)).unwrap();
    let error = Session::open(material(40), &path, &of(4)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains("another sample"), "{error}");
    // Nothing is said about the draw, so the file decides.
    Session::open(material(40), &path, &options(&["ana"])).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
}
