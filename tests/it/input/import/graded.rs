//! Grades of single responses: the assertions of promptfoo and the scorers of Inspect.

use serde_json::{Value, json};

use super::small::{follow, read, write};
use crate::support::Folder;

pub(super) fn records(folder: &Folder, path: &str) -> Vec<Value> {
    read(folder, path).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
pub(super) fn contains(said: &str, words: &str) {
    assert!(said.contains(words), "no `{words}` in {said}");
}

/// One result of promptfoo: test, column, and the results of its assertions.
fn result(test: u64, column: u64, components: &Value) -> Value {
    let provider = ["openai:small", "openai:large"][column as usize];
    json!({
        "testIdx": test, "promptIdx": column, "vars": { "question": format!("Ask {test}.") },
        "prompt": { "raw": format!("Answer: Ask {test}."), "label": "Answer: {{question}}" },
        "provider": { "id": provider, "label": "" }, "success": true, "score": 1,
        "response": { "output": format!("{provider} on {test}") },
        "gradingResult": { "pass": true, "score": 0.5, "reason": "All", "componentResults": components },
    })
}

fn results(results: &[Value]) -> Value {
    json!({ "evalId": "eval-1", "config": {}, "results": { "version": 3, "results": results } })
}

fn component(kind: &str, pass: bool, reason: &str) -> Value {
    json!({ "pass": pass, "score": 0.7, "reason": reason, "assertion": { "type": kind, "value": "is polite" } })
}

fn with(mut component: Value, field: &str, value: &Value) -> Value {
    component[field] = value.clone();
    component
}

/// The pass rates by one direction of a recorded judge, by system.
fn one_direction(folder: &Folder, judge: &str) -> Vec<f64> {
    let rubric = format!("graded-{judge}");
    let arguments = ["grade", "items.jsonl", "--rubric", &rubric, "--judge", judge];
    let mut command = folder.command(&[&arguments[..], &["--format", "json"]].concat());
    let said = command.current_dir(folder.path().join("out")).output().unwrap();
    let numbers: Value = serde_json::from_slice(&said.stdout).unwrap();
    let systems = numbers["judges"][0]["systems"].as_array().unwrap();
    let rate = |system: &Value| system["pass_rate"]["one_direction"]["value"].as_f64().unwrap();
    systems.iter().map(rate).collect()
}

#[test]
fn what_models_and_people_say_of_outputs_in_promptfoo_are_grades_and_labels() {
    let folder = Folder::new();
    let rated =
        with(component("human", false, "Manual result"), "comment", &json!("too \u{1b}[2J long"));
    let rules = component("contains", true, "ok");
    let named = |pass, value: &str| json!({ "pass": pass, "reason": "=cmd|x", "assertion": { "type": "g-eval", "metric": "Tone of voice", "value": value } });
    let set =
        json!({ "pass": true, "score": 1, "reason": "All", "metadata": { "assertionSet": {} } });
    let of = |test, column, pass| {
        let list = json!([
            component("llm-rubric", pass, "It thanks."),
            component("llm-rubric", true, "second"),
            set,
            rules,
            named(!pass, ["warm", "cold"][column as usize]),
            component("not-llm-rubric", true, "is not"),
        ]);
        result(test, column, &list)
    };
    let mut last = of(1, 1, false);
    last["gradingResult"]["componentResults"].as_array_mut().unwrap().push(rated);
    write(
        &folder,
        "results.json",
        &results(&[of(0, 0, true), of(0, 1, true), of(1, 0, true), last]),
    );
    let said = folder.run(&["import", "results.json", "--to", "out"]).expect(0);
    contains(&said.stderr, "recognised as promptfoo: 2 items, 1 label, 4 recorded judges");
    contains(&said.stderr, "4 outputs were checked by rules such as `contains`, not by a model");
    contains(&said.stderr, "1 output with several checks was rated by a person as a whole");
    contains(&said.stderr, "llm-rubric was asked once about 4 responses: no second direction");
    let grades = records(&folder, "out/replies/llm-rubric.jsonl");
    assert_eq!(
        grades[0],
        json!({ "id": "test-0", "system": "openai:small", "scale": "written", "reply": "It thanks.", "grade": "pass" })
    );
    assert_eq!(grades[3]["grade"], "fail");
    assert_eq!(records(&folder, "out/replies/llm-rubric-2.jsonl")[0]["reply"], "second");
    assert_eq!(records(&folder, "out/replies/tone-of-voice.jsonl")[3]["grade"], "pass");
    assert_eq!(
        records(&folder, "out/labels.jsonl"),
        [
            json!({ "id": "test-1", "annotator": "human", "system": "openai:large", "grade": "fail", "note": "too \u{1b}[2J long" })
        ]
    );
    // A question that is the same everywhere asks new judges; another one must be written.
    let rubric = read(&folder, "out/rubrics/graded-llm-rubric.toml");
    contains(&rubric, "description = \"Does the response meet this criterion? is polite\"");
    assert!(!rubric.contains("Before another judge"), "{rubric}");
    contains(
        &read(&folder, "out/rubrics/graded-tone-of-voice.toml"),
        "# Before another judge is asked",
    );
    contains(
        &read(&folder, "out/rubrics/graded-not-llm-rubric.toml"),
        "not meet this criterion? is polite",
    );
    follow(&folder, &said, [0, 5, 0]);
    assert_eq!(one_direction(&folder, "llm-rubric"), [0.5, 1.0]);
}

#[test]
fn the_question_of_an_assertion_is_negated_by_its_type_and_not_by_its_name() {
    let asking = |kind: &str, value: &str, metric: &str| json!({ "pass": true, "reason": "so", "assertion": { "type": kind, "value": value, "metric": metric } });
    let folder = Folder::new();
    let of = |test| {
        let both = ["llm-rubric", "not-llm-rubric"][test as usize];
        let list = json!([
            asking("not-llm-rubric", "is rude", "manners"),
            asking("llm-rubric", "is kind", "not-toxic"),
            asking(both, "is brief", "brevity"),
            asking("not-factuality", "42", "wrong"),
        ]);
        let mut result = result(test, 0, &list);
        result["testCase"] = json!({ "assert": [{ "type": "equals", "value": "42" }] });
        result
    };
    write(&folder, "results.json", &results(&[of(0), of(1)]));
    folder.run(&["import", "results.json", "--to", "out"]).expect(0);
    let rubric = |judge: &str| read(&folder, &format!("out/rubrics/graded-{judge}.toml"));
    for (judge, question) in [
        ("manners", "Does the response not meet this criterion? is rude"),
        ("not-toxic", "Does the response meet this criterion? is kind"),
        // One name asks the opposite in another test, so that no question is the same in both.
        ("brevity", "Does the response pass the assertion `brevity`?"),
        ("wrong", "Does the response pass the assertion `wrong`?"),
    ] {
        contains(&rubric(judge), &format!("description = \"{question}\""));
        assert_eq!(rubric(judge).contains("Before another judge"), question.contains("pass the"));
    }
}

#[test]
fn ratings_alone_are_labels_with_a_rubric() {
    let folder = Folder::new();
    let rated = |test, pass| result(test, 0, &json!([component("human", pass, "Manual result")]));
    write(&folder, "results.json", &results(&[rated(0, true), rated(1, false)]));
    let said = folder.run(&["import", "results.json", "--to", "out"]).expect(0).stderr;
    contains(&said, "2 items, 2 labels, 0 recorded judges");
    contains(&said, "evenhand grade items.jsonl --rubric graded --judge JUDGE");
    assert!(!said.contains("as a whole"), "{said}");
    contains(&read(&folder, "out/rubrics/graded.toml"), "scale = [\"fail\", \"pass\"]");
}

#[test]
fn results_of_one_system_are_imported_where_they_have_grades() {
    let folder = Folder::new();
    let one = |test, kind| result(test, 0, &json!([component(kind, test == 0, "so")]));
    write(
        &folder,
        "results.json",
        &results(&[one(0, "llm-rubric"), one(1, "llm-rubric"), one(2, "equals")]),
    );
    let said = folder.run(&["import", "results.json", "--to", "out"]).expect(0);
    contains(&said.stderr, "2 items, 0 labels, 1 recorded judge");
    contains(&said.stderr, "1 prompt is left out: only one response to it was given");
    follow(&folder, &said, [0, 5, 0]);
    assert_eq!(one_direction(&folder, "llm-rubric"), [0.5]);
}

#[test]
fn a_grader_that_failed_gave_no_grade_whatever_promptfoo_wrote() {
    let folder = Folder::new();
    let failed = with(
        component("llm-rubric", false, "API error"),
        "metadata",
        &json!({ "graderError": true }),
    );
    let old = component("llm-rubric", false, "Could not extract JSON from llm-rubric response");
    let words = "{\"grade\":\"pass\"}";
    // Words of a reply that passed are no sign of a failure.
    let fine = component("llm-rubric", true, "Could not extract JSON from the text, as wished");
    let list = [failed, old, fine, component("llm-rubric", false, words)];
    let entries: Vec<Value> =
        list.iter().enumerate().map(|(at, one)| result(at as u64, 0, &json!([one]))).collect();
    write(&folder, "results.json", &results(&entries));
    let said = folder.run(&["import", "results.json", "--to", "out"]).expect(0);
    contains(&said.stderr, "2 grades are missing, because the grader failed");
    let grades = records(&folder, "out/replies/llm-rubric.jsonl");
    let names: Vec<&Value> = grades.iter().map(|grade| &grade["grade"]).collect();
    assert_eq!(names, [&Value::Null, &Value::Null, &json!("pass"), &json!("fail")]);
    assert_eq!(grades[0]["reply"], "API error");
    for (pass, found) in [(json!("yes"), "a string"), (Value::Null, "null")] {
        let bad = with(component("llm-rubric", true, ""), "pass", &pass);
        write(&folder, "bad.json", &results(&[result(0, 0, &json!([bad]))]));
        let said = folder.run(&["import", "bad.json", "--to", "bad"]).expect(3).stderr;
        contains(
            &said,
            "results[0].gradingResult.componentResults[0].pass: expected true or false",
        );
        contains(&said, found);
    }
}

/// A log of Inspect with a sample for each set of scores.
fn log(model: &str, scores: &[Value]) -> Value {
    let samples = scores.iter().enumerate().map(|(at, scores)| {
        json!({
            "id": format!("s{at}"), "epoch": 1, "input": format!("Ask {at}."), "target": "42",
            "output": { "model": model, "choices": [], "completion": format!("{model} {at}") },
            "scores": scores,
        })
    });
    json!({
        "version": 2, "status": "success", "samples": samples.collect::<Vec<_>>(),
        "eval": { "task": "maths", "model": model, "scorers": [{ "name": "inspect_ai/model_graded_qa", "options": {} }] },
    })
}

fn qa(value: &Value, explanation: &str) -> Value {
    json!({ "model_graded_qa": { "value": value, "explanation": explanation } })
}

#[test]
fn scores_of_model_graders_of_inspect_are_grades_and_edits_are_labels() {
    let folder = Folder::new();
    let grading = json!({ "grading": [{ "role": "user", "content": "Grade." }, { "role": "assistant", "content": "GRADE: C", "model": "grader-1" }] });
    let own = json!({ "tone": { "value": true, "metadata": grading }, "match": { "value": "C" } });
    let edited = json!({ "model_graded_qa": { "value": "C", "explanation": "GRADE: I", "history": [
        { "value": "I", "explanation": "GRADE: I" },
        { "value": "C", "explanation": "UNCHANGED", "provenance": { "author": "ana", "reason": "It is right." } },
    ] } });
    let lost = json!({ "model_graded_qa": { "value": "P", "history": [{ "value": "P", "provenance": { "author": "ben" } }] } });
    let scores = [
        qa(&json!("C"), "Good. GRADE: C"),
        qa(&json!("I"), "Grade not found in model output: well"),
        qa(&json!("N"), "GRADE: N"),
        edited,
        lost,
        own,
        qa(&json!("NAN"), ""),
        qa(&json!(0.25), ""),
    ];
    // Python writes a score that is not a number without quotation marks.
    let text = log("openai/small", &scores).to_string().replace("\"NAN\"", "NaN");
    folder.write("log.json", &text);
    let said = folder.run(&["import", "log.json", "--to", "out"]).expect(0);
    contains(&said.stderr, "recognised as inspect: 7 items, 2 labels, 2 recorded judges");
    contains(&said.stderr, "1 score is not by a model grader and is left out (first: match of ");
    contains(&said.stderr, "2 replies of model graders have no grade");
    contains(&said.stderr, "1 score of a model grader is none of C, P, I and N");
    contains(&said.stderr, "1 score was edited and the log does not hold what the grader gave");
    contains(&said.stderr, "1 score is `N`, no answer");
    let grades = records(&folder, "out/replies/model-graded-qa.jsonl");
    let names: Vec<&Value> = grades.iter().map(|grade| &grade["grade"]).collect();
    let null = &Value::Null;
    assert_eq!(
        names,
        [&json!("correct"), null, &json!("cannot assess"), &json!("incorrect"), null]
    );
    assert_eq!(grades[1]["reply"], "Grade not found in model output: well");
    assert_eq!(records(&folder, "out/replies/tone.jsonl")[0]["grade"], "correct");
    assert_eq!(
        records(&folder, "out/labels/model-graded-qa.jsonl"),
        [
            json!({ "id": "s3", "annotator": "ana", "system": "openai/small", "grade": "correct", "note": "It is right." }),
            json!({ "id": "s4", "annotator": "ben", "system": "openai/small", "grade": "partially correct" }),
        ]
    );
    let rubric = read(&folder, "out/rubrics/graded-model-graded-qa.toml");
    contains(
        &rubric,
        "scale = [\"incorrect\", \"partially correct\", \"correct\"]\npass_from = \"correct\"",
    );
    contains(&rubric, "prompt = \"grade-reference.j2\"");
    // Partial credit and no answer are of the one scorer.
    contains(
        &read(&folder, "out/rubrics/graded-tone.toml"),
        "scale = [\"incorrect\", \"correct\"]\npass_from = \"correct\"\ncannot_assess = false",
    );
    contains(&rubric, "cannot_assess = true");
    follow(&folder, &said, [0, 5, 0]);
}

/// A score that people edited: what the grader gave, and each edit with its author.
fn edited(given: &str, edits: &[(&str, &str)]) -> Value {
    let edit = |(value, author): &(&str, &str)| json!({ "value": value, "provenance": { "author": author } });
    let history = std::iter::once(json!({ "value": given })).chain(edits.iter().map(edit));
    let last = edits.iter().rev().find(|(value, _)| *value != "UNCHANGED").unwrap().0;
    json!({ "value": last, "history": history.collect::<Vec<_>>() })
}

#[test]
fn edits_are_labels_of_their_scorer_that_measure_no_judge() {
    let folder = Folder::new();
    let mut scores = [
        json!({ "model_graded_qa": edited("I", &[("C", "ana")]), "model_graded_tone": edited("C", &[("I", "ana")]) }),
        json!({ "model_graded_qa": edited("C", &[("P", "ana"), ("I", "ben"), ("UNCHANGED", "eve")]), "model_graded_tone": { "value": "C" } }),
    ];
    write(&folder, "log.json", &log("small", &scores));
    let said = folder.run(&["import", "log.json", "--to", "out"]).expect(0);
    contains(&said.stderr, "2 items, 3 labels, 2 recorded judges");
    let of = |id: &str, annotator: &str, grade: &str| json!({ "id": id, "annotator": annotator, "system": "small", "grade": grade });
    assert_eq!(
        records(&folder, "out/labels/model-graded-qa.jsonl"),
        [of("s0", "ana", "correct"), of("s1", "ben", "incorrect")]
    );
    assert_eq!(
        records(&folder, "out/labels/model-graded-tone.jsonl"),
        [of("s0", "ana", "incorrect")]
    );
    assert!(!folder.path().join("out/labels.jsonl").exists());
    contains(&said.stderr, "1 edit of a score was replaced by a later edit and is left out");
    contains(
        &said.stderr,
        "labels/model-graded-qa.jsonl: 2 labels are edits of scores. People edit the scores that they find wrong",
    );
    assert!(!said.stderr.contains("evenhand calibrate"), "{}", said.stderr);
    follow(&folder, &said, [0, 5, 0]);

    // Without what the grader gave there is no judge, and the labels still have a rubric.
    for score in &mut scores {
        for (_, score) in score.as_object_mut().unwrap() {
            *score = json!({ "value": "C", "history": [{ "value": "C", "provenance": { "author": "ana" } }] });
        }
    }
    write(&folder, "lost.json", &log("small", &scores));
    let said = folder.run(&["import", "lost.json", "--to", "lost"]).expect(0).stderr;
    contains(&said, "2 items, 4 labels, 0 recorded judges");
    contains(&said, "evenhand grade items.jsonl --rubric graded-model-graded-qa --judge JUDGE");
    contains(&read(&folder, "lost/rubrics/graded-model-graded-tone.toml"), "scale = ");
}

#[test]
fn graders_that_are_other_models_for_other_systems_are_named() {
    let folder = Folder::new();
    for (file, model, grader) in [("a.json", "small", "judge-1"), ("b.json", "large", "judge-2")] {
        let mut log = log(model, &[qa(&json!("C"), ""), qa(&json!("I"), "")]);
        log["eval"]["scorers"][0]["options"] = json!({ "model": grader });
        write(&folder, file, &log);
    }
    let said = folder.run(&["import", "a.json", "b.json", "--to", "out"]).expect(0).stderr;
    contains(
        &said,
        "model_graded_qa is not the same model everywhere: judge-1 graded small, judge-2 graded large",
    );
    let rubric = read(&folder, "out/rubrics/graded-model-graded-qa.toml");
    contains(&rubric, "scale = [\"incorrect\", \"correct\"]");
    let mut broken = log("small", &[json!({ "model_graded_qa": { "explanation": "?" } })]);
    write(&folder, "c.json", &broken);
    let said = folder.run(&["import", "c.json", "--to", "c"]).expect(3).stderr;
    contains(&said, "samples[0].scores.model_graded_qa.value is missing");
    broken["samples"][0]["scores"] = json!({ "model_graded_qa": "C" });
    write(&folder, "c.json", &broken);
    let said = folder.run(&["import", "c.json", "--to", "c"]).expect(3).stderr;
    contains(&said, "samples[0].scores.model_graded_qa: expected an object");
}
