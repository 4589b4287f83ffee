//! Where mutants are made: a copy of the workspace, kept in step with it.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::catalogue::Mutant;
use super::sample::{Sample, Sampling};
use crate::cli::Refusal;

/// Entries of the workspace that no build needs.
const LEFT_OUT: &[&str] = &["target", "findings", "fuzz", "docs", "snapshots"];

/// The workspace and the copy of it.
pub(super) struct Workshop {
    root: PathBuf,
    copy: PathBuf,
    target: PathBuf,
    regressions: PathBuf,
}

impl Workshop {
    /// Beside the catalogue there is a workspace.
    pub(super) fn open(catalogue: &Path) -> Result<Workshop, Refusal> {
        let catalogue = fs::canonicalize(catalogue)?;
        let root = catalogue.ancestors().find(|folder| folder.join("Cargo.lock").exists());
        let root = root.ok_or_else(|| {
            Refusal(format!("{} lies in no workspace: there is no Cargo.lock above it", catalogue.display()))
        })?;
        let bench = root.join("target/mutants");
        Ok(Workshop {
            root: root.to_owned(),
            copy: bench.join("copy"),
            target: bench.join("target"),
            regressions: catalogue.with_file_name("regressions"),
        })
    }

    /// Refuses a mutant whose changes cannot be made.
    pub(super) fn check(&self, mutant: &Mutant) -> Result<(), Refusal> {
        self.changed(mutant).map(drop)
    }

    /// Every changed file, with its content.
    fn changed(&self, mutant: &Mutant) -> Result<Vec<(String, String)>, Refusal> {
        let mut files: Vec<(String, String)> = Vec::new();
        let refusal = |text: String| Refusal(format!("mutant `{}`: {text}", mutant.name));
        for edit in &mutant.edits {
            let at = match files.iter().position(|(file, _)| *file == edit.file) {
                Some(at) => at,
                None => {
                    let text = fs::read_to_string(self.root.join(&edit.file))
                        .map_err(|error| refusal(format!("{}: {error}", edit.file)))?;
                    files.push((edit.file.clone(), text));
                    files.len() - 1
                }
            };
            files[at].1 = edit.apply(&files[at].1).map_err(refusal)?;
        }
        Ok(files)
    }

    /// Makes the copy what the workspace is, but for the mutant.
    fn make(&self, mutant: Option<&Mutant>) -> Result<(), Refusal> {
        mirror(&self.root, &self.copy, &|name| {
            !LEFT_OUT.contains(&name) && (!name.starts_with('.') || name == ".cargo")
        })?;
        for (file, text) in mutant.map_or(Ok(Vec::new()), |mutant| self.changed(mutant))? {
            fs::write(self.copy.join(file), text)?;
        }
        Ok(())
    }

    /// Builds the command with the mutant in it, or the unchanged one, and lets it hunt.
    pub(super) fn hunt(&self, mutant: Option<&Mutant>, args: &Sampling) -> Result<Vec<Sample>, Refusal> {
        self.make(mutant)?;
        built(mutant, self.cargo("build").args(["--bin", "simnet"]))?;
        let strategies: Vec<&str> = args.strategy.iter().map(|strategy| strategy.key()).collect();
        let numbers = [("--times", args.times), ("--runs", args.runs), ("--seconds", args.seconds)];
        let output = Command::new(self.command())
            .args(["sample", "--strategy", &strategies.join(",")])
            .args(numbers.iter().flat_map(|(name, number)| [(*name).to_owned(), number.to_string()]))
            .stderr(Stdio::null())
            .output()?;
        match mutant {
            None if !output.status.success() => {
                return Err(Refusal(format!("the unchanged code: the hunt ended with {}", output.status)));
            }
            // It is not found then, and the others are still to be tried.
            Some(mutant) if !output.status.success() => {
                eprintln!("{}: the hunt ended with {}", mutant.name, output.status);
            }
            _ => {}
        }
        let lines = String::from_utf8_lossy(&output.stdout);
        Ok(lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }

    /// The command that was built last.
    fn command(&self) -> PathBuf {
        self.target.join("release/simnet")
    }

    /// Whether the regression of the mutant that was hunted last ends in a finding, if there is one of its name. What a
    /// scenario decides may be another thing since it was found; then it tests nothing.
    pub(super) fn is_stale(&self, mutant: &Mutant) -> Result<bool, Refusal> {
        let file = self.regressions.join(&mutant.name).with_extension("json");
        if !file.exists() {
            return Ok(false);
        }
        let output = Command::new(self.command()).args(["replay", "--quiet"]).arg(file).output()?;
        Ok(output.status.success())
    }

    /// Runs netcore's tests under loom with the mutant in it, or of the unchanged code: which of them fail.
    pub(super) fn loom(&self, mutant: Option<&Mutant>) -> Result<Vec<String>, Refusal> {
        self.make(mutant)?;
        let tests = || {
            let mut tests = self.cargo("test");
            tests.args(["--package", "netcore", "--lib", "loom::"]);
            // What is built with other flags lies elsewhere, or both would be built again each time.
            tests.env("RUSTFLAGS", "--cfg loom").env("CARGO_TARGET_DIR", self.target.with_file_name("loom"));
            tests
        };
        built(mutant, tests().arg("--no-run"))?;
        let output = tests().output()?;
        let lines = String::from_utf8_lossy(&output.stdout);
        let failed = lines.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
        let mut failed: Vec<String> = failed.map(str::to_owned).collect();
        // A thread that is unwound in a deadlock may end the whole process.
        if failed.is_empty() && !output.status.success() {
            failed.push(format!("they end with {}", output.status));
        }
        Ok(failed)
    }

    /// cargo in the copy, optimizing.
    fn cargo(&self, command: &str) -> Command {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .args([command, "--release"])
            .env("CARGO_TARGET_DIR", &self.target)
            // Thin LTO pays for a campaign, not for ten thousand runs; and a mutant is a small change.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "64")
            .env("CARGO_INCREMENTAL", "1")
            .current_dir(&self.copy)
            .stdin(Stdio::null());
        cargo
    }
}

/// Refuses what the compiler does.
fn built(mutant: Option<&Mutant>, build: &mut Command) -> Result<(), Refusal> {
    let output = build.output()?;
    if output.status.success() {
        return Ok(());
    }
    let name = mutant.map_or("the unchanged code", |mutant| &mutant.name);
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(Refusal(format!("{name} cannot be built:\n{errors}")))
}

/// Makes `to` the same as `from`, as far as `wanted` names go. Files that are the same are not touched, so that
/// they are not built again.
fn mirror(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let named = |name: &OsStr| name.to_str().is_some_and(wanted);
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if !from.join(entry.file_name()).exists() {
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if !named(&name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            mirror(&entry.path(), &target, wanted)?;
        } else {
            let content = fs::read(entry.path())?;
            if fs::read(&target).ok().as_ref() != Some(&content) {
                fs::write(&target, content)?;
            }
        }
    }
    Ok(())
}
