//! Releases on a disk: what holds is whole, and what is wrong changes nothing.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use base::Wall;
use releases::{Action, Change, Entry, Error, File, ReleaseId, Releases, Version, differences};

/// A folder to publish from, and releases.
struct Rig {
    dir: tempfile::TempDir,
    releases: Releases,
}

impl Rig {
    fn new() -> Rig {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let releases = Releases::new(dir.path());
        Rig { dir, releases }
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.dir.path().join("config").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, content).expect("writable");
    }

    fn files(&self, names: &[&str]) -> Vec<File> {
        let file = |name: &&str| File { name: (*name).to_owned(), path: self.dir.path().join("config").join(name) };
        names.iter().map(file).collect()
    }

    /// Stages the files and has them hold.
    fn publish(&self, names: &[&str]) -> ReleaseId {
        let staged = self.releases.stage(&self.files(names)).expect("staged");
        let id = self.releases.keep(staged).expect("kept").id;
        self.releases.hold(&entry(id.clone(), Action::Publish)).expect("holds");
        id
    }

    fn held(&self, name: &str) -> String {
        let held = self.releases.holding().expect("readable").expect("something holds");
        fs::read_to_string(held.folder.join(name)).expect("a file")
    }

    fn history(&self) -> std::path::PathBuf {
        self.dir.path().join("menu/history.jsonl")
    }
}

fn entry(release: ReleaseId, action: Action) -> Entry {
    let menus = vec![Version { menu: "12345".into(), version: "0a".into() }];
    Entry {
        release, action, at: Wall(1_790_000_000_000), by: "值班 \"a\"".into(), why: "暴雨\n预警".into(), menus
    }
}

const BOTH: &[&str] = &["menu/a.toml", "prompts/en/a.wav"];

#[test]
fn what_is_published_holds_and_is_found_by_its_name_again() {
    let rig = Rig::new();
    assert_eq!(rig.releases.holding().expect("readable"), None);
    rig.write("menu/a.toml", "a = 1");
    rig.write("prompts/en/a.wav", "sound");
    let first = rig.publish(BOTH);
    rig.write("menu/a.toml", "a = 2");
    assert_eq!(rig.held("menu/a.toml"), "a = 1", "what operators write does not hold by itself");
    let second = rig.publish(BOTH);
    assert_ne!(first, second);
    assert_eq!(rig.held("menu/a.toml"), "a = 2");
    let sound = |id: &ReleaseId| {
        let folder = rig.releases.release(id).expect("kept").folder;
        fs::metadata(folder.join("prompts/en/a.wav")).expect("a sound").ino()
    };
    assert_eq!(sound(&first), sound(&second), "what did not change is there once");
    let back = entry(first.clone(), Action::RollBack);
    rig.releases.hold(&back).expect("holds");
    assert_eq!(rig.held("menu/a.toml"), "a = 1");
    rig.write("menu/a.toml", "a = 1");
    assert_eq!(rig.publish(BOTH), first, "the same files are the same release");
    let history = rig.releases.history().expect("readable");
    assert_eq!(history.iter().map(|entry| &entry.release).collect::<Vec<_>>(), [&first, &second, &first, &first]);
    assert_eq!(history[2], back, "a line comes back as it was written");
}

#[test]
fn a_name_follows_from_names_and_contents_alone() {
    let rig = Rig::new();
    rig.write("a", "1");
    rig.write("b", "2");
    rig.write("c", "1");
    let id = |names: &[&str]| ReleaseId::of(&rig.files(names)).expect("readable");
    assert_eq!(id(&["a", "b"]), id(&["a", "b"]));
    let staged = rig.releases.stage(&rig.files(&["a", "b"])).expect("staged");
    assert_eq!(staged.id(), &id(&["a", "b"]));
    assert_ne!(id(&["a"]), id(&["c"]), "another name");
    assert_ne!(id(&["a", "b"]), id(&["a"]));
}

#[test]
fn what_was_staged_goes_away_where_nobody_keeps_it() {
    let rig = Rig::new();
    rig.write("menu/a.toml", "a = 1");
    let staged = rig.releases.stage(&rig.files(&BOTH[..1])).expect("staged");
    let folder = staged.folder().to_owned();
    assert!(folder.join("menu/a.toml").is_file());
    drop(staged);
    assert!(!folder.exists() && rig.releases.history().expect("readable").is_empty());
    // A process that died while it staged leaves such a folder.
    fs::create_dir_all(folder.join("menu/old")).expect("writable");
    assert_eq!(rig.publish(&BOTH[..1]), rig.releases.holding().expect("readable").expect("holds").id);
    assert!(
        rig.releases.files(&rig.publish(&BOTH[..1])).expect("readable").iter().all(|file| file.name == "menu/a.toml")
    );
}

#[test]
fn rollbacks_go_back_step_by_step_and_never_to_what_was_rolled_back_from() {
    let id = |letter: char| letter.to_string().repeat(12).parse::<ReleaseId>().expect("a name");
    // Capitals are rolled back to.
    let history = |told: &str| -> Vec<Entry> {
        let action = |letter: char| if letter.is_uppercase() { Action::RollBack } else { Action::Publish };
        told.chars().map(|letter| entry(id(letter.to_ascii_lowercase()), action(letter))).collect()
    };
    for (told, wanted) in [
        ("", None),
        ("a", None),
        ("ab", Some('a')),
        ("abA", None),
        ("abc", Some('b')),
        ("abcB", Some('a')),
        ("abcBA", None),
        ("abcBd", Some('b')),
        ("abcBdB", Some('a')),
        // The same files again.
        ("abcBc", Some('b')),
        ("aba", Some('b')),
        // What was published before the oldest line that is kept.
        ("bcA", None),
    ] {
        assert_eq!(releases::before(&history(told)), wanted.map(id).as_ref(), "{told}");
    }
}

#[test]
fn a_torn_line_counts_as_not_written_and_the_next_one_is_whole() {
    let rig = Rig::new();
    rig.write("menu/a.toml", "a = 1");
    let first = rig.publish(&BOTH[..1]);
    rig.write("menu/a.toml", "a = 2");
    rig.publish(&BOTH[..1]);
    let whole = fs::read(rig.history()).expect("a history");
    let line = whole.iter().position(|byte| *byte == b'\n').expect("an end") + 1;
    for cut in line..whole.len() {
        fs::write(rig.history(), &whole[..cut]).expect("writable");
        assert_eq!(rig.held("menu/a.toml"), "a = 1", "cut at {cut}");
    }
    rig.write("menu/a.toml", "a = 3");
    let third = rig.publish(&BOTH[..1]);
    let history = rig.releases.history().expect("readable");
    assert_eq!(history.iter().map(|entry| &entry.release).collect::<Vec<_>>(), [&first, &third]);
    rig.releases.take_back().expect("writable");
    assert_eq!(rig.held("menu/a.toml"), "a = 1");
}

#[test]
fn lines_that_are_none_are_left_out() {
    let rig = Rig::new();
    rig.write("menu/a.toml", "a = 1");
    let id = rig.publish(&BOTH[..1]);
    let mut text = fs::read(rig.history()).expect("a history");
    text.extend(b"\xff\xfe\n{\"release\":\"../../etc\"}\n[]\n{}\n");
    fs::write(rig.history(), text).expect("writable");
    assert_eq!(rig.releases.holding().expect("readable").expect("holds").id, id);
}

#[test]
fn what_is_missing_or_was_touched_is_told_or_mended() {
    let rig = Rig::new();
    rig.write("menu/a.toml", "a = 1");
    let id = rig.publish(&BOTH[..1]);
    let folder = rig.releases.release(&id).expect("kept").folder;
    fs::remove_file(folder.join("menu/a.toml")).expect("ours");
    assert_eq!(rig.publish(&BOTH[..1]), id);
    assert_eq!(rig.held("menu/a.toml"), "a = 1", "published again it is whole");
    fs::remove_dir_all(folder).expect("ours");
    assert!(matches!(rig.releases.holding(), Err(Error::Gone { .. })));
    assert!(matches!("0123".parse::<ReleaseId>(), Err(Error::Unknown(_))));
    assert!(matches!("../../../etc".parse::<ReleaseId>(), Err(Error::Unknown(_))));
    for name in ["../a", "/etc/passwd", "", "a/b/c/d/e"] {
        let file = File { name: name.to_owned(), path: Path::new("/dev/null").to_owned() };
        assert!(matches!(rig.releases.stage(&[file]), Err(Error::Name { .. })), "{name}");
    }
    let missing = rig.releases.stage(&rig.files(&["menu/none.toml"])).expect_err("no such file");
    assert!(missing.to_string().contains("menu/none.toml"), "{missing}");
}

#[test]
fn a_disk_that_takes_nothing_changes_nothing() {
    let rig = Rig::new();
    rig.write("menu/a.toml", "a = 1");
    let first = rig.publish(&BOTH[..1]);
    rig.write("menu/a.toml", "a = 2");
    let staged = rig.releases.stage(&rig.files(&BOTH[..1])).expect("staged");
    let second = entry(staged.id().clone(), Action::Publish);
    // A folder stands where the history would be written.
    let text = fs::read(rig.history()).expect("a history");
    fs::remove_file(rig.history()).expect("ours");
    fs::create_dir(rig.history()).expect("writable");
    rig.releases.keep(staged).expect("kept");
    let refused = rig.releases.hold(&second).expect_err("no history is written");
    assert!(refused.to_string().contains("history.jsonl"), "{refused}");
    fs::remove_dir(rig.history()).expect("ours");
    fs::write(rig.history(), text).expect("writable");
    assert_eq!(rig.releases.holding().expect("readable").expect("holds").id, first);
    let plain = tempfile::tempdir().expect("a temporary folder");
    fs::write(plain.path().join("menu"), "no folder").expect("writable");
    let refused = Releases::new(plain.path()).stage(&rig.files(&BOTH[..1])).expect_err("no folder");
    assert!(refused.to_string().contains("must be there and writable"), "{refused}");
}

#[test]
fn differences_are_told_file_by_file() {
    let rig = Rig::new();
    rig.write("menu/a.toml", "one\ntwo\nthree\n");
    rig.write("prompts/en/a.wav", "sound");
    rig.write("menu/gone.toml", "gone\n");
    let id = rig.publish(&["menu/a.toml", "menu/gone.toml", "prompts/en/a.wav"]);
    let before = rig.releases.files(&id).expect("readable");
    assert_eq!(differences(&before, &before).expect("readable"), []);
    rig.write("menu/a.toml", "one\ntwo!\nthree\n");
    rig.write("prompts/en/a.wav", "louder");
    rig.write("menu/new.toml", "new\n");
    let after = rig.files(&["menu/a.toml", "menu/new.toml", "prompts/en/a.wav"]);
    let found = differences(&before, &after).expect("readable");
    let told: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.change)).collect();
    let (added, removed, changed) = (Change::Added, Change::Removed, Change::Changed);
    let wanted = [
        ("menu/a.toml", changed),
        ("menu/gone.toml", removed),
        ("menu/new.toml", added),
        ("prompts/en/a.wav", changed),
    ];
    assert_eq!(told, wanted);
    assert_eq!(found[0].lines.as_deref(), Some("@@ -1,3 +1,3 @@\n one\n-two\n+two!\n three\n"));
    assert_eq!((&found[3].lines, found[1].paths[1].is_none()), (&None, true), "sounds have no lines");
    let long: String = (0..20_000).map(|line| format!("line {line}\n")).collect();
    rig.write("menu/new.toml", &long);
    let found = differences(&before, &after).expect("readable");
    let lines = found[2].lines.as_ref().expect("a text");
    assert!(lines.len() < 70_000 && lines.ends_with("… more\n"), "a long text is cut");
}
