//! What a lesson may ask about the ring: where a key lives, and how many keys a change moves.

use super::plot::{memberships, survey};
use super::{RingScene, lists};
use crate::scenes::lesson::Fact;
use crate::scenes::scene::Lang;
use crate::scenes::staging::Moment;

/// `owner KEY`: its first server; `moved`: the share of the list's keys that the latest change gave a new owner, as the nearest
/// of none, a fifth, a half and four fifths.
pub fn fact(moment: &Moment<RingScene>, asked: &[&str], lang: Lang) -> Option<Fact> {
    let p = moment.sim.protocol.as_ref();
    let (before, now) = memberships(moment);
    match asked {
        ["owner", key @ ..] => {
            let key = lists::key(&key.join(" "))?;
            let owner = p.owner_of(now, key.at).map(|slot| lists::server(p, slot).to_owned());
            let servers = (0..p.servers()).map(|slot| lists::server(p, slot).to_owned());
            Some(Fact::one_of(owner, servers.map(|name| (name.clone(), name)), &[], lang))
        }
        ["moved"] => {
            let survey = survey(p, before, now);
            Some(Fact::share(survey.moved as f64 / survey.owners.len().max(1) as f64, lang))
        }
        _ => None,
    }
}
