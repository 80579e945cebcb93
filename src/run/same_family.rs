//! Judges that compare a system of their own family of models with others.

use super::prepared::PreparedTask;
use crate::error::{Warning, listed};
use crate::judge::shared_family;

impl PreparedTask {
    /// Returns a warning for each judge of whose family some of the systems are and others are not, by the names of
    /// models and systems.
    pub fn family_warnings(&self, systems: &[String]) -> Vec<Warning> {
        let warning = |model: &str, judge: &str| {
            let families: Vec<Option<&str>> =
                systems.iter().map(|system| shared_family(model, system)).collect();
            let family = families.iter().flatten().next()?;
            let own = systems.iter().zip(&families).filter(|(_, family)| family.is_some());
            let own: Vec<&str> = own.map(|(system, _)| system.as_str()).collect();
            if own.len() == systems.len() {
                return None;
            }
            Some(Warning::new(
                "same-family",
                format!(
                    "{judge}: its model {model} and {} are of one family ({family}); a judge can prefer responses of its \
                     own family: measure that with labels, or add judges of other families",
                    listed(&own)
                ),
            ))
        };
        let judges = self.judges.iter();
        judges.filter_map(|judge| warning(&judge.record.model, &judge.settings.name)).collect()
    }
}
