//! What a start finds in the folder.

use std::io;

use base::{Epoch, Time};

use crate::Error;
use crate::disk::{Disk, write_all};
use crate::frame::{SegmentId, VERSION};
use crate::replay::{Replayed, Unusable, replay};
use crate::report::{Cut, Report, Why};
use crate::segment::{TEMPORARY, TORN};
use crate::state::State;

/// Torn tails kept: the last one, and the one before it for when the last start tore its file too.
const TORN_KEPT: usize = 2;

/// A piece of a cut tail that is copied at once.
const PIECE: usize = 1 << 16;

/// What the folder holds.
pub(crate) struct Recovered<S> {
    pub(crate) state: S,
    /// The largest that any file tells of.
    pub(crate) epoch: Epoch,
    pub(crate) next: u64,
    pub(crate) last_time: Time,
    /// Segments that a new one makes needless.
    pub(crate) older: Vec<SegmentId>,
    pub(crate) report: Report,
}

/// Takes the newest segment whose snapshot is complete and applies it until its first bad frame.
///
/// Changes nothing that another recovery needs: a kill meanwhile costs nothing.
pub(crate) fn recover<S: State>(disk: &dyn Disk, empty: S) -> Result<Recovered<S>, Error> {
    let names = disk.names().map_err(failed(disk, "", "reading the journal's folder"))?;
    let mut found: Vec<SegmentId> = names.iter().filter_map(|name| SegmentId::parse(name)).collect();
    found.sort_unstable();
    let mut report = Report::default();
    let mut torn = torn(&names);
    let epoch = found.iter().chain(&torn).map(|id| id.epoch).max().unwrap_or_default();
    let mut used = None;
    while let Some(id) = found.last().copied() {
        report.segments += 1;
        match examine(disk, id, empty.clone())? {
            Ok(replayed) => {
                used = Some(replayed);
                break;
            }
            Err((bytes, why)) => {
                found.pop();
                let kept = set_aside(disk, id);
                torn.extend(kept.is_some().then_some(id));
                report.cuts.push(Cut { file: id.name(), at: 0, bytes, why, kept });
            }
        }
    }
    if let (Some((Some(cut), _)), Some(id)) = (&mut used, found.last()) {
        torn.extend(cut.kept.is_some().then_some(*id));
        report.cuts.push(cut.clone());
    }
    prune(disk, torn);
    Ok(finish(used.map(|(_, replayed)| replayed), empty, epoch, found, report))
}

fn finish<S: State>(
    used: Option<Replayed<S>>,
    empty: S,
    epoch: Epoch,
    older: Vec<SegmentId>,
    mut report: Report,
) -> Recovered<S> {
    let Some(used) = used else {
        return Recovered { state: empty, epoch, next: 0, last_time: Time::ZERO, older, report };
    };
    report.facts = used.facts;
    report.unapplied = used.unapplied;
    report.refusal = used.refusal;
    let epoch = epoch.max(used.epoch);
    Recovered { state: used.state, epoch, next: used.next, last_time: used.last_time, older, report }
}

type Looked<S> = Result<(Option<Cut>, Replayed<S>), (u64, Why)>;

/// Reads one segment; `Err` within tells how long it is and why nothing of it can be used.
fn examine<S: State>(disk: &dyn Disk, id: SegmentId, empty: S) -> Result<Looked<S>, Error> {
    let name = id.name();
    let (length, from) = disk.read(&name, 0).map_err(failed(disk, &name, "reading the journal"))?;
    match replay(from, length, empty) {
        Ok(replayed) => {
            let cut = replayed.cut.clone().map(|(at, why)| {
                let kept = keep_tail(disk, &name, at).ok();
                Cut { file: name.clone(), at, bytes: length - at, why, kept }
            });
            Ok(Ok((cut, replayed)))
        }
        Err(Unusable::Damaged(why)) => Ok(Err((length, why))),
        Err(Unusable::Version(found)) => Err(Error::Newer { path: disk.path(&name), found, known: VERSION }),
    }
}

/// Copies what stands behind `at`; returns the copy's name.
fn keep_tail(disk: &dyn Disk, name: &str, at: u64) -> io::Result<String> {
    let kept = format!("{name}{TORN}");
    let (_, mut from) = disk.read(name, at)?;
    let to = disk.create(&kept)?;
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece)? {
            0 => return Ok(kept),
            length => write_all(&*to, &piece[..length])?,
        }
    }
}

/// Renames a segment of which nothing can be used, so that no later start takes it for the newest.
fn set_aside(disk: &dyn Disk, id: SegmentId) -> Option<String> {
    let kept = format!("{}{TORN}", id.name());
    disk.rename(&id.name(), &kept).ok().map(|()| kept)
}

fn torn(names: &[String]) -> Vec<SegmentId> {
    names.iter().filter_map(|name| SegmentId::parse(name.strip_suffix(TORN)?)).collect()
}

/// Removes all but the last torn tails, and a segment that never got its name.
fn prune(disk: &dyn Disk, mut torn: Vec<SegmentId>) {
    torn.sort_unstable();
    torn.dedup();
    for id in torn.iter().rev().skip(TORN_KEPT) {
        // What cannot be removed now is met again at the next start.
        let _ = disk.remove(&format!("{}{TORN}", id.name()));
    }
    let _ = disk.remove(TEMPORARY);
}

pub(crate) fn failed(disk: &dyn Disk, name: &str, doing: &'static str) -> impl FnOnce(io::Error) -> Error {
    let path = disk.path(name);
    move |source| Error::Folder { path, doing, source }
}
