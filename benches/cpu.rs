//! CPU time: of this thread, and of the threads of this or another process.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustix::thread::CpuSet;
use rustix::time::{ClockId, clock_gettime};

/// A thread names itself as the first thing it does; on a busy machine that may take a while.
const NAMED_TRIES: u32 = 100;
const NAMED_WAIT: Duration = Duration::from_millis(10);

/// What this thread has used since it began.
pub fn this_thread() -> Duration {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(used.tv_sec.unsigned_abs(), used.tv_nsec.unsigned_abs() as u32)
}

/// A thread of a process, by its name.
#[derive(Clone, Debug)]
pub struct Thread {
    schedstat: PathBuf,
}

impl Thread {
    /// The thread of that name, once it has given itself the name; Linux shows 15 bytes of it.
    ///
    /// # Errors
    /// When process `pid` has no such thread within a second.
    pub fn named(pid: u32, name: &str) -> io::Result<Thread> {
        for _ in 0..NAMED_TRIES {
            for task in fs::read_dir(format!("/proc/{pid}/task"))? {
                let task = task?.path();
                if fs::read_to_string(task.join("comm"))?.trim_end() == name {
                    return Ok(Thread { schedstat: task.join("schedstat") });
                }
            }
            std::thread::sleep(NAMED_WAIT);
        }
        Err(io::Error::other(format!("process {pid} has no thread '{name}'")))
    }

    /// What it has used since it began, in nanoseconds' resolution, in the program and in the kernel.
    ///
    /// # Errors
    /// When the thread is gone.
    pub fn used(&self) -> io::Result<Duration> {
        let text = fs::read_to_string(&self.schedstat)?;
        let first = text.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
        first.map(Duration::from_nanos).ok_or_else(|| io::Error::other("schedstat has no first number"))
    }
}

/// The last CPU that this process may use, where workers run, and the first one, for who measures them.
pub fn last_and_first() -> (usize, usize) {
    let allowed = rustix::thread::sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
    let cpus: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).collect();
    (cpus.last().copied().unwrap_or(0), cpus.first().copied().unwrap_or(0))
}

/// Keeps this thread on one CPU.
///
/// # Errors
/// When the process may not use it.
pub fn pin(cpu: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}
