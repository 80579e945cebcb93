//! Which comparisons a plan holds, and which of them belong to a shard.

mod plan;
mod shard;
