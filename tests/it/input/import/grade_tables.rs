//! Tables of grades, by judges, people or both.

use serde_json::{Value, json};

use super::graded::{contains, records};
use super::small::{follow, read};
use crate::support::Folder;

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
    contains(
        &said.stderr,
        "the scale is taken from the grades: 2, 3, 4, 5, with 2 as the worst and 5 as the best grade. If 2 is the best, write \
         the steps of `scale` in rubrics/graded.toml in the other order; if there are further steps, add them there",
    );
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
        (["1", "3.0"], &[], "[\"1\", \"2\", \"3\"]"),
        (["wrong", "Right"], &[], "[\"wrong\", \"right\"]"),
        (["yes", "NO"], &[], "[\"no\", \"yes\"]"),
        (["0", "1"], &["--scale", "0,1"], "[\"0\", \"1\"]"),
        (["0.5", "1"], &["--scale", "0.5, 1"], "[\"0.5\", \"1\"]"),
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
        let is_guessed = flags.is_empty() && ["1", "yes"].contains(&one);
        assert_eq!(said.stderr.contains("as the worst and"), is_guessed, "{}", said.stderr);
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
            "t.csv:2: `meh` is not a step of the scale",
        ),
        (format!("{head}\n1,Ask,x,v1,3\n"), &[], "all grades are 3, so the scale is not known"),
        (
            format!("{head}\n1,Ask,x,v1,1\n2,Ask,x,v1,0\n"),
            &[],
            "t.csv:3: the grades are 0 and 1: of two steps the better one passes",
        ),
        (
            format!("{head}\n1,Ask,x,v1,20\n2,Ask,x,v1,80\n"),
            &[],
            "the grades go from 20 to 80, and a scale has at most 20 steps",
        ),
        (
            format!("{head}\n1,Ask,x,v1,1\n2,Ask,x,v1,0.73\n3,Ask,x,v1,2\n"),
            &[],
            "t.csv:3: 0.73 is not a whole number, so the steps of the scale are not known",
        ),
        (format!("{head}\n1,Ask,x,v1,\n"), &[], "t.csv: no row has a grade"),
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
            "id,prompt,response,judge,human\n1,Ask,x,gpt,pass\n".to_owned(),
            &[],
            "t.csv: `judge` names a judge, and no column has its grades",
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
fn steps_that_are_no_scale_are_a_wrong_flag() {
    let folder = Folder::new();
    folder.write("t.csv", "prompt,response,grade\nAsk,x,3\n");
    for (steps, message) in [
        ("ok", "--scale: expected 2 to 20 steps, found 1"),
        ("3,3.0", "--scale: the names of two steps are read alike, after `3`"),
        ("a,,b", "--scale: a step has no name"),
        ("bad,good,cannot assess", "--scale: `cannot assess` is no step of a scale"),
    ] {
        let said = folder.run(&["import", "t.csv", "--to", "out", "--scale", steps]).expect(2);
        contains(&said.stderr, message);
        contains(&said.stderr, "hint: name all steps of the scale, worst first, such as --scale ");
    }
}

#[test]
fn a_scale_of_yes_and_no_is_reversed_in_one_place() {
    let folder = Folder::new();
    folder.write("t.csv", "prompt,response,grade\nIs it rude?,x,yes\nAnd this?,y,no\n");
    let said = folder.run(&["import", "t.csv", "--to", "out"]).expect(0).stderr;
    contains(
        &said,
        "no, yes, with no as the worst and yes as the best grade. If no is the best, write the steps of `scale` in \
         rubrics/graded.toml in the other order",
    );
    assert!(!said.contains("further steps"), "{said}");
    let passes = || {
        let mut command = folder.command(&[
            "grade",
            "items.jsonl",
            "--rubric",
            "graded",
            "--judge",
            "judge",
            "--format",
            "json",
        ]);
        let said = command.current_dir(folder.path().join("out")).output().unwrap();
        let numbers: Value = serde_json::from_slice(&said.stdout).unwrap();
        numbers["scale"]["pass_from"].clone()
    };
    assert_eq!(passes(), "yes");
    let rubric = read(&folder, "out/rubrics/graded.toml");
    folder.write(
        "out/rubrics/graded.toml",
        &rubric.replace("[\"no\", \"yes\"]", "[\"yes\", \"no\"]"),
    );
    std::fs::remove_dir_all(folder.path().join("out/runs")).unwrap();
    assert_eq!(passes(), "no");
}

#[test]
fn every_name_of_a_column_of_grades_makes_a_table_of_grades() {
    for (column, is_label) in [
        ("grade", false),
        ("judge_grade", false),
        ("rating", false),
        ("score", false),
        ("human", true),
        ("human_grade", true),
        ("human_label", true),
        ("label", true),
    ] {
        for (texts, flags) in [
            ("prompt,response,system", &[][..]),
            ("prompt,response,system", &["--from", "csv"]),
            ("instruction,output,generator", &[]),
        ] {
            let folder = Folder::new();
            folder.write("t.csv", &format!("id,{texts},{column}\n1,Ask,x,v1,pass\n"));
            let said = folder.run(&[&["import", "t.csv", "--to", "out"], flags].concat()).expect(0);
            let counts =
                if is_label { "1 label, 0 recorded judges" } else { "0 labels, 1 recorded judge" };
            contains(&said.stderr, &format!("1 item, {counts}"));
        }
    }
    let folder = Folder::new();
    folder.write("t.csv", "id,prompt,response,system,annotator\n1,Ask,x,v1,ana\n");
    let said = folder.run(&["import", "t.csv", "--to", "out"]).expect(3).stderr;
    contains(&said, "this looks like a table of grades (2 of 3 fields: ");
}

#[test]
fn a_grade_beside_a_column_of_people_is_the_judges_where_the_cell_of_people_is_empty() {
    let folder = Folder::new();
    folder.write(
        "t.csv",
        "id,prompt,response,judge,grade,annotator,human\n1,Ask,x,gpt,pass,ana,fail\n2,Tell,y,gpt,fail,ana,\n",
    );
    let said = folder.run(&["import", "t.csv", "--to", "out"]).expect(0).stderr;
    contains(&said, "2 items, 1 label, 1 recorded judge");
    let grades = records(&folder, "out/replies/gpt.jsonl");
    assert_eq!([&grades[0]["grade"], &grades[1]["grade"]], ["pass", "fail"]);
}

#[test]
fn rows_that_contradict_each_other_say_which_column_is_missing() {
    for (table, message, hint) in [
        (
            "prompt,response,grade\nAsk,x,pass\nAsk,y,fail\n",
            "t.csv:3: system has another response to item row-1",
            "add a column `system` that says whose response it is, or a column `id`",
        ),
        (
            "id,prompt,response,system,grade\n1,Ask,x,v1,pass\n1,Tell,y,v2,fail\n",
            "t.csv:3: item 1 has another prompt here than in t.csv:2",
            "an item has one prompt, and one response of each system: give other texts another `id`",
        ),
        (
            "id,prompt,response_a,response_b,winner\n1,Ask,x,y,a\n1,Ask,x,z,a\n",
            "t.csv:3: b has another response to item 1",
            "an item has one prompt, and one response of each system: give other texts another `id`",
        ),
    ] {
        let folder = Folder::new();
        folder.write("t.csv", table);
        let said = folder.run(&["import", "t.csv", "--to", "out"]).expect(3).stderr;
        contains(&said, message);
        contains(&said, &format!("hint: {hint}"));
    }
}

#[test]
fn what_is_repeated_is_called_what_it_is() {
    let folder = Folder::new();
    folder.write(
        "t.csv",
        "id,prompt,response,judge,grade,annotator,human\n1,Ask,x,gpt,pass,ana,fail\n1,Ask,x,gpt,pass,ana,fail\n",
    );
    let said = folder.run(&["import", "t.csv", "--to", "out"]).expect(0).stderr;
    contains(&said, "1 grade repeats one of the same judge and response and is left out");
    contains(&said, "1 label repeats one of the same annotator and is left out (first: t.csv:3)");
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
