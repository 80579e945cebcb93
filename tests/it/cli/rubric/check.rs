//! `rubric check`.

use serde_json::Value;

use super::assert_printable;
use crate::support::Folder;

const CLEAN: &str = "name = \"mine\"\ndescription = \"Which is better?\"\n";
const SHORT: &str = "name = \"mine\"\ndescription = \"Which is better?\"\n\n[[criteria]]\nname = \"size\"\n\
                     description = \"It is short.\"\n";

#[test]
fn findings_name_file_and_line_and_fail_only_if_asked_to() {
    let folder = Folder::new();
    folder.write("rubrics/mine.toml", SHORT);
    let said = folder.run(&["rubric", "check", "mine"]).expect(0);
    let begin = "rubrics/mine.toml:6: warning: criterion `size` mentions length (`short`)";
    assert!(said.stdout.starts_with(begin), "{}", said.stdout);
    assert!(said.stdout.ends_with("[criterion-about-length]\n"), "{}", said.stdout);
    assert_eq!(said.stderr, "1 rubric checked: 0 errors, 1 warning\n");
    folder.run(&["rubric", "check", "mine", "--strict"]).expect(6);
    folder.write("rubrics/mine.toml", CLEAN);
    let said = folder.run(&["rubric", "check", "mine", "--strict"]).expect(0);
    assert_eq!(
        (said.stdout.as_str(), said.stderr.as_str()),
        ("", "1 rubric checked, nothing found\n")
    );
}

#[test]
fn several_rubrics_are_checked_by_name_and_by_path() {
    let folder = Folder::new();
    folder.write("rubrics/mine.toml", SHORT);
    folder.write("elsewhere/rubrics/other.toml", &CLEAN.replace("mine", "another"));
    let rubrics = ["mine", "helpfulness", "elsewhere/rubrics/other.toml"];
    let command = [&["rubric", "check"], &rubrics[..]].concat();
    let said = folder.run(&[&command[..], &["--format", "json"]].concat()).expect(0);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&document["warnings"], &document["errors"]), (&2.into(), &0.into()));
    let codes = |number: usize| -> Vec<(String, String, u64)> {
        let findings = document["rubrics"][number]["findings"].as_array().unwrap();
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
        findings
            .iter()
            .map(|one| (text(one, "code"), text(one, "file"), one["line"].as_u64().unwrap()))
            .collect()
    };
    let found = |code: &str, file: &str, line| [(code.to_owned(), file.to_owned(), line)];
    assert_eq!(codes(0), found("criterion-about-length", "rubrics/mine.toml", 6));
    assert_eq!(codes(1), []);
    assert_eq!(codes(2), found("rubric-name", "elsewhere/rubrics/other.toml", 1));
    assert_eq!(document["rubrics"][1]["name"], "helpfulness");
}

#[test]
fn a_rubric_that_cannot_be_used_is_bad_input() {
    let folder = Folder::new();
    folder.write("rubrics/mine.toml", "name = \"mine\"\nvotes = 3\n");
    let said = folder.run(&["rubric", "check", "mine"]).expect(3);
    assert!(said.stderr.contains("rubrics/mine.toml:2: unknown key `votes`"), "{}", said.stderr);
    folder.write("rubrics/mine.toml", &format!("{CLEAN}prompt = \"p.j2\"\n"));
    folder.write("prompts/p.j2", "{% block user %}{{ rubric.question }}{% endblock %}");
    let said = folder.run(&["rubric", "check", "mine"]).expect(3);
    assert!(said.stdout.contains("prompts/p.j2:1: error: `rubric.question`"), "{}", said.stdout);
    folder.run(&["rubric", "check", "nothing"]).expect(3);
    folder.run(&["rubric", "check"]).expect(2);
}

#[test]
fn hostile_text_in_a_rubric_is_escaped() {
    let folder = Folder::new();
    let name = "\\u001b[31mred\\u202e";
    let text = format!(
        "name = \"mine\"\ndescription = \"Which?\"\n[[criteria]]\nname = \"{name}\"\ndescription = \"It is short.\"\n"
    );
    folder.write("rubrics/mine.toml", &text);
    for format in ["table", "json"] {
        let said = folder.run(&["rubric", "check", "mine", "--format", format]).expect(0);
        assert!(said.stdout.contains("criterion-about-length"), "{}", said.stdout);
        assert_printable(&said.stdout);
    }
}
