//! Reading a run on one thread while all processors read the replies of what came before.

use std::sync::mpsc::{SyncSender, channel, sync_channel};

use rayon::prelude::*;

use crate::error::Result;

/// How many comparisons or items are mapped at a time.
const BATCH: usize = 1024;
/// How many such batches may wait for it.
const UNDER_WAY: usize = 4;

/// Reads on one thread, maps on all others, and hands over on the first again, in order. A few batches are
/// under way at any time, so memory stays constant.
pub(super) fn in_parallel<I: Send, T: Send>(
    map: impl Fn(I) -> T + Sync,
    each: &mut impl FnMut(T) -> Result<()>,
    read: impl FnOnce(&mut Batches<'_, I>) -> Result<()>,
) -> Result<()> {
    let (to_map, batches) = sync_channel::<Vec<I>>(UNDER_WAY);
    let (to_hand, mapped) = channel::<Vec<T>>();
    let map = &map;
    let ended = std::thread::scope(|scope| {
        scope.spawn(move || {
            for batch in batches {
                let mapped = batch.into_par_iter().map(map).collect();
                if to_hand.send(mapped).is_err() {
                    return;
                }
            }
        });
        let mut hand_over = || mapped.try_iter().flatten().try_for_each(&mut *each);
        let mut batches = Batches { batch: Vec::new(), to_map, hand_over: &mut hand_over };
        read(&mut batches)?;
        batches.send()
    });
    ended?;
    mapped.into_iter().flatten().try_for_each(each)
}

/// What was read and not yet mapped.
pub(super) struct Batches<'a, I> {
    batch: Vec<I>,
    to_map: SyncSender<Vec<I>>,
    hand_over: &'a mut dyn FnMut() -> Result<()>,
}

impl<I> Batches<'_, I> {
    pub(super) fn push(&mut self, one: I) -> Result<()> {
        self.batch.push(one);
        if self.batch.len() == BATCH { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<()> {
        // The other end is gone only if mapping panicked, which ends the scope.
        let _gone = self.to_map.send(std::mem::take(&mut self.batch)).is_err();
        (self.hand_over)()
    }
}
