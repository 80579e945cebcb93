//! The page from a server: what it asks for, and what it does when answers cannot be saved.
//!
//! The server here answers from memory and can be told to fail; the program's own server is tested with the program.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// How the server fails, until a test sets another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failing {
    /// Not at all.
    No,
    /// It ends every connection.
    Dead,
    /// It says that it cannot store anything.
    Full,
    /// It stores one answer, ends the connection, and works again.
    LosesReply,
}

/// What the server knows, and what it was asked.
struct Memory {
    page: String,
    tasks: Vec<Value>,
    answers: Vec<Value>,
    failing: Failing,
    asked: Vec<String>,
}

impl Memory {
    fn state(&self) -> Value {
        let places: Vec<&str> = self
            .answers
            .iter()
            .map(|one| if one.is_null() { "open" } else { "answered" })
            .collect();
        let answered = places.iter().filter(|place| **place == "answered").count();
        json!({
            "annotator": "ana",
            "question": { "text": "Which?", "criteria": [], "ties": true },
            "stopped": null,
            "progress": {
                "total": places.len(), "answered": answered, "skipped": 0,
                "next": places.iter().position(|place| *place == "open"),
                "places": places, "seconds_per_label": null, "seconds_left": null,
            },
        })
    }

    /// Returns status and body, or nothing if the connection ends without an answer.
    fn reply(&mut self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        self.asked.push(format!("{method} {path}"));
        if path == "/token/" {
            return Some((200, self.page.clone()));
        }
        match self.failing {
            Failing::Dead => return None,
            Failing::Full => {
                return Some((500, json!({ "error": "the disk is full" }).to_string()));
            }
            Failing::No | Failing::LosesReply => {}
        }
        if let Some(place) = path.strip_prefix("/token/api/tasks/") {
            let place: usize = place.parse().unwrap();
            let mut task = self.tasks[place].clone();
            task["answer"] = self.answers[place].clone();
            return Some((200, task.to_string()));
        }
        if method == "POST" {
            let body: Value = serde_json::from_str(body).unwrap();
            let place = usize::try_from(body["place"].as_u64().unwrap()).unwrap();
            let shown = &body["replaces"]["choice"];
            if path == "/token/api/answers" && self.answers[place]["choice"] != *shown {
                return Some((
                    409,
                    json!({ "error": "it was answered on another page" }).to_string(),
                ));
            }
            // As the library reads it.
            let read =
                serde_json::from_value::<evenhand::labelling::PageAnswer>(body["answer"].clone());
            self.answers[place] =
                if path.ends_with("undo") { Value::Null } else { json!(read.unwrap()) };
            if self.failing == Failing::LosesReply {
                self.failing = Failing::No;
                return None;
            }
        }
        Some((200, self.state().to_string()))
    }
}

/// A server of one form at an address below `/token/`. Its thread ends with the test program.
struct Server {
    memory: Arc<Mutex<Memory>>,
    url: String,
}

impl Server {
    fn start(page: String, tasks: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/token/", listener.local_addr().unwrap());
        let answers = vec![Value::Null; tasks.len()];
        let memory = Memory { page, tasks, answers, failing: Failing::No, asked: Vec::new() };
        let memory = Arc::new(Mutex::new(memory));
        let shared = Arc::clone(&memory);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                // A browser opens connections that it does not use yet.
                std::thread::spawn(move || serve(&stream.unwrap(), &shared));
            }
        });
        Self { memory, url }
    }

    fn set_failing(&self, failing: Failing) {
        self.memory.lock().unwrap().failing = failing;
    }

    fn choices(&self) -> Vec<Value> {
        self.memory.lock().unwrap().answers.iter().map(|one| one["choice"].clone()).collect()
    }
}

/// Answers one request.
fn serve(stream: &TcpStream, memory: &Mutex<Memory>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let mut head = Vec::new();
    while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
        head.push(std::mem::take(&mut line));
    }
    let Some(first) = head.first() else { return };
    let [method, path, ..] = first.split(' ').collect::<Vec<_>>()[..] else { return };
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    let Some((status, text)) = memory.lock().unwrap().reply(method, path, &body) else { return };
    let kind = if path == "/token/" { "text/html" } else { "application/json" };
    let head = format!(
        "HTTP/1.1 {status} -\r\ncontent-type: {kind}; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    let mut stream = stream;
    // The browser may have gone.
    let _may_have_gone =
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text.as_bytes()));
}

mod needs_chromium {
    use super::super::forms::{session, simple_form, simple_items};
    use super::super::{press_when_taken, status};
    use super::*;
    use crate::support::Folder;
    use crate::support::browser::Browser;

    fn start(count: usize) -> (Server, Browser) {
        let folder = Folder::new();
        let session = session(&folder, &simple_items(count), None);
        let page = evenhand::report::served_label_page(session.question(), "ana").unwrap();
        let server = Server::start(page, simple_form(&Folder::new(), count).tasks);
        let mut browser = Browser::start();
        browser.open_url(&server.url);
        browser.wait_for("document.documentElement.dataset.ready === 'true'");
        (server, browser)
    }

    fn wait_for_place(browser: &mut Browser, place: &str) {
        browser.wait_for(&format!("document.querySelector('#eh-place').textContent === '{place}'"));
    }

    fn notices(browser: &mut Browser) -> String {
        browser
            .evaluate("document.querySelector('#eh-notices').textContent")
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    #[ignore = "needs chromium"]
    fn the_page_asks_only_for_the_paths_of_its_server_and_ends_with_all_saved() {
        let (server, mut browser) = start(2);
        press_when_taken(&mut browser, "1");
        wait_for_place(&mut browser, "2 of 2");
        press_when_taken(&mut browser, "2");
        wait_for_place(&mut browser, "End");
        assert_eq!(server.choices(), ["left", "tie"]);
        let asked = server.memory.lock().unwrap().asked.clone();
        let mut kinds: Vec<&str> =
            asked.iter().map(|one| one.trim_end_matches(char::is_numeric)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(
            kinds,
            [
                "GET /token/",
                "GET /token/api/state",
                "GET /token/api/tasks/",
                "POST /token/api/answers"
            ]
        );
        let end = browser.evaluate("document.querySelector('#eh-end').textContent");
        assert!(end.as_str().unwrap().contains("Every answer is saved."), "{end}");
    }

    #[test]
    #[ignore = "needs chromium"]
    fn an_answer_is_kept_and_sent_again_until_the_server_has_saved_it() {
        let (server, mut browser) = start(3);
        for failing in [Failing::Dead, Failing::Full] {
            server.set_failing(failing);
            press_when_taken(&mut browser, "3");
            browser.wait_for("document.querySelector('.fault') !== null");
            assert_eq!(status(&mut browser), "Not saved yet: right is better.");
            assert!(notices(&mut browser).contains("Your answer is not saved yet."));
            // Another one is not taken meanwhile.
            press_when_taken(&mut browser, "1");
            assert_eq!(status(&mut browser), "Not saved yet: right is better.");
            server.set_failing(Failing::No);
            browser.click(".fault button");
            let place = if failing == Failing::Dead { "2 of 3" } else { "3 of 3" };
            wait_for_place(&mut browser, place);
            assert_eq!(notices(&mut browser), "");
        }
        assert_eq!(server.choices(), [json!("right"), json!("right"), Value::Null]);
        // And without being asked.
        server.set_failing(Failing::Dead);
        press_when_taken(&mut browser, "2");
        browser.wait_for("document.querySelector('.fault') !== null");
        server.set_failing(Failing::No);
        wait_for_place(&mut browser, "End");
        assert_eq!(server.choices(), ["right", "right", "tie"]);
    }

    #[test]
    #[ignore = "needs chromium"]
    fn an_answer_whose_reply_was_lost_is_saved_once() {
        let (server, mut browser) = start(3);
        server.set_failing(Failing::LosesReply);
        press_when_taken(&mut browser, "1");
        wait_for_place(&mut browser, "2 of 3");
        assert_eq!(server.choices(), [json!("left"), Value::Null, Value::Null]);
        assert_eq!(notices(&mut browser), "");
    }

    #[test]
    #[ignore = "needs chromium"]
    fn what_was_answered_on_another_page_is_shown_and_not_overwritten() {
        let (server, mut browser) = start(3);
        server.memory.lock().unwrap().answers[0] = json!({ "choice": "tie" });
        press_when_taken(&mut browser, "1");
        browser.wait_for("document.querySelector('#eh-status').textContent === 'Saved: tie.'");
        assert!(notices(&mut browser).contains("answered elsewhere"), "{}", notices(&mut browser));
        assert_eq!(server.choices()[0], "tie");
        // Now that it was seen, it can be changed.
        press_when_taken(&mut browser, "1");
        wait_for_place(&mut browser, "2 of 3");
        assert_eq!(server.choices()[0], "left");
    }
}
