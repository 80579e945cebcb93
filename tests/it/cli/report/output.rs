//! Where a report is written, in which format, and opening it.

use super::{good, names_in, read, report};
use crate::support::CommandOutput;

#[test]
fn the_format_is_the_named_one_or_that_of_the_ending() {
    let judged = good();
    let folder = &judged.folder;
    let begins = [
        ("table", "out.txt", "judge-1 prefers"),
        ("table", "out", "judge-1 prefers"),
        ("json", "out.json", "{\"schema\":1,"),
        ("json", "out.JSON", "{\"schema\":1,"),
        ("markdown", "out.md", "**judge-1 prefers"),
        ("junit", "out.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
    ];
    for (format, file, begin) in begins {
        let printed = report(folder, &["--format", format]).expect(0).stdout;
        assert!(printed.starts_with(begin), "{format}: {printed}");
        let said = report(folder, &["--output", file]).expect(0);
        assert_eq!(said.stdout, "", "the report is in the file");
        assert!(said.stderr.contains(&format!("report written to {file}")), "{}", said.stderr);
        assert_eq!(read(folder, file), printed, "{file}");
    }
    assert!(report(folder, &[]).expect(0).stdout.starts_with("judge-1 prefers"));
    // A named format takes precedence over the ending.
    report(folder, &["--output", "out.md", "--format", "json"]).expect(0);
    assert!(read(folder, "out.md").starts_with("{\"schema\""));
    let said = report(folder, &["--output", "out.docx"]).expect(2);
    assert!(said.stderr.contains("no format has this ending"), "{}", said.stderr);
    assert!(!folder.path().join("out.docx").exists());
}

#[test]
fn the_output_file_is_replaced_as_a_whole_or_not_at_all() {
    let judged = good();
    let folder = &judged.folder;
    folder.write("out.md", "before");
    let before = names_in(folder);
    folder.run(&["report", "none.db", "--output", "out.md"]).expect(3);
    folder.run(&["report", "run.db", "--output", "out.md", "--labels", "none.jsonl"]).expect(3);
    assert_eq!(read(folder, "out.md"), "before");
    // A gate that is missed does not keep the report from being written.
    report(folder, &["--output", "out.md", "--min-coverage", "0.995"]).expect(6);
    assert!(read(folder, "out.md").contains("✗ gate missed: coverage"));
    assert_eq!(names_in(folder), before, "no temporary file is left");
    let said = report(folder, &["--output", "none/out.md"]).expect(3);
    assert!(said.stderr.contains("none/out.md"), "{}", said.stderr);
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_permissions_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let judged = good();
    let folder = &judged.folder;
    let mode =
        |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
    let plain = folder.write("plain", "");
    report(folder, &["--output", "new.md"]).expect(0);
    assert_eq!(mode("new.md"), mode("plain"), "as any other program creates a file");
    let target = folder.write("target.md", "before");
    std::fs::set_permissions(&target, PermissionsExt::from_mode(0o640)).unwrap();
    symlink(&target, folder.path().join("link.md")).unwrap();
    report(folder, &["--output", "link.md"]).expect(0);
    assert!(folder.path().join("link.md").is_symlink());
    assert!(read(folder, "target.md").starts_with("**judge-1"));
    assert_eq!(mode("target.md"), 0o640);
    // What is no file is not replaced.
    let said = report(folder, &["--output", "/dev/stdout", "--format", "markdown"]).expect(0);
    assert!(said.stdout.starts_with("**judge-1"), "{}", said.stdout);
    drop(plain);
}

#[cfg(target_os = "linux")]
#[test]
fn open_starts_the_program_of_the_desktop_with_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let judged = good();
    let folder = &judged.folder;
    let program = folder.write("bin/xdg-open", "#!/bin/sh\nprintf '%s' \"$1\" > \"$OPENED\"\n");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let opened = folder.path().join("opened");
    let run = |path: &std::path::Path, flags: &[&str]| {
        let mut command = folder.command(&[&["report", "run.db", "--open"], flags].concat());
        // The opener needs the shell alone.
        command.env("PATH", format!("{}:/usr/bin:/bin", path.display()));
        command.env("OPENED", &opened).env("TMPDIR", folder.path());
        CommandOutput::of(&command.output().unwrap()).expect(0)
    };
    let bin = program.parent().unwrap();
    for name in ["out.md", "-version.md"] {
        let said = run(bin, &[&format!("--output={name}")]);
        let path = std::fs::read_to_string(&opened).unwrap();
        assert!(path.starts_with('/') && path.ends_with(&format!("/{name}")), "{path}");
        assert!(said.stderr.contains(&format!("report written to {name}")), "{}", said.stderr);
    }
    // Without a file of its own the report is in a temporary one, which is printed.
    let said = run(bin, &["--format", "json"]);
    let path = said.stdout.trim_end();
    assert_eq!(std::fs::read_to_string(&opened).unwrap(), path);
    assert!(
        std::path::Path::new(path).extension().is_some_and(|ending| ending == "json")
            && std::fs::read_to_string(path).unwrap().starts_with('{')
    );
    // A failing opener is a warning: the report is there.
    folder.write("bin/xdg-open", "#!/bin/sh\nexit 3\n");
    let said = run(bin, &["--output", "out.md"]);
    assert!(said.stderr.contains("warning: out.md could not be opened"), "{}", said.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_names_its_file() {
    let judged = good();
    let said = report(&judged.folder, &["--output", "/dev/full", "--format", "json"]).expect(7);
    let expected = "error: /dev/full: the output cannot be written: ";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
}
