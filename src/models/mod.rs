//! Models on this machine: which there are, where they are kept, and how they are fetched.
//!
//! A [`Manifest`] names the files of each [`Model`] by size and SHA-256, and the sources that have them. [`pull`] fetches
//! a model into a [`ModelCache`], in which it is complete or absent. Only [`pull`] uses the network; everything else
//! that needs a model asks [`installed`] for its path.
//!
//! ```text
//! Manifest → Model ─pull→ Partial (parts, resumed, hashed) ─rename→ ModelCache ─installed→ path
//!                    from a path | the model hub | a Python package by pip
//! ```
//!
//! Nothing here loads a model. Those that do treat the files as hostile all the same, since a checksum says who named a
//! file and not that it is harmless.

mod cache;
mod digest;
mod event;
mod folder;
mod hub;
mod manifest;
mod options;
mod package;
mod partial;
mod pull;
mod step;

pub use cache::{ModelCache, ModelState, installed};
pub use digest::Sha256;
pub use event::{PullEvent, PullSource};
pub use manifest::{HubSource, Manifest, Model, ModelFile, ModelKind, PackageSource};
pub use options::{HubOptions, PullOptions};
pub use pull::{Pulled, pull};
