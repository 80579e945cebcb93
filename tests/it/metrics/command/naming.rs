//! The default name of a command.

use std::path::Path;

use evenhand::metrics::command_name;

#[test]
fn a_command_is_named_after_its_first_file_or_its_program() {
    let exists = |path: &Path| {
        ["check.py", "tools/is valid.sh", "data.json", "python"].map(Path::new).contains(&path)
    };
    for (command, name) in [
        ("python check.py", "check"),
        ("python -u check.py data.json", "check"),
        ("./compiles --fast", "compiles"),
        ("python -m refusal", "python"),
        ("/usr/bin/python3.12 -m refusal", "python3"),
        ("python", "python"),
        ("sh 'tools/is valid.sh'", "is-valid"),
        ("sh \"tools/is valid.sh\" --strict", "is-valid"),
        ("sh tools/is valid.sh", "sh"),
        ("  prüfe-es_1.exe\t--x ", "prüfe-es_1"),
        ("a$b(c)", "a-b-c-"),
        ("", "command"),
        ("''", "command"),
        ("..", "command"),
        ("'it is", "it-is"),
    ] {
        assert_eq!(command_name(command, exists), name, "{command}");
    }
}
