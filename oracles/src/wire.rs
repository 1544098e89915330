//! A connection to PostgreSQL: the simple query protocol, version 3.0, over loopback, without a password.
//!
//! Written here because the tests need the command tag of each statement and the SQLSTATE of each warning, and the `postgres`
//! crate's `simple_query` gives neither: it is just the tag that tells PREPARE TRANSACTION from the ROLLBACK that a failed
//! transaction gets instead. What is needed is small: one statement at a time, answers as text.

use crate::sql::Answer;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// A server that hangs must not hang the test.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Wire {
    stream: TcpStream,
    /// The server's process for this connection.
    pub process: i32,
}

impl Wire {
    /// Connects as `postgres`, with settings for this session.
    ///
    /// # Errors
    /// When the server refuses, or is not there.
    pub fn connect(port: u16, settings: &[(&str, &str)]) -> io::Result<Wire> {
        let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut wire = Wire { stream, process: 0 };
        let mut body = vec![0, 3, 0, 0];
        for (name, value) in [("user", "postgres"), ("database", "postgres")].iter().chain(settings) {
            body.extend([name.as_bytes(), &[0], value.as_bytes(), &[0]].concat());
        }
        body.push(0);
        wire.stream.write_all(&[&length(&body), &body[..]].concat())?;
        let answer = wire.answer()?;
        match answer.error() {
            None => Ok(wire),
            Some(code) => Err(io::Error::other(format!("PostgreSQL refuses the connection: {code}"))),
        }
    }

    /// One statement and all that the server says about it.
    ///
    /// # Errors
    /// When the connection breaks first: nobody knows then whether the statement was carried out.
    pub fn query(&mut self, sql: &str) -> io::Result<Answer> {
        let body = [sql.as_bytes(), &[0]].concat();
        self.stream.write_all(&[b"Q", &length(&body)[..], &body].concat())?;
        self.answer()
    }

    /// Reads until the server is ready for the next statement.
    fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = Answer::default();
        loop {
            let mut head = [0; 5];
            self.stream.read_exact(&mut head)?;
            let size = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            let mut body = vec![0; size.checked_sub(4).ok_or_else(garbled)?];
            self.stream.read_exact(&mut body)?;
            match head[0] {
                b'C' => answer.tag = Some(text(&body).ok_or_else(garbled)?),
                b'D' => answer.rows.push(row(&body).ok_or_else(garbled)?),
                b'E' | b'N' => {
                    let field = |name| body.split(|b| *b == 0).find_map(|field| field.strip_prefix(&[name]));
                    let (Some(severity), Some(code)) = (field(b'V').and_then(text), field(b'C').and_then(text)) else {
                        return Err(garbled());
                    };
                    match severity.as_str() {
                        "ERROR" | "WARNING" => answer.said.push(format!("{severity} {code}")),
                        // The server ends the connection, and is not ready any more.
                        "FATAL" | "PANIC" => return Err(io::Error::other(format!("{severity} {code}"))),
                        _ => {}
                    }
                }
                b'K' => self.process = i32::from_be_bytes(body[..4].try_into().map_err(|_| garbled())?),
                b'R' if body != [0; 4] => return Err(io::Error::other("PostgreSQL wants a password")),
                b'Z' => {
                    answer.status = char::from(*body.first().ok_or_else(garbled)?);
                    return Ok(answer);
                }
                // Names of columns, settings, an empty query.
                _ => {}
            }
        }
    }
}

/// A message's length counts itself.
fn length(body: &[u8]) -> [u8; 4] {
    (body.len() as u32 + 4).to_be_bytes()
}

fn garbled() -> io::Error {
    io::Error::from(io::ErrorKind::InvalidData)
}

fn text(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    String::from_utf8(bytes.to_vec()).ok()
}

/// A row as psql prints it: `1|100`.
fn row(body: &[u8]) -> Option<String> {
    let (count, mut rest) = body.split_first_chunk::<2>()?;
    let mut columns = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (size, after) = rest.split_first_chunk::<4>()?;
        // -1 is NULL.
        let size = usize::try_from(i32::from_be_bytes(*size)).unwrap_or(0);
        columns.push(text(after.get(..size)?)?);
        rest = &after[size..];
    }
    Some(columns.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn tags_codes_rows_and_the_state_of_the_block_are_read() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
        let port = server.local_addr().expect("it is bound").port();
        let says = |kind: u8, body: &[u8]| [&[kind], &length(body)[..], body].concat();
        let answers = [
            says(b'R', &[0; 4]),
            says(b'K', &[0, 0, 0, 7, 1, 2, 3, 4]),
            says(b'Z', b"I"),
            says(b'D', b"\0\x02\0\0\0\x011\xff\xff\xff\xff"),
            says(b'N', b"SWarnung\0VWARNING\0C25P01\0Mtext\0\0"),
            says(b'C', b"ROLLBACK\0"),
            says(b'Z', b"I"),
            says(b'E', b"SERROR\0VERROR\0C42704\0\0"),
            says(b'Z', b"E"),
        ];
        let other = std::thread::spawn(move || {
            let (mut near, _) = server.accept().expect("somebody connects");
            near.write_all(&answers.concat()).expect("it is open");
            near
        });
        let mut wire = Wire::connect(port, &[("lock_timeout", "5ms")]).expect("it lets us in");
        assert_eq!(wire.process, 7);
        let first = wire.query("PREPARE TRANSACTION 'a'").expect("it answers");
        assert_eq!((first.tag.as_deref(), first.error(), first.status), (Some("ROLLBACK"), None, 'I'));
        assert_eq!((&first.rows[..], &first.said[..]), (&["1|".to_owned()][..], &["WARNING 25P01".to_owned()][..]));
        let second = wire.query("COMMIT PREPARED 'a'").expect("it answers");
        assert_eq!((second.tag.as_deref(), second.error(), second.status), (None, Some("42704"), 'E'));
        drop(other.join());
        assert!(wire.query("BEGIN").is_err(), "the connection is closed");
    }
}
