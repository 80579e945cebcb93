//! Rubrics that grade: what they may say, and that every mistake in one is named with file, key and remedy.

use std::path::Path;

use evenhand::input::{LoadedRubric, ReplyFormat, Take, load_rubric};
use evenhand::vote::Grade;
use evenhand::{Error, Result};

use crate::support::Folder;

const HEAD: &str = "name = \"mine\"\ndescription = \"How good is it?\"\nmode = \"grade\"\n";
const SCALE: &str = "scale = [\"poor\", \"fair\", \"good\"]\n";
const CRITERION: &str = "[[criteria]]\nname = \"truth\"\ndescription = \"It is true.\"\n";

fn load(text: &str) -> Result<LoadedRubric> {
    let folder = Folder::new();
    let path = folder.write("rubrics/mine.toml", text);
    load_rubric(path.to_str().unwrap(), Path::new("."))
}

/// What the error says, with its details and its hint.
fn said(error: &Error) -> String {
    let hint = error.hint_text().map_or(String::new(), |hint| format!("\nhint: {hint}"));
    format!("{error}\n{}{hint}", error.details().join("\n"))
}

#[test]
fn a_scale_is_a_list_of_names_numbers_or_tables() {
    let scale = |steps: &str| {
        let loaded = load(&format!("{HEAD}scale = {steps}\n")).unwrap();
        assert_eq!(loaded.prompts[0].name, "grade.j2");
        loaded.rubric.scale.unwrap()
    };
    let names = |steps: &str| {
        let names: Vec<String> = scale(steps).names().map(ToOwned::to_owned).collect();
        names
    };
    assert_eq!(names(r#"["poor", " fair ", "good"]"#), ["poor", "fair", "good"]);
    assert_eq!(names("[1, 2, 3, 4, 5]"), ["1", "2", "3", "4", "5"]);
    assert_eq!(names("[-1, 0, 1]"), ["-1", "0", "1"]);
    assert_eq!(names(r#"["no", {name = "yes", description = "It is."}]"#), ["no", "yes"]);
    let described =
        scale(r#"[{name = 1, description = "Wrong."}, {name = "2", description = " "}]"#);
    assert_eq!(described.steps[0].name, "1");
    assert_eq!(described.steps[0].description.as_deref(), Some("Wrong."));
    assert_eq!(described.steps[1].description, None);
    let most: Vec<String> = (1..=20).map(|step| step.to_string()).collect();
    assert_eq!(scale(&format!("[{}]", most.join(","))).len(), 20);
}

#[test]
fn what_passes_is_said_or_is_the_better_of_two_steps() {
    let scale = |keys: &str| load(&format!("{HEAD}{keys}")).unwrap().rubric.scale.unwrap();
    assert_eq!(scale("scale = [\"fail\", \"pass\"]").pass_from, Some(1));
    assert_eq!(scale(SCALE).pass_from, None);
    assert_eq!(scale("scale = [1, 2, 3]\npass_from = 2").pass_from, Some(1));
    assert_eq!(scale("scale = [1, 2, 3]\npass_from = \"3\"").pass_from, Some(2));
    let scale = scale(&format!("{SCALE}pass_from = \"FAIR\"\ncannot_assess = true\n"));
    let passes = ["poor", "fair", "good", "cannot_assess"]
        .map(|name| scale.passes(scale.grade_named(name).unwrap()));
    assert_eq!(passes, [Some(false), Some(true), Some(true), None]);
    assert_eq!(scale.grade_named("cannot assess"), Some(Grade::CannotAssess));
    assert_eq!(scale.names().last(), Some("cannot assess"));
}

#[test]
fn weights_descriptions_of_steps_and_patterns_are_read() {
    let criteria = format!(
        "{CRITERION}weight = 2\nsteps = {{ poor = \"no\" }}\n\
         [[criteria]]\nname = \"tone\"\ndescription = \"It is kind.\"\nweight = 0.5\n"
    );
    let rubric = load(&format!("{HEAD}{SCALE}{criteria}")).unwrap().rubric;
    assert!(rubric.is_weighted() && !rubric.ties);
    assert_eq!(rubric.criteria[0].weight, Some(2.0));
    assert_eq!(rubric.criteria[0].steps["poor"], "no");
    assert!(matches!(rubric.reply, ReplyFormat::Json { take: Take::Last }));
    let plain = load(&format!("{HEAD}{SCALE}{CRITERION}")).unwrap().rubric;
    assert!(!plain.is_weighted());
    let reply = "[reply]\nformat = \"pattern\"\ngrade = 'Grade: (\\w+)'\ntake = \"only\"\n";
    let rubric = load(&format!("{HEAD}{SCALE}{reply}")).unwrap().rubric;
    assert!(matches!(rubric.reply, ReplyFormat::GradePattern { take: Take::Only, .. }));
    assert_eq!(rubric.reply.name(), "pattern");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of mistakes")]
fn every_mistake_in_a_graded_rubric_is_named_with_file_key_and_remedy() {
    let scaled = |rest: &str| format!("{HEAD}{SCALE}{rest}");
    let steps = |steps: &str| format!("{HEAD}scale = {steps}\n");
    let criterion = |keys: &str| scaled(&format!("{CRITERION}{keys}\n"));
    let second = "[[criteria]]\nname = \"tone\"\ndescription = \"It is kind.\"\n";
    let pattern =
        |grade: &str| scaled(&format!("[reply]\nformat = \"pattern\"\ngrade = '{grade}'\n"));
    let compares = HEAD.replace("mode = \"grade\"\n", "");
    let names_and_hint = "hint: list the steps from the worst to the best";
    let table: Vec<(String, Vec<&str>)> = vec![
        // The mode and what belongs to the other one.
        (HEAD.replace("grade", "graed"), vec!["mine.toml:3: ", "`graed`", "did you mean `grade`?"]),
        (format!("{compares}{SCALE}"), vec!["scale is only used where", "mode = \"grade\""]),
        (format!("{compares}pass_from = 2\n"), vec!["pass_from is only used", "remove the key"]),
        (format!("{compares}cannot_assess = true\n"), vec!["cannot_assess is only used", "hint: "]),
        (
            format!("{compares}{CRITERION}weight = 1\n"),
            vec!["criteria.truth.weight is only", "hint: "],
        ),
        (
            format!("{compares}{CRITERION}steps = {{ good = \"yes\" }}\n"),
            vec!["criteria.truth.steps is only", "mode = \"grade\" and a scale"],
        ),
        (
            format!("{compares}[reply]\ngrade = 'Grade: (.)'\n"),
            vec!["reply.grade is not used", "hint: "],
        ),
        (scaled("ties = true\n"), vec!["ties is only used where responses are compared", "hint: "]),
        // The scale.
        (HEAD.to_owned(), vec!["scale is missing", names_and_hint]),
        (steps("[]"), vec!["scale: expected 2 to 20 steps, found 0", names_and_hint]),
        (steps("[\"good\"]"), vec!["scale: expected 2 to 20 steps, found 1", names_and_hint]),
        (
            steps(&format!("{:?}", (0..21).collect::<Vec<_>>())),
            vec!["scale: expected 2 to 20 steps, found 21", "hint: "],
        ),
        (
            steps("[\"a\", \" \"]"),
            vec!["scale: a step has no name", "give every step its own name"],
        ),
        (
            steps("[\"good\", \"fair\", \"GOOD\"]"),
            vec!["scale: the names of two steps are read alike, after `good`: `GOOD`", "hint: "],
        ),
        (steps("[1, 2, \"1.0\"]"), vec!["scale: the names of two", "`1.0`", "its own name"]),
        (
            steps("[\"good\", \"Cannot_assess\"]"),
            vec!["scale: `cannot assess` is no step", "cannot_assess = true"],
        ),
        (
            steps("['the \"best\"', 'good']"),
            vec!["scale: ", "a quotation mark", "write it without"],
        ),
        (steps("[\"a\\nb\", \"c\"]"), vec!["scale: ", "a line break: `a\\nb`", "hint: "]),
        (
            steps("[1.5, 2]"),
            vec!["mine.toml:4: ", "1.5", "expected the name of a step, a whole number, or a table"],
        ),
        (steps("[true, false]"), vec!["mine.toml:4: ", "expected the name of a step"]),
        (
            steps("[{name = \"a\", descripton = \"x\"}, \"b\"]"),
            vec!["mine.toml:4: unknown key `descripton`", "did you mean `description`?"],
        ),
        (steps("[{description = \"x\"}, \"b\"]"), vec!["mine.toml:4: ", "missing field `name`"]),
        (steps("\"good\""), vec!["mine.toml:4: ", "expected a sequence"]),
        // What passes.
        (
            scaled("pass_from = \"poor\"\n"),
            vec!["pass_from: every response would pass", "the lowest step that passes"],
        ),
        (
            scaled("pass_from = \"god\"\n"),
            vec!["pass_from: the scale has no such step: `god`", "did you mean `good`?"],
        ),
        (
            scaled("pass_from = \"excellent\"\n"),
            vec!["pass_from: the scale has no such step", "the steps are: poor, fair, good"],
        ),
        (
            scaled("cannot_assess = true\npass_from = \"cannot assess\"\n"),
            vec!["pass_from: the scale has no such step: `cannot assess`", "hint: "],
        ),
        (
            scaled("pass_from = true\n"),
            vec!["mine.toml:5: ", "expected the name of a step, or a whole number"],
        ),
        (scaled("pass_from = {}\n"), vec!["mine.toml:5: ", "expected the name of a step"]),
        (scaled("cannot_assess = \"yes\"\n"), vec!["mine.toml:5: ", "expected a boolean"]),
        (scaled("pas_from = \"good\"\n"), vec!["mine.toml:5: unknown key", "`pass_from`?"]),
        // Criteria.
        (
            criterion("steps = { god = \"yes\" }"),
            vec!["criteria.truth.steps: the scale has no step `god`", "did you mean `good`?"],
        ),
        (
            criterion("steps = { superb = \"yes\" }"),
            vec!["criteria.truth.steps: ", "the steps are: poor, fair, good"],
        ),
        (criterion("weight = 0"), vec!["criteria.truth.weight: expected a number from", "hint: "]),
        (criterion("weight = -1.5"), vec!["criteria.truth.weight: expected", "found -1.5", "hint"]),
        (criterion("weight = inf"), vec!["criteria.truth.weight: expected", "found inf", "hint: "]),
        (criterion("weight = nan"), vec!["criteria.truth.weight: expected", "found NaN", "hint: "]),
        (criterion("weight = 1e308"), vec!["criteria.truth.weight: expected", "1000000", "hint: "]),
        (
            criterion(&format!("weight = 2\n{second}")),
            vec![
                "criteria.tone.weight is missing, though `truth`",
                "every criterion a weight, or none",
            ],
        ),
        (
            criterion(&format!("{CRITERION}weight = 2")),
            vec!["criteria: the name `truth` is empty or repeated", "its own name"],
        ),
        (criterion("wieght = 1"), vec!["mine.toml:8: unknown key", "did you mean `weight`?"]),
        // Replies.
        (scaled("[reply]\nfirst = 'A'\n"), vec!["reply.first is only used", "reply.grade"]),
        (scaled("[reply]\ntie = 'C'\n"), vec!["reply.tie is only used", "remove the key"]),
        (
            scaled("[reply]\ngrade = 'Grade: (.)'\n"),
            vec!["reply.grade is not used by this", "reply.format = \"pattern\""],
        ),
        (
            scaled("[reply]\nformat = \"pattern\"\n"),
            vec!["reply.grade is missing", "whose first group is the grade"],
        ),
        (pattern(""), vec!["reply.grade is missing", "hint: "]),
        (pattern("Grade: .*"), vec!["reply.grade has no group", "Grade: .*", "in parentheses"]),
        (pattern("Grade: (?:a|b)"), vec!["reply.grade has no group", "in parentheses"]),
        (pattern("Grade: ("), vec!["reply.grade: ", "unclosed group", "correct the regular"]),
        (pattern("(?=Grade)(.)"), vec!["reply.grade: ", "look-around", "hint: "]),
        (
            pattern("(.*)"),
            vec!["reply.grade: the pattern matches an empty", "hint: let it require"],
        ),
        (
            scaled(&format!(
                "{CRITERION}weight = 1\n[reply]\nformat = \"pattern\"\ngrade = 'Grade: (.)'\n"
            )),
            vec!["criteria.truth.weight: a pattern reads one grade", "reply.format = \"json\""],
        ),
        (
            scaled("[reply]\nformat = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n"),
            vec!["reply.first is only used where responses are compared", "hint: "],
        ),
        (
            scaled("[reply]\nformat = \"logprobs\"\n"),
            vec!["reply.format = \"logprobs\" is only used", "use \"json\" or \"pattern\""],
        ),
        // The prompt.
        (
            scaled("prompt = \"graed.j2\"\n"),
            vec!["prompt: there is no `graed.j2`", "hint: `prompt` is the name of a file"],
        ),
    ];
    assert!(table.len() >= 50);
    for (text, fragments) in table {
        let Err(error) = load(&text) else { panic!("this is read:\n{text}") };
        let said = said(&error);
        for fragment in fragments.into_iter().chain(["rubrics/mine.toml"]) {
            assert!(said.contains(fragment), "no `{fragment}` in:\n{said}\nfor:\n{text}");
        }
        // A value of a wrong type is remedied by what was expected.
        let has_remedy =
            said.contains("hint: ") || said.contains("expected") || said.contains("missing field");
        assert!(has_remedy, "no remedy in:\n{said}\nfor:\n{text}");
    }
}
