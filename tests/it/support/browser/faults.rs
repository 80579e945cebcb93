//! What a page must not do, found in the events of the browser.

use serde_json::{Value, json};

/// Something that a page did and must not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A message on the console, of the page or of the browser about it.
    Console { level: String, text: String },
    /// An exception that nothing caught.
    Exception(String),
    /// A violation of the page's content security policy: its directive and what was blocked.
    Policy { directive: String, blocked: String },
    /// A request to anywhere but for the page itself.
    Request(String),
    /// An alert or another dialog.
    Dialog(String),
    /// A frame, worker or window of its own, by its kind and address.
    OtherTarget { kind: String, url: String },
    /// A file offered for download.
    Download(String),
}

/// Collects faults from the events of the browser.
#[derive(Debug, Default)]
pub(super) struct Observer {
    page: String,
    target: String,
    loads: usize,
    faults: Vec<Fault>,
}

impl Observer {
    /// Forgets the page before, and returns how many pages were loaded.
    pub(super) fn begin_page(&mut self, url: &str) -> usize {
        url.clone_into(&mut self.page);
        self.faults.clear();
        self.loads
    }

    /// Takes every other target of the browser than the page for one that the page made.
    pub(super) fn watch_other_targets_than(&mut self, target: &str) {
        target.clone_into(&mut self.target);
    }

    pub(super) fn loads(&self) -> usize {
        self.loads
    }

    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Looks at a message of the browser, and returns the commands to answer it with.
    pub(super) fn observe(&mut self, message: &Value) -> Vec<(&'static str, Value)> {
        let parameters = &message["params"];
        let mut answers = Vec::new();
        match message["method"].as_str().unwrap_or_default() {
            "Page.loadEventFired" => self.loads += 1,
            // The page waits for an answer. Whether the page may be left is asked because of what the test did.
            "Page.javascriptDialogOpening" if parameters["type"] == "beforeunload" => {
                answers.push(("Page.handleJavaScriptDialog", json!({ "accept": true })));
            }
            "Page.javascriptDialogOpening" => {
                answers.push(("Page.handleJavaScriptDialog", json!({ "accept": false })));
                self.faults.push(Fault::Dialog(text(&parameters["message"])));
            }
            method => self.faults.extend(self.fault(method, parameters)),
        }
        answers
    }

    fn fault(&self, method: &str, parameters: &Value) -> Option<Fault> {
        match method {
            "Runtime.consoleAPICalled" => Some(Fault::Console {
                level: text(&parameters["type"]),
                text: arguments(&parameters["args"]),
            }),
            "Log.entryAdded" => {
                let entry = &parameters["entry"];
                let level = text(&entry["level"]);
                let text = format!("{} {}", text(&entry["text"]), text(&entry["url"]));
                Some(Fault::Console { level, text })
            }
            "Runtime.exceptionThrown" => {
                let details = &parameters["exceptionDetails"];
                let description = &details["exception"]["description"];
                let shown = if description.is_null() { &details["text"] } else { description };
                Some(Fault::Exception(text(shown)))
            }
            "Audits.issueAdded" => {
                let issue = &parameters["issue"]["details"]["contentSecurityPolicyIssueDetails"];
                issue.is_object().then(|| Fault::Policy {
                    directive: text(&issue["violatedDirective"]),
                    blocked: issue
                        .get("blockedURL")
                        .map_or_else(|| text(&issue["contentSecurityPolicyViolationType"]), text),
                })
            }
            "Network.requestWillBeSent" => self.request(parameters),
            "Network.webSocketCreated" => Some(Fault::Request(text(&parameters["url"]))),
            "Page.downloadWillBegin" => Some(Fault::Download(text(&parameters["url"]))),
            "Target.targetCreated" => self.other_target(&parameters["targetInfo"]),
            _ => None,
        }
    }

    /// Returns the fault of a request, unless it is for the page itself, or none that leaves the page.
    fn request(&self, parameters: &Value) -> Option<Fault> {
        let url = text(&parameters["request"]["url"]);
        let is_page = parameters["type"] == "Document" && url == without_fragment(&self.page);
        let is_inside = ["data:", "blob:", "about:"].iter().any(|scheme| url.starts_with(scheme));
        (!is_page && !is_inside).then_some(Fault::Request(url))
    }

    /// Returns the fault of a target that is neither the page nor the browser's own.
    fn other_target(&self, target: &Value) -> Option<Fault> {
        let (kind, url) = (text(&target["type"]), text(&target["url"]));
        let is_own = self.target.is_empty()
            || target["targetId"] == self.target
            || ["browser", "tab"].contains(&kind.as_str())
            || url.starts_with("chrome");
        (!is_own).then_some(Fault::OtherTarget { kind, url })
    }
}

fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Returns the arguments of a call of the console in words.
fn arguments(arguments: &Value) -> String {
    let shown = |argument: &Value| match &argument["value"] {
        Value::String(value) => value.clone(),
        Value::Null => text(&argument["description"]),
        value => value.to_string(),
    };
    let words: Vec<String> = arguments.as_array().into_iter().flatten().map(shown).collect();
    words.join(" ")
}
