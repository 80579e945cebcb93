//! Blocks of code with comments, strings, numbers and keywords set apart.
//!
//! This is for reading, not for compilers: one pass over the code that knows where a comment or a string ends, for a
//! dozen languages. Code in any other language, and very long code, has no colours. Grammars of regular expressions, as
//! highlighting libraries have them, know more, but there is no bound on the time that they take for a hostile text.

use std::ops::Range;

use serde_json::json;

use super::languages::{Language, Quote, language};
use super::nodes::{Marks, Node, marked};

/// The longest code that has colours, in bytes.
const MOST_BYTES: usize = 50_000;

/// What a part of code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Comment,
    Str,
    Number,
    Keyword,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Str => "string",
            Self::Number => "number",
            Self::Keyword => "keyword",
        }
    }
}

/// Returns code as nodes, for the language named after the fence.
pub(super) fn highlighted(code: &str, name: &str, marks: Marks<'_>) -> Vec<Node> {
    let language = (code.len() <= MOST_BYTES).then(|| language(name)).flatten();
    let spans = language.map_or_else(Vec::new, |language| Scanner { code, language }.spans());
    let mut nodes = Vec::new();
    let mut from = 0;
    for (range, kind) in spans {
        nodes.extend(marked(code, from..range.start, marks));
        from = range.end;
        nodes.push(Node::detailed("token", marked(code, range, marks), json!(kind.as_str())));
    }
    nodes.extend(marked(code, from..code.len(), marks));
    nodes
}

/// Goes through code once.
struct Scanner<'a> {
    code: &'a str,
    language: &'static Language,
}

impl Scanner<'_> {
    /// Returns the parts that are set apart, in order.
    fn spans(&self) -> Vec<(Range<usize>, Kind)> {
        let mut spans = Vec::new();
        let mut at = 0;
        let mut before = '\n';
        // In a language of tags, everything outside of them is text.
        let mut is_inside = !self.language.is_markup;
        while let Some(char) = self.code[at..].chars().next() {
            let found = self.comment(at, before).or_else(|| {
                if !is_inside {
                    return self.tag(at);
                }
                self.string(at, before).or_else(|| self.word(at, char, before))
            });
            if self.language.is_markup {
                match char {
                    '<' if found.is_some_and(|(_, kind)| kind == Some(Kind::Keyword)) => {
                        is_inside = true;
                    }
                    '>' => is_inside = false,
                    _ => {}
                }
            }
            let end = match found {
                Some((end, kind)) => {
                    if let Some(kind) = kind {
                        spans.push((at..end, kind));
                    }
                    end
                }
                None => at + char.len_utf8(),
            };
            before = self.code[..end].chars().next_back().unwrap_or('\n');
            at = end;
        }
        spans
    }

    fn rest(&self, at: usize) -> &str {
        &self.code[at..]
    }

    /// Returns where the line ends.
    fn line_end(&self, at: usize) -> usize {
        self.rest(at).find('\n').map_or(self.code.len(), |end| at + end)
    }

    fn comment(&self, at: usize, before: char) -> Option<(usize, Option<Kind>)> {
        let rest = self.rest(at);
        for begin in self.language.line_comments {
            // `#` is a comment only at the beginning of a word: `$#` and `a#b` are none.
            let is_word = *begin == "#" && !before.is_whitespace() && before != ';';
            if rest.starts_with(begin) && !is_word {
                return Some((self.line_end(at), Some(Kind::Comment)));
            }
        }
        let (begin, end) = self.language.block_comment?;
        rest.strip_prefix(begin).map(|inside| {
            let length = inside.find(end).map_or(inside.len(), |found| found + end.len());
            (at + begin.len() + length, Some(Kind::Comment))
        })
    }

    fn string(&self, at: usize, before: char) -> Option<(usize, Option<Kind>)> {
        let quote =
            self.language.quotes.iter().find(|quote| self.rest(at).starts_with(quote.mark))?;
        if quote.is_char {
            return self.char_literal(at);
        }
        // An apostrophe within a word.
        if self.language.is_plain && before.is_alphanumeric() {
            return None;
        }
        Some((self.string_end(at + quote.mark.len(), quote), Some(Kind::Str)))
    }

    /// Returns where a string ends; without an end, it is the line or the code.
    fn string_end(&self, from: usize, quote: &Quote) -> usize {
        let mut chars = self.rest(from).char_indices();
        while let Some((offset, char)) = chars.next() {
            let at = from + offset;
            if char == '\\' && quote.escapes {
                chars.next();
            } else if char == '\n' && !quote.lines {
                return at;
            } else if self.rest(at).starts_with(quote.mark) {
                return at + quote.mark.len();
            }
        }
        self.code.len()
    }

    /// Returns the end of a character such as `'a'` or `'\n'`; a lifetime is none.
    fn char_literal(&self, at: usize) -> Option<(usize, Option<Kind>)> {
        let mut chars = self.rest(at).char_indices().skip(1);
        let (_, first) = chars.next()?;
        let most = if first == '\\' { 10 } else { 1 };
        let (end, _) =
            chars.take(most).skip(usize::from(first == '\\')).find(|(_, char)| *char == '\'')?;
        Some((at + end + 1, Some(Kind::Str)))
    }

    /// Returns a number or a word; a word that is no keyword has no kind.
    fn word(&self, at: usize, first: char, before: char) -> Option<(usize, Option<Kind>)> {
        let is_part = |char: char| char.is_alphanumeric() || char == '_';
        let follows = is_part(before);
        if first.is_ascii_digit() && !follows {
            let rest = self.rest(at);
            let mut previous = first;
            let end = rest.find(|char: char| {
                // The exponent has a sign; two dots are a range.
                let is_sign = matches!(char, '+' | '-')
                    && matches!(previous, 'e' | 'E')
                    && !rest.starts_with("0x");
                let ends = !(is_part(char) || is_sign || (char == '.' && previous != '.'));
                previous = char;
                ends
            });
            let text = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
            return Some((at + text.len(), Some(Kind::Number)));
        }
        let is_start = is_part(first) || self.language.sigils.contains(first);
        if !is_start || follows {
            return None;
        }
        let rest = &self.rest(at)[first.len_utf8()..];
        let also = if self.language.is_plain { "-" } else { "" };
        let length = rest.find(|char: char| !is_part(char) && !also.contains(char));
        let end = at + first.len_utf8() + length.unwrap_or(rest.len());
        let word = &self.code[at..end];
        let is_key = self.language.is_plain && self.rest(end).starts_with(':');
        let is_sigil = self.language.sigils.contains(first);
        let is_keyword = is_key || is_sigil || self.language.has_keyword(word);
        Some((end, is_keyword.then_some(Kind::Keyword)))
    }

    /// Returns the beginning of a tag with its name.
    fn tag(&self, at: usize) -> Option<(usize, Option<Kind>)> {
        let rest = self.rest(at).strip_prefix('<')?;
        let name = rest.trim_start_matches(['/', '!', '?']);
        let is_tag = name.starts_with(|char: char| char.is_alphabetic());
        let skipped = rest.len() - name.len();
        let length = name.find(|char: char| !(char.is_alphanumeric() || ":-_.".contains(char)));
        is_tag.then(|| (at + 1 + skipped + length.unwrap_or(name.len()), Some(Kind::Keyword)))
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    /// Returns the code with what is set apart in brackets after the first letter of its kind.
    fn shown(code: &str, name: &str) -> String {
        let nodes = highlighted(code, name, Marks::NONE);
        let text = |nodes: &[Node]| match nodes {
            [Node::Text(text)] => text.clone(),
            other => panic!("{other:?}"),
        };
        nodes
            .iter()
            .map(|node| match node {
                Node::Text(text) => text.clone(),
                Node::Element { children, detail, .. } => {
                    let kind = detail.as_ref().unwrap().as_str().unwrap()[..1].to_owned();
                    format!("{kind}[{}]", text(children))
                }
            })
            .collect()
    }

    #[test]
    fn each_language_has_its_comments_strings_numbers_and_keywords() {
        for (name, code, expected) in [
            ("rust", "let a: &'a str = 'x'; // no", "k[let] a: &'a k[str] = s['x']; c[// no]"),
            ("rs", "for i in 0..10 { \"a\\\"b\" }", "k[for] i k[in] n[0]..n[10] { s[\"a\\\"b\"] }"),
            (
                "python",
                "def f(x): # it's\n    return '''a\nb'''",
                "k[def] f(x): c[# it's]\n    k[return] s['''a\nb''']",
            ),
            ("js", "const a = `x\ny` /* b */", "k[const] a = s[`x\ny`] c[/* b */]"),
            ("ts", "let x: number = 1e-3", "k[let] x: number = n[1e-3]"),
            ("java", "class A { int b1 = 0x1F; }", "k[class] A { k[int] b1 = n[0x1F]; }"),
            ("c++", "#include <a>\nreturn 'a';", "k[#include] <a>\nk[return] s['a'];"),
            ("go", "func f() { x := 3.5 }", "k[func] f() { x := n[3.5] }"),
            ("SQL", "SELECT 'it''s' FROM t -- c", "k[SELECT] s['it']s['s'] k[FROM] t c[-- c]"),
            ("bash", "if [ $# -gt 1 ]; then # c", "k[if] [ k[$]# -gt n[1] ]; k[then] c[# c]"),
            ("json", "{\"a\": [1, true]}", "{s[\"a\"]: [n[1], k[true]]}"),
            (
                "html",
                "<!-- c --><p class=\"a\">it's 5</p>",
                "c[<!-- c -->]k[<p] class=s[\"a\"]>it's 5k[</p]>",
            ),
            ("yaml", "my-key: don't # c", "k[my-key]: don't c[# c]"),
            (
                "css",
                "@media x { a { b: 1px } } /* c */",
                "k[@media] x { a { k[b]: n[1px] } } c[/* c */]",
            ),
        ] {
            assert_eq!(shown(code, name), expected, "{name}");
        }
    }

    #[test]
    fn an_unknown_language_and_very_long_code_are_plain() {
        assert_eq!(shown("let a = 1", "brainfuck"), "let a = 1");
        assert_eq!(shown("let a = 1", ""), "let a = 1");
        let long = "let a = 1\n".repeat(MOST_BYTES / 5);
        assert_eq!(shown(&long, "rust"), long);
    }

    #[test]
    fn strings_and_comments_without_an_end_take_no_time() {
        for (name, unit) in [
            ("python", "'''"),
            ("js", "`"),
            ("c", "/*"),
            ("html", "<!--"),
            ("html", "<a \""),
            ("rust", "'"),
            ("sql", "'"),
            ("bash", "\""),
            ("yaml", "a-"),
            ("css", "@"),
            ("rust", "0."),
            ("go", "é"),
        ] {
            let code = unit.repeat(MOST_BYTES / unit.len());
            assert!(!highlighted(&code, name, Marks::NONE).is_empty(), "{name} {unit}");
        }
    }
}
