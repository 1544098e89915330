//! A network link between two servers that can be cut: a relay on loopback.

use crate::server::free_port;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Whoever connects to `port()` talks to the server behind it, until `cut`.
pub struct Link {
    port: u16,
    cut: Arc<AtomicBool>,
    mute: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    relay: Option<JoinHandle<()>>,
}

impl Link {
    /// # Errors
    /// When no loopback port can be had.
    pub fn to(server: u16) -> io::Result<Link> {
        let port = free_port()?;
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let (cut, mute) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let open = Arc::new(Mutex::new(Vec::new()));
        let relay = {
            let (cut, mute, open) = (cut.clone(), mute.clone(), open.clone());
            std::thread::spawn(move || {
                while let Ok((near, _)) = listener.accept() {
                    if cut.load(Ordering::SeqCst) {
                        return;
                    }
                    // A server that is down refuses; so does the link.
                    let _ = join(near, server, &open, &mute);
                }
            })
        };
        Ok(Link { port, cut, mute, open, relay: Some(relay) })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on, or no longer, what the server says is lost. A connection on which something was lost never comes back.
    pub fn mute(&self, yes: bool) {
        self.mute.store(yes, Ordering::SeqCst);
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

fn join(near: TcpStream, server: u16, open: &Mutex<Vec<TcpStream>>, mute: &Arc<AtomicBool>) -> io::Result<()> {
    let far = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], server)))?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    open.lock().expect("nobody panics with it").extend([near.try_clone()?, far.try_clone()?]);
    let never = Arc::new(AtomicBool::new(false));
    for (mut from, mut to, mute) in [(near.try_clone()?, far.try_clone()?, never), (far, near, mute.clone())] {
        std::thread::spawn(move || {
            // Either end may go at any time: then the other one hears so, after all that was said before. It may still speak:
            // to refuse that would reset its connection, and take with it what it has not read yet.
            let _ = copy(&mut from, &mut to, &mute);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    Ok(())
}

fn copy(from: &mut TcpStream, to: &mut TcpStream, mute: &AtomicBool) -> io::Result<()> {
    let (mut piece, mut lost) = ([0; 4096], false);
    loop {
        let length = from.read(&mut piece)?;
        if length == 0 {
            return Ok(());
        }
        lost |= mute.load(Ordering::SeqCst);
        if !lost {
            to.write_all(&piece[..length])?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn what_a_mute_link_loses_is_lost_for_ever() {
        let server = TcpListener::bind(("127.0.0.1", 0)).expect("loopback");
        let link = Link::to(server.local_addr().expect("it is bound").port()).expect("a port");
        let mut near = TcpStream::connect(("127.0.0.1", link.port())).expect("the link accepts");
        let (mut far, _) = server.accept().expect("the relay connects");
        link.mute(true);
        far.write_all(b"a").expect("it is open");
        let mut byte = [0];
        near.write_all(b"b").expect("it is open");
        far.read_exact(&mut byte).expect("this way it passes");
        near.set_read_timeout(Some(std::time::Duration::from_millis(50))).expect("a time");
        assert!(near.read(&mut byte).is_err(), "nothing comes");
        link.mute(false);
        far.write_all(b"c").expect("it is open");
        assert!(near.read(&mut byte).is_err(), "nor later");
        let mut other = TcpStream::connect(("127.0.0.1", link.port())).expect("the link accepts");
        let (mut far, _) = server.accept().expect("the relay connects");
        far.write_all(b"d").expect("it is open");
        other.read_exact(&mut byte).expect("it arrives");
        assert_eq!(&byte, b"d");
    }
}
