//! Jute, the encoding of ZooKeeper's wire: numbers in network order, strings and lists behind their length.
//!
//! Source: `zookeeper.jute` of ZooKeeper 3.8.

use std::io;

#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn int(&mut self, n: i32) -> &mut Writer {
        self.0.extend(n.to_be_bytes());
        self
    }

    pub fn long(&mut self, n: i64) -> &mut Writer {
        self.0.extend(n.to_be_bytes());
        self
    }

    pub fn bool(&mut self, yes: bool) -> &mut Writer {
        self.0.push(u8::from(yes));
        self
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Writer {
        self.int(i32::try_from(bytes.len()).expect("a short one"));
        self.0.extend(bytes);
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Writer {
        self.bytes(text.as_bytes())
    }

    /// A frame: the length goes before it.
    pub fn framed(self) -> Vec<u8> {
        let length = i32::try_from(self.0.len()).expect("a short one");
        [&length.to_be_bytes()[..], &self.0].concat()
    }
}

pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.0 = rest;
        Ok(taken)
    }

    /// # Errors
    /// Here and below: when the frame ends before.
    pub fn int(&mut self) -> io::Result<i32> {
        Ok(i32::from_be_bytes(self.take(4)?.try_into().expect("four")))
    }

    pub fn long(&mut self) -> io::Result<i64> {
        Ok(i64::from_be_bytes(self.take(8)?.try_into().expect("eight")))
    }

    /// A length of -1 is none, which is empty here.
    pub fn bytes(&mut self) -> io::Result<&'a [u8]> {
        let length = self.int()?;
        self.take(usize::try_from(length).unwrap_or(0))
    }

    pub fn text(&mut self) -> io::Result<String> {
        String::from_utf8(self.bytes()?.to_vec()).map_err(io::Error::other)
    }

    pub fn texts(&mut self) -> io::Result<Vec<String>> {
        (0..self.int()?).map(|_| self.text()).collect()
    }
}
