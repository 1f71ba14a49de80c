//! From the file back to lines and entries.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::format::{Closing, HEADER, Header, Kind, MAGIC, SALT};
use crate::seal::Sealer;
use crate::{Error, Key};

/// What a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The first one.
    Head(Vec<u8>),
    Entry(Vec<u8>),
    /// The last one.
    Closing(Closing),
    /// The file ends without a closing: the process was killed, or the file was cut.
    Cut,
}

/// One record; without a key its bytes are empty and its line is not proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Counts from 0.
    pub number: u64,
    pub line: String,
    pub content: Content,
}

/// Reads a trace from its start.
pub struct Reader {
    path: PathBuf,
    input: BufReader<File>,
    sealer: Option<Sealer>,
    number: u64,
    offset: u64,
    last_line: String,
    over: bool,
}

/// A whole part, or as much as the file had.
enum Part {
    Whole,
    Short,
}

impl Reader {
    /// # Errors
    /// The file cannot be read or is no trace.
    pub fn open(path: &Path, key: Option<&Key>) -> Result<Reader, Error> {
        let failed = |source| Error::Read { path: path.to_owned(), source };
        let mut input = BufReader::new(File::open(path).map_err(failed)?);
        let mut start = [0; MAGIC.len() + SALT];
        let foreign = || Error::Foreign { path: path.to_owned() };
        match read(&mut input, &mut start).map_err(failed)? {
            Part::Whole if start.starts_with(MAGIC) => {}
            _ => return Err(foreign()),
        }
        let mut salt = [0; SALT];
        salt.copy_from_slice(&start[MAGIC.len()..]);
        let sealer = key.and_then(|key| Sealer::new(key, &salt));
        let offset = start.len() as u64;
        Ok(Reader { path: path.to_owned(), input, sealer, number: 0, offset, last_line: String::new(), over: false })
    }

    /// The next record; none after the last.
    ///
    /// # Errors
    /// The file cannot be read, is damaged there, or another key wrote it.
    pub fn next_record(&mut self) -> Result<Option<Record>, Error> {
        if self.over {
            return Ok(None);
        }
        let mut bytes = [0; HEADER];
        match self.read(&mut bytes)? {
            Part::Short => return Ok(Some(self.cut())),
            Part::Whole => {}
        }
        let header = Header::from_bytes(&bytes).ok_or_else(|| self.damaged())?;
        if (header.kind == Kind::Head) != (self.number == 0) {
            return Err(self.damaged());
        }
        // Bounded by the header's limits.
        let mut clear = bytes.to_vec();
        clear.resize(HEADER + header.line as usize, 0);
        let mut sealed = Vec::new();
        if let Part::Short = self.read(&mut clear[HEADER..])? {
            return Ok(Some(self.cut()));
        }
        let taken = self.input.by_ref().take(u64::from(header.sealed)).read_to_end(&mut sealed);
        taken.map_err(|source| Error::Read { path: self.path.clone(), source })?;
        if sealed.len() < header.sealed as usize {
            return Ok(Some(self.cut()));
        }
        self.record(header, &clear, sealed).map(Some)
    }

    fn record(&mut self, header: Header, clear: &[u8], mut bytes: Vec<u8>) -> Result<Record, Error> {
        match &mut self.sealer {
            Some(sealer) => {
                if sealer.open(clear, &mut bytes).is_none() {
                    let wrong_key = self.number == 0;
                    return Err(if wrong_key { Error::WrongKey { path: self.path.clone() } } else { self.damaged() });
                }
            }
            None => bytes.clear(),
        }
        let line = String::from_utf8_lossy(&clear[HEADER..]).into_owned();
        let content = match header.kind {
            Kind::Head => Content::Head(bytes),
            Kind::Entry => Content::Entry(bytes),
            Kind::Closing(closing) => Content::Closing(closing),
        };
        let number = self.number;
        self.over = matches!(content, Content::Closing(_));
        self.number += 1;
        self.offset += u64::from(header.sealed) + clear.len() as u64;
        self.last_line.clone_from(&line);
        Ok(Record { number, line, content })
    }

    fn read(&mut self, into: &mut [u8]) -> Result<Part, Error> {
        read(&mut self.input, into).map_err(|source| Error::Read { path: self.path.clone(), source })
    }

    fn cut(&mut self) -> Record {
        self.over = true;
        let line = "the trace ends here: the process was killed, or the file was cut".to_owned();
        Record { number: self.number, line, content: Content::Cut }
    }

    fn damaged(&self) -> Error {
        let (path, after) = (self.path.clone(), self.last_line.clone());
        Error::Damaged { path, record: self.number, offset: self.offset, after }
    }
}

fn read(input: &mut impl Read, into: &mut [u8]) -> io::Result<Part> {
    let mut filled = 0;
    while filled < into.len() {
        match input.read(&mut into[filled..]) {
            Ok(0) => return Ok(Part::Short),
            Ok(count) => filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(Part::Whole)
}
