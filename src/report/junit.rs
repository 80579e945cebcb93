//! Results of checks as XML in the form of `JUnit`, which CI systems show beside the results of tests.
//!
//! XML 1.0 has no place for most control characters, not even as references; names and messages show them as
//! `\u{…}`, as on a terminal.

use super::escape::for_terminal;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// One check with its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JUnitCase {
    /// What is checked, such as a run.
    pub class: String,
    /// Which check it is.
    pub name: String,
    /// How it ended.
    pub result: JUnitResult,
    /// What was found, as a sentence.
    pub message: String,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JUnitResult {
    /// It passed.
    Passed,
    /// It failed; the text says in one word how.
    Failed(&'static str),
    /// It neither passed nor failed, and does not count as a failure.
    Skipped,
}

/// Returns checks as an XML document in the form of `JUnit`, with one test suite.
pub fn junit_xml(suite: &str, cases: &[JUnitCase]) -> String {
    let count = |of: fn(&JUnitCase) -> bool| cases.iter().filter(|case| of(case)).count();
    let failures = count(|case| matches!(case.result, JUnitResult::Failed(_)));
    let skipped = count(|case| case.result == JUnitResult::Skipped);
    let counts = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"",
        cases.len()
    );
    let suite = format!("  <testsuite name=\"{}\" {counts}>\n", escaped(suite));
    let begin = format!("{DECLARATION}<testsuites {counts}>\n{suite}");
    let end = "  </testsuite>\n</testsuites>\n".to_owned();
    std::iter::once(begin).chain(cases.iter().map(test_case)).chain([end]).collect()
}

fn test_case(case: &JUnitCase) -> String {
    let [class, name, message] = [&case.class, &case.name, &case.message].map(|text| escaped(text));
    let result = match case.result {
        JUnitResult::Passed => format!("<system-out>{message}</system-out>"),
        JUnitResult::Failed(kind) => {
            let kind = escaped(kind);
            format!("<failure message=\"{message}\" type=\"{kind}\">{message}</failure>")
        }
        JUnitResult::Skipped => format!("<skipped message=\"{message}\"/>"),
    };
    format!(
        "    <testcase classname=\"{class}\" name=\"{name}\">\n      {result}\n    </testcase>\n"
    )
}

/// Returns a text that an XML parser reads back, in content and in attributes: markup is replaced by references, and
/// characters that XML does not allow are shown as `\u{…}`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in for_terminal(text, false).chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // The only ones that are neither control characters nor allowed; a string has no surrogates.
            '\u{fffe}' | '\u{ffff}' => escaped.extend(char.escape_unicode()),
            char => escaped.push(char),
        }
    }
    escaped
}
