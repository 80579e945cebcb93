//! The verdict on each comparison by the chosen rule, with the judge that gave it.

use std::collections::BTreeMap;

use super::join::Joined;
use super::results::CascadeReport;
use crate::error::{Error, Result};
use crate::store::VerdictRecord;
use crate::verdict::GivenBy;

/// A cascade that was replayed: the numbers, and the verdicts.
#[derive(Debug)]
pub struct Cascade {
    /// The numbers.
    pub report: CascadeReport,
    joined: Joined,
}

/// The final verdict on a comparison.
#[derive(Debug)]
#[non_exhaustive]
pub struct CascadeVerdict<'a> {
    /// The item's id.
    pub id: &'a str,
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// Which judge gave it.
    pub given_by: GivenBy,
    /// The name of that judge.
    pub judge: &'a str,
    /// The tags of the item, as the run of that judge has them.
    pub tags: BTreeMap<String, String>,
    /// The verdict, with what both orders said.
    pub record: VerdictRecord,
}

impl Cascade {
    pub(super) fn new(report: CascadeReport, joined: Joined) -> Self {
        Self { report, joined }
    }

    /// Calls `each` with the verdict on every comparison by the chosen rule, in the order of the cheap run.
    ///
    /// # Errors
    ///
    /// A run cannot be read, and whatever `each` returns.
    pub fn for_each_verdict(
        &self,
        mut each: impl FnMut(CascadeVerdict<'_>) -> Result<()>,
    ) -> Result<()> {
        for (at, compared) in self.joined.compared.iter().enumerate() {
            let place = self.joined.decided_by(self.report.chosen.rule, at);
            let side = &self.joined.sides[place];
            let between = compared.between.each_ref().map(ToString::to_string);
            let (mut record, item) = side.run.comparison_with_item(
                compared.stored[place],
                &compared.id,
                between.clone(),
            )?;
            if side.judge >= record.judged.len() {
                return Err(Error::internal("the run has lost a judge"));
            }
            each(CascadeVerdict {
                id: &compared.id,
                between,
                given_by: if place == 0 { GivenBy::Cheap } else { GivenBy::Strong },
                judge: side.name(),
                tags: item.tags,
                record: record.judged.swap_remove(side.judge),
            })?;
        }
        Ok(())
    }
}
