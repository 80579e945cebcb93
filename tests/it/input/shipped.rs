//! The shipped files: every rubric and prompt renders the sample, and all of them are built into the program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use evenhand::input::{
    Content, Item, ItemSource, Message, PromptSource, Reference, ReplyFormat, Turn, load_rubric,
    read_settings,
};
use evenhand::prompt::{Prompt, SystemPrompt};
use evenhand::trial::{Order, ScaleOrder, SystemResponse};

use super::sample::tickets;
use crate::support::Folder;
use crate::support::plan::plan;

const RUBRICS: [&str; 4] =
    ["factual-accuracy", "helpfulness", "instruction-following", "summary-quality"];
/// The rubrics that grade single responses.
const GRADED: [&str; 2] = ["pass-fail", "summary-grade"];

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
