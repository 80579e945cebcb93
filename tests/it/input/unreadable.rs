//! Files that are not there, are folders, or may not be read.

use crate::support::Folder;

#[test]
fn a_file_that_is_not_there_or_is_a_folder_is_said_to_be_so_by_every_command_that_reads_one() {
    let folder = Folder::new();
    folder.write_items(2);
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    folder.judge_command(&["--judge", "builtin:longer"]).output().unwrap();
    let by_length = ["--rubric", "helpfulness", "--judge", "builtin:longer", "--run", "x.db"];
    let responses = [&["judge", "items.jsonl"][..], &by_length, &["--responses"]].concat();
    for command in [
        &["metrics", "--metric", "chrf"][..],
        &["check", "--rubric", "helpfulness"],
        &["judge", "--rubric", "helpfulness", "--judge", "builtin:longer", "--run", "x.db"],
        &["calibrate", "run.db", "--labels"],
        &["show", "run.db", "--no-pager", "--labels"],
        &responses,
    ] {
        let with = |name: &str| {
            let is_of_system = command.last() == Some(&"--responses");
            let name = if is_of_system { format!("beta={name}") } else { name.to_owned() };
            folder.run(&[command, &[name.as_str()]].concat()).expect(3).stderr
        };
        let said = with("nothing.jsonl");
        assert!(said.contains("nothing.jsonl: there is no such file"), "{command:?}: {said}");
        assert!(said.contains("\nhint: check the path"), "{command:?}: {said}");
        let said = with("folder");
        assert!(said.contains("folder: this is a folder"), "{command:?}: {said}");
    }
}
