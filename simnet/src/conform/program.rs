//! Programs, and the files that they are kept in.

use core::fmt;
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::call::Call;
use crate::choice::Seed;

/// The format of the files.
const FORMAT: u32 = 1;

/// A list of calls, made one after the other by one thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    format: u32,
    /// The seed that it was generated from, if it was.
    pub seed: Option<Seed>,
    /// The calls.
    pub calls: Vec<Call>,
}

/// A file that holds no program.
#[derive(Debug)]
pub enum ProgramError {
    /// It cannot be read.
    Io(io::Error),
    /// It is not in the form of a program.
    Form(serde_json::Error),
    /// It is of another version.
    Format(u32),
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProgramError::Io(error) => error.fmt(f),
            ProgramError::Form(error) => write!(f, "it holds no program: {error}"),
            ProgramError::Format(format) => {
                write!(f, "it is of format {format}, and this program reads format {FORMAT}")
            }
        }
    }
}

impl std::error::Error for ProgramError {}

impl Program {
    /// A program of these calls.
    pub fn new(seed: Option<Seed>, calls: Vec<Call>) -> Self {
        Program { format: FORMAT, seed, calls }
    }

    /// What [`Program::save`] has written.
    pub fn load(path: &Path) -> Result<Program, ProgramError> {
        Self::parse(&fs::read_to_string(path).map_err(ProgramError::Io)?)
    }

    /// What is in such a file.
    pub fn parse(text: &str) -> Result<Program, ProgramError> {
        let program: Program = serde_json::from_str(text).map_err(ProgramError::Form)?;
        if program.format == FORMAT { Ok(program) } else { Err(ProgramError::Format(program.format)) }
    }

    /// Writes it into a file.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        fs::write(path, self.text()?)
    }

    /// What such a file holds: each call on a line.
    fn text(&self) -> io::Result<String> {
        let lines: Result<Vec<String>, _> = self.calls.iter().map(serde_json::to_string).collect();
        let (seed, lines) = (serde_json::to_string(&self.seed)?, lines?.join(",\n    "));
        Ok(format!(
            "{{\n  \"format\": {FORMAT},\n  \"seed\": {seed},\n  \"calls\": [\n    {lines}\n  ]\n}}\n"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Topic, generate};
    use super::*;

    /// Without a file: other tests of this process close any descriptor there is.
    #[test]
    fn what_is_saved_is_loaded() {
        let program = generate(Seed(7), &Topic::ALL, 60);
        let text = program.text().expect("a program has a text");
        assert_eq!(Program::parse(&text).expect("it was saved"), program);
    }

    #[test]
    fn what_is_no_program_is_refused_with_the_place() {
        let error = |text: &str| Program::parse(text).expect_err("no program").to_string();
        assert!(error("{").contains("line 1"), "{}", error("{"));
        assert_eq!(
            error(r#"{"format":9,"seed":null,"calls":[]}"#),
            "it is of format 9, and this program reads format 1"
        );
        let unknown =
            error(r#"{"format":1,"seed":null,"calls":[{"setsockopt":{"fd":0,"option":"SO_X","value":1}}]}"#);
        assert!(unknown.contains("there is no socket option `SO_X`"), "{unknown}");
        let call = error(r#"{"format":1,"seed":null,"calls":[{"mmap":{}}]}"#);
        assert!(call.contains("unknown variant `mmap`"), "{call}");
    }
}
