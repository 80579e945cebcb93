//! What calibration reads from the items' texts: their tags, and the replies of trivial judges.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::comparisons::ComparisonTable;
use super::panels::{LabelPanels, Panel};
use super::reply_choice::ReplyChoice;
use super::trivial_judge::TrivialJudge;
use crate::error::Result;
use crate::input::Item;
use crate::judge::{Builtin, ChatModel as _};
use crate::store::RunFile;
use crate::trial::{Comparison, Order, Trial};
use crate::verdict::Ballot;
use crate::vote::Vote;

/// What each trivial judge says in both orders; `None` for one that cannot judge the item.
type TrivialReplies = [Option<[ReplyChoice; 2]>; TrivialJudge::ALL.len()];

/// What calibration needs of the items that have labels.
#[derive(Debug, Default)]
pub(super) struct ItemFeatures {
    /// The replies of trivial judges, by panel.
    replies: Vec<TrivialReplies>,
    /// By tag and value: the numbers of the panels whose item has it.
    pub(super) tags: BTreeMap<(String, String), Vec<u32>>,
}

impl ItemFeatures {
    /// Reads the items of all panels from the run.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn read(
        run: &RunFile,
        comparisons: &ComparisonTable,
        labels: &LabelPanels,
    ) -> Result<Self> {
        let mut panels_of: Vec<std::ops::Range<u32>> = vec![0..0; comparisons.items.len()];
        let mut start = 0;
        for panels in labels.by_item(comparisons) {
            let end = start + panels.len() as u32;
            panels_of[comparisons.rows[panels[0].row as usize].item as usize] = start..end;
            start = end;
        }
        let number = |id: &str| comparisons.items.number(id);
        let wanted = |id: &str| number(id).is_some_and(|at| !panels_of[at as usize].is_empty());
        let mut features = Self {
            replies: vec![[None; TrivialJudge::ALL.len()]; labels.panels.len()],
            ..Self::default()
        };
        let of_item = |item: Item| {
            let panels = number(&item.id).map_or(0..0, |at| panels_of[at as usize].clone());
            let item = Arc::new(item);
            let replies: Vec<TrivialReplies> = labels.panels
                [panels.start as usize..panels.end as usize]
                .iter()
                .map(|panel| trivial_replies(&item, comparisons, panel))
                .collect();
            (panels, replies, item.tags.clone())
        };
        run.map_items(wanted, of_item, |(panels, replies, tags)| {
            for (at, replies) in panels.clone().zip(replies) {
                features.replies[at as usize] = replies;
            }
            for tag in tags {
                features.tags.entry(tag).or_default().extend(panels.clone());
            }
        })?;
        Ok(features)
    }

    /// Returns the trivial judges that can judge every panel's comparison.
    pub(super) fn trivial_judges(&self) -> impl Iterator<Item = TrivialJudge> + '_ {
        let judges_all = |judge: &TrivialJudge| {
            self.replies.iter().all(|replies| replies[*judge as usize].is_some())
        };
        TrivialJudge::ALL.into_iter().filter(judges_all)
    }

    /// Returns how many panels' items have no textual reference, where others have one.
    pub(super) fn without_reference(&self) -> u64 {
        let lexical = TrivialJudge::Lexical as usize;
        let without = self.replies.iter().filter(|replies| replies[lexical].is_none()).count();
        if without < self.replies.len() { without as u64 } else { 0 }
    }

    /// Returns what a trivial judge replies to a panel's comparison, in both orders.
    pub(super) fn replies(&self, judge: TrivialJudge, panel: usize) -> [ReplyChoice; 2] {
        self.replies[panel][judge as usize].unwrap_or([ReplyChoice::Absent; 2])
    }
}

fn trivial_replies(
    item: &Arc<Item>,
    comparisons: &ComparisonTable,
    panel: &Panel,
) -> TrivialReplies {
    let between =
        comparisons.pairs[comparisons.rows[panel.row as usize].pair as usize].between.clone();
    if between.iter().any(|system| !item.responses.contains_key(system)) {
        return [None; TrivialJudge::ALL.len()];
    }
    let comparison = Comparison { item: Arc::clone(item), between };
    TrivialJudge::ALL.map(|judge| {
        let judge = Builtin::new(judge.as_str(), comparisons.ties, 0).ok()?;
        judge.check_comparison(&comparison).ok()?;
        let choice = |order| {
            let word =
                judge.vote_word(&Trial { comparison: &comparison, order, repeat: 0, attempt: 1 });
            let vote = word.ok().and_then(Vote::from_word);
            ReplyChoice::of(vote.map_or(Ballot::Unreadable, Ballot::Cast), order)
        };
        Some(Order::BOTH.map(choice))
    })
}
