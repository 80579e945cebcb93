//! The manifest: the provenance of a run, so that later commands need only the run file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Result;
use crate::input::{
    Api, Connection, JudgeSettings, LoadedRubric, PromptSource, ReplyFormat, Rubric, ServerCommand,
    Take, parse_stored_rubric,
};
use crate::judge::ServerProfile;
use crate::trial::Direction;
use crate::verdict::{CascadeRule, GivenBy, written_rule};

/// The version of the run file's format. It is raised when older programs would misread a file.
pub const FORMAT: i32 = 2;
/// The version that files have which older programs read rightly: those without a cascade.
pub(super) const FORMAT_WITHOUT_CASCADE: i32 = 1;

/// For each system whose responses were generated, the models that gave them.
pub type GeneratingModels = BTreeMap<String, BTreeSet<String>>;

/// Returns the name of a system, then those of the models that gave its responses, as far as they are known.
pub fn names_of<'a>(
    system: &'a str,
    models: &'a GeneratingModels,
) -> impl Iterator<Item = &'a str> {
    let models = models.get(system).into_iter().flatten();
    std::iter::once(system).chain(models.map(String::as_str))
}

/// The provenance of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the program that made the file; for people, not part of the identity.
    pub evenhand: String,
    /// When the file was made, in seconds since 1970.
    pub created: u64,
    /// The rubric file's text; its reply patterns are read from here.
    pub rubric: String,
    /// The prompt templates, the named one first.
    pub prompts: Vec<PromptSource>,
    /// A digest of everything that rendering depends on: where it is equal, so are the requests.
    pub rendering: String,
    /// The seed of the orders.
    pub seed: u64,
    /// How often each order is asked.
    pub repeat: u32,
    /// The system that all others are compared with, if the plan has one.
    pub baseline: Option<String>,
    /// The systems whose responses were given apart from the items, in the order given; empty if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<String>,
    /// For each system whose responses were generated, the models that gave them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: GeneratingModels,
    /// How many comparisons the last plan had, those of other shards included; 0 if unknown.
    #[serde(default)]
    pub planned: u64,
    /// The question whose answer ended the run before everything was asked, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_decided: Option<UntilDecided>,
    /// How the two judges are asked one after the other, if the run is a cascade; else all judges are asked about
    /// everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cascade: Option<JudgeCascade>,
}

/// Two judges asked one after the other: the cheap one about everything, the strong one about what a rule sends to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeCascade {
    /// The name of the judge that is asked about everything.
    pub cheap: String,
    /// The name of the judge that is asked about the rest.
    pub strong: String,
    /// Which comparisons the strong judge decides.
    #[serde(with = "written_rule")]
    pub rule: CascadeRule,
}

impl JudgeCascade {
    /// The name under which the final verdicts of a cascade are reported together.
    pub const NAME: &str = "cascade";

    /// Returns the name of one of its judges.
    pub fn name(&self, of: GivenBy) -> &str {
        match of {
            GivenBy::Cheap => &self.cheap,
            GivenBy::Strong => &self.strong,
        }
    }

    /// Returns the names of both judges, the cheap one first.
    pub fn names(&self) -> [&str; 2] {
        [&self.cheap, &self.strong]
    }
}

/// In messages: `CHEAP, then STRONG when RULE`.
impl fmt::Display for JudgeCascade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, then {} when {}", self.cheap, self.strong, self.rule)
    }
}

/// A question about one system that ends a run as soon as it is answered: whether its order-averaged win rate against
/// each other system is above or below a number, or within a margin of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UntilDecided {
    /// The system.
    pub system: String,
    /// The number, in `(0, 1)`; usually ½.
    pub than: f64,
    /// How near to the number a win rate is equivalent to it; `None` where that is no answer.
    pub margin: Option<f64>,
    /// The probability that any answer is wrong, at most; usually 0.05.
    pub error: f64,
    /// How many comparisons could have been asked.
    pub available: u64,
}

/// A judge as a run file stores it: everything that its replies depend on, and nothing secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeRecord {
    /// The name under which its verdicts are reported.
    pub name: String,
    /// The model's name as it was requested; for a built-in judge, its own.
    pub model: String,
    /// The form of requests that the endpoint expects.
    #[serde(default, skip_serializing_if = "is_default")]
    pub api: Api,
    /// The command that started its servers, as [`ServerCommand::identity`](crate::input::ServerCommand::identity)
    /// gives it; `None` for servers that ran already, and for a judge without an endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// The program that is the judge, as [`JudgeProgram::identity`](crate::input::JudgeProgram::identity) gives it; `None`
    /// for another judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The endpoint; `None` for a judge without one, and for one whose servers are started.
    pub base_url: Option<String>,
    /// Further endpoints that are replicas of the first, those of earlier commands included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replicas: Vec<String>,
    /// Sampling temperature; `None` for a judge without one, or where the server chooses it.
    pub temperature: Option<f64>,
    /// The most tokens of a reply; `None` for a judge without such a limit, or where the server chooses it.
    pub max_tokens: Option<u64>,
    /// Further fields of the request; for a built-in judge, what its votes depend on.
    pub extra: Map<String, Value>,
}

/// A judge of a run file.
#[derive(Debug, Clone)]
pub struct StoredJudge {
    /// Its row, which attempts refer to.
    pub row: i64,
    /// The judge.
    pub record: JudgeRecord,
    /// What its server was found to support.
    pub server_profile: ServerProfile,
}

impl JudgeRecord {
    /// Returns the record of a judge.
    pub fn of(settings: &JudgeSettings) -> Self {
        let bare = |model: String| Self {
            name: settings.name.clone(),
            model,
            api: Api::default(),
            start: None,
            command: None,
            base_url: None,
            replicas: Vec::new(),
            temperature: None,
            max_tokens: None,
            extra: Map::new(),
        };
        match &settings.connection {
            Connection::Builtin(builtin) => {
                // A rule that compares by an encoder says which one.
                let extra = settings.extra.clone();
                Self { extra, ..bare(format!("builtin:{builtin}")) }
            }
            Connection::Program(program) => Self {
                command: Some(program.identity()),
                temperature: settings.temperature,
                max_tokens: settings.max_tokens,
                ..bare(program.model.clone())
            },
            Connection::Supplied(model) => bare(format!("supplied:{model}")),
            Connection::Recorded(_) => bare(format!("recorded:{}", settings.name)),
            Connection::Endpoint(endpoint) => Self {
                api: endpoint.api,
                start: endpoint.server_command().map(ServerCommand::identity),
                base_url: endpoint.base_urls().first().cloned(),
                replicas: endpoint.base_urls().iter().skip(1).cloned().collect(),
                temperature: settings.temperature,
                max_tokens: settings.max_tokens,
                extra: settings.extra.clone(),
                ..bare(endpoint.model.clone())
            },
        }
    }

    /// Returns the name of the first field in which two judges of the same name differ, with both values.
    pub(crate) fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        fn shown<T: Serialize>(value: &T) -> String {
            serde_json::to_string(value).unwrap_or_default()
        }
        let fields = [
            ("api", shown(&self.api), shown(&other.api)),
            ("model", shown(&self.model), shown(&other.model)),
            ("start", shown(&self.start), shown(&other.start)),
            ("command", shown(&self.command), shown(&other.command)),
            ("base_url", shown(&self.base_url), shown(&other.base_url)),
            ("temperature", shown(&self.temperature), shown(&other.temperature)),
            ("max_tokens", shown(&self.max_tokens), shown(&other.max_tokens)),
            ("extra", shown(&sorted(&self.extra)), shown(&sorted(&other.extra))),
        ];
        // Replicas come and go; a fleet is the same as long as one of its servers is.
        let same_fleet = self.shares_servers(other);
        let mut different = fields.into_iter().filter(|(_, one, two)| one != two);
        different.find(|(field, ..)| *field != "base_url" || !same_fleet)
    }

    /// Returns this record with the servers of another one of the same judge, so that a run names every server
    /// that it may have asked.
    #[must_use]
    pub(super) fn joined(&self, other: &Self) -> Self {
        let mut joined = self.clone();
        for url in other.servers() {
            if !joined.servers().any(|known| known == url) {
                joined.replicas.push(url.clone());
            }
        }
        joined
    }

    /// Returns the URLs of the endpoint and of its replicas.
    pub fn servers(&self) -> impl Iterator<Item = &String> {
        self.base_url.iter().chain(&self.replicas)
    }

    /// Returns whether it has an endpoint: servers that answer over HTTP.
    pub fn has_endpoint(&self) -> bool {
        self.base_url.is_some() || self.start.is_some()
    }

    /// Returns whether it is a program of the user.
    pub fn is_program(&self) -> bool {
        self.command.is_some()
    }

    /// Returns whether an endpoint or a program of the user gives its replies, rather than evenhand itself.
    pub fn is_external(&self) -> bool {
        self.has_endpoint() || self.is_program()
    }

    /// Returns whether two judges are asked at the same servers, or at such that the same command starts.
    pub(crate) fn shares_servers(&self, other: &Self) -> bool {
        let same_command = self.start.is_some() && self.start == other.start;
        same_command || self.servers().any(|one| other.servers().any(|two| one == two))
    }

    /// Returns whether it is a rule of this program, which always answers alike.
    pub fn is_rule(&self) -> bool {
        !self.is_external() && self.model.starts_with("builtin:")
    }

    /// Returns whether its replies are in a file, so that it cannot be asked again.
    pub fn is_recording(&self) -> bool {
        !self.is_external() && self.model.starts_with("recorded:")
    }

    /// Returns whether the time of its calls says anything: not that of rules and recordings.
    pub(crate) fn has_latency(&self) -> bool {
        !self.is_rule() && !self.is_recording()
    }

    /// Returns the rubric that this judge's replies are read with: a built-in judge always answers in JSON.
    pub fn reading_rubric(&self, rubric: &Rubric) -> Rubric {
        let mut rubric = rubric.clone();
        if self.is_rule() {
            rubric.reply = ReplyFormat::Json { take: Take::Last };
        }
        rubric
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_default(api: &Api) -> bool {
    *api == Api::default()
}

fn sorted(map: &Map<String, Value>) -> BTreeMap<&String, &Value> {
    map.iter().collect()
}

impl Manifest {
    /// Returns of which system of a pair the wins are counted.
    pub fn direction(&self) -> Direction<'_> {
        Direction { baseline: self.baseline.as_deref(), listed: &self.listed }
    }

    /// Returns the rubric as it is stored.
    ///
    /// # Errors
    ///
    /// The stored text is damaged.
    pub fn loaded_rubric(&self, path: &Path) -> Result<LoadedRubric> {
        let rubric = parse_stored_rubric(path, &self.rubric)?;
        let (text, prompts) = (self.rubric.clone(), self.prompts.clone());
        Ok(LoadedRubric { path: path.to_owned(), rubric, text, prompts, warning: None })
    }
}
