//! `evenhand import`: published comparison sets in their own layouts.

mod published;
mod small;
