//! A network link between two servers that can be cut: a relay on loopback.

use crate::server::free_port;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Whoever connects to `port()` talks to the server behind it, until `cut`.
pub struct Link {
    port: u16,
    cut: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    relay: Option<JoinHandle<()>>,
}

impl Link {
    /// # Errors
    /// When no loopback port can be had.
    pub fn to(server: u16) -> io::Result<Link> {
        let port = free_port()?;
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let cut = Arc::new(AtomicBool::new(false));
        let open = Arc::new(Mutex::new(Vec::new()));
        let relay = {
            let (cut, open) = (cut.clone(), open.clone());
            std::thread::spawn(move || {
                while let Ok((near, _)) = listener.accept() {
                    if cut.load(Ordering::SeqCst) {
                        return;
                    }
                    // A server that is down refuses; so does the link.
                    let _ = join(near, server, &open);
                }
            })
        };
        Ok(Link { port, cut, open, relay: Some(relay) })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing passes, and nobody can connect.
    pub fn cut(&mut self) {
        let Some(relay) = self.relay.take() else { return };
        self.cut.store(true, Ordering::SeqCst);
        // Wakes the relay, which then drops its listener.
        let _ = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], self.port)));
        let _ = relay.join();
        for stream in self.open.lock().expect("the relay does not panic").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.cut();
    }
}

fn join(near: TcpStream, server: u16, open: &Mutex<Vec<TcpStream>>) -> io::Result<()> {
    let far = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], server)))?;
    open.lock().expect("nobody panics with it").extend([near.try_clone()?, far.try_clone()?]);
    for (mut from, mut to) in [(near.try_clone()?, far.try_clone()?), (far, near)] {
        std::thread::spawn(move || {
            // Either end may go at any time: then the other one goes too.
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn a_link_carries_both_ways_until_it_is_cut() {
        let server = TcpListener::bind(("127.0.0.1", 0)).expect("loopback");
        let mut link = Link::to(server.local_addr().expect("it is bound").port()).expect("a port");
        let mut near = TcpStream::connect(("127.0.0.1", link.port())).expect("the link accepts");
        let (mut far, _) = server.accept().expect("the relay connects");
        let mut byte = [0];
        near.write_all(b"a").expect("it is open");
        far.read_exact(&mut byte).expect("it arrives");
        far.write_all(b"b").expect("it is open");
        near.read_exact(&mut byte).expect("it arrives");
        assert_eq!(&byte, b"b");
        link.cut();
        assert_eq!(near.read(&mut byte).unwrap_or(0), 0);
        assert!(TcpStream::connect(("127.0.0.1", link.port())).is_err());
    }
}
