//! Writes the replies of a run as a recording, which a judge with `recorded` plays back.

use std::path::Path;

use super::grade_run::GradeRun;
use super::records::TrialRecord;
use super::run_file::RunFile;
use crate::error::Result;
use crate::input::{RecordedAnswer, RecordedGrade, RecordedReply, write_recording};
use crate::trial::Order;

impl RunFile {
    /// Writes the deciding reply of every trial to a recording, the first readable one or else the last, and
    /// returns how many it wrote.
    ///
    /// # Errors
    ///
    /// The run cannot be read, or the recording cannot be written.
    pub fn record_replies(&self, path: &Path) -> Result<usize> {
        write_recording(path, |write: &mut dyn FnMut(RecordedReply) -> Result<()>| {
            self.for_each(|record| {
                for order in record.judged.iter().flat_map(|judged| &judged.orders) {
                    let [a, b] = &record.between;
                    let (first, second) = match order.order {
                        Order::AFirst => (a, b),
                        Order::BFirst => (b, a),
                    };
                    // Playback finds a repeat by its place, so nothing may follow one without a reply.
                    for reply in order.trials.iter().map_while(TrialRecord::deciding_reply) {
                        write(RecordedReply {
                            id: record.id.clone(),
                            first: first.clone(),
                            second: second.clone(),
                            answer: RecordedAnswer {
                                reply: reply.text.clone(),
                                vote: reply.recorded_vote,
                                is_order_unknown: reply.is_order_unknown,
                                grade: None,
                            },
                        })?;
                    }
                }
                Ok(())
            })
        })
    }
}

impl GradeRun {
    /// Writes the deciding reply of every trial to a recording, as [`RunFile::record_replies`] does.
    ///
    /// # Errors
    ///
    /// The run cannot be read, or the recording cannot be written.
    pub fn record_replies(&self, path: &Path) -> Result<usize> {
        write_recording(path, |write: &mut dyn FnMut(RecordedGrade) -> Result<()>| {
            self.for_each(|record| {
                for order in record.judged.iter().flat_map(|judged| &judged.orders) {
                    let is_reversed = order.order == Order::BFirst;
                    for reply in order.trials.iter().map_while(TrialRecord::deciding_reply) {
                        let mut line = RecordedGrade::new(&record.id, &record.system, is_reversed);
                        line.reply.clone_from(&reply.text);
                        line.grade.clone_from(&reply.recorded_grade);
                        if line.grade.is_none() && line.reply.is_none() {
                            line.reply = Some(String::new());
                        }
                        write(line)?;
                    }
                }
                Ok(())
            })
        })
    }
}
