//! The folder in which findings are kept: one folder in it for each signature.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Repro, Scenario, Story};

/// The longest name of a finding's folder, but for the number that tells two of one name apart.
const NAME_MAX: usize = 80;

/// What is found, by scenario and signature.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
    known: BTreeMap<(String, String), Entry>,
}

#[derive(Debug)]
struct Entry {
    /// Where it is kept; `None` while it is not yet, or where it could not be.
    folder: Option<PathBuf>,
    repro: Option<Repro>,
    times: u64,
    /// The count that is in the file.
    saved: u64,
}

impl Archive {
    /// The findings that are in `folder`. What is in there besides is left alone.
    pub fn open(folder: &Path) -> Archive {
        let mut known = BTreeMap::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if let Ok(repro) = Repro::load(&entry.path()) {
                let (times, key) = (repro.times, (repro.scenario.clone(), repro.signature.clone()));
                let entry = Entry { folder: Some(entry.path()), repro: Some(repro), times, saved: times };
                known.insert(key, entry);
            }
        }
        Archive { folder: folder.to_owned(), known }
    }

    /// It was found once more. Says whether it had never been before.
    pub fn count(&mut self, scenario: &str, signature: &str) -> bool {
        let key = (scenario.to_owned(), signature.to_owned());
        let entry = self.known.entry(key).or_insert(Entry { folder: None, repro: None, times: 0, saved: 0 });
        entry.times += 1;
        entry.times == 1
    }

    /// Keeps a new finding: its folder. `again` is the command that replays what is in a folder, for its report.
    pub fn keep(
        &mut self,
        scenario: &Scenario,
        repro: Repro,
        again: impl FnOnce(&Path) -> String,
    ) -> io::Result<PathBuf> {
        let folder = self.folder_for(&repro);
        fs::create_dir_all(&folder)?;
        repro.save(&folder.join(Repro::FILE))?;
        let story = Story::of(scenario, &repro);
        fs::write(folder.join("report.md"), story.report(&again(&folder)))?;
        fs::write(folder.join("trace.txt"), story.trace())?;
        fs::write(folder.join("trace.json"), story.json())?;
        let key = (repro.scenario.clone(), repro.signature.clone());
        let times = repro.times;
        self.known
            .insert(key, Entry { folder: Some(folder.clone()), repro: Some(repro), times, saved: times });
        Ok(folder)
    }

    /// Where a finding is kept, if it is.
    pub fn folder(&self, scenario: &str, signature: &str) -> Option<&Path> {
        self.known.get(&(scenario.to_owned(), signature.to_owned()))?.folder.as_deref()
    }

    /// A name that is not taken: scenario, oracle and place.
    fn folder_for(&self, repro: &Repro) -> PathBuf {
        let mut name = format!("{}-{}", repro.scenario, repro.signature)
            .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        while name.contains("--") {
            name = name.replace("--", "-");
        }
        name.truncate(NAME_MAX);
        let name = name.trim_end_matches('-');
        let names = std::iter::once(name.to_owned()).chain((2..).map(|nth| format!("{name}-{nth}")));
        let folders = names.map(|name| self.folder.join(name));
        folders.into_iter().find(|folder| !folder.exists()).expect("there is always a further number")
    }

    /// Writes the counts that have changed.
    pub fn save_counts(&mut self) -> io::Result<()> {
        for entry in self.known.values_mut().filter(|entry| entry.times != entry.saved) {
            if let (Some(folder), Some(repro)) = (&entry.folder, &mut entry.repro) {
                repro.times = entry.times;
                repro.save(&folder.join(Repro::FILE))?;
                entry.saved = entry.times;
            }
        }
        Ok(())
    }

    /// How often each was found, by scenario and signature.
    pub fn counts(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.known.iter().map(|((scenario, signature), entry)| (&**scenario, &**signature, entry.times))
    }
}
