//! The worked examples of the README are what the program prints.

/// Tests on `../shared/data`, which is not in this repository.
mod needs_shared_data {
    use serde_json::Value;

    use crate::support::shared_data::{set_up, shared};

    #[test]
    #[ignore = "needs ../shared/data"]
    fn the_two_calibrations_of_the_readme_are_what_the_program_prints() {
        let data = shared("data/llmbar-natural");
        let readme =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
        let expected = std::fs::read_to_string(data.join("expected.json")).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let items = data.join("items.jsonl").canonicalize().unwrap();
        let labels = data.join("labels.jsonl").canonicalize().unwrap();
        for judge in ["falcon-cot", "gpt-4-cot"] {
            let folder = set_up(&data, judge, &expected[judge]["reply"]);
            let task = ["judge", items.to_str().unwrap(), "--rubric", "./r.toml", "--judge", judge];
            folder.run(&[&task[..], &["--run", "run.db"]].concat()).expect(0);
            let letter = folder.run(&["calibrate", "run.db", "--labels", labels.to_str().unwrap()]);
            let letter = letter.expect(0).stdout;
            assert!(readme.contains(&format!("```text\n{letter}```\n")), "{judge}:\n{letter}");
        }
    }
}
