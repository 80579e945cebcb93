//! The shipped files: the labels and grades of the sample follow from its defects, and every rubric and prompt renders
//! it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evenhand::input::{
    Content, DataFile, Item, ItemSource, KnownItems, Label, LabelColumns, Message, PromptSource,
    Reference, ReplyFormat, Scale, Turn, load_rubric, read_items, read_labels, read_settings,
};
use evenhand::prompt::{Prompt, SystemPrompt};
use evenhand::trial::{Order, ScaleOrder, SystemResponse};
use serde_json::Value;

use crate::support::Folder;
use crate::support::plan::plan;

const RUBRICS: [&str; 4] =
    ["factual-accuracy", "helpfulness", "instruction-following", "summary-quality"];
/// The rubrics that grade single responses.
const GRADED: [&str; 2] = ["pass-fail", "summary-grade"];

fn ticket_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("calibration/tickets").join(name)
}

fn tickets() -> Vec<Item> {
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
        let passes = scale.passes(scale.grade_named(name).unwrap()).unwrap();
        let defect =
            if severity == 0 { "none".to_owned() } else { format!("of severity {severity}") };
        let row = format!("| {defect} | `{name}` | {} |\n", if passes { "yes" } else { "no" });
        assert!(readme.contains(&row), "{row}");
        let count = grades.values().filter(|grade| *grade == name).count();
        assert!(readme.contains(&format!("{count} `{name}`")), "{count} {name}");
        passed += if passes { count } else { 0 };
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

#[test]
fn every_shipped_rubric_renders_the_sample_in_both_orders() {
    let plan = plan(tickets(), None, None, 0).unwrap();
    let nowhere = Folder::new();
    for name in RUBRICS {
        let rubric = load_rubric(name, nowhere.path()).unwrap();
        assert_eq!(rubric.rubric.name, name);
        assert!(rubric.rubric.ties && !rubric.rubric.criteria.is_empty());
        assert!(matches!(rubric.rubric.reply, ReplyFormat::Json { .. }));
        let prompt = Prompt::compile(&rubric).unwrap();
        for comparison in &plan.comparisons {
            let [a, b] =
                comparison.between.each_ref().map(|name| comparison.item.responses[name].to_text());
            for (order, [first, second]) in Order::BOTH.into_iter().zip([[&a, &b], [&b, &a]]) {
                let messages = prompt.render(comparison, order).unwrap();
                let [system, user] = messages.as_slice() else { panic!("{messages:?}") };
                assert_eq!([system.role.as_str(), user.role.as_str()], ["system", "user"]);
                assert!(system.content.contains(&rubric.rubric.description));
                for criterion in &rubric.rubric.criteria {
                    assert!(system.content.contains(&criterion.description));
                }
                let places = [first, second].map(|text| user.content.find(&**text).unwrap());
                assert!(places[0] < places[1], "{} {order:?}", comparison.item.id);
            }
        }
    }
}

#[test]
fn every_shipped_rubric_that_grades_renders_the_sample_in_both_directions() {
    let nowhere = Folder::new();
    for name in GRADED {
        let rubric = load_rubric(name, nowhere.path()).unwrap();
        assert_eq!(rubric.rubric.name, name);
        let scale = rubric.rubric.scale.clone().unwrap();
        assert!(scale.pass_from.is_some() && !rubric.rubric.is_weighted());
        assert!(matches!(rubric.rubric.reply, ReplyFormat::Json { .. }));
        let prompt = Prompt::compile(&rubric).unwrap();
        for ticket in tickets().into_iter().map(Arc::new) {
            for (system, response) in &ticket.responses {
                let graded = SystemResponse { item: Arc::clone(&ticket), system: system.clone() };
                for order in ScaleOrder::BOTH {
                    let messages = prompt.render_response(&graded, order).unwrap();
                    let [system, user] = messages.as_slice() else { panic!("{messages:?}") };
                    assert_eq!([system.role.as_str(), user.role.as_str()], ["system", "user"]);
                    let place = |text: &str| {
                        system.content.find(text).unwrap_or_else(|| panic!("{name}: {text}"))
                    };
                    place(&rubric.rubric.description);
                    let mut places: Vec<usize> = scale
                        .steps
                        .iter()
                        .map(|step| place(step.description.as_deref().unwrap()))
                        .collect();
                    if order == ScaleOrder::Reversed {
                        places.reverse();
                    }
                    assert!(places.is_sorted(), "{name} {order:?}");
                    assert!(user.content.contains(&*response.to_text()), "{}", ticket.id);
                }
            }
        }
    }
}

#[test]
fn the_files_of_the_repository_are_those_built_into_the_program() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let nowhere = Folder::new();
    for name in RUBRICS.into_iter().chain(GRADED) {
        let path = repository.join("rubrics").join(format!("{name}.toml"));
        let local = load_rubric(path.to_str().unwrap(), Path::new(".")).unwrap();
        let built_in = load_rubric(name, nowhere.path()).unwrap();
        assert_eq!(local.text, built_in.text);
        let texts = |prompts: Vec<PromptSource>| -> BTreeMap<String, String> {
            prompts.into_iter().map(|source| (source.name, source.text)).collect()
        };
        assert_eq!(local.prompts[0], built_in.prompts[0]);
        assert_eq!(texts(local.prompts), texts(built_in.prompts));
    }
    let shipped: BTreeSet<&str> = evenhand::input::starter_files().map(|file| file.path).collect();
    for folder in ["rubrics", "prompts", "systems", "calibration/tickets"] {
        for entry in std::fs::read_dir(repository.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(shipped.contains(format!("{folder}/{name}").as_str()), "{folder}/{name}");
        }
    }
}

/// What each shipped system is sent for each shipped prompt, by the settings that `evenhand init` writes.
fn sent() -> Vec<(Item, [Vec<Message>; 2])> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::new();
    folder.run(&["init"]).expect(0);
    let settings = read_settings(&folder.path().join("evenhand.toml")).unwrap();
    let prompts = ["short", "guided"].map(|system| {
        let template = settings.system(system).unwrap().template.unwrap();
        SystemPrompt::compile(Some(&template)).unwrap()
    });
    let path = repository.join("systems/prompts.jsonl");
    let source = ItemSource::open(&path, &[]).unwrap().with_prompts_only();
    let mut reader = source.read().unwrap();
    let mut sent = Vec::new();
    while let Some(items) = reader.next_batch().unwrap() {
        for item in items {
            let messages = prompts.each_ref().map(|prompt| prompt.render(&item).unwrap());
            sent.push((item, messages));
        }
    }
    assert_eq!(reader.finish().unwrap(), []);
    sent
}

#[test]
fn the_shipped_systems_are_sent_every_shipped_prompt_and_no_reference() {
    let sent = sent();
    assert!(sent.len() >= 6, "{}", sent.len());
    for (item, [short, guided]) in sent {
        let prompt = item.prompt.to_text();
        let facts = item.context.as_ref().unwrap()["facts"].as_str().unwrap();
        let Some(Reference::Text(reference)) = &item.reference else { panic!("{item:?}") };
        assert!(item.tags.contains_key("topic") && item.tags.contains_key("channel"));
        assert_eq!(short.len(), 2);
        assert_eq!(short[1].content, prompt, "the prompt as it is");
        assert_eq!(guided.len(), 2);
        assert!(guided[1].content.contains(facts) && guided[1].content.ends_with(&*prompt));
        for message in short.iter().chain(&guided) {
            assert!(!message.content.contains(reference.as_str()), "{message:?}");
        }
    }
}

#[test]
fn factual_accuracy_without_a_reference_is_an_error_with_the_place() {
    let mut ticket = tickets().swap_remove(0);
    ticket.reference = None;
    let plan = plan(vec![ticket], None, None, 0).unwrap();
    let nowhere = Folder::new();
    for name in RUBRICS {
        let prompt = Prompt::compile(&load_rubric(name, nowhere.path()).unwrap()).unwrap();
        let rendered = prompt.render(&plan.comparisons[0], Order::AFirst);
        if name == "factual-accuracy" {
            let error = rendered.unwrap_err();
            let said = format!("{error} {:?} {:?}", error.details(), error.hint_text());
            assert!(said.contains("pairwise-reference.j2"), "{said}");
            assert!(said.contains("reference") && said.contains("ticket-001"), "{said}");
            assert!(said.contains("items.jsonl:1"), "{said}");
        } else {
            rendered.unwrap();
        }
    }
}

/// Renders the first ticket by a rubric of one's own that names a prompt which ships.
fn rendered(prompt: &str, reply: &str, change: impl FnOnce(&mut Item)) -> Vec<Message> {
    let folder = Folder::new();
    let text = format!(
        "name = \"own\"\ndescription = \"Which is kinder?\"\nprompt = \"{prompt}\"\nties = false\n\
         [[criteria]]\nname = \"warmth\"\ndescription = \"It is warm.\"\n{reply}"
    );
    let path = folder.write("rubrics/own.toml", &text);
    let rubric = load_rubric(path.to_str().unwrap(), Path::new(".")).unwrap();
    let mut item = tickets().swap_remove(0);
    change(&mut item);
    let plan = plan(vec![item], None, None, 0).unwrap();
    Prompt::compile(&rubric).unwrap().render(&plan.comparisons[0], Order::BFirst).unwrap()
}

#[test]
fn a_custom_rubric_may_name_any_shipped_prompt() {
    for prompt in ["pairwise.j2", "pairwise-reference.j2", "pairwise-multi-turn.j2"] {
        let messages = rendered(prompt, "", |_| {});
        assert_eq!(messages.len(), 2, "{prompt}");
        assert!(messages[0].content.contains("Which is kinder?"), "{prompt}");
        assert!(messages[0].content.contains("warmth"), "{prompt}");
        assert!(messages[0].content.contains("You must choose one"), "{prompt}");
    }
}

#[test]
fn the_terse_prompt_asks_for_one_letter() {
    let reply = "[reply]\nformat = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n";
    let messages = rendered("pairwise-terse.j2", reply, |_| {});
    assert_eq!(messages.len(), 2);
    assert!(messages[0].content.contains("one letter") && !messages[0].content.contains("JSON"));
    assert!(messages[1].content.ends_with("Answer:"), "{}", messages[1].content);
}

#[test]
fn conversations_are_shown_turn_by_turn() {
    let turn = |role: &str, content: &str| Turn::new(role, content);
    for prompt in ["pairwise-multi-turn.j2", "pairwise.j2"] {
        let messages = rendered(prompt, "", |item| {
            item.prompt =
                Content::Turns(vec![turn("user", "Where is it?"), turn("assistant", "What?")]);
            let reply = Content::Turns(vec![turn("user", "My parcel."), turn("assistant", "Ah.")]);
            item.responses.insert("model-b".into(), reply);
        });
        let user = &messages[1].content;
        let places = ["[user]\nWhere is it?", "[assistant]\nWhat?", "[user]\nMy parcel.", "Ah."]
            .map(|text| user.find(text).unwrap_or_else(|| panic!("{prompt}: {text}: {user}")));
        assert!(places.is_sorted(), "{prompt}: {places:?}");
    }
}
