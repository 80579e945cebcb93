//! Which comparisons a plan holds, and which of them belong to a shard.

mod plan;
mod shard;

use evenhand::trial::other_system;

#[test]
fn the_other_system_of_a_pair_is_the_one_that_is_not_named() {
    let between = ["alpha", "beta"].map(str::to_owned);
    assert_eq!(other_system(&between, "alpha"), "beta");
    assert_eq!(other_system(&between, "beta"), "alpha");
}
