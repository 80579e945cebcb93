//! Selecting items by their tags.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result, listed, nearest};

/// The most values of a tag that are kept for a message.
const MOST_VALUES: usize = 50;

/// Which tags an item must have. Values of the same tag are alternatives; every tag that is named must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagFilter {
    wanted: BTreeMap<String, BTreeSet<String>>,
}

impl TagFilter {
    /// Returns a filter of pairs of a tag and a value; without any it matches every item.
    pub fn new(tags: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (tag, value) in tags {
            wanted.entry(tag).or_default().insert(value);
        }
        Self { wanted }
    }

    /// Returns a filter that only names a tag, for [`TagCheck`] to say whether there is such a tag. It matches no item.
    pub fn any_value(tag: &str) -> Self {
        Self { wanted: BTreeMap::from([(tag.to_owned(), BTreeSet::new())]) }
    }

    /// Returns whether no tag is named.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Returns whether an item with these tags is selected.
    pub fn matches(&self, tags: &BTreeMap<String, String>) -> bool {
        self.wanted
            .iter()
            .all(|(tag, values)| tags.get(tag).is_some_and(|value| values.contains(value)))
    }
}

/// The tags of a stream of items, as far as a filter needs them: to say which of its tags and values no item has.
#[derive(Debug, Default)]
pub struct TagCheck {
    /// Every tag, with its first values.
    known: BTreeMap<String, BTreeSet<String>>,
    /// The wanted values that some item has.
    found: BTreeSet<(String, String)>,
}

impl TagCheck {
    /// Adds the tags of an item.
    pub fn add(&mut self, filter: &TagFilter, tags: &BTreeMap<String, String>) {
        for (tag, value) in tags {
            let values = match self.known.get_mut(tag) {
                Some(values) => values,
                None => self.known.entry(tag.clone()).or_default(),
            };
            if values.len() < MOST_VALUES && !values.contains(value) {
                values.insert(value.clone());
            }
            if filter.wanted.get(tag).is_some_and(|wanted| wanted.contains(value)) {
                self.found.insert((tag.clone(), value.clone()));
            }
        }
    }

    /// Returns the result, once all items have been added.
    ///
    /// # Errors
    ///
    /// No item has a tag of the filter, or the value; the message lists those that there are.
    pub fn finish(&self, filter: &TagFilter) -> Result<()> {
        for (tag, wanted) in &filter.wanted {
            let Some(values) = self.known.get(tag) else {
                return Err(self.unknown_tag(tag));
            };
            let missing =
                wanted.iter().find(|value| !self.found.contains(&(tag.clone(), (*value).clone())));
            if let Some(value) = missing {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                let error = Error::input(format!("no item has the tag {tag}={value}"))
                    .detail(format!("the values of {tag} are: {}", listed(&values)));
                return Err(with_nearest(error, value, &values));
            }
        }
        Ok(())
    }

    fn unknown_tag(&self, tag: &str) -> Error {
        let error = Error::input(format!("no item has a tag `{tag}`"));
        let tags: Vec<&str> = self.known.keys().map(String::as_str).collect();
        if tags.is_empty() {
            return error
                .detail("the items have no tags")
                .hint(r#"write "tags":{"TAG":"VALUE"} into the items"#);
        }
        with_nearest(
            error.detail(format!("the items have the tags: {}", listed(&tags))),
            tag,
            &tags,
        )
    }
}

/// Adds the known word that was probably meant, if any is close.
fn with_nearest(error: Error, word: &str, known: &[&str]) -> Error {
    match nearest(word, known.iter().copied()) {
        Some(close) => error.hint(format!("did you mean `{close}`?")),
        None => error,
    }
}
