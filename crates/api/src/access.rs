//! Who asks, and what each role may.

use std::sync::Arc;

use axum::http::StatusCode;
use base::Masked;
use server::rows::CallRow;
use settings::Role;

use crate::problem::Problem;

/// The words of roles, for declarations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Viewer,
    Agent,
    Supervisor,
    Operator,
    Admin,
}

/// Roles that may use a route.
pub(crate) type Roles = &'static [Word];

pub(crate) const EVERYBODY: Roles = &[Word::Viewer, Word::Agent, Word::Supervisor, Word::Operator, Word::Admin];
/// What concerns no single agent.
pub(crate) const OVERSEERS: Roles = &[Word::Viewer, Word::Supervisor, Word::Operator, Word::Admin];
/// An agent for itself or its own call, others for all.
pub(crate) const DESKS: Roles = &[Word::Agent, Word::Supervisor, Word::Admin];
/// What was said on the wire, for those who look why a call went as it did.
pub(crate) const ENGINEERS: Roles = &[Word::Supervisor, Word::Operator, Word::Admin];
pub(crate) const SUPERVISORS: Roles = &[Word::Supervisor, Word::Admin];
/// What concerns the machine and its files.
pub(crate) const OPERATORS: Roles = &[Word::Operator, Word::Admin];
pub(crate) const ADMINS: Roles = &[Word::Admin];

impl Word {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Word::Viewer => "viewer",
            Word::Agent => "agent",
            Word::Supervisor => "supervisor",
            Word::Operator => "operator",
            Word::Admin => "admin",
        }
    }
}

/// Whoever showed a token.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) name: Arc<str>,
    pub(crate) role: Role,
}

impl Who {
    pub(crate) const fn word(&self) -> Word {
        match self.role {
            Role::Viewer => Word::Viewer,
            Role::Agent { .. } => Word::Agent,
            Role::Supervisor => Word::Supervisor,
            Role::Operator => Word::Operator,
            Role::Admin => Word::Admin,
        }
    }

    /// # Errors
    /// 403 that says which role is needed.
    pub(crate) fn needs(&self, roles: Roles) -> Result<(), Problem> {
        if roles.contains(&self.word()) {
            return Ok(());
        }
        let words: Vec<&str> = roles.iter().map(|word| word.name()).collect();
        Err(forbidden(self, &format!("one of the roles {}", words.join(", "))))
    }

    /// The number of the agent whose token this is.
    pub(crate) fn agent(&self) -> Option<&str> {
        match &self.role {
            Role::Agent { number } => Some(number),
            _ => None,
        }
    }

    /// # Errors
    /// 403 when this is the token of another agent.
    pub(crate) fn may_touch_agent(&self, number: &str) -> Result<(), Problem> {
        match self.agent() {
            Some(own) if own != number => {
                Err(forbidden(self, &format!("the token of agent {number}, or the role supervisor or admin")))
            }
            _ => Ok(()),
        }
    }

    /// An agent sees its own calls, everybody else all.
    pub(crate) fn sees(&self, row: &CallRow) -> bool {
        let rings = |own: &str| row.offered.iter().any(|(_, number)| **number == *own);
        self.agent().is_none_or(|own| row.agent.as_deref() == Some(own) || rings(own))
    }

    /// Numbers in the clear, of those calls that are seen at all.
    pub(crate) fn sees_numbers(&self) -> bool {
        matches!(self.word(), Word::Agent | Word::Supervisor | Word::Admin)
    }

    /// A caller's number as this reader may see it.
    pub(crate) fn caller(&self, number: &str, confidential: bool) -> String {
        if self.sees_numbers() && !confidential { number.to_owned() } else { Masked(number).to_string() }
    }
}

pub(crate) fn forbidden(who: &Who, needed: &str) -> Problem {
    let message = format!("the token \"{}\" of role {} may not do this", who.name, who.word().name());
    Problem::new(StatusCode::FORBIDDEN, "forbidden", message, format!("use {needed}"))
}
