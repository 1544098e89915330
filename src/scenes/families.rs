//! Scenes of one tab: their recipes in one list, and a run of one taken over into another.

use super::catalogue::{free, scene, unknown_scene};
use super::run::RunSpec;
use super::scene::Lang;
use super::staging::Staging;
use super::text::word;
use super::{OpenError, family, parts};

/// A scene of a family as the list of recipes shows it. Its own part need not be here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    pub scene: &'static str,
    pub words: String,
    /// Each with its words.
    pub recipes: Vec<(&'static str, String)>,
}

fn recipes_of<S: Staging>() -> &'static [&'static str] {
    S::RECIPES
}

/// The scenes of a scene's tab, in order; none if it is there alone.
pub fn members(of: &str, lang: Lang) -> Vec<Member> {
    let all = family(of);
    if all.len() < 2 {
        return Vec::new();
    }
    let member = |name: &'static str| {
        let recipes: &[&'static str] = scene!(name, recipes_of(), &[]);
        // The words of a scene come with it; the names of its recipes are there before.
        let named = |recipe: &str| {
            let first = name == parts::FIRST_SCENE;
            word(
                lang,
                &if first { format!("{name}.recipe-{recipe}") } else { format!("common.family-{name}-{recipe}") },
            )
        };
        Member {
            scene: name,
            words: word(lang, &format!("common.family-{name}")),
            recipes: recipes.iter().map(|recipe| (*recipe, named(recipe))).collect(),
        }
    };
    all.iter().map(|name| member(name)).collect()
}

/// The run of another scene of the family, started afresh with the seed and the options that both know.
///
/// # Errors
/// A scene that is not here, an unknown recipe.
pub fn taken_over(spec: &RunSpec, scene: &str, recipe: &str, lang: Lang) -> Result<RunSpec, OpenError> {
    let mut from = spec.clone();
    free(spec, &mut from.options);
    parts::desk(scene).ok_or_else(|| unknown_scene(scene, lang))?.adopt(&from, recipe, lang)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::parts::FIRST_SCENE;
    use crate::scenes::text::tables;
    use crate::scenes::{SCENES, TABS};

    #[test]
    fn the_tabs_hold_every_scene_once_and_in_order() {
        assert_eq!(TABS.concat(), SCENES);
        for tab in TABS {
            assert!(tab.iter().all(|scene| family(scene) == tab));
        }
        assert_eq!(family("nowhere"), [""; 0]);
    }

    /// What is shown before the part of a scene has come is what it says itself.
    #[test]
    fn recipes_have_the_same_names_before_their_scene_has_come() {
        for scene in TABS.into_iter().filter(|tab| tab.len() > 1).flatten().filter(|scene| **scene != FIRST_SCENE) {
            let recipes: &[&str] = scene!(*scene, recipes_of(), &[]);
            for lang in [Lang::En, Lang::Zh] {
                for recipe in recipes {
                    let early = word(lang, &format!("common.family-{scene}-{recipe}"));
                    let key = format!("{scene}.recipe-{recipe}");
                    assert_ne!(early, "⁇", "{key}");
                    if tables(lang, scene).concat().iter().any(|(known, _)| *known == key) {
                        assert_eq!(early, word(lang, &key));
                    }
                }
            }
        }
    }

    #[test]
    fn a_run_taken_over_keeps_what_both_know() {
        let spec = RunSpec {
            recipe: "redlock".into(),
            mistakes: vec!["no-validity-check".into()],
            options: [("clients", "4"), ("masters", "5"), ("think", "-1"), ("latency-max", "90")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            seed: 11,
            opening: "late/0".into(),
            ..crate::scenes::default_spec("lock")
        };
        // What an opening has arranged for its script is not kept, nor what the other scene does not know.
        let recipes: &[&str] = scene!("ring", recipes_of(), &[]);
        let next = taken_over(&spec, "ring", recipes[0], Lang::En).expect("it opens");
        assert_eq!((next.scene.as_str(), next.seed, next.mistakes.len()), ("ring", 11, 0));
        assert!(next.options.contains(&("latency-max".to_owned(), "90".to_owned())));
        assert!(next.options.iter().all(|(key, _)| !["think", "masters"].contains(&key.as_str())));
        assert_eq!((next.opening.as_str(), next.commands.len()), ("", 0));
        let same = taken_over(&RunSpec { opening: String::new(), ..spec.clone() }, "lock", "redlock", Lang::En);
        let same = same.expect("it opens");
        assert_eq!((&same.options, &same.mistakes), (&spec.options, &spec.mistakes));
        assert!(taken_over(&spec, "ring", "hope", Lang::En).is_err_and(|why| why.0.contains("hope")));
        assert!(taken_over(&spec, "nowhere", "hope", Lang::En).is_err_and(|why| why.0.contains("nowhere")));
    }
}
