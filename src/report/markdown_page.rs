//! A report as Markdown, written block by block. Texts are escaped here, and nowhere else.

use super::escape::markdown;

/// The text of a page, as far as it is written.
#[derive(Default)]
pub(super) struct MarkdownPage {
    pub(super) text: String,
}

impl MarkdownPage {
    /// Writes a paragraph.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.block(&[&markdown(text)]);
    }

    /// Writes a heading of a level from 1.
    pub(super) fn heading(&mut self, level: usize, text: &str) {
        self.block(&[&"#".repeat(level), " ", &markdown(text)]);
    }

    /// Writes complete lines as a code block, between fences that are longer than any row of backticks in them.
    pub(super) fn code(&mut self, lines: &str) {
        self.code_in("text", lines);
    }

    /// Writes complete lines as a code block of a language.
    pub(super) fn code_in(&mut self, language: &str, lines: &str) {
        let longest = lines.split(|char| char != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat((longest + 1).max(3));
        self.block(&[&fence, language, "\n", lines, &fence]);
    }

    /// Writes a paragraph, if there is one.
    pub(super) fn paragraph_if(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.paragraph(text);
        }
    }

    /// Writes the blocks of another page.
    pub(super) fn append(&mut self, other: &Self) {
        self.block(&[other.text.trim_end_matches('\n')]);
    }

    /// Writes a paragraph that stands out.
    pub(super) fn strong(&mut self, text: &str) {
        self.block(&["**", &markdown(text), "**"]);
    }

    /// Writes the head of a table. A title that ends in `:` is that of a column of numbers.
    pub(super) fn head(&mut self, titles: &[&str]) {
        self.separate();
        self.row(titles.iter().map(|title| title.strip_suffix(':').unwrap_or(title)));
        let rules = titles.iter().map(|title| if title.ends_with(':') { "---:" } else { "---" });
        self.line(&format!("| {} |", rules.collect::<Vec<_>>().join(" | ")));
    }

    /// Writes a row of a table.
    pub(super) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells: Vec<String> =
            cells.into_iter().map(|cell| markdown(cell.as_ref()).into_owned()).collect();
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    /// Writes blocks that are folded below a title until a reader opens them.
    pub(super) fn details(&mut self, title: &str, write: impl FnOnce(&mut Self)) {
        let mut folded = Self::default();
        write(&mut folded);
        // Markdown is read as such again only after an empty line.
        let begin = ["<details>\n<summary>", &markdown(title), "</summary>\n\n"].concat();
        self.block(&[&begin, &folded.text, "\n</details>"]);
    }

    /// Writes a list; nothing if it is empty.
    pub(super) fn list(&mut self, items: impl IntoIterator<Item = String>) {
        for (at, item) in items.into_iter().enumerate() {
            if at == 0 {
                self.separate();
            }
            self.line(&format!("- {}", markdown(&item)));
        }
    }

    fn block(&mut self, parts: &[&str]) {
        self.separate();
        self.line(&parts.concat());
    }

    /// Ends the block before, if there is one.
    fn separate(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}
