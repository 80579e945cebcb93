//! Slices of the items by tag, up to a maximum number.

use std::collections::BTreeMap;

use super::groups::{Groups, MAX_GROUPS_OF_SLICE};

/// The most values of a tag; a tag with more makes no slices.
const MAX_VALUES: usize = 50;
/// The most slices of all tags together.
const MAX_SLICES: usize = 200;

/// The groups of each slice, by family of metrics.
#[derive(Debug, Default)]
pub(super) struct Slices {
    /// By tag and value, the groups of each family; `None` for a tag with too many values.
    tags: BTreeMap<String, Option<BTreeMap<String, Vec<Groups>>>>,
    count: usize,
    /// Whether slices were left out because there were too many.
    pub(super) left_out: bool,
}

impl Slices {
    /// Returns the groups of a slice, by family; `None` if it is left out.
    pub(super) fn groups_of(
        &mut self,
        tag: &str,
        value: &str,
        families: usize,
    ) -> Option<&mut Vec<Groups>> {
        let values = self.tags.get_mut(tag);
        let is_new = match &values {
            Some(None) => return None,
            Some(Some(values)) if values.contains_key(value) => false,
            Some(Some(values)) if values.len() >= MAX_VALUES => {
                self.count -= values.len();
                self.tags.insert(tag.to_owned(), None);
                return None;
            }
            None | Some(Some(_)) => true,
        };
        if is_new {
            // After one slice was left out, no other is added, because its first items would be missing.
            self.left_out |= self.count >= MAX_SLICES;
            if self.left_out {
                return None;
            }
            self.count += 1;
            let groups = std::iter::repeat_with(|| Groups::new(MAX_GROUPS_OF_SLICE)).take(families);
            let values = self.tags.entry(tag.to_owned()).or_insert_with(|| Some(BTreeMap::new()));
            values.as_mut()?.insert(value.to_owned(), groups.collect());
        }
        self.tags.get_mut(tag)?.as_mut()?.get_mut(value)
    }

    /// Returns the groups of all slices, by family.
    pub(super) fn all_groups(&mut self) -> impl Iterator<Item = &mut Vec<Groups>> {
        self.tags.values_mut().flatten().flat_map(BTreeMap::values_mut)
    }

    /// Returns every slice as tag, value and groups by family; tags with a single value are left out.
    pub(super) fn all(&self) -> Vec<(&str, &str, &[Groups])> {
        let tags = self.tags.iter().filter_map(|(tag, values)| Some((tag, values.as_ref()?)));
        let sliced = tags.filter(|(_, values)| values.len() > 1);
        let each = sliced.flat_map(|(tag, values)| {
            values.iter().map(|(value, groups)| (tag.as_str(), value.as_str(), groups.as_slice()))
        });
        each.collect()
    }

    /// Returns the tags with too many values.
    pub(super) fn too_many_values(&self) -> impl Iterator<Item = &str> {
        let tags = self.tags.iter().filter(|(_, values)| values.is_none());
        tags.map(|(tag, _)| tag.as_str())
    }
}
