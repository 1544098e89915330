//! Comma-separated values (RFC 4180), read without loss: the records with their lines, empty lines too.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

/// A record with the line on which it begins, from 1.
pub struct Record<'a> {
    pub line: usize,
    /// Its fields without quotation marks; `None` if one opens and none closes: then the next line is the next record.
    pub fields: Option<Fields<'a>>,
}

#[derive(Clone, Copy)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Fields<'a> {
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.bytes.get(start..*self.ends.get(index)?)
    }

    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.count()).filter_map(move |index| self.get(index))
    }
}

/// Hands out each record. Where columns are separated by tabs, quotation marks are characters like others.
pub fn records(bytes: &[u8], delimiter: u8, each: &mut dyn FnMut(Record<'_>)) {
    let (mut text, mut ends) = (vec![0; 1024], vec![0; 16]);
    let mut reader = fresh(delimiter);
    let (mut at, mut line) = (0, 1);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        // The reader passes over empty lines.
        if let Some(end) = [&b"\n"[..], b"\r\n", b"\r"].into_iter().find(|end| rest == *end || starts(rest, end)) {
            each(Record { line, fields: Some(Fields { bytes: b"", ends: &[0] }) });
            at += end.len();
            line += 1;
            continue;
        }
        let (mut read, mut written, mut fields) = (0, 0, 0);
        let closed = loop {
            // The last line may lack its end.
            let input = rest.get(read..).filter(|input| !input.is_empty()).unwrap_or(b"\n");
            let (result, taken, out, found) = reader.read_record(input, &mut text[written..], &mut ends[fields..]);
            (read, written, fields) = (read + taken, written + out, fields + found);
            match result {
                ReadRecordResult::Record => break true,
                ReadRecordResult::OutputFull => text.resize(2 * text.len(), 0),
                ReadRecordResult::OutputEndsFull => ends.resize(2 * ends.len(), 0),
                ReadRecordResult::InputEmpty if read <= rest.len() => {}
                ReadRecordResult::InputEmpty | ReadRecordResult::End => break false,
            }
        };
        if closed {
            let raw = &rest[..read.min(rest.len())];
            if raw.strip_suffix(b"\n").unwrap_or(raw).ends_with(b"\r")
                && let Some(end) = ends[..fields].last_mut()
            {
                *end -= 1; // the CR of the line's end
            }
            each(Record { line, fields: Some(Fields { bytes: &text, ends: &ends[..fields] }) });
        } else {
            each(Record { line, fields: None });
            reader = fresh(delimiter);
            read = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |end| end + 1);
        }
        let read = &rest[..read.min(rest.len())];
        at += read.len();
        line += read.iter().filter(|&&byte| byte == b'\n').count();
    }
}

/// An empty line: only the line's end before a line's end counts, a CR in front of text does not.
fn starts(rest: &[u8], end: &[u8]) -> bool {
    end != b"\r" && rest.starts_with(end)
}

fn fresh(delimiter: u8) -> Reader {
    let mut builder = ReaderBuilder::new();
    let quoting = delimiter != b'\t';
    let mut reader = builder.delimiter(delimiter).quoting(quoting).terminator(Terminator::Any(b'\n')).build();
    // Otherwise it would take a byte order mark in the middle of a file for one at its start.
    reader.read_record(b"\n", &mut [0], &mut [0]);
    reader
}

/// Appends a record; fields are quoted where they have to be.
pub fn write<'f>(out: &mut String, fields: impl IntoIterator<Item = &'f str>) {
    for (place, field) in fields.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) || field.trim() != field {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(usize, Option<Vec<String>>)> {
        let mut all = Vec::new();
        records(text, b',', &mut |record| {
            let fields = record.fields.map(|f| f.iter().map(|field| String::from_utf8_lossy(field).into()).collect());
            all.push((record.line, fields));
        });
        all
    }

    #[test]
    fn records_have_their_lines() {
        let some = |fields: &[&str]| Some(fields.iter().map(|field| (*field).to_owned()).collect());
        assert_eq!(
            read(b"a,b\r\n\n\"x\ny\",\"q\"\"q\"\r\n\r\n,\nz"),
            [
                (1, some(&["a", "b"])),
                (2, some(&[""])),
                (3, some(&["x\ny", "q\"q"])),
                (5, some(&[""])),
                (6, some(&["", ""])),
                (7, some(&["z"])),
            ]
        );
        assert_eq!(read(b""), []);
        assert_eq!(read(b"\r"), [(1, some(&[""]))]);
        assert_eq!(read(b"\"a\r\nb\""), [(1, some(&["a\r\nb"]))]);
    }

    #[test]
    fn a_mark_that_does_not_close_costs_one_line() {
        let some = |fields: &[&str]| Some(fields.iter().map(|field| (*field).to_owned()).collect());
        assert_eq!(
            read(b"a\nb,\"c\nd,e\n\"\"\n"),
            [(1, some(&["a"])), (2, None), (3, some(&["d", "e"])), (4, some(&[""]))]
        );
        assert_eq!(read(b"\"\n"), [(1, None)]);
    }

    #[test]
    fn long_records_with_many_fields_fit() {
        let fields: Vec<String> = (0..99).map(|i| "x".repeat(i * 7)).collect();
        assert_eq!(read(fields.join(",").as_bytes()), [(1, Some(fields))]);
    }
}
