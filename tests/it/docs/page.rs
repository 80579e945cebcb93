//! Reads a Markdown page: its code blocks, the directives before them, its headings and its links.
//!
//! A directive is an HTML comment on lines of its own, so that a reader of the rendered page does not see it.
//! CONTRIBUTING.md lists them for authors.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// What a directive says about the code block that follows it.
#[derive(Debug, Clone, Default)]
pub(super) struct Directives {
    /// The file that the block is written to.
    pub(super) file: Option<String>,
    /// The file of the repository that the block repeats.
    pub(super) copy_of: Option<String>,
    /// Why the block is not tested.
    pub(super) untested: Option<String>,
    /// A program that the commands need; only a test that needs it too runs them.
    pub(super) needs: Option<String>,
    /// The exit code of the commands; 0 unless said otherwise.
    pub(super) exit: i32,
    /// Whether the output shown is that of stderr.
    pub(super) stderr: bool,
    /// Text in the first line of the output that is shown.
    pub(super) from: Option<String>,
    /// Text in the last line of the output that is shown.
    pub(super) to: Option<String>,
    /// `main` or `tests`: the name by which `.ci/run` finds the block.
    pub(super) named: Option<String>,
}

/// A fenced code block.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) line: usize,
    pub(super) language: String,
    pub(super) directives: Directives,
    pub(super) text: String,
    /// Where the text between the fences is in the page.
    pub(super) range: Range<usize>,
}

/// One step of a page, in order.
#[derive(Debug)]
pub(super) enum Step {
    /// Starts in a new folder, set up by this name.
    Scene {
        name: String,
    },
    /// Runs a command that the reader does not see.
    Run {
        line: usize,
        command: String,
    },
    Block(Box<Block>),
}

/// A page as parsed.
#[derive(Debug)]
pub(super) struct Page {
    /// The path from the top of the repository.
    pub(super) path: String,
    pub(super) source: String,
    pub(super) steps: Vec<Step>,
    /// The lines of code blocks without fences.
    pub(super) indented: Vec<usize>,
    /// The anchors of the headings, as GitHub makes them.
    pub(super) anchors: Vec<String>,
    /// Line and destination of each link and image.
    pub(super) links: Vec<(usize, String)>,
    /// Line and text of each code span.
    pub(super) spans: Vec<(usize, String)>,
    pub(super) title: String,
}

/// Returns a path of the repository.
pub(super) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

impl Page {
    /// Reads and parses a page; a malformed directive fails the test.
    pub(super) fn read(path: &str) -> Self {
        let source = std::fs::read_to_string(repository(path)).unwrap();
        let mut page = Self {
            path: path.to_owned(),
            source: source.clone(),
            steps: Vec::new(),
            indented: Vec::new(),
            anchors: Vec::new(),
            links: Vec::new(),
            spans: Vec::new(),
            title: String::new(),
        };
        page.parse(&source);
        page
    }

    fn parse(&mut self, source: &str) {
        let line_of = |offset: usize| source[..offset].matches('\n').count() + 1;
        let mut pending: Option<Directives> = None;
        let mut heading: Option<(HeadingLevel, String)> = None;
        let mut used: HashMap<String, usize> = HashMap::new();
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        for (event, range) in Parser::new_ext(source, options).into_offset_iter() {
            let line = line_of(range.start);
            if let (Some(_), Event::Start(tag)) = (&pending, &event) {
                let allowed = matches!(tag, Tag::HtmlBlock | Tag::CodeBlock(_));
                assert!(allowed, "{}:{line}: expected the code block of a directive", self.path);
            }
            match event {
                Event::Start(Tag::HtmlBlock) => {
                    self.directives(&source[range], line, &mut pending);
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    let directives = pending.take().unwrap_or_default();
                    let range = content_of(source, range);
                    self.steps.push(Step::Block(Box::new(Block {
                        line,
                        language: language.to_string(),
                        directives,
                        text: source[range.clone()].to_owned(),
                        range,
                    })));
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => self.indented.push(line),
                Event::Start(Tag::Heading { level, .. }) => {
                    heading = Some((level, String::new()));
                }
                Event::End(TagEnd::Heading(_)) => {
                    let (level, text) = heading.take().unwrap();
                    if level == HeadingLevel::H1 {
                        text.clone_into(&mut self.title);
                    }
                    let slug = slug(&text);
                    let times = used.entry(slug.clone()).or_default();
                    self.anchors.push(match *times {
                        0 => slug,
                        times => format!("{slug}-{times}"),
                    });
                    *times += 1;
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    self.links.push((line, dest_url.to_string()));
                }
                Event::Text(text) | Event::Code(text) if heading.is_some() => {
                    heading.as_mut().unwrap().1.push_str(&text);
                }
                Event::Code(text) => self.spans.push((line, text.to_string())),
                _ => {}
            }
        }
        assert!(pending.is_none(), "{}: a directive without a code block", self.path);
    }
    /// Reads the comments of an HTML block. Those that are no directive of a block become steps.
    fn directives(&mut self, html: &str, line: usize, pending: &mut Option<Directives>) {
        let mut rest = html.trim();
        while let Some((comment, after)) =
            rest.strip_prefix("<!--").and_then(|rest| rest.split_once("-->"))
        {
            rest = after.trim();
            let (key, value) = comment.split_once(':').unwrap_or((comment, ""));
            let (key, value) = (key.trim(), value.trim().to_owned());
            let step = match key {
                "scene" => Some(Step::Scene { name: value.clone() }),
                "run" => Some(Step::Run { line, command: value.clone() }),
                _ => None,
            };
            if let Some(step) = step {
                self.steps.push(step);
                continue;
            }
            let directives = pending.get_or_insert_default();
            match key {
                "file" => directives.file = Some(value),
                "copy of" => directives.copy_of = Some(value),
                "untested" => {
                    assert!(!value.is_empty(), "{}:{line}: say why it is untested", self.path);
                    directives.untested = Some(value);
                }
                "needs" => directives.needs = Some(value),
                "exit" => directives.exit = value.parse().unwrap(),
                "stderr" => directives.stderr = true,
                "from" => directives.from = Some(value),
                "to" => directives.to = Some(value),
                "main" | "tests" => directives.named = Some(key.to_owned()),
                _ => panic!("{}:{line}: unknown directive `{key}`", self.path),
            }
        }
        assert!(rest.is_empty(), "{}:{line}: HTML that is not a comment: {rest}", self.path);
    }

    /// Returns the code blocks, in order.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.steps.iter().filter_map(|step| match step {
            Step::Block(block) => Some(&**block),
            Step::Scene { .. } | Step::Run { .. } => None,
        })
    }
}

/// Returns where the lines between the fences of a code block are.
fn content_of(source: &str, block: Range<usize>) -> Range<usize> {
    let at_line_start = block.start == 0 || source[..block.start].ends_with('\n');
    let line = source[..block.start].matches('\n').count() + 1;
    assert!(
        at_line_start,
        "line {line}: an indented code block cannot be updated; do not indent it"
    );
    let block_text = source[block.clone()].trim_end();
    let start = block.start + block_text.find('\n').unwrap() + 1;
    let end = block.start + block_text.rfind('\n').unwrap() + 1;
    start..end
}

/// Returns the anchor that GitHub gives to a heading, before it is made unique.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|char| char.is_alphanumeric() || "-_ ".contains(*char));
    kept.flat_map(char::to_lowercase).map(|char| if char == ' ' { '-' } else { char }).collect()
}
