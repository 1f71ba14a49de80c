//! Disks that fail: a small one of their own, and one that is slow or read-only on demand.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system in memory, gone with this.
#[derive(Debug)]
pub(crate) struct Mount(PathBuf);

impl Mount {
    /// # Panics
    /// Where this user may not mount.
    pub(crate) fn new(at: &Path, kilobytes: u32) -> Mount {
        std::fs::create_dir_all(at).expect("a folder to mount at");
        let mount = Mount(at.to_owned());
        mount.mount(&["-t", "tmpfs", "-o", &format!("size={kilobytes}k,mode=700"), "tmpfs"]);
        mount
    }

    pub(crate) fn read_only(&self) {
        self.mount(&["-o", "remount,ro"]);
    }

    fn mount(&self, args: &[&str]) {
        let out = Command::new("mount").args(args).arg(&self.0).output().expect("mount runs");
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "mount {args:?} {}: {said}; these tests run as root", self.0.display());
    }

    /// Takes every byte that is left.
    pub(crate) fn fill(&self) {
        let mut file = std::fs::File::create(self.ballast()).expect("a file on the small disk");
        let piece = [0; 4096];
        while std::io::Write::write_all(&mut file, &piece).is_ok() {}
    }

    pub(crate) fn free(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast");
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: the engine's files may be open still.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// A library before the engine's calls to its disk, and the file that tells it what to do.
#[derive(Debug)]
pub(crate) struct Meddler {
    library: PathBuf,
    orders: PathBuf,
}

/// What becomes of each write, flush, removal and creation below the data folder.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mood {
    Good,
    /// Takes so many milliseconds.
    Slow(u32),
    /// Refused as on a disk that the kernel made read-only.
    ReadOnly,
}

impl Meddler {
    /// Builds the library in `dir`.
    pub(crate) fn new(dir: &Path) -> Meddler {
        let (source, library, orders) = (dir.join("meddler.c"), dir.join("meddler.so"), dir.join("mood"));
        std::fs::write(&source, include_str!("meddler.c")).expect("written");
        let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).status();
        assert!(built.is_ok_and(|s| s.success()), "cc builds the library");
        let meddler = Meddler { library, orders };
        meddler.order(Mood::Good);
        meddler
    }

    /// Puts the library before `command`, whose data lies in `data`.
    pub(crate) fn before(&self, command: &mut Command, data: &Path) {
        let data = data.canonicalize().expect("the data folder");
        command.env("LD_PRELOAD", &self.library).env("MEDDLER_DATA", data).env("MEDDLER_ORDERS", &self.orders);
    }

    pub(crate) fn order(&self, mood: Mood) {
        let text = match mood {
            Mood::Good => "0".to_owned(),
            Mood::Slow(millis) => millis.to_string(),
            Mood::ReadOnly => "-1".to_owned(),
        };
        // Renamed into place, so that nobody reads half of it.
        let fresh = self.orders.with_extension("new");
        std::fs::write(&fresh, text).expect("written");
        std::fs::rename(fresh, &self.orders).expect("in place");
    }
}
