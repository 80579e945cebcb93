//! The program while it serves, and requests to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use crate::support::{Folder, GENEROUS_TIMEOUT};

/// The program while it serves; it is killed with the value.
pub(super) struct Started {
    child: Child,
    stderr: Receiver<String>,
    said: Vec<String>,
}

/// The page of one visitor.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// `127.0.0.1:7000`
    pub(super) host: String,
    /// `/TOKEN/`
    pub(super) path: String,
}

/// An answer of the server.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// By name in lower case, without the time.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Started {
    /// Starts `evenhand label` and waits until it serves.
    pub(super) fn new(folder: &Folder, arguments: &[&str]) -> Self {
        let mut command = folder.command(&[&["label"], arguments].concat());
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, stderr) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut started = Self { child, stderr, said: Vec::new() };
        started.wait_for_line("press Ctrl-C to end");
        started
    }

    /// Waits until a line of stderr contains a text, and returns it.
    pub(super) fn wait_for_line(&mut self, text: &str) -> String {
        loop {
            let next = self.stderr.recv_timeout(GENEROUS_TIMEOUT);
            let line = next.unwrap_or_else(|_| panic!("no line has {text:?}: {:#?}", self.said));
            self.said.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Everything that it said so far.
    pub(super) fn said(&self) -> String {
        self.said.join("\n")
    }

    fn page_in(&self, before: &str) -> Page {
        let line = self.said.iter().find(|line| line.starts_with(before));
        let line =
            line.unwrap_or_else(|| panic!("no line begins with {before:?}: {:#?}", self.said));
        let address = line.split("http://").nth(1).unwrap();
        let (host, path) = address.split_once('/').unwrap();
        Page { host: host.to_owned(), path: format!("/{path}") }
    }

    /// The page of the only annotator.
    pub(super) fn page(&self) -> Page {
        self.page_in("label as ")
    }

    /// The page of one of several annotators.
    pub(super) fn page_of(&self, annotator: &str) -> Page {
        self.page_in(&format!("  {annotator} "))
    }

    pub(super) fn owner(&self) -> Page {
        self.page_in("see who has done how much: ")
    }

    /// Ends it at once, as a crash would.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal, waits for the end, and returns the exit code with everything that was said.
    #[cfg(unix)]
    pub(super) fn end(mut self, signal: rustix::process::Signal) -> (i32, String) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
        let status = self.child.wait().unwrap();
        while let Ok(line) = self.stderr.recv() {
            self.said.push(line);
        }
        (status.code().unwrap_or(-1), self.said())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _either_way = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Page {
    /// Sends bytes and returns the answer.
    pub(super) fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses a long request does not read it to its end.
        let _may_be_refused = stream.write_all(request);
        let mut answer = Vec::new();
        let _may_be_reset = stream.read_to_end(&mut answer);
        let _may_be_closed = stream.shutdown(Shutdown::Both);
        Answer::of(&answer)
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(GENEROUS_TIMEOUT)).unwrap();
        stream
    }

    /// Asks by any method for a path below the page, with headers in place of the usual ones of the same names.
    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.ask_at(method, &format!("{}{path}", self.path), headers, body)
    }

    /// The same for any target.
    pub(super) fn ask_at(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let origin = format!("http://{}", self.host);
        let mut all: BTreeMap<&str, &str> = BTreeMap::from([("Host", &*self.host)]);
        if method == "POST" {
            all.insert("Origin", &origin);
            all.insert("Sec-Fetch-Site", "same-origin");
            all.insert("Content-Type", "application/json");
        }
        all.extend(headers.iter().copied());
        let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in all.into_iter().filter(|(_, value)| *value != "-") {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.send(request.as_bytes())
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &[], &body.to_string())
    }

    pub(super) fn answer(&self, place: usize, answer: &Value) -> Answer {
        self.post("api/answers", &json!({ "place": place, "answer": answer }))
    }

    pub(super) fn state(&self) -> Value {
        self.get("api/state").expect(200).json()
    }

    /// How many comparisons the form has.
    pub(super) fn total(&self) -> usize {
        self.state()["progress"]["total"].as_u64().unwrap() as usize
    }
}

impl Answer {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .filter(|(name, _)| name != "date");
        Self { status: status.unwrap_or(0), headers: headers.collect(), body: body.to_owned() }
    }

    #[track_caller]
    pub(super) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}
