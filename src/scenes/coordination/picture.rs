//! The scene's stage.

use super::CoordinationScene;
use crate::scenes::scene::*;
use crate::scenes::staging::Moment;

pub fn stage(_: &Moment<CoordinationScene>, view: &View) -> Stage {
    Stage { height: view.height, ..Stage::default() }
}
