//! Which verdicts a run of two judges in a cascade gives: the final ones, or those of one of its judges.
//!
//! A run of a cascade is read as a run of one judge, `cascade`, whose verdict on a comparison is that of the judge which
//! decides it. So every number is of final verdicts, and no statistic has to know of cascades.

use serde_json::{Map, Value, json};

use super::ballots::BallotRecord;
use super::judge_choice::JudgeChoice;
use super::manifest::{JudgeCascade, JudgeRecord, StoredJudge};
use super::records::{ComparisonRecord, VerdictRecord};
use super::row_set::RowSet;
use super::run_file::RunFile;
use crate::error::{Error, Result};
use crate::input::Api;
use crate::judge::ServerProfile;
use crate::keyed_hash::KeyedHash;
use crate::verdict::{CascadeRule, GivenBy};

impl RunFile {
    /// Returns how the judges are asked one after the other, if the run is a cascade. It says nothing about which
    /// verdicts are read: see [`RunFile::reads_final_verdicts`].
    pub fn cascade(&self) -> Option<&JudgeCascade> {
        self.manifest.cascade.as_ref()
    }

    /// Returns whether the final verdicts of a cascade are read, rather than those of one of its judges.
    pub fn reads_final_verdicts(&self) -> bool {
        self.decider.is_some()
    }

    /// Returns the judges whose replies are read, with their rows and the profiles of their servers: those of
    /// [`RunFile::judges`], or both judges of a cascade, the cheap one first.
    pub fn asked_judges(&self) -> &[StoredJudge] {
        &self.asked
    }

    /// Returns the judges whose replies are behind the verdicts of a choice.
    ///
    /// # Panics
    ///
    /// The run has no such judge.
    pub fn judges_of(&self, choice: JudgeChoice) -> &[StoredJudge] {
        match choice {
            _ if self.decider.is_some() => &self.asked,
            JudgeChoice::One(at) => &self.judges[at..=at],
            JudgeChoice::Jury => &self.judges,
        }
    }

    /// Returns the judges whose verdicts on a comparison count by a choice, with these: of a cascade the one that decides it.
    ///
    /// # Panics
    ///
    /// The run has no such judge.
    pub fn deciding<'a>(
        &'a self,
        choice: JudgeChoice,
        record: &'a ComparisonRecord,
    ) -> Vec<(&'a StoredJudge, &'a VerdictRecord)> {
        match (choice, record.judged.first().and_then(|judged| judged.given_by)) {
            (_, Some(given_by)) => vec![(&self.asked[given_by.place()], &record.judged[0])],
            (JudgeChoice::One(at), None) => vec![(&self.judges[at], &record.judged[at])],
            (JudgeChoice::Jury, None) => self.judges.iter().zip(&record.judged).collect(),
        }
    }

    /// Returns everything that judges said of a comparison, by a choice: as [`RunFile::deciding`], and of a cascade whose
    /// strong judge decides it what the cheap one said before.
    ///
    /// # Panics
    ///
    /// The run has no such judge.
    pub fn judged<'a>(
        &'a self,
        choice: JudgeChoice,
        record: &'a ComparisonRecord,
    ) -> Vec<(&'a StoredJudge, &'a VerdictRecord)> {
        let is_sent = record.judged.first().and_then(|one| one.given_by) == Some(GivenBy::Strong);
        let cheap = record.beside.as_ref().filter(|_| is_sent);
        let before = cheap.map(|judged| (&self.asked[GivenBy::Cheap.place()], judged));
        before.into_iter().chain(self.deciding(choice, record)).collect()
    }

    /// Returns the cascade whose strong judge is read alone: all numbers are then about what was sent to it, which is no
    /// random part of the comparisons. `None` else.
    pub fn reads_sent_only(&self) -> Option<&JudgeCascade> {
        let cascade = self.cascade().filter(|_| !self.reads_final_verdicts())?;
        let [judge] = self.judges.as_slice() else { return None };
        (judge.record.name == cascade.strong).then_some(cascade)
    }

    /// Reads the verdicts of one judge of a cascade from now on, on those comparisons that it is asked about: of the
    /// cheap one all, of the strong one those that the rule sends to it. Without a name, or with `cascade`, the final
    /// verdicts are read on. Of a run that is no cascade nothing changes.
    ///
    /// # Errors
    ///
    /// The cascade has no such judge, or the file cannot be read.
    pub fn of_judge(mut self, name: Option<&str>) -> Result<Self> {
        let Some(name) = name.filter(|name| self.decider.is_some() && *name != JudgeCascade::NAME)
        else {
            return Ok(self);
        };
        let place = self.asked.iter().position(|judge| judge.record.name == name);
        let place = place.ok_or_else(|| self.unknown_judge(name))?;
        if place == GivenBy::Strong.place() {
            let sent = self.sent()?;
            self.select(sent);
        }
        self.decider = None;
        self.asked = vec![self.asked.swap_remove(place)];
        self.judges.clone_from(&self.asked);
        Ok(self)
    }

    /// Returns the comparisons that the rule of a cascade sends to the strong judge, by what the cheap one has answered.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn sent(&self) -> Result<RowSet> {
        let mut sent = RowSet::default();
        self.for_each_ballots(|ballots| {
            if ballots.given_by == Some(GivenBy::Strong) {
                sent.insert(ballots.row);
            }
        })?;
        Ok(sent)
    }

    /// Reads the final verdicts, if the run is a cascade.
    pub(super) fn of_cascade(mut self) -> Result<Self> {
        let Some(cascade) = self.manifest.cascade.clone() else { return Ok(self) };
        let judge = |name: &str| {
            let found = self.asked.iter().find(|judge| judge.record.name == name).cloned();
            found.ok_or_else(|| {
                Error::input(format!(
                    "{}: the run file is damaged: it lacks the judge {name} of its cascade",
                    self.path().display()
                ))
            })
        };
        self.asked = cascade.names().into_iter().map(judge).collect::<Result<_>>()?;
        self.judges = vec![StoredJudge {
            // No attempt has this row.
            row: 0,
            record: record(&cascade, &self.asked),
            server_profile: ServerProfile::default(),
        }];
        self.decider = Some(cascade.rule);
        Ok(self)
    }

    /// Returns the error for a judge that the run does not have.
    pub(super) fn unknown_judge(&self, name: &str) -> Error {
        let mut known: Vec<&str> = Vec::new();
        for judge in self.judges.iter().chain(&self.asked) {
            if !known.contains(&judge.record.name.as_str()) {
                known.push(&judge.record.name);
            }
        }
        Error::input(format!("{}: the run has no judge `{name}`", self.path().display()))
            .hint(format!("its judges are: {}", known.join(", ")))
    }
}

impl ComparisonRecord {
    /// Puts the final verdict in the place of those of both judges of a cascade, if there is one.
    pub(super) fn decided(mut self, decider: Option<CascadeRule>) -> Self {
        let (Some(rule), [cheap, _]) = (decider, self.judged.as_slice()) else { return self };
        let margin = cheap.distribution().map(|mean| mean.margin());
        let given_by = rule.given_by(cheap.verdict, margin);
        let mut final_verdict = self.judged.swap_remove(given_by.place());
        final_verdict.given_by = Some(given_by);
        self.beside = self.judged.pop();
        self.judged.push(final_verdict);
        self
    }
}

impl BallotRecord {
    /// Returns the ballots of the judge that decides, of a cascade; else all.
    pub(super) fn decided(self, decider: Option<CascadeRule>) -> Self {
        let Some(rule) = decider else { return self };
        let cheap = GivenBy::Cheap.place();
        let margin = self.distribution(cheap).map(|mean| mean.margin());
        let given_by = rule.given_by(self.verdict(cheap), margin);
        self.decided_by(given_by)
    }
}

/// Returns a record that stands for both judges of a cascade: it differs from another one if anything of them does.
fn record(cascade: &JudgeCascade, judges: &[StoredJudge]) -> JudgeRecord {
    let digest = |record: &JudgeRecord| {
        let context = KeyedHash::new("evenhand: judge of a cascade");
        let digest = blake3::Hash::from_bytes(context.text(&json!(record).to_string()).digest());
        Value::from(&digest.to_hex()[..16])
    };
    let judge = |judge: &StoredJudge| (judge.record.name.clone(), digest(&judge.record));
    let mut extra: Map<String, Value> = judges.iter().map(judge).collect();
    extra.insert("when".to_owned(), cascade.rule.to_string().into());
    JudgeRecord {
        name: JudgeCascade::NAME.to_owned(),
        model: cascade.to_string(),
        api: Api::default(),
        start: None,
        command: None,
        base_url: None,
        replicas: Vec::new(),
        temperature: None,
        max_tokens: None,
        extra,
    }
}
