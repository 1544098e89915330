//! The coordinator's log as a real file: a line a record, forced when the core says so.

use faultline::core::commit::{Record, TxId};
use faultline::core::protocol::NodeId;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// One line a start of the coordinator: the number of its starts is part of its transactions' names.
const START: &str = "start";

pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens the log for a coordinator that starts. Returns what it held, and how often a coordinator had started before.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(folder: &Path) -> io::Result<(Journal, Vec<Record>, u32)> {
        let path = folder.join("coordinator.log");
        let text = if path.exists() { fs::read_to_string(&path)? } else { String::new() };
        let starts = text.lines().filter(|line| *line == START).count() as u32;
        let records = text.lines().filter(|line| *line != START).map(read).collect();
        let file = File::options().create(true).append(true).open(&path)?;
        let mut journal = Journal { path, file };
        journal.line(START)?;
        journal.force()?;
        Ok((journal, records, starts))
    }

    /// # Errors
    /// When it cannot be written.
    pub fn append(&mut self, record: &Record) -> io::Result<()> {
        self.line(&words(record))
    }

    /// # Errors
    /// When the disk says so.
    pub fn force(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// In place of all records, these; whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn replace(&mut self, records: &[Record]) -> io::Result<()> {
        let text = fs::read_to_string(&self.path)?;
        let fresh = self.path.with_extension("new");
        let starts = text.lines().filter(|line| *line == START).map(str::to_owned);
        let lines: Vec<String> = starts.chain(records.iter().map(words)).collect();
        fs::write(&fresh, lines.join("\n") + "\n")?;
        File::open(&fresh)?.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        self.file = File::options().append(true).open(&self.path)?;
        Ok(())
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes())
    }
}

fn words(record: &Record) -> String {
    match record {
        Record::Commit { tx, participants, .. } => {
            let ids: Vec<String> = participants.iter().map(|id| id.0.to_string()).collect();
            format!("commit {} {} {}", tx.epoch, tx.number, ids.join(" "))
        }
        Record::End(tx) => format!("end {} {}", tx.epoch, tx.number),
        Record::Ended { count, .. } => format!("ended {count}"),
        other => panic!("no record of this adapter's coordinator: {other:?}"),
    }
}

fn read(line: &str) -> Record {
    let (kind, numbers) = line.split_once(' ').unwrap_or((line, ""));
    let numbers: Vec<u32> = numbers.split(' ').map(|word| word.parse().expect("a number of ours")).collect();
    match (kind, &numbers[..]) {
        ("commit", [epoch, number, ids @ ..]) => Record::Commit {
            tx: TxId { epoch: *epoch as u16, number: *number },
            participants: ids.iter().map(|id| NodeId(*id as u16)).collect(),
            request: None,
        },
        ("end", [epoch, number]) => Record::End(TxId { epoch: *epoch as u16, number: *number }),
        ("ended", [count]) => Record::Ended { count: *count, requests: Vec::new() },
        _ => panic!("no line of ours: {line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_by_the_next_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let tx = TxId { epoch: 1, number: 7 };
        let participants = vec![NodeId(1), NodeId(2)];
        let written = [Record::Commit { tx, participants, request: None }, Record::End(tx)];
        let ended = Record::Ended { count: 1, requests: Vec::new() };
        let (mut journal, records, starts) = Journal::open(folder.path()).expect("it opens");
        assert_eq!((records.len(), starts), (0, 0));
        written.iter().for_each(|record| journal.append(record).expect("it is written"));
        journal.force().expect("it is forced");
        let (mut journal, records, starts) = Journal::open(folder.path()).expect("it opens");
        assert_eq!((&records[..], starts), (&written[..], 1));
        journal.replace(std::slice::from_ref(&ended)).expect("it is written");
        journal.append(&Record::End(tx)).expect("it is written");
        let (_, records, starts) = Journal::open(folder.path()).expect("it opens");
        assert_eq!((&records[..], starts), (&[ended, Record::End(tx)][..], 2));
    }
}
