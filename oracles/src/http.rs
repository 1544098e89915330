//! The little of HTTP/1.1 that a test needs: one connection that stays open, a request at a time.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

pub struct Http(BufReader<TcpStream>);

/// How an answer's body is delimited.
enum Body {
    Length(usize),
    Chunks,
}

impl Http {
    /// # Errors
    /// When nobody listens on that port of loopback.
    pub fn connect(port: u16, patience: Duration) -> io::Result<Http> {
        let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_nodelay(true)?;
        Ok(Http(BufReader::new(stream)))
    }

    /// The body of an answer whose status is 200; of any other the status is the error.
    ///
    /// # Errors
    /// And when the connection breaks, or is silent for too long; it is of no use then.
    pub fn get(&mut self, target: &[u8]) -> io::Result<Vec<u8>> {
        self.0.get_mut().write_all(&[b"GET ", target, b" HTTP/1.1\r\nHost: oracle\r\n\r\n"].concat())?;
        let (status, body) = self.answer()?;
        if status.contains(" 200 ") { Ok(body) } else { Err(io::Error::other(status)) }
    }

    /// The body of any answer.
    ///
    /// # Errors
    /// As `get`, but for the status.
    pub fn post(&mut self, path: &str, json: &str) -> io::Result<Vec<u8>> {
        self.say(path, json)?;
        Ok(self.answer()?.1)
    }

    /// The pieces of an answer without an end, as they come.
    ///
    /// # Errors
    /// As `post`; each piece has them too.
    pub fn stream(
        &mut self,
        path: &str,
        json: &str,
    ) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>> + use<'_>> {
        self.say(path, json)?;
        self.line()?;
        while !self.line()?.is_empty() {}
        Ok(std::iter::from_fn(|| self.chunk().transpose()))
    }

    fn say(&mut self, path: &str, json: &str) -> io::Result<()> {
        let length = json.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: oracle\r\nContent-Type: application/json\r\nContent-Length: {length}"
        );
        self.0.get_mut().write_all(format!("{head}\r\n\r\n{json}").as_bytes())
    }

    /// The next piece; `None` is the end.
    fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let length = usize::from_str_radix(&self.line()?, 16).map_err(io::Error::other)?;
        if length == 0 {
            // Trailers, and an empty line.
            while !self.line()?.is_empty() {}
            return Ok(None);
        }
        let mut piece = vec![0; length];
        self.0.read_exact(&mut piece)?;
        self.line()?;
        Ok(Some(piece))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    fn answer(&mut self) -> io::Result<(String, Vec<u8>)> {
        let status = self.line()?;
        let mut kind = Body::Length(0);
        while let Some((name, value)) = self.line()?.split_once(':') {
            if name.eq_ignore_ascii_case("content-length") {
                kind = Body::Length(value.trim().parse().map_err(io::Error::other)?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                kind = Body::Chunks;
            }
        }
        let mut body = Vec::new();
        match kind {
            Body::Length(length) => {
                body.resize(length, 0);
                self.0.read_exact(&mut body)?;
            }
            Body::Chunks => {
                while let Some(piece) = self.chunk()? {
                    body.extend(piece);
                }
            }
        }
        Ok((status, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_body_comes_by_its_length_or_in_chunks() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let mut http = Http::connect(port, Duration::from_secs(5)).expect("it listens");
        let (mut server, _) = listener.accept().expect("it comes");
        server.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab").expect("it is open");
        server.write_all(b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ncde\r\nA\r\n0123456789\r\n0\r\nGrpc-Status: 5\r\n\r\n").expect("it is open");
        server.write_all(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").expect("it is open");
        assert_eq!(http.get(b"/").expect("an answer"), b"ab");
        assert_eq!(http.post("/", "{}").expect("an answer"), b"cde0123456789");
        assert!(http.get(b"/").expect_err("a status").to_string().contains("404"));
        drop(server);
        assert!(http.get(b"/").is_err());
    }
}
