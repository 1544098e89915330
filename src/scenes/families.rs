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
        // The words of a scene come with it; until then there are its recipes' names.
        let here = lang != Lang::En || parts::desk(name).is_some();
        let own = |recipe: &str| {
            let key = if here { format!("{name}.recipe-{recipe}") } else { format!("common.family-{name}-{recipe}") };
            word(lang, &key)
        };
        Member {
            scene: name,
            words: word(lang, &format!("common.family-{name}")),
            recipes: recipes.iter().map(|recipe| (*recipe, own(recipe))).collect(),
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
