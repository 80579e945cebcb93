//! Who is who: the people of other programs and the annotators of a label file.
//!
//! A program may know people by numbers only. A person whose name is not that of an annotator is taken for the annotator
//! of the form that the person answered, if nobody else answered this form and the person answered no other form.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Error, Remedy, Result};

/// Who is who in the files of a merge.
pub(super) struct People<'a> {
    /// As the user said.
    named: &'a BTreeMap<String, String>,
    /// The annotators with a form.
    with_form: &'a [Arc<str>],
    /// People of the current file, by the annotator that each is taken for, and the reverse.
    taken_for: BTreeMap<String, String>,
    taken: BTreeMap<String, String>,
}

impl<'a> People<'a> {
    pub(super) fn new(named: &'a BTreeMap<String, String>, with_form: &'a [Arc<str>]) -> Self {
        Self { named, with_form, taken_for: BTreeMap::new(), taken: BTreeMap::new() }
    }

    /// Forgets who is who: numbers of one file need not be those of another.
    pub(super) fn begin_file(&mut self) {
        self.taken_for.clear();
        self.taken.clear();
    }

    /// Returns who is taken for which annotator in the current file although the names differ.
    pub(super) fn taken_for(&self) -> BTreeMap<String, String> {
        self.taken_for.clone()
    }

    /// Returns the annotator of an answer to the form of `owner`, which is empty for anybody's form.
    ///
    /// # Errors
    ///
    /// Somebody else than the owner answered it, or it is anybody's form and nobody is named.
    pub(super) fn of_form(
        &mut self,
        shown: &str,
        owner: &str,
        person: Option<&str>,
    ) -> Result<String> {
        if owner.is_empty() {
            return self.named(shown, person);
        }
        let Some(person) = person else { return Ok(owner.to_owned()) };
        if let Some(named) = self.named.get(person) {
            return if **named == *owner {
                Ok(owner.to_owned())
            } else {
                Err(another(shown, owner, &format!("`{person}`, who is `{named}`,")))
            };
        }
        if is_name_of(person, owner) {
            return Ok(owner.to_owned());
        }
        if self.with_form.iter().any(|name| is_name_of(person, name)) {
            return Err(another(shown, owner, &format!("`{person}`")));
        }
        let taken_for = self.taken_for.entry(person.to_owned()).or_insert_with(|| owner.to_owned());
        if **taken_for != *owner {
            let who = format!("`{person}`, who also answered that of `{taken_for}`,");
            return Err(another(shown, owner, &who));
        }
        let taken = self.taken.entry(owner.to_owned()).or_insert_with(|| person.to_owned());
        if **taken != *person {
            let who = format!("not only `{taken}`, but also `{person}`");
            return Err(another(shown, owner, &who));
        }
        Ok(owner.to_owned())
    }

    /// Returns the annotator that somebody is.
    ///
    /// # Errors
    ///
    /// Nobody is named.
    pub(super) fn named(&self, shown: &str, person: Option<&str>) -> Result<String> {
        let person = person.ok_or_else(|| {
            Error::input(format!("{shown}: it is not said who answered"))
                .hint("in a table, add a column `annotator` with the name of each annotator")
        })?;
        Ok(self.named.get(person).map_or(person, String::as_str).to_owned())
    }
}

/// Returns whether somebody goes by the name of an annotator: it is the same apart from upper and lower case, or the
/// beginning of an address.
fn is_name_of(person: &str, annotator: &str) -> bool {
    let local = person.split_once('@').map_or(person, |(local, _)| local);
    [person, local].iter().any(|name| name.to_lowercase() == annotator.to_lowercase())
}

fn another(shown: &str, owner: &str, who: &str) -> Error {
    Error::input(format!("{shown}: the task is of the form of `{owner}`, and {who} answered it"))
        .suggest(Remedy::NamePeople)
}
