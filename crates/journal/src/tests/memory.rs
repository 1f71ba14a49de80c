//! A folder in memory that counts what is done to it, and fails, hangs or dies at a chosen operation.

use std::collections::BTreeMap;
use std::io::{self, Cursor, ErrorKind, Read};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use base::Rng;

use crate::disk::{Disk, DiskFile};

/// What goes wrong, by the count of operations that change something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Plan {
    #[default]
    Fine,
    /// The process dies within this operation: half of a write is done, nothing after it.
    DieAt(u64),
    /// These operations fail; half of a write is done.
    Fail { from: u64, to: u64, with: ErrorKind },
    /// These operations fail whatever their number, until the plan is changed.
    FailSyncs,
}

#[derive(Clone, Default)]
struct Node {
    bytes: Vec<u8>,
    synced: usize,
}

#[derive(Clone, Default)]
struct Files {
    nodes: Vec<Node>,
    names: BTreeMap<String, usize>,
    /// The names that a power cut leaves.
    synced: BTreeMap<String, usize>,
    operations: u64,
    plan: Plan,
    hangs: bool,
}

#[derive(Default)]
pub(crate) struct Memory(Arc<Place>);

#[derive(Default)]
struct Place {
    files: Mutex<Files>,
    released: Condvar,
}

struct Opened(Arc<Place>, usize);

enum Fate {
    Done,
    Half(io::Error),
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, Files> {
        let files = self.files.lock().expect("no panic under the lock");
        self.released.wait_while(files, |files| files.hangs).expect("no panic under the lock")
    }
}

impl Files {
    /// Counts an operation; an error is that of one which changes nothing.
    fn operate(&mut self, is_sync: bool) -> io::Result<Fate> {
        let number = self.operations;
        self.operations += 1;
        match self.plan {
            Plan::DieAt(at) if number == at => Ok(Fate::Half(ErrorKind::Other.into())),
            Plan::DieAt(at) if number > at => Err(ErrorKind::Other.into()),
            Plan::Fail { from, to, with } if (from..to).contains(&number) => Ok(Fate::Half(with.into())),
            Plan::FailSyncs if is_sync => Err(io::Error::other("input/output error")),
            _ => Ok(Fate::Done),
        }
    }

    /// For operations that are done or not.
    fn whole(&mut self, is_sync: bool) -> io::Result<()> {
        match self.operate(is_sync)? {
            Fate::Done => Ok(()),
            Fate::Half(error) => Err(error),
        }
    }
}

impl Memory {
    pub(crate) fn with(self, plan: Plan) -> Arc<Memory> {
        self.plan(plan);
        Arc::new(self)
    }

    pub(crate) fn plan(&self, plan: Plan) {
        self.0.lock().plan = plan;
    }

    pub(crate) fn operations(&self) -> u64 {
        self.0.lock().operations
    }

    /// Every operation waits from now on, until it no longer hangs.
    pub(crate) fn hang(&self, hangs: bool) {
        self.0.files.lock().expect("no panic under the lock").hangs = hangs;
        self.0.released.notify_all();
    }

    /// What a killed process leaves: everything that was written.
    pub(crate) fn after_kill(&self) -> Memory {
        let files = self.0.files.lock().expect("no panic under the lock").clone();
        Memory::of(Files { plan: Plan::Fine, operations: 0, hangs: false, ..files })
    }

    /// What a power cut leaves: what was flushed, and of the rest some, with zeros where a disk had not come to it.
    pub(crate) fn after_power_cut(&self, rng: &mut Rng) -> Memory {
        let mut files = self.0.files.lock().expect("no panic under the lock").clone();
        if rng.below(2) == 0 {
            files.names = files.synced.clone();
        }
        for node in &mut files.nodes {
            let unsynced = (node.bytes.len() - node.synced) as u64;
            let kept = node.synced + rng.below(unsynced + 1) as usize;
            node.bytes.truncate(kept);
            let zeroed = node.synced + rng.below((kept - node.synced) as u64 + 1) as usize;
            node.bytes[zeroed..].fill(0);
            node.synced = node.bytes.len();
        }
        Memory::of(Files { plan: Plan::Fine, operations: 0, hangs: false, ..files })
    }

    fn of(files: Files) -> Memory {
        Memory(Arc::new(Place { files: Mutex::new(files), released: Condvar::new() }))
    }

    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        let files = self.0.lock();
        files.nodes[files.names[name]].bytes.clone()
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let mut files = self.0.lock();
        files.nodes.push(Node { bytes: bytes.to_vec(), synced: bytes.len() });
        let node = files.nodes.len() - 1;
        files.names.insert(name.to_owned(), node);
        files.synced.insert(name.to_owned(), node);
    }

    pub(crate) fn forget_all(&self) {
        let mut files = self.0.lock();
        files.names.clear();
        files.synced.clear();
    }
}

impl Disk for Memory {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().names.keys().cloned().collect())
    }

    fn read(&self, name: &str, at: u64) -> io::Result<(u64, Box<dyn Read>)> {
        let files = self.0.lock();
        let node = files.names.get(name).ok_or(ErrorKind::NotFound)?;
        let bytes = files.nodes[*node].bytes.clone();
        Ok((bytes.len() as u64, Box::new(Cursor::new(bytes[at as usize..].to_vec()))))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut files = self.0.lock();
        files.whole(false)?;
        files.nodes.push(Node::default());
        let node = files.nodes.len() - 1;
        files.names.insert(name.to_owned(), node);
        Ok(Arc::new(Opened(Arc::clone(&self.0), node)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.0.lock();
        files.whole(false)?;
        let node = files.names.remove(from).ok_or(ErrorKind::NotFound)?;
        files.names.insert(to.to_owned(), node);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut files = self.0.lock();
        files.whole(false)?;
        files.names.remove(name).map(|_| ()).ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn sync(&self) -> io::Result<()> {
        let mut files = self.0.lock();
        files.whole(true)?;
        files.synced = files.names.clone();
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.0.lock().names.contains_key(name)
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("memory").join(name)
    }
}

impl DiskFile for Opened {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut files = self.0.lock();
        let fate = files.operate(false)?;
        let node = &mut files.nodes[self.1];
        match fate {
            Fate::Done => {
                node.bytes.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            Fate::Half(error) => {
                node.bytes.extend_from_slice(&bytes[..bytes.len() / 2]);
                Err(error)
            }
        }
    }

    fn sync(&self) -> io::Result<()> {
        let mut files = self.0.lock();
        files.whole(true)?;
        let node = &mut files.nodes[self.1];
        node.synced = node.bytes.len();
        Ok(())
    }
}
