//! The label file on the disk: lines that were cut off, edits by others, files of other kinds.

use std::io::Write as _;

use evenhand::ErrorKind;
use evenhand::input::LabelSide;
use evenhand::labelling::Session;

use super::{choice, form, label_path, labels_in, material, open, options};
use crate::support::Folder;

#[test]
fn whoever_is_killed_at_any_byte_of_an_answer_loses_only_that_answer() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let mut session = open(3, &path, &["ana"]).unwrap();
    session.answer(0, 0, choice(LabelSide::Left)).unwrap();
    let confirmed = std::fs::read(&path).unwrap();
    session.answer(0, 1, choice(LabelSide::Tie)).unwrap();
    let whole = std::fs::read(&path).unwrap();
    drop(session);
    for end in confirmed.len()..=whole.len() {
        std::fs::write(&path, &whole[..end]).unwrap();
        let mut session = open(3, &path, &["ana"]).unwrap();
        let is_whole = end + 1 >= whole.len();
        assert_eq!(session.progress(0).answered, if is_whole { 2 } else { 1 }, "{end}");
        let is_torn = end > confirmed.len() && !is_whole;
        assert_eq!(session.notes().len(), usize::from(is_torn), "{end}: {:?}", session.notes());
        let now = std::fs::read(&path).unwrap();
        assert!(now == if is_whole { &whole[..] } else { &confirmed[..] }, "{end}");
        session.answer(0, 1, choice(LabelSide::Tie)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole, "{end}");
    }
}

#[test]
fn a_line_that_was_cut_off_is_quoted_when_it_is_removed() {
    let folder = Folder::new();
    let path = label_path(&folder);
    open(3, &path, &["ana"]).unwrap();
    let append = |bytes: &[u8]| {
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(bytes).unwrap();
    };
    append(b"{\"id\":\"i001\",\"annotator\":\"ana\x1b[31m\xff");
    let session = open(3, &path, &["ana"]).unwrap();
    let [note] = session.notes() else { panic!("{:?}", session.notes()) };
    assert!(note.contains("was removed") && note.contains(r#"\"i001\""#), "{note}");
    assert!(!note.contains('\u{1b}'), "{note}");
    // Zeros, which a power failure leaves.
    append(&[0; 4096]);
    assert_eq!(open(3, &path, &["ana"]).unwrap().notes().len(), 1);
    assert_eq!(labels_in(&path, 3).blank, 3);
}

#[test]
fn a_form_or_a_changed_answer_that_was_not_written_to_its_end_was_not_written() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let mut session = open(4, &path, &["ana"]).unwrap();
    let form = std::fs::read(&path).unwrap();
    session.answer(0, 0, choice(LabelSide::Left)).unwrap();
    let answered = std::fs::read(&path).unwrap();
    session.answer(0, 0, choice(LabelSide::Right)).unwrap();
    let changed = std::fs::read(&path).unwrap();
    drop(session);
    // The first byte of several lines is written last.
    for (before, after) in [(&[][..], &form[..]), (&answered, &changed)] {
        for end in before.len() + 1..=after.len() {
            let mut torn = after[..end].to_vec();
            torn[before.len()] = 0;
            std::fs::write(&path, &torn).unwrap();
            let session = open(4, &path, &["ana"]).unwrap();
            assert_eq!(session.notes().len(), 1, "{end}");
            assert_eq!(session.progress(0).total, 4);
            let now = std::fs::read(&path).unwrap();
            assert!(now == if before.is_empty() { &form[..] } else { before }, "{end}");
        }
    }
}

#[test]
fn a_session_removes_what_another_left_incomplete_and_goes_on() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let mut session = open(3, &path, &["ana"]).unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"id\":\"i00").unwrap();
    session.answer(0, 0, choice(LabelSide::Left)).unwrap();
    assert_eq!(session.notes().len(), 1);
    assert_eq!(labels_in(&path, 3).labels.len(), 1);
}

#[test]
fn a_file_that_is_edited_or_replaced_meanwhile_gets_no_further_line() {
    let folder = Folder::new();
    let path = label_path(&folder);
    open(3, &path, &["ana"]).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let shortened = crate::support::lines_of(text.lines().take(2));
    let other = text.replace("i001", "i002");
    for (what, edited) in
        [("edited", &other), ("shortened", &shortened), ("emptied", &String::new())]
    {
        std::fs::write(&path, &text).unwrap();
        let mut session = open(3, &path, &["ana"]).unwrap();
        std::fs::write(&path, edited).unwrap();
        let error = session.answer(0, 0, choice(LabelSide::Left)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Run, "{what}: {error}");
        assert!(error.to_string().contains("was replaced or changed"), "{what}: {error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), *edited, "{what}");
        assert_eq!(session.progress(0).answered, 0, "{what}");
    }
    std::fs::write(&path, &text).unwrap();
    let mut session = open(3, &path, &["ana"]).unwrap();
    let replacement = folder.write("replacement", &text);
    std::fs::rename(replacement, &path).unwrap();
    let error = session.answer(0, 0, choice(LabelSide::Left)).unwrap_err();
    assert!(error.to_string().contains("was replaced"), "{error}");
    std::fs::remove_file(&path).unwrap();
    assert!(session.refresh().is_err());
    assert!(!path.exists());
}

#[test]
fn lines_that_others_add_are_read_and_invalid_ones_change_nothing() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let mut session = open(3, &path, &["ana"]).unwrap();
    let append = |line: &str| {
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        writeln!(file, "{line}").unwrap();
    };
    append(r#"{"id":"i001","annotator":"ana","winner":"tie"}"#);
    session.refresh().unwrap();
    assert_eq!(session.progress(0).answered, 1);
    append(r#"{"id":"i002","annotator":"ana","winner":"tie"}"#);
    append(r#"{"id":"i002","annotator":"ana","winner":"nobody"}"#);
    for _ in 0..2 {
        let error = session.refresh().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert!(error.to_string().contains("labels.jsonl:6: unknown system `nobody`"), "{error}");
        assert_eq!(session.progress(0).answered, 1);
    }
}

#[test]
fn a_file_of_another_kind_is_refused_and_left_alone() {
    let folder = Folder::new();
    for (name, text) in [
        ("labels.csv", &b"id,annotator,winner\ni001,ana,tie\n"[..]),
        ("header.csv", b"id,annotator,winner"),
        ("list.json", b"[{\"id\":\"i001\",\"annotator\":\"ana\",\"winner\":\"tie\"}]"),
        ("indented.json", b"{\n  \"id\": \"i001\"\n}\n"),
        ("labels.jsonl.gz", b"\x1f\x8b\x08\x00\x00"),
        ("utf16.jsonl", b"\xff\xfe{\x00}\x00\n\x00"),
        ("page.html", b"<html>\n</html>\n"),
        ("note.txt", b"hello"),
        ("program", b"\0asm\x01\n\0\0"),
        ("program-2", b"\0\"identity\n"),
        ("broken.jsonl", b"{\"id\":\"i001\",\"annotator\":\"\",\"winner\":null}\nhello"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let error = open(3, &path, &["ana"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{name}: {error}");
        assert!(error.to_string().contains(name) && error.hint_text().is_some(), "{name}: {error}");
        assert_eq!(std::fs::read(&path).unwrap(), text, "{name}");
    }
    let error = open(3, folder.path(), &["ana"]).unwrap_err();
    assert!(error.to_string().contains("not a file"), "{error}");
    let error = open(3, &folder.path().join("absent/labels.jsonl"), &["ana"]).unwrap_err();
    assert!(error.to_string().contains("there is no folder"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Input);
}

#[test]
fn a_byte_order_mark_and_lines_about_other_items_are_left_as_they_are() {
    let folder = Folder::new();
    let text = "\u{feff}{\"id\":\"i001\",\"annotator\":\"ana\",\"winner\":\"tie\"}\n\n\
                {\"id\":\"other\",\"annotator\":\"ana\",\"winner\":\"tie\",\"mood\":1}\n\
                {\"id\":\"other\",\"annotator\":\"\",\"winner\":null}";
    let path = folder.write("labels.jsonl", text);
    let mut session = Session::open(material(3), &path, &options(&["ana"])).unwrap();
    let notes = session.notes().join("\n");
    assert!(notes.contains("2 lines are about items that are not among these"), "{notes}");
    assert!(notes.contains("field `mood`"), "{notes}");
    session.undo(0, 0).unwrap();
    let now = std::fs::read_to_string(&path).unwrap();
    assert!(now.starts_with(&format!("{text}\n")), "{now}");
    assert_eq!(form(&path, 3, "ana").len(), 1);
}
