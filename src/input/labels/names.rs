//! The names in a label: systems of its item.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::input::known_items::{KnownItems, contains};

/// The item of a label, and the systems that responded to it.
pub(super) struct LabelledItem<'a> {
    items: &'a KnownItems,
    number: u32,
    pub(super) id: &'a Arc<str>,
    systems: &'a [Arc<str>],
}

impl<'a> LabelledItem<'a> {
    /// Returns an item by its number.
    pub(super) fn new(items: &'a KnownItems, number: u32) -> Self {
        Self { items, number, id: items.id(number), systems: items.systems(number) }
    }

    fn list_systems(&self) -> String {
        format!("item {} has responses from: {}", self.id, self.systems.join(", "))
    }

    fn unknown_system(&self, place: &str, field: &str, system: &str) -> Error {
        let error = Error::input(format!("{place}: unknown system `{system}` in {field}"));
        let error = error.at(place).in_field(field);
        let known = self.systems.iter().map(|system| &**system).chain(["tie"]);
        let may_tie = field == "winner" || field.starts_with("criteria.");
        let allowed = known.filter(|word| may_tie || *word != "tie");
        error.detail(self.list_systems()).hint(
            match allowed.into_iter().find(|word| word.eq_ignore_ascii_case(system)) {
                Some(word) => format!("did you mean `{word}`?"),
                None if may_tie => {
                    format!("`{field}` must be one of the item's systems or \"tie\"")
                }
                None if field == "between" => {
                    "`between` must name two of the item's systems".to_owned()
                }
                None => format!("`{field}` must be one of the two systems in `between`"),
            },
        )
    }

    fn find(&self, place: &str, system: &str) -> Result<Arc<str>> {
        let found = self.items.system(self.number, system);
        found.cloned().ok_or_else(|| self.unknown_system(place, "between", system))
    }

    /// Returns the two systems of a label, in byte order.
    ///
    /// # Errors
    ///
    /// The item has no such system, or has more than two and the label names none.
    pub(super) fn between(
        &self,
        place: &str,
        between: Option<[String; 2]>,
    ) -> Result<[Arc<str>; 2]> {
        match (between, self.systems) {
            (Some([a, b]), _) => Ok([self.find(place, &a)?, self.find(place, &b)?]),
            (None, [a, b]) => Ok([Arc::clone(a), Arc::clone(b)]),
            (None, _) => Err(Error::input(format!("{place}: between is missing"))
                .at(place)
                .in_field("between")
                .detail(self.list_systems())
                .hint(r#"write "between":["SYSTEM","OTHER"]; it may be omitted only if the item has two responses"#)),
        }
    }

    /// Returns the system that a field names, or `None` for a tie.
    ///
    /// # Errors
    ///
    /// It is not one of the two that are compared.
    pub(super) fn winner(
        &self,
        place: &str,
        field: &str,
        between: &[Arc<str>; 2],
        winner: &str,
    ) -> Result<Option<Arc<str>>> {
        if winner == "tie" {
            return Ok(None);
        }
        if let Some(winner) = between.iter().find(|system| &***system == winner) {
            return Ok(Some(Arc::clone(winner)));
        }
        if contains(self.systems, winner) {
            return Err(Error::input(format!(
                "{place}: {field} `{winner}` is not one of the two systems compared ({}, {})",
                between[0], between[1]
            ))
            .hint(format!("`{field}` must be one of the two systems in `between`, or \"tie\"")));
        }
        Err(self.unknown_system(place, field, winner))
    }

    /// Returns the system that a field names, which may not be a tie.
    ///
    /// # Errors
    ///
    /// It is not one of the two that are compared.
    pub(super) fn one_of(
        &self,
        place: &str,
        field: &str,
        between: &[Arc<str>; 2],
        system: &str,
    ) -> Result<Arc<str>> {
        let found = between.iter().find(|known| &***known == system);
        found.cloned().ok_or_else(|| self.unknown_system(place, field, system))
    }
}
