//! Files of traces: whole, full, broken, killed, forged.

use std::path::Path;

use tempfile::TempDir;
use trace::{Closing, Content, Error, Key, Limits, Reader, Recorder};

fn key(dir: &TempDir) -> Key {
    Key::load_or_make(&dir.path().join("trace.key")).expect("a key")
}

fn render(entry: &String, line: &mut String, bytes: &mut Vec<u8>) {
    line.push_str(&format!("{} letters", entry.len()));
    bytes.extend_from_slice(entry.as_bytes());
}

fn start(dir: &TempDir, limits: Limits) -> Recorder<String> {
    let (path, key) = (dir.path().join("t"), key(dir));
    Recorder::start(&path, &key, limits, ("a start", b"the head"), render).expect("a recorder")
}

fn record(dir: &TempDir, limits: Limits, count: usize) {
    let mut recorder = start(dir, limits);
    (0..count).for_each(|n| recorder.put(format!("secret {n}"), 10));
}

/// Lines and contents until the end.
fn read(path: &Path, key: Option<&Key>) -> Result<Vec<(String, Content)>, Error> {
    let mut reader = Reader::open(path, key)?;
    let mut records = Vec::new();
    while let Some(record) = reader.next_record()? {
        assert_eq!(record.number, records.len() as u64);
        records.push((record.line, record.content));
    }
    Ok(records)
}

#[test]
fn what_was_recorded_is_read_and_hidden_from_others() {
    let dir = tempfile::tempdir().expect("a folder");
    record(&dir, Limits::default(), 3);
    let path = dir.path().join("t");
    let records = read(&path, Some(&key(&dir))).expect("a trace");
    let entry = |n: usize| ("8 letters".to_owned(), Content::Entry(format!("secret {n}").into_bytes()));
    let closing = (Closing::Stopped.sentence().to_owned(), Content::Closing(Closing::Stopped));
    let head = ("a start".to_owned(), Content::Head(b"the head".to_vec()));
    assert_eq!(records, [head, entry(0), entry(1), entry(2), closing]);
    let bytes = std::fs::read(&path).expect("the file");
    assert!(!bytes.windows(6).any(|w| w == b"secret") && bytes.windows(9).any(|w| w == b"8 letters"));
    let lines = read(&path, None).expect("lines without a key");
    assert_eq!(lines.len(), 5);
    assert!(lines[1] == ("8 letters".to_owned(), Content::Entry(Vec::new())));
    let other = tempfile::tempdir().expect("another folder");
    assert!(matches!(read(&path, Some(&key(&other))), Err(Error::WrongKey { .. })));
}

#[test]
fn every_flipped_byte_is_noticed() {
    let dir = tempfile::tempdir().expect("a folder");
    record(&dir, Limits::default(), 2);
    let (path, key) = (dir.path().join("t"), key(&dir));
    let whole = std::fs::read(&path).expect("the file");
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        std::fs::write(&path, bytes).expect("written");
        assert!(read(&path, Some(&key)).is_err(), "byte {place} of {}", whole.len());
        // Whoever has no key reads lines that may lie, and nothing worse.
        let _ = read(&path, None);
    }
}

#[test]
fn a_cut_is_told_and_what_was_moved_does_not_open() {
    let dir = tempfile::tempdir().expect("a folder");
    record(&dir, Limits::default(), 3);
    let (path, key) = (dir.path().join("t"), key(&dir));
    let whole = std::fs::read(&path).expect("the file");
    for length in 48..whole.len() {
        std::fs::write(&path, &whole[..length]).expect("written");
        let records = read(&path, Some(&key)).expect("readable up to the cut");
        assert_eq!(records.last().map(|(_, content)| content), Some(&Content::Cut), "{length}");
    }
    // Entries are alike in length: header, line, sealed part.
    let (head, one) = (48 + 13 + 7 + 8 + 16, 13 + 9 + 8 + 16);
    let (first, rest) = whole.split_at(head + one);
    let (second, rest) = rest.split_at(one);
    let swapped = [&first[..head], second, &first[head..], rest].concat();
    let missing = [first, rest].concat();
    for forged in [swapped, missing] {
        std::fs::write(&path, forged).expect("written");
        let error = read(&path, Some(&key)).expect_err("forged");
        assert!(matches!(error, Error::Damaged { record: 1 | 2, .. }), "{error}");
        assert!(error.to_string().contains("is damaged at byte"), "{error}");
    }
}

#[test]
fn at_the_limit_the_trace_ends_and_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    record(&dir, Limits { file: 2000, ..Limits::default() }, 100);
    let path = dir.path().join("t");
    assert!(std::fs::metadata(&path).expect("the file").len() <= 2000);
    let records = read(&path, Some(&key(&dir))).expect("a trace");
    assert_eq!(records.last().map(|(_, content)| content), Some(&Content::Closing(Closing::Limit)));
    assert!(records.len() > 20, "{}", records.len());
}

#[test]
fn without_room_the_trace_is_broken_there() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut recorder = start(&dir, Limits { queue: 100, ..Limits::default() });
    recorder.put("fits".to_owned(), 60);
    // More than the whole queue holds, however fast the writer is.
    recorder.put("does not".to_owned(), 200);
    assert!(!recorder.is_on());
    recorder.put("is not missed".to_owned(), 1);
    drop(recorder);
    let records = read(&dir.path().join("t"), Some(&key(&dir))).expect("a trace");
    let contents: Vec<_> = records.into_iter().map(|(_, content)| content).skip(1).collect();
    assert_eq!(contents, [Content::Entry(b"fits".to_vec()), Content::Closing(Closing::Broken)]);
}

#[test]
fn a_panic_closes_the_trace_behind_its_last_entry() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut recorder = start(&dir, Limits::default());
    let thread = std::thread::spawn(move || {
        recorder.put("the last".to_owned(), 8);
        panic!("a drill");
    });
    assert!(thread.join().is_err());
    let records = read(&dir.path().join("t"), Some(&key(&dir))).expect("a trace");
    let contents: Vec<_> = records.into_iter().map(|(_, content)| content).skip(1).collect();
    assert_eq!(contents, [Content::Entry(b"the last".to_vec()), Content::Closing(Closing::Panicked)]);
}

#[test]
fn an_earlier_trace_is_kept_and_there_are_never_too_many() {
    let dir = tempfile::tempdir().expect("a folder");
    (0..9).for_each(|_| record(&dir, Limits::default(), 1));
    assert!(dir.path().join("t.9").exists());
    let again = Recorder::start(&dir.path().join("t"), &key(&dir), Limits::default(), ("", b""), render);
    assert!(matches!(again, Err(Error::Taken { count: 8, .. })));
    assert!(matches!(Reader::open(&dir.path().join("trace.key"), None), Err(Error::Foreign { .. })));
}
