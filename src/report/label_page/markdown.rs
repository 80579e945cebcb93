//! Markdown as nodes.
//!
//! Nothing in a text is followed, loaded or parsed as HTML: HTML is shown as it was written, a link as its text with its
//! address, an image as its description with its address. A text that would take long or nest deeply is not parsed at
//! all, and the reason says so.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag};
use serde_json::json;

use super::highlight::highlighted;
use super::nodes::{Marks, Node, marked, push};

/// The longest text that is parsed, in bytes.
const MOST_BYTES: usize = 200_000;
/// How many elements may stand within each other.
const MOST_DEPTH: usize = 32;
/// How many nodes a text may become.
const MOST_NODES: usize = 40_000;
/// The most characters of an address that are shown.
const MOST_ADDRESS: usize = 300;

/// Returns a text as nodes.
///
/// # Errors
///
/// The reason why it is not shown as Markdown, as a sentence.
pub(super) fn markdown(text: &str, marks: Marks<'_>) -> Result<Vec<Node>, &'static str> {
    if text.len() > MOST_BYTES {
        return Err(
            "This text is too long to be shown as Markdown, so it is shown as it was written.",
        );
    }
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut builder = Builder { text, marks, open: Vec::new(), nodes: Vec::new(), count: 0 };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        builder.add(event, range);
        if builder.open.len() > MOST_DEPTH {
            return Err(
                "This text nests too deeply to be shown as Markdown, so it is shown as it was written.",
            );
        }
        if builder.count > MOST_NODES {
            return Err(
                "This text has too many parts to be shown as Markdown, so it is shown as it was written.",
            );
        }
    }
    Ok(builder.nodes)
}

/// An element whose end has not come yet.
struct Open<'a> {
    tag: Tag<'a>,
    children: Vec<Node>,
    /// The content of a block of code, and the parts of it that are marked.
    code: String,
    code_marks: Vec<Range<usize>>,
}

/// Builds the nodes event by event.
struct Builder<'a> {
    text: &'a str,
    marks: Marks<'a>,
    open: Vec<Open<'a>>,
    nodes: Vec<Node>,
    count: usize,
}

impl<'a> Builder<'a> {
    fn add(&mut self, event: Event<'a>, range: Range<usize>) {
        match event {
            Event::Start(tag) => {
                let (children, code, code_marks) = Default::default();
                self.open.push(Open { tag, children, code, code_marks });
            }
            Event::End(_) => {
                if let Some(open) = self.open.pop() {
                    let nodes = closed(open);
                    self.push_all(nodes);
                }
            }
            Event::Text(text) => {
                let is_code =
                    self.open.last().is_some_and(|open| matches!(open.tag, Tag::CodeBlock(_)));
                if is_code {
                    self.add_code(&text, range);
                } else {
                    let nodes = self.marked(&text, range);
                    self.push_all(nodes);
                }
            }
            Event::Code(code) => {
                let nodes = self.marked(&code, range);
                self.push(Node::element("code", nodes));
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let nodes = self.marked(&html, range);
                self.push(Node::element("html", nodes));
            }
            Event::SoftBreak | Event::HardBreak => self.push(Node::element("break", vec![])),
            Event::Rule => self.push(Node::element("rule", vec![])),
            Event::TaskListMarker(done) => {
                self.push(Node::detailed("check", vec![], json!(done)));
            }
            // Off in the options.
            Event::FootnoteReference(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {}
        }
    }

    fn push(&mut self, node: Node) {
        self.count += 1;
        let nodes = self.open.last_mut().map_or(&mut self.nodes, |open| &mut open.children);
        push(nodes, node);
    }

    fn push_all(&mut self, nodes: Vec<Node>) {
        for node in nodes {
            self.push(node);
        }
    }

    /// Returns the nodes of a text that the parser found in a range of the source. A text that differs from its source,
    /// such as one with an entity, is marked as a whole.
    fn marked(&self, shown: &str, range: Range<usize>) -> Vec<Node> {
        if let Some(at) = self.text[range.clone()].find(shown) {
            let from = range.start + at;
            return marked(self.text, from..from + shown.len(), self.marks);
        }
        let whole = 0..shown.len();
        let marks = [whole.clone()];
        let is_marked = self.marks.touch(range);
        marked(shown, whole, if is_marked { Marks(&marks) } else { Marks::NONE })
    }

    /// Adds a line to a block of code.
    fn add_code(&mut self, shown: &str, range: Range<usize>) {
        let marks: Vec<Range<usize>> = self.marks.within(range.clone()).collect();
        let Some(open) = self.open.last_mut() else { return };
        let begin = open.code.len();
        if self.text[range.clone()] == *shown {
            let moved = marks
                .iter()
                .map(|mark| mark.start - range.start + begin..mark.end - range.start + begin);
            open.code_marks.extend(moved);
        } else if !marks.is_empty() && !shown.is_empty() {
            open.code_marks.push(begin..begin + shown.len());
        }
        open.code.push_str(shown);
    }
}

/// Returns an element that is complete.
fn closed(open: Open<'_>) -> Vec<Node> {
    let Open { tag, children, code, code_marks } = open;
    let node = match tag {
        Tag::Paragraph => Node::element("paragraph", children),
        Tag::Heading { level, .. } => {
            Node::detailed("heading", children, json!(level_number(level)))
        }
        Tag::BlockQuote(_) => Node::element("quote", children),
        Tag::CodeBlock(kind) => {
            let language = match &kind {
                CodeBlockKind::Fenced(info) => info.split([' ', ',', '{']).next().unwrap_or(""),
                CodeBlockKind::Indented => "",
            };
            let code = code.strip_suffix('\n').unwrap_or(&code);
            let nodes = highlighted(code, language, Marks(&code_marks));
            Node::detailed("code-block", nodes, json!(shortened(language, 30)))
        }
        Tag::HtmlBlock => Node::element("html-block", children),
        Tag::List(start) => Node::detailed("list", children, json!(start)),
        Tag::Item => Node::element("item", children),
        Tag::Table(_) => Node::element("table", children),
        Tag::TableHead => Node::element("head-row", children),
        Tag::TableRow => Node::element("row", children),
        Tag::TableCell => Node::element("cell", children),
        Tag::Emphasis => Node::element("emphasis", children),
        Tag::Strong => Node::element("strong", children),
        Tag::Strikethrough => Node::element("deleted", children),
        Tag::Link { dest_url, .. } => {
            Node::detailed("link", children, json!(shortened(&dest_url, MOST_ADDRESS)))
        }
        Tag::Image { dest_url, .. } => {
            Node::detailed("image", children, json!(shortened(&dest_url, MOST_ADDRESS)))
        }
        // Off in the options.
        _ => return children,
    };
    vec![node]
}

fn level_number(level: HeadingLevel) -> usize {
    level as usize
}

/// Returns the beginning of a text, with an ellipsis if it is longer.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {

    use serde_json::Value;

    use super::*;

    fn json_of(text: &str) -> Value {
        serde_json::to_value(markdown(text, Marks::NONE).unwrap()).unwrap()
    }

    #[test]
    fn blocks_and_inlines_become_elements() {
        assert_eq!(
            json_of("# A *b*\n\nc\nd `e`\n\n- [x] f\n- g\n\n3. h"),
            json!([
                ["heading", ["A ", ["emphasis", ["b"]]], 1],
                ["paragraph", ["c", ["break", []], "d ", ["code", ["e"]]]],
                ["list", [["item", [["check", [], true], "f"]], ["item", ["g"]]], null],
                ["list", [["item", ["h"]]], 3]
            ])
        );
        assert_eq!(
            json_of("|a|\n|-|\n|b|"),
            json!([["table", [["head-row", [["cell", ["a"]]]], ["row", [["cell", ["b"]]]]]]])
        );
    }

    #[test]
    fn html_links_and_images_are_shown_and_never_made() {
        let shown = json_of("<b onclick=x>hi</b> [a](javascript:x) ![b](https://x.test/p.png)");
        assert_eq!(
            shown,
            json!([[
                "paragraph",
                [
                    ["html", ["<b onclick=x>"]],
                    "hi",
                    ["html", ["</b>"]],
                    " ",
                    ["link", ["a"], "javascript:x"],
                    " ",
                    ["image", ["b"], "https://x.test/p.png"]
                ]
            ]])
        );
        assert_eq!(
            json_of("<script>\nx()\n</script>"),
            json!([[
                "html-block",
                [["html", ["<script>\n"]], ["html", ["x()\n"]], ["html", ["</script>"]]]
            ]])
        );
        let data = format!("![b](data:image/png;base64,{})", "A".repeat(5_000));
        assert!(json_of(&data).to_string().len() < 500);
    }

    #[test]
    fn what_differs_is_marked_within_the_markup() {
        let text = "one **two three** &amp; `x y`\n\n```\nlet a = 1;\n```\n";
        let at = |word: &str| text.find(word).map(|at| at..at + word.len()).unwrap();
        let marks = [at("three"), at("&amp;"), at("y"), at("1")];
        let nodes = serde_json::to_value(markdown(text, Marks(&marks)).unwrap()).unwrap();
        assert_eq!(
            nodes,
            json!([
                [
                    "paragraph",
                    [
                        "one ",
                        ["strong", ["two ", ["mark", ["three"]]]],
                        " ",
                        ["mark", ["&"]],
                        " ",
                        ["code", ["x ", ["mark", ["y"]]]]
                    ]
                ],
                ["code-block", ["let a = ", ["mark", ["1"]], ";"], ""]
            ])
        );
    }

    #[test]
    fn a_text_that_is_too_long_too_deep_or_has_too_many_parts_is_not_parsed() {
        let why = |text: &str| markdown(text, Marks::NONE).unwrap_err();
        assert!(why(&"a ".repeat(MOST_BYTES)).contains("too long"));
        assert!(why(&format!("{} a", ">".repeat(10_000))).contains("too deeply"));
        assert!(why(&"- a\n".repeat(30_000)).contains("too many parts"));
        let deep_list: String =
            (0..100).flat_map(|depth| ["  ".repeat(depth), "- a\n".to_owned()]).collect();
        assert!(why(&deep_list).contains("too deeply"));
    }

    #[test]
    fn hostile_texts_take_no_time() {
        for unit in [
            "[",
            "![",
            "*a ",
            "**",
            "_a*",
            "`a ``",
            "<",
            "<!--",
            "<a ",
            "&",
            "a|b\n",
            "[a](",
            "\\",
            "> ",
            "- ",
            "1. ",
            "[^a]",
            "~~",
            "<?",
            "<![CDATA[",
            "[a]: b\n",
            "```\n",
            "\t",
            "|",
            "[][",
            "*_",
            "((",
            "![a](<",
            "https://a.b ",
            "a_b_",
            "[a][b]",
            "\u{202e}",
            "[a]: (",
            "$",
            "**a*",
        ] {
            let text = unit.repeat(MOST_BYTES / unit.len());
            // What takes quadratic time does not end within the time that anybody waits.
            let _tree_or_reason = markdown(&text, Marks::NONE);
        }
    }
}
