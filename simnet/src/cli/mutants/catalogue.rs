//! The catalogue of mutants, a TOML file.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::cli::Refusal;

/// All of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Catalogue {
    #[serde(rename = "mutant")]
    pub(super) mutants: Vec<Mutant>,
}

/// One bug, and how to bring it back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mutant {
    /// Its number in the list of bugs.
    pub(super) bug: String,
    pub(super) name: String,
    /// Where it was reported.
    pub(super) upstream: String,
    pub(super) about: String,
    #[serde(default)]
    pub(super) check: Check,
    /// The codes of the oracles that are expected to speak; none of one that is not hunted.
    pub(super) oracles: Vec<String>,
    #[serde(rename = "edit")]
    pub(super) edits: Vec<Edit>,
}

/// What is to find a mutant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Check {
    /// The oracles, in a run of a scenario.
    #[default]
    Hunt,
    /// netcore's tests under loom: simulated threads see one memory, in which a wrong memory order is right.
    Loom,
}

/// One change of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    /// From the workspace's root.
    pub(super) file: String,
    /// Occurs exactly once.
    pub(super) find: String,
    pub(super) replace: String,
}

impl Catalogue {
    pub(super) fn load(path: &Path) -> Result<Catalogue, Refusal> {
        let text =
            fs::read_to_string(path).map_err(|error| Refusal(format!("{}: {error}", path.display())))?;
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].lines().count());
            Refusal(format!("{}, line {line}: {}", path.display(), error.message()))
        })
    }
}

impl Edit {
    /// The text with the change made.
    pub(super) fn apply(&self, text: &str) -> Result<String, String> {
        match text.matches(&self.find).count() {
            1 => Ok(text.replacen(&self.find, &self.replace, 1)),
            count => Err(format!("what it looks for occurs {count} times in {}, not once", self.file)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(find: &str) -> Edit {
        Edit { file: "a.rs".to_owned(), find: find.to_owned(), replace: "z".to_owned() }
    }

    #[test]
    fn a_change_is_made_once_or_not_at_all() {
        assert_eq!(edit("b").apply("abc"), Ok("azc".to_owned()));
        assert_eq!(
            edit("b").apply("abcb").unwrap_err(),
            "what it looks for occurs 2 times in a.rs, not once"
        );
        assert!(edit("x").apply("abc").is_err());
    }
}
