//! People at a real browser: the pages of two annotators and of the owner.

mod needs_chromium {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::super::started::{Page, Started};
    use super::super::{SYSTEMS, answers, items, lines, run};
    use crate::report::label_page::saved_file;
    use crate::support::browser::{Browser, Fault};

    /// An annotator at a browser of their own.
    struct Person {
        browser: Browser,
        name: &'static str,
    }

    impl Person {
        fn new(name: &'static str) -> Self {
            Self { browser: Browser::start(), name }
        }

        fn open(&mut self, page: &Page) {
            self.browser.open_url(&format!("http://{}{}", page.host, page.path));
            self.browser.wait_for("document.documentElement.dataset.ready === 'true'");
        }

        /// Waits until a comparison is shown, long enough for the page to take a key.
        fn wait_for(&mut self, place: usize, total: usize) {
            let heading = format!("Comparison {} of {total}", place + 1);
            let is_shown =
                format!("document.getElementById('eh-heading').textContent === '{heading}'");
            self.browser.wait_for(&is_shown);
            // A key that comes sooner may have been meant for the comparison before.
            self.browser.evaluate("new Promise(done => setTimeout(done, 500))");
        }

        /// Labels some comparisons by keys, the first place and one after the last.
        fn label(&mut self, places: std::ops::Range<usize>, total: usize) {
            for place in places {
                self.wait_for(place, total);
                self.browser.press(key(self.name, place));
            }
        }

        fn wait_for_end(&mut self) {
            self.browser
                .wait_for("document.getElementById('eh-heading').textContent === 'All 20 done'");
        }

        /// Waits until everything that was given is stored.
        fn wait_for_saved(&mut self, page: &Page, answered: usize) {
            self.browser
                .wait_for("!document.getElementById('eh-status').textContent.startsWith('Saving')");
            assert_eq!(page.state()["progress"]["answered"], answered, "{}", self.name);
        }

        /// Everything that the page did and must not do; it may ask its own server.
        fn expect_no_faults(&mut self, page: &Page) {
            let ours = format!("http://{}{}api/", page.host, page.path);
            let is_ours =
                |fault: &Fault| matches!(fault, Fault::Request(url) if url.starts_with(&ours));
            let mut faults = self.browser.faults();
            faults.retain(|fault| !is_ours(fault));
            assert_eq!(faults, [] as [Fault; 0]);
        }
    }

    /// Which key somebody presses at a place: all three are used.
    fn key(name: &str, place: usize) -> &'static str {
        ["1", "2", "3"][(place + name.len()) % 3]
    }

    /// What the file must say for it.
    fn side(name: &str, place: usize) -> &'static str {
        ["left", "tie", "right"][(place + name.len()) % 3]
    }

    /// The comparisons of an annotator in the order of the form.
    fn form(folder: &crate::support::Folder, name: &str) -> Vec<String> {
        let blank = |line: &Value| line["annotator"] == name && !super::super::is_answer(line);
        let lines = lines(folder).into_iter().filter(blank);
        lines.map(|line| line["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Checks that an annotator's lines are exactly what was typed, once each.
    fn expect_typed(folder: &crate::support::Folder, name: &str, total: usize) {
        let form = form(folder, name);
        let answers = answers(folder, name);
        let ids: BTreeSet<&str> =
            answers.iter().map(|answer| answer["id"].as_str().unwrap()).collect();
        assert_eq!((form.len(), answers.len(), ids.len()), (total, total, total), "{name}");
        for answer in &answers {
            let place = form.iter().position(|id| *id == answer["id"]).unwrap();
            let left = answer["left"].as_str().unwrap();
            let right = SYSTEMS.into_iter().find(|system| *system != left).unwrap();
            let winner = match side(name, place) {
                "left" => left,
                "right" => right,
                _ => "tie",
            };
            assert_eq!(answer["winner"], winner, "{name}, place {place}: {answer}");
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn people_label_by_keys_through_a_reload_a_killed_server_and_an_exported_page_and_nothing_is_lost_or_doubled()
     {
        const TOTAL: usize = 20;
        let folder = run(TOTAL);
        let port = free_port();
        let arguments = ["run.db", "--annotators", "ana,benny", "--overlap", "20", "--port", &port];
        let started = Started::new(&folder, &arguments);
        let (ana_page, ben_page) = (started.page_of("ana"), started.page_of("benny"));
        let (mut ana, mut ben) = (Person::new("ana"), Person::new("benny"));
        ana.open(&ana_page);
        ben.open(&ben_page);
        // At once: each step of one is between two of the other.
        for place in 0..7 {
            ana.label(place..place + 1, TOTAL);
            ben.label(place..place + 1, TOTAL);
        }
        ana.wait_for_saved(&ana_page, 7);
        ana.expect_no_faults(&ana_page);
        // A reload shows the first comparison that is open.
        ana.browser.reload();
        ana.label(7..10, TOTAL);
        ana.wait_for_saved(&ana_page, 10);
        ben.wait_for_saved(&ben_page, 7);
        ben.expect_no_faults(&ben_page);
        started.kill();
        // Nobody is there to store this answer; the page says so and does not go on.
        ben.wait_for(7, TOTAL);
        ben.browser.press(key("benny", 7));
        ben.browser.wait_for("document.getElementById('eh-notices').textContent !== ''");
        let heading = ben.browser.evaluate("document.getElementById('eh-heading').textContent");
        assert_eq!(heading, json!("Comparison 8 of 20"));

        let started = Started::new(&folder, &arguments);
        let (ana_page, ben_page) = (started.page_of("ana"), started.page_of("benny"));
        ana.open(&ana_page);
        // The old page would ask before it is left: its last answer is not saved.
        let mut ben = Person::new("benny");
        ben.open(&ben_page);
        // Meanwhile a third person labels without the server.
        let export = ["label", "run.db", "--annotator", "cleo", "--export", "cleo.html"];
        folder.run(&export).expect(0);
        let mut cleo = Person::new("cleo");
        cleo.browser.open(&folder.path().join("cleo.html"));
        cleo.label(0..TOTAL, TOTAL);
        cleo.wait_for_end();
        folder.write("labels-cleo.json", &saved_file(&mut cleo.browser));
        cleo.browser.expect_no_faults();
        let merge = ["labels", "merge", "run.db", "labels-cleo.json", "--labels", "labels.jsonl"];
        folder.run(&merge).expect(0);
        folder.run(&merge).expect(0);
        for place in 7..TOTAL {
            ben.label(place..place + 1, TOTAL);
            if place >= 10 {
                ana.label(place..place + 1, TOTAL);
            }
        }
        for (person, page) in [(&mut ana, &ana_page), (&mut ben, &ben_page)] {
            person.wait_for_end();
            person.wait_for_saved(page, TOTAL);
            person.expect_no_faults(page);
        }
        expect_typed(&folder, "ana", TOTAL);
        expect_typed(&folder, "benny", TOTAL);
        expect_typed(&folder, "cleo", TOTAL);
        let calibrate = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
        let found = &folder.run(&calibrate).expect(0).json_lines()[0];
        assert_eq!((&found["labelled"], &found["annotators"]), (&json!(TOTAL), &json!(3)));
    }

    #[test]
    #[ignore = "needs chromium"]
    fn labelling_stops_by_itself_when_it_is_decided_and_goes_on_by_a_click() {
        const TOTAL: usize = 30;
        let folder = items(TOTAL);
        let gate = format!("{}=0.5", SYSTEMS[1]);
        let arguments = ["items.jsonl", "--annotator", "ana", "--until-win-rate", &gate];
        let started = Started::new(&folder, &arguments);
        let page = started.page();
        let mut ana = Person::new("ana");
        ana.open(&page);
        let mut labelled = 0;
        while page.state()["stopped"].is_null() {
            ana.wait_for(labelled, TOTAL);
            let left = ana.browser.evaluate("document.getElementById('eh-left').textContent");
            ana.browser.press(if left.as_str().unwrap().contains("two") { "1" } else { "3" });
            labelled += 1;
            ana.wait_for_saved(&page, labelled);
        }
        assert!(labelled < TOTAL, "thirty wins of thirty are more than enough");
        let heading = format!("{} of {TOTAL} are open", TOTAL - labelled);
        ana.browser.wait_for(&format!(
            "document.getElementById('eh-heading').textContent === '{heading}'"
        ));
        ana.browser.click("#eh-end button");
        ana.wait_for(labelled, TOTAL);
        ana.browser.press("1");
        ana.wait_for(labelled + 1, TOTAL);
        ana.expect_no_faults(&page);
    }

    #[test]
    #[ignore = "needs chromium"]
    fn the_owner_sees_progress_and_gets_numbers_only_on_request() {
        let folder = run(8);
        let started =
            Started::new(&folder, &["run.db", "--annotators", "ana,<b>ben", "--overlap", "8"]);
        let owner = started.owner();
        let page = started.page_of("ana");
        let mut person = Person::new("owner");
        person.browser.open_url(&format!("http://{}{}", owner.host, owner.path));
        person.browser.wait_for("document.querySelectorAll('#annotators tr').length === 2");
        for place in 0..8 {
            page.answer(place, &json!({ "choice": "left", "seconds": 2 })).expect(200);
        }
        person.browser.wait_for("document.querySelector('#annotators td').textContent === '8'");
        let text = person.browser.evaluate("document.body.innerText").to_string();
        assert!(text.contains("<b>ben") && !text.contains("prefer"), "{text}");
        person.browser.click("#look");
        person
            .browser
            .wait_for("document.getElementById('numbers').textContent.includes('eople prefer')");
        let text =
            person.browser.evaluate("document.getElementById('numbers').innerText").to_string();
        assert!(text.contains("looked at once"), "{text}");
        let address = person.browser.evaluate("document.querySelector('#annotators a').href");
        assert_eq!(address, format!("http://{}{}", page.host, page.path));
        person.expect_no_faults(&owner);
        // After the end the page says so, and that nothing is lost.
        started.kill();
        person
            .browser
            .wait_for("document.getElementById('state').textContent.includes('has ended')");
    }

    /// A port that nobody uses now, so that a second server can be at the same address.
    fn free_port() -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port().to_string()
    }
}
