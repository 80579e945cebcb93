//! Counts the references of the items and checks that each metric has the references that it needs.

use std::path::Path;

use crate::error::{Error, Remedy, Result};
use crate::input::{ItemSource, Reference};
use crate::metrics::metric::{Metric, Needs};

/// Counts of items by the type of their reference.
#[derive(Debug, Clone, Default)]
pub(super) struct ReferenceCounts {
    /// All items.
    pub(super) items: u64,
    /// Items whose reference is not a text, including those without a reference.
    pub(super) without_text: u64,
    /// Items whose reference is not a JSON object or array; 0 if no metric needs one.
    pub(super) without_object: u64,
    /// Items without a reference.
    pub(super) without_any: u64,
    /// The fewest and the most texts of a reference.
    pub(super) texts: Option<(usize, usize)>,
}

/// The type of one item's reference.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReferenceType {
    /// Whether there is a reference.
    pub(super) any: bool,
    /// The number of its texts.
    pub(super) texts: usize,
    /// Whether it is a JSON object or array, or no metric needs one.
    pub(super) object: bool,
}

impl ReferenceCounts {
    /// Adds an item.
    pub(super) fn add(&mut self, reference: ReferenceType) {
        self.items += 1;
        self.without_any += u64::from(!reference.any);
        self.without_text += u64::from(reference.texts == 0);
        self.without_object += u64::from(!reference.object);
        if reference.texts > 0 {
            let (fewest, most) = self.texts.unwrap_or((usize::MAX, 0));
            self.texts = Some((fewest.min(reference.texts), most.max(reference.texts)));
        }
    }

    /// Returns the number of texts of every reference, or `None` if it differs.
    pub(super) fn uniform_count(&self) -> Option<usize> {
        self.texts.and_then(|(fewest, most)| (fewest == most).then_some(most))
    }

    /// Checks that every metric has at least one item with the reference that it needs.
    ///
    /// # Errors
    ///
    /// A metric needs a reference of a type that no item has.
    pub(super) fn check(&self, metrics: &[Metric], path: &Path) -> Result<()> {
        let path = path.display();
        let unsatisfied = |needs: Needs, without: u64| {
            let metric = metrics.iter().find(|metric| metric.needs() == needs);
            metric.filter(|_| without == self.items)
        };
        if let Some(metric) = unsatisfied(Needs::Text, self.without_text) {
            let name = metric.name();
            if self.without_any < self.items {
                return Err(Error::input(format!(
                    "{path}: no item has a reference that is a text"
                ))
                .detail(format!(
                    "{name} compares responses with texts, but the references are JSON objects"
                ))
                .suggest(Remedy::MetricForObjects));
            }
            return Err(Error::input(format!("{path}: no item has a reference"))
                .detail(format!("{name} compares responses with a reference"))
                .suggest(Remedy::ReferencesOrOtherMetrics));
        }
        if let Some(metric) = unsatisfied(Needs::Object, self.without_object) {
            return Err(Error::input(format!(
                "{path}: no item has a JSON object as its reference"
            ))
            .detail(format!("{} compares the fields of responses with it", metric.name()))
            .hint("add \"reference\": {\"field\": …} to the items"));
        }
        Ok(())
    }
}

/// Reads all items and checks their references, before programs run for hours.
///
/// # Errors
///
/// The items cannot be read, or a metric needs a reference of a type that no item has.
pub(super) async fn check_references(source: &ItemSource, metrics: &[Metric]) -> Result<()> {
    let objects = metrics.iter().any(|metric| metric.needs() == Needs::Object);
    let mut references = ReferenceCounts::default();
    let mut reader = source.read()?;
    while let Some(items) = reader.next_batch()? {
        for item in items {
            let reference = item.reference.as_ref();
            references.add(ReferenceType {
                any: reference.is_some(),
                texts: reference.map_or(0, |reference| reference.texts().count()),
                object: !objects || reference.and_then(Reference::object).is_some(),
            });
        }
        // Lets the runtime handle a signal between batches.
        tokio::task::yield_now().await;
    }
    reader.finish()?;
    references.check(metrics, source.path())
}
