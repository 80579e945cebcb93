//! Which fields of the item and the rubric a prompt uses, read from its templates without rendering them.
//!
//! Rendering finds an undefined variable only in the branch that is taken; here every branch counts.

use std::collections::BTreeSet;

use regex::Regex;

use super::Prompt;
use crate::error::{Error, Result};

/// A field that a template uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct UsedField {
    /// The name of the template.
    pub template: String,
    /// The field with its parents, such as `["item", "context", "ticket"]`.
    pub path: Vec<String>,
}

impl UsedField {
    /// Returns the field as a template writes it.
    pub fn written(&self) -> String {
        self.path.join(".")
    }

    /// Returns whether the rubric or the item has no such field, whatever the item is.
    pub fn is_unknown(&self) -> bool {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["rubric"] => false,
            ["rubric", field] => {
                let known = ["name", "version", "description", "ties", "criteria"];
                let of_grades = ["scale", "cannot_assess", "weighted"];
                !known.contains(field) && !of_grades.contains(field)
            }
            // They are texts, flags and lists, none of which has fields.
            ["rubric", ..] => true,
            ["item", field, ..] => !["id", "prompt", "reference", "context"].contains(field),
            _ => false,
        }
    }
}

impl Prompt {
    /// Returns the fields of `item` and `rubric` that the prompt uses, in the templates that it extends and
    /// includes too.
    ///
    /// # Errors
    ///
    /// A fault of evenhand itself.
    pub fn used_fields(&self) -> Result<BTreeSet<UsedField>> {
        let mut used = BTreeSet::new();
        for name in self.used_templates()? {
            let Some(template) = self.templates.get(&name) else { continue };
            for variable in template.undeclared_variables(true) {
                let path: Vec<String> = variable.split('.').map(ToOwned::to_owned).collect();
                if ["item", "rubric"].contains(&path[0].as_str()) {
                    used.insert(UsedField { template: name.clone(), path });
                }
            }
        }
        Ok(used)
    }

    /// Returns the name of the prompt's template, then of those that it extends, includes or imports by name.
    ///
    /// # Errors
    ///
    /// A fault of evenhand itself.
    pub fn used_templates(&self) -> Result<Vec<String>> {
        let names = Regex::new(r#"\{%[-+]?\s*(?:extends|include|import|from)\s+["']([^"']+)["']"#)
            .map_err(|error| Error::internal(format!("pattern of template names: {error}")))?;
        let mut used = vec![self.name().to_owned()];
        let mut at = 0;
        while let Some(name) = used.get(at) {
            at += 1;
            let Some(template) = self.templates.get(name) else { continue };
            let source = template.source().to_owned();
            for found in names.captures_iter(&source) {
                let name = &found[1];
                if used.iter().all(|known| known != name) {
                    used.push(name.to_owned());
                }
            }
        }
        Ok(used)
    }
}
