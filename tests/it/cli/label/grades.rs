//! The page of a run of grades: what it shows, takes and refuses.

use serde_json::{Value, json};

use super::started::Started;
use crate::support::Folder;
use crate::support::graded_run::{GradedRow, GradedRun, graded, graded_items, graded_rows};
use crate::support::lines_of;

const SYSTEMS: [&str; 2] = ["zebra-system", "quokka-system"];

/// Ten responses to items whose names appear nowhere else.
fn run() -> GradedRun {
    let rows = graded_rows(&SYSTEMS, &[(6, "1/1"), (4, "2/0")]);
    let item = |number: usize| {
        json!({
            "id": format!("q{number:03}"), "prompt": format!("Prompt {number}?"),
            "responses": { SYSTEMS[0]: format!("one {number}"), SYSTEMS[1]: format!("two {number}") },
        })
    };
    let items = lines_of((0..5).map(item));
    graded_items(&items, &crate::support::graded_run::grade_rubric(), &rows)
}

fn lines(folder: &Folder) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.path().join("labels.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_page_shows_one_response_and_takes_its_grade() {
    let run = run();
    let started = Started::new(&run.folder, &["run.db", "--annotator", "ana"]);
    let page = started.page();
    let html = page.get("").expect(200).body;
    assert!(html.contains("Which grade does the response deserve?"));
    assert!(!html.contains("Both wrong: neither response"), "a reason that needs two responses");
    let state = page.state();
    let steps = json!([
        { "name": "poor", "description": "It is poor." },
        { "name": "fair", "description": "It is fair." },
        { "name": "good", "description": "It is good." },
    ]);
    assert_eq!(state["question"]["steps"], steps);
    assert_eq!(state["question"]["text"], "Is it good?");
    assert_eq!(state["progress"]["total"], 10);
    let task = page.get("api/tasks/0").expect(200).json();
    let fields: Vec<&str> = task.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["prompt", "reference", "context", "answer", "response"]);
    let answer =
        json!({ "grade": "fair", "grades": { "tone": "poor" }, "seconds": 1.5, "note": "n" });
    let state = page.answer(0, &answer).expect(200).json();
    assert_eq!(
        (&state["progress"]["answered"], &state["progress"]["next"]),
        (&json!(1), &json!(1))
    );
    let stored = lines(&run.folder).pop().unwrap();
    assert_eq!((&stored["grade"], &stored["annotator"]), (&json!("fair"), &json!("ana")));
    assert_eq!((&stored["criteria"], &stored["note"]), (&json!({ "tone": "poor" }), &json!("n")));
    assert_eq!(stored["probability"], 1.0);
    assert!(stored["at"].as_str().unwrap().ends_with('Z'), "{stored}");
    // The stored response is the one that was shown.
    let word = if stored["system"] == SYSTEMS[0] { "one" } else { "two" };
    let number: usize = stored["id"].as_str().unwrap()[1..].parse().unwrap();
    assert!(task["response"].to_string().contains(&format!("{word} {number}")), "{task}");
    // Another page that has not seen the answer must not replace it; this one may withdraw it.
    page.answer(0, &json!({ "grade": "good" })).expect(409);
    let shown = page.get("api/tasks/0").expect(200).json()["answer"].clone();
    page.post("api/undo", &json!({ "place": 0, "withdraws": shown })).expect(200);
    assert_eq!(lines(&run.folder).pop().unwrap()["undone"], json!(true));
    assert_eq!(page.state()["progress"]["answered"], 0);
}

#[test]
fn a_page_gets_nothing_that_names_a_system_an_item_or_what_the_judge_said() {
    let run = run();
    let started = Started::new(&run.folder, &["run.db", "--n", "6", "--by", "outcome"]);
    let page = started.page();
    let mut seen = page.get("").expect(200).body + &page.state().to_string();
    for place in 0..6 {
        seen += &page.get(&format!("api/tasks/{place}")).expect(200).body;
    }
    for word in [SYSTEMS[0], SYSTEMS[1], "q000", "q003", "judge-1", "probability", "pass_from"] {
        assert!(!seen.contains(word), "{word}");
    }
    assert!(seen.contains("Prompt"), "the texts are there");
}

#[test]
fn answers_that_no_page_gives_are_refused() {
    let run = run();
    let started = Started::new(&run.folder, &["run.db"]);
    let page = started.page();
    for answer in [
        json!({ "choice": "left" }),
        json!({ "grade": "best" }),
        json!({ "grade": 1 }),
        json!({ "skipped": "both-wrong" }),
        json!({ "grade": "good", "grades": { "tone": "left" } }),
        json!({ "grade": "good", "system": SYSTEMS[0] }),
        json!({}),
    ] {
        page.answer(0, &answer).expect(400);
    }
    page.answer(10, &json!({ "grade": "good" })).expect(404);
    let body = json!({ "place": 0, "answer": { "grade": "good" } }).to_string();
    page.ask("POST", "api/answers", &[("Origin", "http://evil.example")], &body).expect(403);
    assert_eq!(page.state()["progress"]["answered"], 0);
    assert_eq!(lines(&run.folder).len(), 10);
}

#[test]
fn the_owner_sees_the_progress_and_on_request_the_grades_so_far() {
    let run = run();
    let started =
        Started::new(&run.folder, &["run.db", "--annotators", "ana,ben", "--overlap", "10"]);
    let owner = started.owner();
    owner.post("api/numbers", &json!({})).expect(409);
    for (place, grade) in ["good", "cannot assess", "good"].into_iter().enumerate() {
        started.page_of("ana").answer(place, &json!({ "grade": grade })).expect(200);
    }
    let overview = owner.get("api/overview").expect(200).json();
    assert_eq!(overview["annotators"][0]["answered"], 3);
    let numbers = owner.post("api/numbers", &json!({})).expect(200).json();
    // The sentences that `calibrate` begins with.
    let report =
        run.folder.run(&["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"]);
    let report: Value = serde_json::from_str(&report.expect(0).stdout).unwrap();
    let sentences = numbers["sentences"].as_array().unwrap();
    let said: Vec<&str> = sentences.iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!(said.join(" "), report["headline"].as_str().unwrap());
    assert!(said[0].contains("Too few labels"), "{said:?}");
    assert!(run.folder.path().join("looks.jsonl").is_file());
}

#[test]
fn of_items_that_no_judge_has_seen_the_owner_sees_the_grades_that_people_gave() {
    let run = run();
    let started = Started::new(
        &run.folder,
        &["items.jsonl", "--rubric", "./r.toml", "--annotators", "ana,ben"],
    );
    let owner = started.owner();
    owner.post("api/numbers", &json!({})).expect(409);
    for (place, grade) in ["good", "cannot assess", "good"].into_iter().enumerate() {
        started.page_of("ana").answer(place, &json!({ "grade": grade })).expect(200);
    }
    let numbers = owner.post("api/numbers", &json!({})).expect(200).json();
    let said = numbers["sentences"].to_string();
    let counts: Vec<u64> = said
        .split("0 poor, 0 fair, ")
        .skip(1)
        .map(|rest| rest.split(' ').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(counts.iter().sum::<u64>(), 2, "{said}");
    assert!(said.contains("1 cannot assess"), "{said}");
}

#[test]
fn of_the_grades_that_people_gave_a_decision_counts_in_place_of_theirs() {
    let run = run();
    let line = |id: &str, annotator: &str, grade: &str| json!({ "id": id, "system": SYSTEMS[0], "annotator": annotator, "grade": grade });
    let mut decision = line("q001", "zoe", "fair");
    decision["adjudicated"] = "people".into();
    let labels = [
        line("q000", "ana", "good"),
        line("q000", "ben", "good"),
        line("q001", "ana", "good"),
        line("q001", "ben", "poor"),
        line("q002", "ana", "good"),
        line("q002", "ben", "poor"),
        decision,
    ];
    run.folder.write("labels.jsonl", &lines_of(labels));
    let flags = ["items.jsonl", "--rubric", "./r.toml", "--annotators", "ana,ben"];
    let started = Started::new(&run.folder, &flags);
    let numbers = started.owner().post("api/numbers", &json!({})).expect(200).json();
    let said = numbers["sentences"].to_string();
    assert!(said.contains("2 labelled responses: 0 poor, 1 fair, 1 good."), "{said}");
    assert!(said.contains("1 response is without a grade of more than half"), "{said}");
    let unit = &started.owner().get("api/overview").expect(200).json()["unit"];
    assert_eq!(*unit, json!(["response", "responses"]));
}

#[test]
fn nobody_is_asked_about_a_response_that_its_item_lacks() {
    let run = run();
    // Another item has a response of this system.
    let item = json!({ "id": "q900", "prompt": "P", "responses": { SYSTEMS[0]: "R" } });
    let path = run.folder.path().join("items.jsonl");
    let items = std::fs::read_to_string(path).unwrap();
    run.folder.write("items.jsonl", &format!("{items}{item}\n"));
    let line = |annotator: &str, grade: &str| json!({ "id": "q900", "system": SYSTEMS[1], "annotator": annotator, "grade": grade });
    run.folder.write("labels.jsonl", &lines_of([line("ana", "good"), line("ben", "poor")]));
    let flags = ["items.jsonl", "--rubric", "./r.toml", "--annotator", "zoe"];
    let said =
        run.folder.run(&[&["label"], &flags[..], &["--adjudicate", "--export", "p.html"]].concat());
    assert!(said.stderr.contains("nothing to adjudicate") || said.code == 3, "{}", said.stderr);
    assert_eq!(lines(&run.folder).len(), 2, "no form is written");
    let started = Started::new(&run.folder, &flags);
    assert_eq!(started.page().total(), 11);
}

#[test]
fn people_who_disagree_are_decided_between_on_the_same_page() {
    let run = run();
    let line = |annotator: &str, grade: &str| json!({ "id": "q001", "system": SYSTEMS[0], "annotator": annotator, "grade": grade });
    run.folder.write("labels.jsonl", &lines_of([line("ana", "good"), line("ben", "poor")]));
    let started = Started::new(&run.folder, &["run.db", "--annotator", "zoe", "--adjudicate"]);
    let page = started.page();
    assert_eq!(page.total(), 1);
    let seen = page.get("api/tasks/0").expect(200).body + &page.state().to_string();
    assert!(!seen.contains("people") && !seen.contains("ana"), "{seen}");
    page.answer(0, &json!({ "grade": "fair" })).expect(200);
    let stored = lines(&run.folder).pop().unwrap();
    assert_eq!((&stored["adjudicated"], &stored["grade"]), (&json!("people"), &json!("fair")));
}

#[test]
fn labelling_ends_when_the_grades_decide_the_pass_rate() {
    let rows = graded_rows(&["alpha"], &[(60, "2/2")]);
    let run = graded(&rows);
    let flags = ["run.db", "--annotator", "ana", "--until-pass-rate", "alpha=0.5"];
    let mut started = Started::new(&run.folder, &flags);
    let page = started.page();
    assert!(page.state()["stopped"].is_null());
    let stopped = (0..60).find_map(|place| {
        let state = page.answer(place, &json!({ "grade": "fair" })).expect(200).json();
        state["stopped"].as_str().map(ToOwned::to_owned)
    });
    let sentence = stopped.expect("sixty fails decide");
    assert!(!sentence.contains("alpha"), "{sentence}");
    let decided = "decided: alpha passes less often than in 50.0 % of responses";
    started.wait_for_line(decided);
    drop(started);
    // It is said again whenever the command ends.
    let (code, said) = Started::new(&run.folder, &flags).end(rustix::process::Signal::INT);
    assert_eq!(code, 0);
    assert!(said.contains(decided), "{said}");
}

#[test]
fn items_that_no_judge_has_seen_are_graded_by_a_rubric_that_grades() {
    let run = run();
    std::fs::remove_file(run.folder.path().join("run.db")).unwrap();
    let one = "{\"id\":\"x\",\"prompt\":\"P\",\"responses\":{\"only\":\"R\"}}\n";
    run.folder.write("one.jsonl", one);
    let started = Started::new(&run.folder, &["one.jsonl", "--rubric", "./r.toml"]);
    started.page().answer(0, &json!({ "grade": "poor" })).expect(200);
    let stored = lines(&run.folder).pop().unwrap();
    assert_eq!((&stored["system"], &stored["grade"]), (&json!("only"), &json!("poor")));
}

#[test]
fn the_command_that_merges_what_was_exported_is_complete() {
    let run = run();
    let flags =
        ["label", "items.jsonl", "--rubric", "./r.toml", "--export", "t.csv", "--layout", "csv"];
    let said = run.folder.run(&flags).expect(0);
    let command = "evenhand labels merge items.jsonl FILE… --labels labels.jsonl --rubric ./r.toml";
    assert!(said.stderr.contains(command), "{}", said.stderr);
    let table = std::fs::read_to_string(run.folder.path().join("t.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let header = rows.headers().unwrap().clone();
    let grade = header.iter().position(|name| name == "grade").unwrap();
    let mut filled = csv::Writer::from_writer(Vec::new());
    filled.write_record(&header).unwrap();
    for row in rows.records() {
        let row = row.unwrap();
        let cells = row.iter().enumerate();
        filled
            .write_record(cells.map(|(at, cell)| if at == grade { "good" } else { cell }))
            .unwrap();
    }
    run.folder.write("t.csv", std::str::from_utf8(&filled.into_inner().unwrap()).unwrap());
    let merge: Vec<&str> = command
        .split(' ')
        .skip(1)
        .map(|word| if word == "FILE…" { "t.csv" } else { word })
        .collect();
    let said = run.folder.run(&merge).expect(0);
    assert!(said.stderr.contains("10 answers added to labels.jsonl"), "{}", said.stderr);
    assert!(said.stderr.contains("grade the items (evenhand grade)"), "{}", said.stderr);
    // Without the rubric the labels are of comparisons, and the message says what is missing.
    run.folder.write("new.jsonl", "");
    let flags = ["labels", "merge", "items.jsonl", "labels.jsonl", "--labels", "new.jsonl"];
    let said = run.folder.run(&flags).expect(3);
    assert!(said.stderr.contains("give the rubric that grades"), "{}", said.stderr);
}

#[test]
fn what_has_no_meaning_for_grades_is_refused() {
    let run = run();
    for (flags, message) in [
        (&["run.db", "--equal-pairs", "1"][..], "is on no side of the screen"),
        (&["run.db", "--until-win-rate", "zebra-system=0.5"], "no system wins"),
        (&["run.db", "--until-pass-rate", "other=0.5"], "which no response of the forms has"),
        (&["run.db", "--baseline", "zebra-system"], "--baseline is about items"),
        (
            &["items.jsonl", "--rubric", "./r.toml", "--baseline", "zebra-system"],
            "a baseline is given, and the rubric grades single responses",
        ),
    ] {
        let said = run.folder.run(&[&["label"], flags].concat()).expect(2);
        assert!(said.stderr.contains(message), "{flags:?}: {}", said.stderr);
        assert!(!run.folder.path().join("labels.jsonl").exists(), "{flags:?}");
    }
}

#[test]
fn tasks_for_other_programs_are_as_blind_as_the_page() {
    let run = run();
    for layout in ["label-studio", "argilla", "csv"] {
        let file = format!("tasks-{layout}");
        let flags =
            ["label", "run.db", "--annotator", "ana", "--export", &file, "--layout", layout];
        let said = run.folder.run(&flags).expect(0);
        assert!(said.stderr.contains("10 responses for ana"), "{}", said.stderr);
        let tasks = std::fs::read_to_string(run.folder.path().join(&file)).unwrap();
        assert!(tasks.contains("Prompt 2?"), "{layout}: {tasks}");
        for secret in SYSTEMS.into_iter().chain(["q002"]) {
            assert!(!tasks.contains(secret), "{layout} has {secret}: {tasks}");
        }
    }
}

#[test]
fn labels_are_exported_and_merged_into_another_label_file() {
    let run = run();
    let line = |id: &str, grade: &str| {
        let system = SYSTEMS[0];
        json!({ "id": id, "system": system, "annotator": "ana", "grade": grade }).to_string()
    };
    run.folder.write("labels.jsonl", &lines_of([line("q000", "good"), line("q001", "poor")]));
    run.folder.write("all.jsonl", &lines_of([line("q000", "good")]));
    let export = ["labels", "export", "run.db", "--output", "out.csv", "--layout", "csv"];
    let said = run.folder.run(&export).expect(0);
    assert!(said.stderr.contains("2 answers written to out.csv"), "{}", said.stderr);
    for from in [&[][..], &["--from", "labels"]] {
        let merge = ["labels", "merge", "run.db", "out.csv", "--labels", "all.jsonl"];
        let said = run.folder.run(&[&merge[..], from].concat()).expect(0);
        let expected =
            if from.is_empty() { "1 merged, 1 already there" } else { "0 merged, 2 already there" };
        assert!(said.stderr.contains(&format!("out.csv: 2 read: {expected}")), "{}", said.stderr);
        assert!(said.stderr.contains("next: evenhand calibrate run.db"), "{}", said.stderr);
    }
    run.folder.run(&["calibrate", "run.db", "--labels", "all.jsonl"]).expect(0);
    run.folder.write("winners.csv", "id,annotator,winner\nq000,ana,tie\n");
    let mixed = ["labels", "merge", "run.db", "winners.csv", "--labels", "all.jsonl"];
    let said = run.folder.run(&mixed).expect(3);
    assert!(said.stderr.contains("belongs to a label of a comparison"), "{}", said.stderr);
}

mod needs_chromium {
    use serde_json::json;

    use super::super::started::Started;
    use super::{GradedRow, graded, lines};
    use crate::report::label_page::saved_file;
    use crate::support::browser::{Browser, Fault};

    #[test]
    #[ignore = "needs chromium"]
    fn a_page_without_a_server_is_filled_in_saved_and_merged() {
        let row = |id: &str| GradedRow { id: id.to_owned(), system: "alpha", replies: "1/1" };
        let run = graded(&["q1", "q2", "q3", "q4"].map(row));
        let export = ["label", "run.db", "--annotator", "ana", "--export", "page.html"];
        run.folder.run(&export).expect(0);
        let page = run.folder.path().join("page.html");
        let html = std::fs::read_to_string(&page).unwrap();
        for secret in ["alpha", "q1", "judge-1", "pass_from"] {
            assert!(!html.contains(secret), "{secret}");
        }
        let mut browser = Browser::start();
        browser.open(&page);
        browser.wait_for("document.documentElement.dataset.ready === 'true'");
        let press = |browser: &mut Browser, key: &str, next: &str| {
            browser.evaluate("new Promise((done) => setTimeout(done, 320))");
            browser.press(key);
            browser.wait_for(&format!("document.querySelector('h1').textContent === '{next}'"));
        };
        press(&mut browser, "3", "Response 2 of 4");
        press(&mut browser, "0", "Response 3 of 4");
        press(&mut browser, "1", "Response 4 of 4");
        browser.reload();
        browser.wait_for("document.documentElement.dataset.ready === 'true'");
        // After three grades the pace is known.
        let speed = browser.evaluate("document.getElementById('eh-pace').textContent");
        assert!(speed.as_str().unwrap().contains(" each"), "{speed}");
        press(&mut browser, "2", "All 4 done");
        run.folder.write("labels-ana.json", &saved_file(&mut browser));
        browser.expect_no_faults();
        let merge = ["labels", "merge", "run.db", "labels-ana.json"];
        let said = run.folder.run(&merge).expect(0);
        assert!(said.stderr.contains("labels-ana.json: 4 read: 4 merged"), "{}", said.stderr);
        let grades: Vec<_> =
            lines(&run.folder).split_off(4).iter().map(|line| line["grade"].clone()).collect();
        assert_eq!(grades, ["good", "cannot assess", "poor", "fair"].map(|grade| json!(grade)));
    }

    #[test]
    #[ignore = "needs chromium"]
    fn somebody_grades_by_keys_and_clicks() {
        let row = |id: &str| GradedRow { id: id.to_owned(), system: "alpha", replies: "1/1" };
        let run = graded(&["q1", "q2", "q3", "q4"].map(row));
        let started = Started::new(&run.folder, &["run.db"]);
        let page = started.page();
        let mut browser = Browser::start();
        browser.open_url(&format!("http://{}{}", page.host, page.path));
        browser.wait_for("document.documentElement.dataset.ready === 'true'");
        let wait_for = |browser: &mut Browser, heading: &str| {
            browser.wait_for(&format!(
                "document.getElementById('eh-heading').textContent === '{heading}'"
            ));
            browser.evaluate("new Promise(done => setTimeout(done, 500))");
        };
        wait_for(&mut browser, "Response 1 of 4");
        assert_eq!(
            browser.evaluate("document.querySelectorAll('#eh-answers button').length"),
            json!(4)
        );
        browser.press("3");
        wait_for(&mut browser, "Response 2 of 4");
        browser.press("0");
        wait_for(&mut browser, "Response 3 of 4");
        browser.evaluate("document.querySelector('#eh-answers button').click()");
        wait_for(&mut browser, "Response 4 of 4");
        // Neither a key of comparisons nor one without a grade answers.
        for key in ["ArrowLeft", "b", "d", "9"] {
            browser.press(key);
        }
        browser.press("s");
        browser.press("2");
        browser.wait_for("document.getElementById('eh-heading').textContent === 'All 4 done'");
        let answers: Vec<_> = lines(&run.folder).split_off(4);
        let grades: Vec<_> = answers.iter().map(|line| line["grade"].clone()).collect();
        assert_eq!(grades, [json!("good"), json!("cannot assess"), json!("poor"), json!(null)]);
        assert_eq!(answers[3]["skipped"], "cannot-judge");
        let ours = format!("http://{}{}api/", page.host, page.path);
        let mut faults = browser.faults();
        faults.retain(|fault| !matches!(fault, Fault::Request(url) if url.starts_with(&ours)));
        assert_eq!(faults, [] as [Fault; 0]);
    }
}
