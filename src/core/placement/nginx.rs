//! nginx `hash … consistent`, compatible with Perl's Cache::Memcached::Fast.
//!
//! A member has 160 points for each unit of weight. CRC-32 has read HOST, a zero byte and PORT; every point continues it
//! with the 4 little-endian bytes of the point before, the first with zeros. Of equal points one stays. A key is at its
//! CRC-32.

use super::circle::{Circle, Spot};
use super::hash::{crc32, widened};
use super::{KeyHash, Member};

/// Points for each unit of weight.
pub const POINTS: u32 = 160;

/// Names have to differ, as the servers of an upstream do: `HOST:PORT`, `HOST` or `unix:PATH`. There are 160 points for
/// each unit of all weights.
pub fn circle(members: Vec<Member>) -> Circle {
    let mut spots = Vec::new();
    for (member, Member { name, weight, .. }) in members.iter().enumerate() {
        let (host, port) = host_and_port(name);
        let mut before = 0_u32;
        for _ in 0..u64::from(POINTS) * u64::from(*weight) {
            before = crc32(&[host.as_bytes(), &[0], port.as_bytes(), &before.to_le_bytes()]);
            spots.push(Spot { at: widened(before), member: member as u32 });
        }
    }
    Circle::new(members, KeyHash::Crc32, spots).without_doubles()
}

/// A port is what follows the last colon if it is digits alone; a socket's path has none.
fn host_and_port(server: &str) -> (&str, &str) {
    if let Some(path) = server.strip_prefix("unix:") {
        return (path, "");
    }
    match server.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (server, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_cut_where_nginx_cuts_them() {
        for (server, host, port) in [
            ("127.0.0.1:18081", "127.0.0.1", "18081"),
            ("[::1]:80", "[::1]", "80"),
            ("[::1]", "[::1]", ""),
            ("backend", "backend", ""),
            ("a:b", "a:b", ""),
            ("a:", "a", ""),
            ("unix:/run/a:80", "/run/a:80", ""),
        ] {
            assert_eq!(host_and_port(server), (host, port), "{server}");
        }
    }
}
