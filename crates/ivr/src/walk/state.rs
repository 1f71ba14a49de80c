//! What a caller does at a node.

/// Where the caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Idle,
    /// The prompt of `node` plays.
    Playing,
    /// The prompt of `node` was heard; the silence runs.
    Waiting,
    /// The caller speaks; the silence stands still.
    Speaking,
    /// What was said is being understood.
    Understanding,
    /// The caller types digits; the gap runs.
    Typing,
    /// What was typed is read back.
    Reading,
    /// It was read back; the silence runs.
    Confirming,
    /// Another system was asked, or whoever speaks texts.
    Fetching,
    /// Somebody outside is called.
    Away,
    Over,
}

impl State {
    /// Whether a deadline is armed.
    pub(super) fn waits(self) -> bool {
        matches!(
            self,
            State::Waiting
                | State::Speaking
                | State::Understanding
                | State::Typing
                | State::Confirming
                | State::Fetching
        )
    }
}
