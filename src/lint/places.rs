//! The file and line of each part of a rubric and of its templates, and the findings that comments there allow.

use toml::de::{DeTable, DeValue};

use crate::input::LoadedRubric;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    /// The line, from 1, where it is known.
    pub(super) line: Option<usize>,
}

/// The texts of the rubric and the templates that its prompt uses.
#[derive(Debug)]
pub(super) struct Places {
    rubric: String,
    rubric_text: String,
    /// The name and text of each template, the prompt's own first.
    templates: Vec<(String, String)>,
}

impl Places {
    pub(super) fn of(loaded: &LoadedRubric, used: &[String]) -> Self {
        let text = |name: &String| {
            let source = loaded.prompts.iter().find(|source| source.name == *name)?;
            Some((name.clone(), source.text.clone()))
        };
        Self {
            rubric: loaded.path.display().to_string(),
            rubric_text: loaded.text.clone(),
            templates: used.iter().filter_map(text).collect(),
        }
    }

    /// Returns the place of a key in the rubric's file; of the table around it if the key is not there.
    pub(super) fn key(&self, path: &[&str]) -> Place {
        Place { file: self.rubric.clone(), line: line_of_key(&self.rubric_text, path) }
    }

    /// Returns the place of a key of a criterion, by the criterion's number from 0.
    pub(super) fn criterion(&self, number: usize, key: &str) -> Place {
        self.key(&["criteria", &number.to_string(), key])
    }

    /// Returns the place in the templates of the first line that satisfies a condition; else the prompt's own
    /// template as a whole.
    pub(super) fn template_line(&self, is_it: impl Fn(&str) -> bool) -> Place {
        for (name, text) in &self.templates {
            if let Some(at) = text.lines().position(&is_it) {
                return Place { file: template_file(name), line: Some(at + 1) };
            }
        }
        self.template()
    }

    /// Returns the place in one template of the first line that contains a text.
    pub(super) fn in_template(&self, name: &str, wanted: &str) -> Place {
        let template = self.templates.iter().find(|(known, _)| known == name);
        let line = template.and_then(|(_, text)| {
            text.lines().position(|line| line.contains(wanted)).map(|at| at + 1)
        });
        Place { file: template_file(name), line }
    }

    /// Returns the prompt's template as a whole.
    pub(super) fn template(&self) -> Place {
        let name = self.templates.first().map_or("", |(name, _)| name.as_str());
        Place { file: template_file(name), line: None }
    }

    /// Returns the number by which files are sorted: the rubric's first, then the templates.
    pub(super) fn number(&self, file: &str) -> usize {
        let is_it = |(name, _): &(String, String)| template_file(name) == file;
        self.templates.iter().position(is_it).map_or(0, |at| at + 1)
    }

    /// Returns whether a comment allows a finding: on its line or in the comment lines above it; anywhere in the
    /// file for a finding without a line.
    pub(super) fn allow(&self, code: &str, place: &Place) -> bool {
        let is_it = |(name, _): &&(String, String)| template_file(name) == place.file;
        let text = match self.templates.iter().find(is_it) {
            Some((_, text)) => text,
            None => &self.rubric_text,
        };
        let lines: Vec<&str> = text.lines().collect();
        let Some(line) = place.line else { return lines.iter().any(|line| allows(line, code)) };
        let is_comment = |line: &&&str| {
            let line = line.trim_start();
            line.starts_with('#') || line.starts_with("{#")
        };
        let Some(own) = lines.get(line - 1) else { return false };
        let above = lines[..line - 1].iter().rev().take_while(is_comment);
        above.chain([own]).any(|line| allows(line, code))
    }
}

fn template_file(name: &str) -> String {
    format!("prompts/{name}")
}

/// Returns whether a line has a comment that allows findings of a code.
fn allows(line: &str, code: &str) -> bool {
    let Some((_, comment)) = line.split_once('#') else { return false };
    let Some(rest) = comment.trim_start().strip_prefix("evenhand: allow ") else { return false };
    let codes = rest.split([':', '#']).next().unwrap_or(rest);
    codes.split([',', ' ']).any(|allowed| allowed.trim() == code)
}

/// Returns the line of a key in a TOML document, of the nearest table around it that is there, or `None`. A number
/// in the path counts the tables of an array from 0.
fn line_of_key(text: &str, path: &[&str]) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let mut line = None;
    let mut steps = path.iter().peekable();
    while let Some(step) = steps.next() {
        let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == *step) else {
            break;
        };
        line = Some(line_at(text, key.span().start));
        let mut value = value;
        if let (DeValue::Array(elements), Some(number)) = (value.get_ref(), steps.peek()) {
            let Some(element) = number.parse().ok().and_then(|at: usize| elements.get(at)) else {
                break;
            };
            steps.next();
            line = Some(line_at(text, element.span().start));
            value = element;
        }
        let DeValue::Table(inside) = value.get_ref() else { break };
        table = inside;
    }
    line
}

fn line_at(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::{allows, line_of_key};

    #[test]
    fn keys_are_found_by_their_line() {
        let text = "name = \"x\"\n\n[[criteria]]\nname = \"one\"\n\n[[criteria]]\nname = \"two\"\n\
                    description = \"…\"\n[reply]\nfirst = \"A\"\n";
        for (path, line) in [
            (vec!["name"], Some(1)),
            (vec!["criteria", "0", "name"], Some(4)),
            (vec!["criteria", "1", "name"], Some(7)),
            (vec!["criteria", "1", "description"], Some(8)),
            (vec!["reply", "first"], Some(10)),
            (vec!["reply", "second"], Some(9)),
            (vec!["description"], None),
        ] {
            assert_eq!(line_of_key(text, &path), line, "{path:?}");
        }
    }

    #[test]
    fn a_comment_allows_the_codes_that_it_names() {
        for (line, allowed) in [
            ("# evenhand: allow no-fence", true),
            ("ties = true  # evenhand: allow tie-not-asked, no-fence: it is quoted", true),
            ("{# evenhand: allow no-fence #}", true),
            ("# evenhand: allow no-fences", false),
            ("evenhand: allow no-fence", false),
        ] {
            assert_eq!(allows(line, "no-fence"), allowed, "{line}");
        }
    }
}
