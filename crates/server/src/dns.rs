//! Asks name servers what the trunks' targets stand for: a thread of its own, questions and answers over bounded queues.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::Ticket;
use carrier::{Naptr, Record, Srv};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};
use switch::{Query, Resolved};
use tokio::sync::{Semaphore, mpsc};

use crate::stop::Stop;

/// Questions and answers on their way: all that the core knows of at once. What finds no room is asked again by the core.
const WAITING: usize = 256;
/// Questions under way: hickory takes 32 at once over one connection.
const ASKED_MAX: usize = 32;
/// Answers taken in one turn: each costs about as much as a SIP message.
const ANSWERS_A_TURN: usize = 32;
/// A little less than the patience of the core, so that a late answer is a failure and not lost.
const PATIENCE: Duration = Duration::from_secs(12);
/// How long an answer without records counts whose server does not say how long (RFC 2308 §5).
const NEGATIVE_TTL_S: u32 = 60;
/// Records of one answer that are handed on: more than the core keeps.
const RECORDS_MAX: usize = 64;

/// The control thread's side.
#[derive(Debug)]
pub(crate) struct Dns {
    questions: mpsc::Sender<(Ticket, Query)>,
    answers: mpsc::Receiver<(Ticket, Resolved)>,
}

/// Starts the thread; `servers` stand in for those of the system. Answers wake the control thread through `stop`.
///
/// # Errors
/// The system gives no thread.
pub(crate) fn start(servers: Vec<SocketAddr>, stop: Arc<Stop>) -> std::io::Result<Dns> {
    let (questions, asked) = mpsc::channel(WAITING);
    let (sender, answers) = mpsc::channel(WAITING);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let serve = move || runtime.block_on(serve(&servers, asked, sender, stop));
    std::thread::Builder::new().name("dns".to_owned()).spawn(serve)?;
    Ok(Dns { questions, answers })
}

impl Dns {
    pub(crate) fn ask(&self, ticket: Ticket, query: Query) {
        // The core gives up by itself what has no answer.
        let _ = self.questions.try_send((ticket, query));
    }

    /// Hands this turn's answers to `put`; true when more wait.
    pub(crate) fn take(&mut self, mut put: impl FnMut(Ticket, Resolved)) -> bool {
        for _ in 0..ANSWERS_A_TURN {
            let Ok((ticket, answer)) = self.answers.try_recv() else { return false };
            put(ticket, answer);
        }
        !self.answers.is_empty()
    }
}

/// Answers until the control thread is gone.
async fn serve(
    servers: &[SocketAddr],
    mut asked: mpsc::Receiver<(Ticket, Query)>,
    answers: mpsc::Sender<(Ticket, Resolved)>,
    stop: Arc<Stop>,
) {
    let resolver = match resolver(servers) {
        Ok(resolver) => Some(resolver),
        Err(error) => {
            tracing::error!(%error, "no name server is known, so that trunks with names lead nowhere; set `servers` of [dns] or mend /etc/resolv.conf, and restart");
            None
        }
    };
    let room = Arc::new(Semaphore::new(ASKED_MAX));
    while let Some((ticket, query)) = asked.recv().await {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let (resolver, answers, stop) = (resolver.clone(), answers.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let answer = match resolver {
                Some(resolver) => answer(&resolver, &query).await,
                None => Resolved::Failed,
            };
            // The control thread may be gone.
            let _ = answers.send((ticket, answer)).await;
            stop.ring();
            drop(permit);
        });
    }
}

fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let mut builder = if servers.is_empty() {
        TokioResolver::builder_tokio()?
    } else {
        let servers = servers.iter().map(|server| {
            let at = |mut connection: ConnectionConfig| {
                connection.port = server.port();
                connection
            };
            NameServerConfig::new(server.ip(), true, vec![at(ConnectionConfig::udp()), at(ConnectionConfig::tcp())])
        });
        let config = ResolverConfig::from_name_servers(servers.collect());
        Resolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    // The core keeps what there is to keep, for as long as it may be kept.
    builder.options_mut().cache_size = 0;
    builder.build()
}

async fn answer(resolver: &TokioResolver, query: &Query) -> Resolved {
    let kind = match query {
        Query::Naptr(_) => RecordType::NAPTR,
        Query::Srv(_) => RecordType::SRV,
        Query::A(_) => RecordType::A,
        Query::Aaaa(_) => RecordType::AAAA,
    };
    // The dot at the end keeps the host's own search domains out.
    let name = format!("{}.", query.name());
    let Ok(answer) = tokio::time::timeout(PATIENCE, resolver.lookup(name, kind)).await else {
        return Resolved::Failed;
    };
    match answer {
        Ok(lookup) => {
            let answers = lookup.answers();
            let ttl_s = answers.iter().map(|record| record.ttl).min().unwrap_or(NEGATIVE_TTL_S);
            let records = answers.iter().filter_map(|answer| record(&answer.data)).take(RECORDS_MAX);
            Resolved::Records { records: records.collect(), ttl_s }
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
            Resolved::Records { records: Vec::new(), ttl_s: none.negative_ttl.unwrap_or(NEGATIVE_TTL_S) }
        }
        Err(error) => {
            tracing::debug!(name = query.name(), %error, "no answer of the DNS");
            Resolved::Failed
        }
    }
}

fn record(data: &RData) -> Option<Record> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(match data {
        RData::A(address) => Record::Address(address.0.into()),
        RData::AAAA(address) => Record::Address(address.0.into()),
        RData::SRV(srv) => Record::Srv(Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: srv.target.to_ascii(),
        }),
        RData::NAPTR(naptr) => Record::Naptr(Naptr {
            order: naptr.order,
            preference: naptr.preference,
            flags: text(&naptr.flags),
            service: text(&naptr.services),
            replacement: naptr.replacement.to_ascii(),
        }),
        _ => return None,
    })
}

#[cfg(test)]
#[path = "dns_tests.rs"]
mod tests;
