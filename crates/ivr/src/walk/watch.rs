//! What a walk tells of itself beside its steps, to those who rehearse a menu.

use base::SoundId;

use super::Walk;
use crate::NodeId;
use crate::ways::Way;

/// A part of what the caller hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Sound(SoundId),
    /// A value that is spoken.
    Value(String),
    /// A text that is spoken in the call.
    Text(String),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// Those that the newest event made the caller take: `HOPS_MAX` nodes at most, with a way from each.
    ways: Vec<(NodeId, Way)>,
    heard: Vec<Heard>,
}

impl Walk {
    /// The same walk, which remembers the ways that it takes and what it says in words.
    pub fn watched(self) -> Walk {
        Walk { watch: Some(Box::default()), ..self }
    }

    /// The ways that the newest event made the caller take, of a watched walk.
    pub fn ways(&self) -> &[(NodeId, Way)] {
        self.watch.as_ref().map_or(&[], |watch| &watch.ways)
    }

    /// What [`Walk::said`] says, of a watched walk.
    pub fn heard(&self) -> &[Heard] {
        self.watch.as_ref().map_or(&[], |watch| &watch.heard)
    }

    /// The node that the caller is at.
    pub fn node(&self) -> NodeId {
        self.node
    }

    pub(super) fn took(&mut self, way: Way) {
        let node = self.node;
        if let Some(watch) = &mut self.watch {
            watch.ways.push((node, way));
        }
    }

    pub(super) fn forget_ways(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.ways.clear();
        }
    }

    pub(super) fn hears(&mut self, heard: Option<Vec<Heard>>) {
        if let (Some(watch), Some(heard)) = (&mut self.watch, heard) {
            watch.heard = heard;
        }
    }

    pub(super) fn hears_sounds(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.heard = self.said.iter().copied().map(Heard::Sound).collect();
        }
    }
}
