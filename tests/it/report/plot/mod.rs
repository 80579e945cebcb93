//! Plots, read as a program would: where each mark stands, and what each text says.

mod gallery;
mod in_a_browser;
mod markup;
mod pareto;
