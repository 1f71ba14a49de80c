//! Which calls to read.

use base::Wall;
use sqlx::{QueryBuilder, Sqlite};

use crate::row::CallRow;

/// The place of a call in the order of reading: by start, then by id. Prints as `START.ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    pub started: Wall,
    pub id: String,
}

impl Cursor {
    pub fn of(row: &CallRow) -> Cursor {
        Cursor { started: row.started, id: row.id.clone() }
    }

    /// Reads what `Display` gives; none for other text.
    pub fn parse(text: &str) -> Option<Cursor> {
        let (started, id) = text.split_once('.')?;
        Some(Cursor { started: Wall(started.parse().ok()?), id: id.to_owned() })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.started.0, self.id)
    }
}

/// Which calls to read; what is `None` does not matter.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only the calls that started last, this many.
    pub last: Option<u32>,
    /// Started then or later.
    pub from: Option<Wall>,
    /// Started earlier than then.
    pub to: Option<Wall>,
    pub id: Option<String>,
    pub caller: Option<String>,
    pub called: Option<String>,
    pub agent: Option<String>,
    /// The last group that the citizen waited in.
    pub group: Option<String>,
    /// The number of the order.
    pub order: Option<String>,
    /// A `base::EndReason` by name.
    pub end_reason: Option<String>,
    /// Not ended yet, or ended.
    pub open: Option<bool>,
    pub confidential: Option<bool>,
    /// Only calls behind this one, in the order of reading.
    pub after: Option<Cursor>,
    /// At most this many; a page has `PAGE_MAX` at most.
    pub limit: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    OldestFirst,
    NewestFirst,
}

impl Order {
    const fn beyond(self) -> &'static str {
        match self {
            Order::OldestFirst => ">",
            Order::NewestFirst => "<",
        }
    }

    const fn clause(self) -> &'static str {
        match self {
            Order::OldestFirst => " ORDER BY started, id",
            Order::NewestFirst => " ORDER BY started DESC, id DESC",
        }
    }
}

impl Filter {
    /// The query for what fits behind `after`, without its limit.
    pub(crate) fn query(&self, columns: &str, after: Option<&Cursor>, order: Order) -> QueryBuilder<Sqlite> {
        let mut sql = QueryBuilder::new("SELECT ");
        sql.push(columns).push(" FROM calls WHERE 1 = 1");
        between(&mut sql, "started", self.from, self.to);
        let texts = [
            ("id", &self.id),
            ("caller", &self.caller),
            ("called", &self.called),
            ("agent", &self.agent),
            ("skill_group", &self.group),
            ("end_reason", &self.end_reason),
            ("order_number", &self.order),
        ];
        equal(&mut sql, &texts);
        if let Some(open) = self.open {
            sql.push(if open { " AND ended IS NULL" } else { " AND ended IS NOT NULL" });
        }
        if let Some(confidential) = self.confidential {
            sql.push(" AND confidential = ").push_bind(i64::from(confidential));
        }
        if let Some(Cursor { started, id }) = after {
            sql.push(" AND (started ").push(order.beyond()).push(" ").push_bind(started.0);
            sql.push(" OR (started = ").push_bind(started.0);
            sql.push(" AND id ").push(order.beyond()).push(" ").push_bind(id.clone()).push("))");
        }
        sql.push(order.clause());
        sql
    }
}

/// From then on, and before then.
pub(crate) fn between(sql: &mut QueryBuilder<Sqlite>, column: &str, from: Option<Wall>, to: Option<Wall>) {
    if let Some(from) = from {
        sql.push(" AND ").push(column).push(" >= ").push_bind(from.0);
    }
    if let Some(to) = to {
        sql.push(" AND ").push(column).push(" < ").push_bind(to.0);
    }
}

/// Each column holds that text, where one is given.
pub(crate) fn equal(sql: &mut QueryBuilder<Sqlite>, columns: &[(&str, &Option<String>)]) {
    for (column, text) in columns {
        if let Some(text) = text {
            sql.push(" AND ").push(column).push(" = ").push_bind(text.clone());
        }
    }
}
