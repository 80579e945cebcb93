//! The sample that ships with the program: its labels and grades follow from its defects by the rules of its README.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evenhand::input::{
    DataFile, Item, KnownItems, Label, LabelColumns, Reference, Scale, load_rubric,
    read_grade_labels, read_items, read_labels,
};
use serde_json::Value;

use crate::support::Folder;

fn ticket_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("calibration/tickets").join(name)
}

pub(super) fn tickets() -> Vec<Item> {
    let read = read_items(&ticket_file("items.jsonl"), &[]).unwrap();
    assert_eq!(read.warnings, []);
    read.items
}

fn labels(items: &[Item]) -> Vec<Label> {
    let read = read_labels(
        &DataFile::labels(ticket_file("labels.jsonl"), LabelColumns::default()),
        &KnownItems::of(items),
    )
    .unwrap();
    assert_eq!(read.warnings, [] as [String; 0]);
    assert_eq!(read.unmatched, 0);
    read.labels
}

/// How bad a defect is, by the rule in the sample's README.
fn severity(defect: &str) -> u32 {
    match defect {
        "verbose" => 1,
        "wrong-tone" | "vague" => 2,
        "missing-request" => 3,
        "wrong-number" | "invented-detail" => 4,
        _ => panic!("unknown defect {defect}"),
    }
}

/// The severity of the worst defect of each summary, by item and system; 0 for one without.
fn worst_defects() -> HashMap<(String, String), u32> {
    let text = std::fs::read_to_string(ticket_file("defects.jsonl")).unwrap();
    let mut worst = HashMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let of = |field: &str| line[field].as_str().unwrap().to_owned();
        let defects = line["defects"].as_array().unwrap();
        assert!(defects.len() <= 2, "{line}");
        let defects = defects.iter().map(|defect| severity(defect.as_str().unwrap()));
        let earlier = worst.insert((of("id"), of("system")), defects.max().unwrap_or(0));
        assert_eq!(earlier, None, "{line}");
    }
    worst
}

#[test]
fn the_sample_has_at_least_60_tickets_with_a_reference_and_three_systems_each() {
    let tickets = tickets();
    assert!(tickets.len() >= 60, "{}", tickets.len());
    for ticket in &tickets {
        assert_eq!(ticket.responses.len(), 3, "{}", ticket.id);
        assert!(
            matches!(&ticket.reference, Some(Reference::Text(text)) if !text.trim().is_empty())
        );
        assert!(ticket.responses.values().all(|summary| !summary.is_empty()), "{}", ticket.id);
        assert!(ticket.tags.contains_key("topic") && ticket.tags.contains_key("channel"));
    }
    let prompts: BTreeSet<_> = tickets.iter().map(|ticket| ticket.prompt.to_text()).collect();
    assert_eq!(prompts.len(), tickets.len());
}

#[test]
fn every_label_of_the_sample_follows_from_the_defects_by_the_rule_of_its_readme() {
    let tickets = tickets();
    let worst = worst_defects();
    let labels = labels(&tickets);
    assert_eq!(labels.len(), 3 * tickets.len());
    assert_eq!(worst.len(), 3 * tickets.len());
    for label in labels {
        assert_eq!(&*label.annotator, "construction");
        let [a, b] = &label.between;
        let of = |system: &str| worst[&(label.id.to_string(), system.to_owned())];
        let expected = match of(a).cmp(&of(b)) {
            std::cmp::Ordering::Less => Some(a),
            std::cmp::Ordering::Greater => Some(b),
            std::cmp::Ordering::Equal => None,
        };
        assert_eq!(label.winner.as_ref(), expected, "{} {a} {b}", label.id);
    }
}

/// The grades of the sample by item and system, as its file has them.
fn grades() -> HashMap<(String, String), String> {
    let text = std::fs::read_to_string(ticket_file("grades.jsonl")).unwrap();
    let mut grades = HashMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["annotator"], "construction", "{line}");
        let of = |field: &str| line[field].as_str().unwrap().to_owned();
        let earlier = grades.insert((of("id"), of("system")), of("grade"));
        assert_eq!(earlier, None, "{line}");
    }
    grades
}

/// The scale of the rubric by which the sample is graded.
fn summary_scale() -> Scale {
    load_rubric("summary-grade", Folder::new().path()).unwrap().rubric.scale.unwrap()
}

/// The grade of a summary whose worst defect has this severity, by the rule in the sample's README: one step below the
/// best for each degree.
fn grade_of(scale: &Scale, severity: u32) -> &str {
    let steps = &scale.steps;
    &steps[steps.len() - 1 - severity as usize].name
}

#[test]
fn every_grade_of_the_sample_follows_from_the_defects_by_the_rule_of_its_readme() {
    let scale = summary_scale();
    let grades = grades();
    let worst = worst_defects();
    assert_eq!(grades.len(), 3 * tickets().len());
    assert_eq!(worst.len(), grades.len());
    let file = DataFile::labels(ticket_file("grades.jsonl"), LabelColumns::default());
    let read = read_grade_labels(&file, &KnownItems::of(&tickets()), &scale).unwrap();
    assert_eq!((read.labels.len(), read.unmatched_ids.len(), read.blank), (grades.len(), 0, 0));
    assert_eq!(read.warnings, [] as [String; 0]);
    for (summary, severity) in worst {
        assert_eq!(grades[&summary], grade_of(&scale, severity), "{summary:?}");
    }
}

#[test]
fn the_label_of_every_pair_of_the_sample_is_the_better_of_its_grades() {
    let scale = summary_scale();
    let grades = grades();
    for label in labels(&tickets()) {
        let step = |system: &Arc<str>| {
            let grade = &grades[&(label.id.to_string(), system.to_string())];
            scale.grade_named(grade).unwrap().step().unwrap()
        };
        let [a, b] = &label.between;
        let better = match step(a).cmp(&step(b)) {
            std::cmp::Ordering::Greater => Some(a),
            std::cmp::Ordering::Less => Some(b),
            std::cmp::Ordering::Equal => None,
        };
        assert_eq!(label.winner.as_ref(), better, "{} {a} {b}", label.id);
    }
}

#[test]
fn the_readme_of_the_sample_states_the_rule_of_its_grades_and_how_many_there_are() {
    let readme = std::fs::read_to_string(ticket_file("README.md")).unwrap();
    let scale = summary_scale();
    assert_eq!(scale.len(), 5);
    let grades = grades();
    let mut passed = 0;
    for severity in 0..5 {
        let name = grade_of(&scale, severity);
        let is_pass = scale.passes(scale.grade_named(name).unwrap()).unwrap();
        let defect =
            if severity == 0 { "none".to_owned() } else { format!("of severity {severity}") };
        let row = format!("| {defect} | `{name}` | {} |\n", if is_pass { "yes" } else { "no" });
        assert!(readme.contains(&row), "{row}");
        let count = grades.values().filter(|grade| *grade == name).count();
        assert!(readme.contains(&format!("{count} `{name}`")), "{count} {name}");
        passed += if is_pass { count } else { 0 };
    }
    let all = grades.len();
    assert!(readme.contains(&format!("{passed} of {all} pass")), "{passed} of {all}");
    assert!(readme.contains(&format!("{all} grades")), "{all}");
}

#[test]
fn the_readme_of_the_sample_states_the_severities_that_this_test_knows() {
    let readme = std::fs::read_to_string(ticket_file("README.md")).unwrap();
    let mut rows = 0;
    for line in readme.lines().filter(|line| line.starts_with("| `") && !line.contains(".jsonl")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        assert_eq!(cells[3], severity(cells[1].trim_matches('`')).to_string(), "{line}");
        rows += 1;
    }
    assert_eq!(rows, 6);
    assert!(readme.contains(&format!("{} invented", tickets().len())));
}

#[test]
fn every_system_of_the_sample_wins_some_labels() {
    let tickets = tickets();
    let mut wins: BTreeMap<Option<Arc<str>>, usize> = BTreeMap::new();
    for label in labels(&tickets) {
        *wins.entry(label.winner).or_default() += 1;
    }
    assert_eq!(wins.len(), 4, "{wins:?}");
    assert!(wins.values().all(|count| *count >= 10), "{wins:?}");
}
