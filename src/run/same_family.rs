//! Judges that compare a system of their own family of models with others.

use super::prepared::PreparedTask;
use crate::error::{Warning, listed};
use crate::judge::{shared_family, shared_family_of_any};
use crate::store::{GeneratingModels, names_of};

impl PreparedTask {
    /// Returns a warning for each judge of whose family some of the systems are and others are not, by the names of
    /// models and systems; `models` are those of the systems whose responses were generated.
    pub fn family_warnings(&self, systems: &[String], models: &GeneratingModels) -> Vec<Warning> {
        let warning = |model: &str, judge: &str| {
            let family = |system: &String| shared_family_of_any(model, names_of(system, models));
            let families: Vec<Option<&str>> = systems.iter().map(family).collect();
            let family = families.iter().flatten().next()?;
            let own = systems.iter().zip(&families).filter(|(_, family)| family.is_some());
            let own: Vec<String> =
                own.map(|(system, _)| described(model, system, models)).collect();
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

/// Returns a system's name, with its model where only that is of the family of a judge's model.
fn described(judge: &str, system: &str, models: &GeneratingModels) -> String {
    let of_family = |name: &&str| shared_family(judge, name).is_some();
    match names_of(system, models).find(of_family) {
        Some(name) if name != system => format!("{system} (model {name})"),
        _ => system.to_owned(),
    }
}
