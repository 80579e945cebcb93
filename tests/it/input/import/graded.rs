//! Grades of single responses: the assertions of promptfoo, the scorers of Inspect, and tables.

use serde_json::{Value, json};

use super::small::{follow, read, write};
use crate::support::Folder;

fn records(folder: &Folder, path: &str) -> Vec<Value> {
    read(folder, path).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn contains(said: &str, words: &str) {
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
    contains(&said.stderr, "4 outputs were checked by rules, which are no judge");
    contains(
        &said.stderr,
        "llm-rubric was asked once about each of 4 responses: no second direction",
    );
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
    contains(
        &said.stderr,
        "1 score is by a scorer that is no model grader, and no judge, and is left out (first: match of ",
    );
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
        records(&folder, "out/labels.jsonl"),
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
    follow(&folder, &said, [0, 5, 0]);
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

#[test]
fn a_table_holds_the_grades_of_a_judge_and_of_people() {
    let folder = Folder::new();
    let table = "id,prompt,response,system,judge,grade,annotator,human,reason,comment,split\n\
                 1,Say hi.,hi,v1,GPT-5,4,ana,5.0,Warm,=1+1,dev\n\
                 1,Say hi.,hello,v2,GPT-5,2.0,ana,2,,,dev\n\
                 2,Count.,\"1, 2\",v1,GPT-5,cannot assess,,,,,\n\
                 2,Count.,one,v2,,,,,,,\n";
    folder.write("grades.csv", table);
    let said = folder.run(&["import", "grades.csv", "--to", "out"]).expect(0);
    contains(&said.stderr, "recognised as csv: 2 items, 2 labels, 1 recorded judge");
    contains(&said.stderr, "the scale is taken from the grades: 2, 3, 4, 5; if it has more steps");
    contains(&said.stderr, "1 row has no grade, by a judge or a person (first: grades.csv:5)");
    contains(&said.stderr, "gpt-5 has grades of 3 of 4 responses");
    assert_eq!(
        read(&folder, "out/replies/gpt-5.jsonl"),
        "{\"id\":\"1\",\"system\":\"v1\",\"scale\":\"written\",\"reply\":\"Warm\",\"grade\":\"4\"}\n\
         {\"id\":\"1\",\"system\":\"v2\",\"scale\":\"written\",\"grade\":\"2\"}\n\
         {\"id\":\"2\",\"system\":\"v1\",\"scale\":\"written\",\"grade\":\"cannot assess\"}\n"
    );
    assert_eq!(
        read(&folder, "out/labels.jsonl"),
        "{\"id\":\"1\",\"annotator\":\"ana\",\"system\":\"v1\",\"grade\":\"5\",\"note\":\"=1+1\"}\n\
         {\"id\":\"1\",\"annotator\":\"ana\",\"system\":\"v2\",\"grade\":\"2\"}\n"
    );
    assert_eq!(records(&folder, "out/items.jsonl")[0]["tags"], json!({ "split": "dev" }));
    contains(&read(&folder, "out/rubrics/graded.toml"), "# pass_from = \"STEP\"");
    follow(&folder, &said, [0, 5, 0]);
}

#[test]
fn the_steps_of_a_table_are_numbers_known_words_or_given() {
    for (cells, flags, scale) in [
        (["pass", "FAIL"], &[][..], "[\"fail\", \"pass\"]"),
        (
            ["Correct", "partially correct"],
            &[],
            "[\"incorrect\", \"partially correct\", \"correct\"]",
        ),
        (["0", "1"], &[], "[\"0\", \"1\"]"),
        (["0.5", "1"], &[], "[\"0.5\", \"1\"]"),
        (["meh", "Wow"], &["--scale", "meh,ok,wow"], "[\"meh\", \"ok\", \"wow\"]"),
        (["3", "3.0"], &["--scale", "1,2,3"], "[\"1\", \"2\", \"3\"]"),
    ] {
        let folder = Folder::new();
        let [one, other] = cells;
        folder.write("t.csv", &format!("question,answer,score\nAsk,x,{one}\nTell,y,{other}\n"));
        let said = folder.run(&[&["import", "t.csv", "--to", "out"], flags].concat()).expect(0);
        contains(&read(&folder, "out/rubrics/graded.toml"), &format!("scale = {scale}"));
        let of = |id: &str| json!({ "id": id, "system": "system", "scale": "written" });
        let lines = records(&folder, "out/replies/judge.jsonl");
        assert_eq!([&lines[0]["id"], &lines[0]["system"]], [&of("row-1")["id"], &json!("system")]);
        follow(&folder, &said, [0, 5, 0]);
    }
    // Beside an annotator, a grade is a label.
    let folder = Folder::new();
    folder.write("t.tsv", "prompt\tresponse\tgrade\trater\nAsk\tx\tgood\tana\nTell\ty\tbad\tana\n");
    let said = folder.run(&["import", "t.tsv", "--to", "out"]).expect(0).stderr;
    assert_eq!(records(&folder, "out/labels.jsonl")[0]["grade"], "good");
    contains(&said, "evenhand grade items.jsonl --rubric graded --judge JUDGE");
}

#[test]
fn a_table_of_grades_that_cannot_be_read_says_where_and_what_to_do() {
    let head = "id,prompt,response,system,grade";
    for (table, flags, message) in [
        (
            format!("{head}\n1,Ask,x,v1,meh\n1,Ask,y,v2,wow\n"),
            &[][..],
            "t.csv:2: the order of the grades is not known: meh, wow",
        ),
        (
            format!("{head}\n1,Ask,x,v1,meh\n"),
            &["--scale", "bad,good"],
            "t.csv:2: `meh` is no step of the scale",
        ),
        (format!("{head}\n1,Ask,x,v1,3\n"), &[], "all grades are 3, so the scale is not known"),
        (
            format!("{head}\n1,Ask,x,v1,3\n"),
            &["--scale", "3"],
            "the scale: expected 2 to 20 steps, found 1",
        ),
        (
            format!("{head}\n1,Ask,x,v1,3\n"),
            &["--scale", "3,3.0"],
            "the names of two steps are read alike",
        ),
        (format!("{head}\n1,Ask,x,v1,\n"), &[], "t.csv:2: no row has a grade"),
        (
            format!("{head}\n1,Ask,x,v1,pass\n1,Ask,x,v1,fail\n"),
            &[],
            "t.csv:3: judge has another grade of the response of v1 to item 1 here than in t.csv:2",
        ),
        (
            format!("{head}\n1,Ask,x,v1,pass\n1,Ask,z,v1,pass\n"),
            &[],
            "t.csv:3: v1 has another response to item 1",
        ),
        (
            format!("{head},judge,annotator\n1,Ask,x,v1,pass,gpt,ana\n"),
            &[],
            "t.csv:2: `grade` beside an annotator and a judge has two meanings",
        ),
        (
            format!("{head},score\n1,Ask,x,v1,pass,3\n"),
            &[],
            "both `grade` and `score` say what the judge gave",
        ),
        (
            "id,system,grade\n1,v1,pass\n".to_owned(),
            &[],
            "the table has grades, but not the prompts and responses",
        ),
    ] {
        let folder = Folder::new();
        folder.write("t.csv", &table);
        let said = folder.run(&[&["import", "t.csv", "--to", "out"], flags].concat()).expect(3);
        contains(&said.stderr, message);
        assert!(!folder.path().join("out").exists(), "{}", said.stderr);
    }
    let folder = Folder::new();
    folder.write("t.csv", "prompt,response_a,response_b,winner\nAsk,x,y,a\n");
    let said = folder.run(&["import", "t.csv", "--to", "out", "--scale", "a,b"]).expect(2).stderr;
    contains(&said, "the tables have verdicts, not grades");
}

#[test]
fn a_table_of_grades_of_known_items_is_a_recording_and_a_file_of_labels() {
    let folder = Folder::new();
    let texts = "id,prompt,response,grade\n1,Ask,x,5\n2,Tell,y,1\n3,Say,z,3\n";
    folder.write("texts.csv", texts);
    folder.run(&["import", "texts.csv", "--to", "out", "--scale", "1,2,3,4,5"]).expect(0);
    // As a spreadsheet with an empty cell writes it.
    folder.write("out/grades.csv", "ID,System,Grade\n1,system,5.0\n2,system,\n3,system,3\n");
    folder.write("out/people.csv", "id,system,annotator,grade\n1,system,ana,5\n3,system,ana,2.0\n");
    folder.write("out/evenhand.toml", "[judges.sheet]\nrecorded = \"grades.csv\"\n");
    let run = |arguments: &[&str], code| {
        let mut command = folder.command(arguments);
        let output = command.current_dir(folder.path().join("out")).output().unwrap();
        crate::support::CommandOutput::of(&output).expect(code)
    };
    let graded =
        ["grade", "items.jsonl", "--rubric", "graded", "--judge", "sheet", "--run", "g.db"];
    run(&graded, 5);
    let lines = run(&["verdicts", "g.db", "--all"], 0).json_lines();
    let of = |at: usize| lines[at]["orders"][0]["grade"].clone();
    assert_eq!([of(0), of(1), of(2)], [json!("5"), Value::Null, json!("3")]);
    let said = run(&["calibrate", "g.db", "--labels", "people.csv"], 0).stdout;
    contains(&said, "One person labelled 2 of 3 responses");
    folder.write("out/grades.csv", "id,system,grade\n1,system,5\n2,system,6\n");
    let said = run(
        &["grade", "items.jsonl", "--rubric", "graded", "--judge", "sheet", "--run", "h.db"],
        3,
    )
    .stderr;
    contains(&said, "grades.csv:3: unknown grade `6` in grade");
    contains(&said, "the grades are: 1, 2, 3, 4, 5");
}
