//! What callers hear: the texts of prompts, and how they become sounds of the telephone.
//!
//! Invariants: a folder of prompts holds whole files alone, since each is written beside its place and renamed; what is spoken, recorded
//! or imported comes out in one format and at one level; the same input gives the same bytes.

mod build;
mod child;
mod folder;
mod import;
pub mod level;
pub mod lock;
mod manifest;
mod music;
mod recording;
mod resample;
mod script;
mod speech;
mod spoken;
pub mod tools;
mod trim;

pub use build::{Built, build};
pub use folder::{FOLDER, MUSIC, Made, made, recordings, wavs};
pub use import::{Imported, import};
pub use lock::Lock;
pub use manifest::{Manifest, Prompt, Spoken, is_name};
pub use script::markdown as script;
pub use spoken::spoken;
