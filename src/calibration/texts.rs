//! What calibration needs of the items' texts: their tags, and what judges without a model make of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::digest::{Digest, Heard};
use super::people::{Panel, People};
use crate::error::Result;
use crate::input::Item;
use crate::judge::{Builtin, ChatModel as _};
use crate::store::RunFile;
use crate::trial::{Comparison, Order, Trial};
use crate::verdict::Ballot;
use crate::vote::Vote;

/// The judges that need no model and are not chance, in the order of reports.
const TRIVIAL: [&str; 3] = ["longer", "first", "lexical"];

/// What each trivial judge says in both orders; `None` for one that cannot judge the item.
type Votes = [Option<[Heard; 2]>; TRIVIAL.len()];

/// What the items of all panels hold.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// By panel.
    votes: Vec<Votes>,
    /// By tag and value: the panels whose item has it.
    pub(super) tags: BTreeMap<(String, String), Vec<u32>>,
}

impl Texts {
    /// Reads the items of all panels from the run.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn read(run: &RunFile, digest: &Digest, people: &People) -> Result<Self> {
        let mut panels_of: Vec<std::ops::Range<u32>> = vec![0..0; digest.roster.len()];
        let mut start = 0;
        for panels in people.by_item(digest) {
            let end = start + panels.len() as u32;
            panels_of[digest.rows[panels[0].row as usize].item as usize] = start..end;
            start = end;
        }
        let number = |id: &str| digest.roster.number(id);
        let wanted = |id: &str| number(id).is_some_and(|at| !panels_of[at as usize].is_empty());
        let mut texts =
            Self { votes: vec![[None; TRIVIAL.len()]; people.panels.len()], ..Self::default() };
        let of_item = |item: Item| {
            let panels = number(&item.id).map_or(0..0, |at| panels_of[at as usize].clone());
            let item = Arc::new(item);
            let votes: Vec<Votes> = people.panels[panels.start as usize..panels.end as usize]
                .iter()
                .map(|panel| votes(&item, digest, panel))
                .collect();
            (panels, votes, item.tags.clone())
        };
        run.map_items(wanted, of_item, |(panels, votes, tags)| {
            for (at, votes) in panels.clone().zip(votes) {
                texts.votes[at as usize] = votes;
            }
            for tag in tags {
                texts.tags.entry(tag).or_default().extend(panels.clone());
            }
        })?;
        Ok(texts)
    }

    /// Returns the trivial judges that can judge every panel, by name and number.
    pub(super) fn judges(&self) -> impl Iterator<Item = (&'static str, usize)> + '_ {
        let can = |judge: usize| self.votes.iter().all(|votes| votes[judge].is_some());
        TRIVIAL
            .into_iter()
            .enumerate()
            .filter(move |(judge, _)| can(*judge))
            .map(|(at, name)| (name, at))
    }

    /// Returns of how many panels the item has no reference that is a text, where others have one.
    pub(super) fn without_reference(&self) -> u64 {
        let lexical = TRIVIAL.len() - 1;
        let without = self.votes.iter().filter(|votes| votes[lexical].is_none()).count();
        if without < self.votes.len() { without as u64 } else { 0 }
    }

    /// Returns what a trivial judge replies to a panel's comparison, in both orders.
    pub(super) fn replies(&self, judge: usize, panel: usize) -> [Heard; 2] {
        self.votes[panel][judge].unwrap_or([Heard::Nothing; 2])
    }
}

fn votes(item: &Arc<Item>, digest: &Digest, panel: &Panel) -> Votes {
    let between = digest.pairs[digest.rows[panel.row as usize].pair as usize].between.clone();
    if between.iter().any(|system| !item.responses.contains_key(system)) {
        return [None; TRIVIAL.len()];
    }
    let comparison = Comparison { item: Arc::clone(item), between };
    TRIVIAL.map(|name| {
        let judge = Builtin::new(name, digest.ties, 0).ok()?;
        judge.check_comparison(&comparison).ok()?;
        let heard = |order| {
            let vote = Vote::from_word(judge.vote_word(&Trial {
                comparison: &comparison,
                order,
                repeat: 0,
            }));
            Heard::of(vote.map_or(Ballot::Unreadable, Ballot::Cast), order)
        };
        Some(Order::BOTH.map(heard))
    })
}
