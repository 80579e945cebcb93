//! How a rubric file writes the steps of a scale: by their names, numbers or tables.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, de};

/// The name of a step. Scales of numbers are common, and a whole number needs no quotation marks.
#[derive(Debug, Clone)]
pub(super) struct StepName(pub(super) String);

/// A step: its name, or a table.
#[derive(Debug, Clone)]
pub(super) struct StepTable {
    pub(super) name: String,
    pub(super) description: Option<String>,
}

/// The table of a step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DescribedStep {
    name: StepName,
    description: Option<String>,
}

impl<'de> Deserialize<'de> for StepName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(StepVisitor { may_be_table: false })
            .map(|step| Self(step.name))
    }
}

/// By hand, since a derived choice between forms would not say what is wrong in a table.
impl<'de> Deserialize<'de> for StepTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StepVisitor { may_be_table: true })
    }
}

struct StepVisitor {
    may_be_table: bool,
}

impl<'de> Visitor<'de> for StepVisitor {
    type Value = StepTable;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.may_be_table {
            "the name of a step, a whole number, or a table with `name` and `description`"
        } else {
            "the name of a step, or a whole number"
        })
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<StepTable, E> {
        Ok(StepTable { name: name.trim().to_owned(), description: None })
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<StepTable, E> {
        Ok(StepTable { name: number.to_string(), description: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<StepTable, A::Error> {
        if !self.may_be_table {
            return Err(A::Error::invalid_type(de::Unexpected::Map, &self));
        }
        let DescribedStep { name: StepName(name), description } =
            DescribedStep::deserialize(MapAccessDeserializer::new(table))?;
        let description = description.filter(|description| !description.trim().is_empty());
        Ok(StepTable { name, description })
    }
}
