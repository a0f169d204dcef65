//! One stream of the trail: append-only files of JSON lines, numbered upwards.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A new file is begun when the current one has grown past this many bytes.
const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// The writing end of a stream.
#[derive(Debug)]
pub(crate) struct Segments {
    dir: PathBuf,
    number: u64,
    file: File,
    /// Length of what is known to be whole lines on disk.
    length: u64,
    /// The length after which the next file is begun.
    limit: u64,
}

impl Segments {
    /// Opens the newest file of `dir`, creating both if needed, and cuts off a torn last
    /// line: it was never acknowledged.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let number = numbers(dir)?.last().copied().unwrap_or(1);
        let mut file = open_append(dir, number)?;
        let length = whole_lines(&mut file)?;
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        file.sync_all()?;
        File::open(dir)?.sync_all()?;
        Ok(Self {
            dir: dir.to_owned(),
            number,
            file,
            length,
            limit: SEGMENT_BYTES,
        })
    }

    /// Appends `lines` (whole, newline-terminated) and waits until they are on disk.
    ///
    /// # Errors
    /// On failure the file is cut back, so that a half-written batch is never read.
    pub(crate) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.length > self.limit {
            let file = open_append(&self.dir, self.number + 1)?;
            File::open(&self.dir)?.sync_all()?;
            self.number += 1;
            self.file = file;
            self.length = 0;
        }
        let written = self
            .file
            .write_all(lines)
            .and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => {
                self.length += lines.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.file.set_len(self.length)?;
                self.file.seek(SeekFrom::Start(self.length))?;
                Err(error)
            }
        }
    }
}

/// The numbers of the files in `dir`, ascending.
pub(crate) fn numbers(dir: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let number: Option<u64> = name
            .to_str()
            .and_then(|name| name.strip_suffix(".jsonl"))
            .and_then(|stem| stem.parse().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The whole lines of one file. A line that is being written at this moment is left out.
pub(crate) fn read(dir: &Path, number: u64) -> io::Result<Vec<u8>> {
    let mut bytes = fs::read(path(dir, number))?;
    let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
    bytes.truncate(whole);
    Ok(bytes)
}

fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.jsonl"))
}

fn open_append(dir: &Path, number: u64) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path(dir, number))
}

fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(memchr::memrchr(b'\n', &bytes).map_or(0, |at| at as u64 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_has_grown_is_followed_by_the_next_and_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut segments = Segments::open(dir.path()).unwrap();
        segments.limit = 3;
        for line in ["one\n", "two\n", "three\n"] {
            segments.append(line.as_bytes()).unwrap();
        }
        drop(segments);
        assert_eq!(numbers(dir.path()).unwrap(), [1, 2, 3]);
        Segments::open(dir.path())
            .unwrap()
            .append(b"four\n")
            .unwrap();
        assert_eq!(read(dir.path(), 2).unwrap(), b"two\n");
        assert_eq!(read(dir.path(), 3).unwrap(), b"three\nfour\n");
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_whole_ones_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut segments = Segments::open(dir.path()).unwrap();
        segments.append(b"one\ntwo\n").unwrap();
        drop(segments);
        let mut file = OpenOptions::new()
            .append(true)
            .open(path(dir.path(), 1))
            .unwrap();
        file.write_all(b"{\"half").unwrap();
        let mut segments = Segments::open(dir.path()).unwrap();
        segments.append(b"three\n").unwrap();
        assert_eq!(read(dir.path(), 1).unwrap(), b"one\ntwo\nthree\n");
    }
}
