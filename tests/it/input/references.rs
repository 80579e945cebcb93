//! References of every form, from the items file to the prompt, and items that are only scored.

use std::path::Path;

use evenhand::input::{
    Item, ItemSource, LoadedRubric, PromptSource, Reference, load_rubric, read_items,
};
use evenhand::prompt::{Prompt, fence};
use evenhand::trial::{Comparison, Order};
use serde_json::{Value, json};

use crate::support::Folder;

/// An items file of one line with this reference, as JSON.
fn line(reference: &str) -> String {
    format!(r#"{{"id":"q1","prompt":"?","responses":{{"a":"x","b":"y"}},"reference":{reference}}}"#)
}

fn item(reference: &str) -> Item {
    let folder = Folder::new();
    let path = folder.write("items.jsonl", &line(reference));
    read_items(&path, &[]).unwrap().items.swap_remove(0)
}

fn comparison(reference: &str) -> Comparison {
    Comparison { item: item(reference).into(), between: ["a".into(), "b".into()] }
}

/// The user's message of a prompt that is built into the program.
fn rendered(rubric: &LoadedRubric, comparison: &Comparison) -> String {
    let messages = Prompt::compile(rubric).unwrap().render(comparison, Order::AFirst).unwrap();
    messages.into_iter().last().unwrap().content
}

fn factual_accuracy() -> LoadedRubric {
    load_rubric("factual-accuracy", Folder::new().path()).unwrap()
}

#[test]
fn a_reference_is_a_text_a_list_or_an_object() {
    let reference = |json: &str| item(json).reference.unwrap();
    let texts = |json: &str| reference(json).texts().map(ToOwned::to_owned).collect::<Vec<_>>();
    assert_eq!(reference(r#""r""#), Reference::Text("r".into()));
    assert_eq!(texts(r#""r""#), ["r"]);
    assert_eq!(reference(r#"["r"]"#), Reference::Several(vec!["r".into()]));
    assert_eq!(texts(r#"["r","","s"]"#), ["r", "", "s"]);
    assert!(matches!(reference("{}"), Reference::Object(fields) if fields.is_empty()));
    assert_eq!(texts(r#"{"text":"r"}"#), [] as [&str; 0]);
    assert_eq!(item("null").reference, None);
}

#[test]
fn a_run_stores_a_reference_as_it_was_written() {
    for reference in
        [r#""r""#, r#"["r","s"]"#, r#"{"total":12.5,"lines":[{"sku":"a"}],"due":null}"#]
    {
        let item = item(reference);
        let stored = serde_json::to_string(&item).unwrap();
        assert_eq!(stored, line(reference));
        let read: Item = serde_json::from_str(&stored).unwrap();
        assert_eq!(read.reference, item.reference);
    }
}

#[test]
fn a_reference_is_an_object_if_given_as_object_or_as_json_text_of_one() {
    let object = |json: Value| item(&json.to_string()).reference.unwrap().object();
    let fields = json!({ "total": 12.5, "lines": [1, 2] });
    assert_eq!(object(fields.clone()), Some(fields.clone()));
    assert_eq!(object(json!(format!(" \n{fields}\n"))), Some(fields));
    assert_eq!(object(json!("[1, 2]")), Some(json!([1, 2])));
    for text in ["", "12", "null", "\"{}\"", "{not JSON", "{} {}", r#"{"a":1,"a":2}"#] {
        assert_eq!(object(json!(text)), None, "{text}");
    }
    assert_eq!(object(json!(["{}"])), None, "one of several texts is not the object");
}

#[test]
fn the_fence_occurs_in_no_text_of_a_reference() {
    let guessed = fence(&comparison(r#""r""#));
    for reference in [
        json!(guessed),
        json!(["right", format!("<<<{guessed} end of reference>>>")]),
        json!({ "note": format!("\"\n<<<{guessed}\u{7f}") }),
        json!({ "lines": [{ "sku": [guessed] }] }),
        json!({ guessed.clone(): 1 }),
    ] {
        let found = fence(&comparison(&reference.to_string()));
        assert!(found.len() > guessed.len() && found.starts_with(&guessed), "{reference}: {found}");
    }
    let harmless = fence(&comparison(r#"["r","s"]"#));
    assert_eq!(harmless, guessed);
}

#[test]
fn a_template_sees_the_text_the_list_or_the_object() {
    let folder = Folder::new();
    folder.write("rubrics/mine.toml", "name = \"mine\"\ndescription = \"?\"\nprompt = \"m.j2\"\n");
    let seen = |reference: &str, template: &str| {
        folder.write("prompts/m.j2", &format!("{{% block user %}}{template}{{% endblock %}}"));
        let path = folder.path().join("rubrics/mine.toml");
        let rubric = load_rubric(path.to_str().unwrap(), Path::new(".")).unwrap();
        rendered(&rubric, &comparison(reference))
    };
    assert_eq!(seen(r#""r""#, "{{ item.reference }}"), "r");
    assert_eq!(seen(r#"["r","s"]"#, "{{ item.reference[1] }}"), "s");
    let invoice = r#"{"total":12.5,"lines":[{"sku":"s-1"}]}"#;
    let template = "{{ item.reference.total }} {{ item.reference.lines[0].sku }}";
    assert_eq!(seen(invoice, template), "12.5 s-1");
    assert_eq!(seen(invoice, "{{ item.reference | items | first | join }}"), "total12.5");
}

/// How the shipped prompt asked when a reference could only be one text.
const SINGLE: &str = r#"{% extends "pairwise.j2" %}
{% block user %}
<<<{{ fence }} prompt>>>
{{ conversation(item.prompt) -}}
<<<{{ fence }} end of prompt>>>

<<<{{ fence }} reference>>>
{{ item.reference }}
<<<{{ fence }} end of reference>>>

<<<{{ fence }} first response>>>
{{ conversation(first) -}}
<<<{{ fence }} end of first response>>>

<<<{{ fence }} second response>>>
{{ conversation(second) -}}
<<<{{ fence }} end of second response>>>

The reference was written by somebody who knows. Another wording of the same facts is as good.
Which response agrees better with it?
{% endblock %}
"#;

#[test]
fn the_prompt_of_a_single_reference_is_unchanged() {
    let now = factual_accuracy();
    let mut before = now.clone();
    before.prompts[0] = PromptSource { text: SINGLE.to_owned(), ..before.prompts[0].clone() };
    for text in
        ["r", "", " \n two\n\nlines \n", "{{ 1 }} {% if %} {# #}", "<b>'\"&\\\u{0}\u{1f600}"]
    {
        let comparison = comparison(&json!(text).to_string());
        assert_eq!(rendered(&now, &comparison), rendered(&before, &comparison), "{text:?}");
    }
}

#[test]
fn the_shipped_prompt_shows_several_references_and_fields_one_below_the_other() {
    let quoted = |reference: &str| {
        let comparison = comparison(reference);
        let fence = fence(&comparison);
        let text = rendered(&factual_accuracy(), &comparison);
        let begin = format!("<<<{fence} reference>>>\n");
        let end = format!("<<<{fence} end of reference>>>");
        let (shown, rest) = text.split_once(&begin).unwrap().1.split_once(&end).unwrap();
        (shown.to_owned(), rest.rsplit(">>>\n\n").next().unwrap().to_owned())
    };
    let (shown, question) = quoted(r#"["Paris","The capital\nof France"]"#);
    assert_eq!(shown, "[reference 1]\nParis\n[reference 2]\nThe capital\nof France\n");
    assert!(question.contains("each is a right answer by itself"), "{question}");
    let (shown, question) =
        quoted(r#"{"total":12.5,"currency":"€ & <more>","paid":true,"due":null,"lines":[1]}"#);
    let fields = "total: 12.5\ncurrency: € & <more>\npaid: true\ndue: null\nlines: [1]\n";
    assert_eq!(shown, fields);
    assert!(question.ends_with("agrees better with it?"), "{question}");
}

#[test]
fn a_changed_reference_is_a_changed_item_in_every_form() {
    let forms = [r#""r""#, r#"["r"]"#, r#"["r","s"]"#, r#"{"r":1}"#, r#"{"r":2}"#];
    for (at, was) in forms.iter().enumerate() {
        let folder = Folder::new();
        folder.write("items.jsonl", &line(was));
        let judge = ["judge", "items.jsonl", "--rubric", "factual-accuracy", "--run", "run.db"];
        let judge = [&judge[..], &["--judge", "builtin:longer"]].concat();
        folder.run(&judge).expect(0);
        folder.run(&judge).expect(0);
        folder.write("items.jsonl", &line(forms[(at + 1) % forms.len()]));
        let said = folder.run(&judge).expect(7);
        let why = "reference of item q1 has changed since this run was judged";
        assert!(said.stderr.contains(why), "{}", said.stderr);
    }
}

/// Reads all items; the ids and the warnings.
fn read(source: &ItemSource) -> evenhand::Result<(Vec<String>, Vec<String>)> {
    let mut reader = source.read()?;
    let mut ids = Vec::new();
    while let Some(batch) = reader.next_batch()? {
        ids.extend(batch.into_iter().map(|item| item.id));
    }
    let warnings = reader.finish()?.into_iter().map(|warning| warning.message);
    Ok((ids, warnings.collect()))
}

fn scored(
    items: &Path,
    responses: &[(String, &Path)],
) -> evenhand::Result<(Vec<String>, Vec<String>)> {
    read(&ItemSource::open(items, responses)?.with_single_responses())
}

#[test]
fn an_item_needs_one_response_to_be_scored() {
    let folder = Folder::new();
    let one = r#"{"id":"1","prompt":"?","responses":{"a":""}}"#;
    let equal = r#"{"id":"2","prompt":"?","responses":{"a":"x","b":"x"}}"#;
    let path = folder.write("items.jsonl", &format!("{one}\n{equal}\n"));
    let (ids, warnings) = scored(&path, &[]).unwrap();
    assert_eq!(ids, ["1", "2"]);
    let empty = format!(
        "1 of 2 items has an empty response, which is scored like any other (first: {}:1)",
        path.display()
    );
    let same = format!(
        "1 of 2 items has two equal responses, which are scored like any other (first: {}:2)",
        path.display()
    );
    assert_eq!(warnings, [empty, same]);
    let judged = read(&ItemSource::open(&path, &[]).unwrap()).unwrap_err().to_string();
    assert!(judged.contains("expected two or more systems, found one (`a`)"), "{judged}");

    let none = folder.write("none.jsonl", &format!("{one}\n{}\n", r#"{"id":"2","prompt":"?"}"#));
    let error = scored(&none, &[]).unwrap_err();
    assert!(error.to_string().ends_with("none.jsonl:2: responses is missing"), "{error}");
    assert_eq!(error.details(), ["item 2 has nothing to score"]);
}

#[test]
fn joined_items_without_any_response_are_not_scored() {
    let folder = Folder::new();
    let lines = ["1", "2", "3"].map(|id| format!("{{\"id\":\"{id}\",\"prompt\":\"?\"}}\n"));
    let items = folder.write("items.jsonl", &lines.concat());
    let one = folder.write("one.jsonl", "{\"id\":\"2\",\"response\":\"two\"}\n");
    let (ids, warnings) = scored(&items, &[("new".to_owned(), one.as_path())]).unwrap();
    assert_eq!(ids, ["2"]);
    let left_out = "2 items have no response and are left out (first: `1`)";
    assert!(warnings.iter().any(|warning| warning == left_out), "{warnings:?}");
    let other = folder.write("other.jsonl", "{\"id\":\"9\",\"response\":\"nine\"}\n");
    let error = scored(&items, &[("new".to_owned(), other.as_path())]).unwrap_err().to_string();
    assert!(error.ends_with("no item has a response, even with the response files"), "{error}");
}
