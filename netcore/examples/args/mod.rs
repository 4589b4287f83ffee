//! The command line of the examples: options with a value each, or none.
//!
//! What is wrong with it is said in one line, and ends the program with code 2.

use std::fmt::Display;
use std::process::exit;
use std::str::FromStr;

/// What is left of the command line.
pub(crate) struct Args {
    usage: &'static str,
    /// The option read last, for messages.
    option: String,
    rest: std::iter::Skip<std::env::Args>,
}

impl Args {
    /// The command line of this program.
    pub(crate) fn new(usage: &'static str) -> Self {
        Args { usage, option: String::new(), rest: std::env::args().skip(1) }
    }

    /// The next option. `--help` prints the usage and ends the program.
    pub(crate) fn option(&mut self) -> Option<String> {
        self.option = self.rest.next()?;
        if self.option == "--help" || self.option == "-h" {
            println!("{}", self.usage);
            exit(0);
        }
        Some(self.option.clone())
    }

    /// The value of the option read last, which is to be `expected`.
    pub(crate) fn value<T: FromStr>(&mut self, expected: &str) -> T {
        let option = &self.option;
        let Some(value) = self.rest.next() else {
            fail(2, format_args!("{option} needs a value: {expected}"));
        };
        value.parse().unwrap_or_else(|_| fail(2, format_args!("{option} {value}: expected {expected}")))
    }

    /// The option read last is none of the program's.
    pub(crate) fn unknown(&self) -> ! {
        let options = self.usage.split_whitespace().filter(|word| word.starts_with("--"));
        let options = options.collect::<Vec<_>>().join(" ");
        fail(2, format_args!("unknown option {}: expected one of {options}", self.option))
    }
}

/// Ends the program.
pub(crate) fn fail(code: i32, message: impl Display) -> ! {
    eprintln!("error: {message}");
    exit(code)
}
