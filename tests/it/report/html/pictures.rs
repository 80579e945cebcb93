//! Pictures of pages, to look at: in `target/tmp/pages`.

mod needs_chromium {
    use std::path::{Path, PathBuf};

    use super::super::hostile::hostile;
    use super::super::runs::{tickets, varied};
    use super::super::{address, wait_until_ready, write_page};
    use crate::support::browser::{Browser, Screen};

    const LABELS: [&str; 2] = ["--labels", "labels.jsonl"];

    fn pictures_of(page: &Path, id: &str, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
        std::fs::create_dir_all(&folder).unwrap();
        let mut browser = Browser::start();
        browser.open_url(&address(page, id));
        wait_until_ready(&mut browser);
        browser.wait_for("!document.getElementById('eh-case').hidden");
        let desk = Screen { width: 1200, ..Screen::DESKTOP };
        for (kind, screen) in [
            ("light", desk),
            ("dark", desk.dark()),
            ("middle", Screen { width: 800, ..desk }),
            ("phone", Screen { width: 360, ..Screen::PHONE }),
            ("print", Screen { width: 680, ..desk }.print()),
        ] {
            browser.set_screen(screen);
            browser.screenshot(&folder.join(format!("{name}-{kind}.png")));
        }
        std::fs::write(folder.join(format!("{name}.pdf")), browser.print_to_pdf()).unwrap();
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn pictures_are_taken_to_look_at() {
        let folder = tickets().judged();
        pictures_of(&write_page(&folder, &LABELS), "ticket-003", "tickets");
        let folder = varied().judged();
        pictures_of(&write_page(&folder, &LABELS), "x~1", "varied");
        let flags = [
            "diff",
            "run.db",
            "run.db",
            "--judge",
            "strict",
            "--judge-b",
            "lenient",
            "--labels",
            "labels.jsonl",
        ];
        folder.run(&[&flags[..], &["--output", "diff.html"]].concat()).expect(0);
        pictures_of(&folder.path().join("diff.html"), "q17", "diff");
        let folder = hostile().judged();
        pictures_of(&write_page(&folder, &LABELS), "plain~1", "hostile");
    }
}
