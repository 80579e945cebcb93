//! What references the items have, and whether each metric finds what it needs.

use std::path::Path;

use crate::error::{Error, Result};
use crate::input::{ItemSource, Reference};
use crate::metrics::metric::{Metric, Needs};

/// The references of the items that have passed by.
#[derive(Debug, Clone, Default)]
pub(super) struct References {
    /// Items, with a reference or without.
    pub(super) items: u64,
    /// Items whose reference is no text, those without any among them.
    pub(super) without_text: u64,
    /// Items whose reference is no JSON object or array; 0 where nobody needs one.
    pub(super) without_object: u64,
    /// Items without any reference.
    pub(super) without_any: u64,
    /// The fewest and the most texts that a reference is.
    pub(super) texts: Option<(usize, usize)>,
}

/// The reference of one item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) any: bool,
    /// How many texts it is.
    pub(super) texts: usize,
    /// Whether it is a JSON object or array, or nobody needs one.
    pub(super) object: bool,
}

impl References {
    /// Adds an item.
    pub(super) fn add(&mut self, found: Found) {
        self.items += 1;
        self.without_any += u64::from(!found.any);
        self.without_text += u64::from(found.texts == 0);
        self.without_object += u64::from(!found.object);
        if found.texts > 0 {
            let (fewest, most) = self.texts.unwrap_or((usize::MAX, 0));
            self.texts = Some((fewest.min(found.texts), most.max(found.texts)));
        }
    }

    /// Returns how many texts every reference is, if they are equally many.
    pub(super) fn equally_many(&self) -> Option<usize> {
        self.texts.and_then(|(fewest, most)| (fewest == most).then_some(most))
    }

    /// Fails if a metric needs references of a kind that no item has.
    pub(super) fn check(&self, metrics: &[Metric], path: &Path) -> Result<()> {
        let path = path.display();
        let lacks = |needs: Needs, without: u64| {
            let metric = metrics.iter().find(|metric| metric.needs() == needs);
            metric.filter(|_| without == self.items)
        };
        if let Some(metric) = lacks(Needs::Text, self.without_text) {
            let name = metric.name();
            if self.without_any < self.items {
                return Err(Error::input(format!(
                    "{path}: no item has a reference that is a text"
                ))
                .detail(format!("{name} compares responses with texts, and found JSON objects"))
                .hint("--metric json-fields holds responses against JSON objects"));
            }
            return Err(Error::input(format!("{path}: no item has a reference"))
                .detail(format!("{name} compares responses with one"))
                .hint(
                    "give items a \"reference\": \"…\", or ask for metrics that need none, such as \
                     --metric json-valid, --metric compression or --command",
                ));
        }
        if let Some(metric) = lacks(Needs::Object, self.without_object) {
            return Err(Error::input(format!(
                "{path}: no item has a JSON object as its reference"
            ))
            .detail(format!("{} holds the fields of responses against it", metric.name()))
            .hint("give items a \"reference\": {\"field\": …}"));
        }
        Ok(())
    }
}

/// Reads all items, and fails where [`gather`](super::gather) would fail after programs have worked for hours.
pub(super) async fn survey(source: &ItemSource, metrics: &[Metric]) -> Result<()> {
    let objects = metrics.iter().any(|metric| metric.needs() == Needs::Object);
    let mut references = References::default();
    let mut reader = source.read()?;
    while let Some(items) = reader.next_batch()? {
        for item in items {
            let reference = item.reference.as_ref();
            references.add(Found {
                any: reference.is_some(),
                texts: reference.map_or(0, |reference| reference.texts().count()),
                object: !objects || reference.and_then(Reference::object).is_some(),
            });
        }
        // So that a signal is heard in between.
        tokio::task::yield_now().await;
    }
    reader.finish()?;
    references.check(metrics, source.path())
}
