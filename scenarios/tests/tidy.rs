//! What the sources keep to, beyond what compilers and clippy see.

use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 400;
const FN_LINES_MAX: usize = 70;

struct Source {
    /// From the workspace's root.
    path: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's root");
    let mut files = Vec::new();
    for folder in ["netcore", "simnet", "scenarios", "fuzz/fuzz_targets"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    assert!(files.len() > 100, "the sources are where this test looks for them");
    files
        .into_iter()
        .map(|file| Source {
            path: file.strip_prefix(root).expect("below the root").display().to_string(),
            text: fs::read_to_string(&file).expect("a source file"),
        })
        .collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, into);
        } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("tidy.rs") {
            into.push(path);
        }
    }
}

/// The lines of code, numbered from 1: no comments.
fn code(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let lines = source.text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[track_caller]
fn none(found: &[String]) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Lines of code with one of `words`, in files that `is_asked` says.
fn with_words(words: &[&str], is_asked: impl Fn(&str) -> bool) -> Vec<String> {
    let sources = sources();
    let asked = sources.iter().filter(|source| is_asked(&source.path));
    asked
        .flat_map(|source| {
            let hits = code(source).filter(|(_, line)| words.iter().any(|word| line.contains(word)));
            hits.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim()))
        })
        .collect()
}

#[test]
fn files_are_short() {
    let long = |source: &Source| {
        let lines = source.text.lines().count();
        (lines > FILE_LINES_MAX).then(|| format!("{}: {lines} lines", source.path))
    };
    none(&sources().iter().filter_map(long).collect::<Vec<_>>());
}

#[test]
fn functions_are_short() {
    let mut found = Vec::new();
    for source in sources() {
        let mut open: Vec<(usize, usize, String)> = Vec::new();
        for (number, line) in source.text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let words = line.split('(').next().unwrap_or_default();
            let is_fn = words.split_whitespace().any(|word| word == "fn");
            if is_fn && !line.trim_start().starts_with("//") && !line.ends_with([';', '}']) {
                open.push((indent, number, line.trim().to_owned()));
            } else if let Some((_, begin, name)) =
                open.pop_if(|(at, _, _)| *at == indent && line.trim() == "}")
                && number - begin >= FN_LINES_MAX
            {
                found.push(format!("{}:{}: {} lines: {name}", source.path, begin + 1, number - begin + 1));
            }
        }
    }
    none(&found);
}

/// I-1, as far as words show it; `clippy.toml` has the rest.
#[test]
fn netcore_reaches_its_platform_through_the_seam() {
    let words = ["std::time", "std::thread::", "thread_local!", "std::fs", "std::env", "libc::"];
    none(&with_words(&words, |path| {
        path.starts_with("netcore/src/") && !path.starts_with("netcore/src/os/")
    }));
    let atomics = ["sync::atomic"];
    none(&with_words(&atomics, |path| {
        path.starts_with("netcore/src/") && !["os", "sync"].iter().any(|at| path.contains(at))
    }));
}

/// I-3.
#[test]
fn nothing_knows_that_it_is_simulated() {
    none(&with_words(&["cfg(simulation", "cfg(sim", "feature = "], |path| path.starts_with("netcore/src/")));
    none(&with_words(&["cfg(target_os", "target_os ="], |path| !path.starts_with("netcore/src/os/")));
}

#[test]
fn unsafe_code_is_where_it_may_be() {
    none(&with_words(&["unsafe {", "unsafe impl", "unsafe fn"], |path| {
        path.starts_with("netcore/src/") && !path.starts_with("netcore/src/os/")
            || path.starts_with("simnet/src/") && !path.ends_with("thread/fiber.rs")
            || path.starts_with("scenarios/src/")
    }));
}

#[test]
fn nothing_is_left_to_do() {
    let words = ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("];
    let sources = sources();
    let hits = sources.iter().flat_map(|source| {
        let lines = source.text.lines().enumerate();
        let marked = lines.filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        marked.map(|(index, line)| format!("{}:{}: {}", source.path, index + 1, line.trim()))
    });
    none(&hits.collect::<Vec<_>>());
}
