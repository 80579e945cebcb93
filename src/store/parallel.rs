//! Reads a run on one thread while all processors parse what was read before.

use std::sync::mpsc::{SyncSender, channel, sync_channel};

use rayon::prelude::*;

use crate::error::Result;

/// How many comparisons or items make up a batch.
const BATCH: usize = 1024;
/// A batch is complete once its texts have this many bytes together.
const BATCH_BYTES: usize = 4 << 20;
/// How many batches may wait to be mapped.
const WAITING_BATCHES: usize = 4;

/// Reads on the calling thread, maps on all processors, and calls `each` on the calling thread again, in the
/// order of reading. Only a few batches exist at any time, so memory stays constant.
pub(super) fn map_in_parallel<I: Send, T: Send>(
    map: impl Fn(I) -> T + Sync,
    each: &mut impl FnMut(T) -> Result<()>,
    read: impl FnOnce(&mut Batches<'_, I>) -> Result<()>,
) -> Result<()> {
    let (to_map, batches) = sync_channel::<Vec<I>>(WAITING_BATCHES);
    let (to_each, mapped) = channel::<Vec<T>>();
    let map = &map;
    let read_all = std::thread::scope(|scope| {
        scope.spawn(move || {
            for batch in batches {
                let mapped = batch.into_par_iter().map(map).collect();
                if to_each.send(mapped).is_err() {
                    return;
                }
            }
        });
        let mut call_each = || mapped.try_iter().flatten().try_for_each(&mut *each);
        let mut batches =
            Batches { batch: Vec::new(), bytes: 0, to_map, call_each: &mut call_each };
        read(&mut batches)?;
        batches.send()
    });
    read_all?;
    mapped.into_iter().flatten().try_for_each(each)
}

/// Collects what is read into batches.
pub(super) struct Batches<'a, I> {
    batch: Vec<I>,
    /// How many bytes of text it has.
    bytes: usize,
    to_map: SyncSender<Vec<I>>,
    call_each: &'a mut dyn FnMut() -> Result<()>,
}

impl<I> Batches<'_, I> {
    /// Adds one that has about so many bytes of text.
    pub(super) fn push(&mut self, one: I, bytes: usize) -> Result<()> {
        self.batch.push(one);
        self.bytes += bytes;
        if self.batch.len() == BATCH || self.bytes >= BATCH_BYTES { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<()> {
        self.bytes = 0;
        // The receiver is gone only if mapping panicked, which ends the scope.
        let _gone = self.to_map.send(std::mem::take(&mut self.batch)).is_err();
        (self.call_each)()
    }
}
