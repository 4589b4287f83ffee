//! What an oracle says.

use core::fmt;

use serde::{Deserialize, Serialize};

macro_rules! oracles {
    ($($name:ident $code:literal $doc:literal)*) => {
        /// Who speaks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Oracle { $(#[doc = $doc] #[serde(rename = $code)] $name,)* }

        impl Oracle {
            /// The two letters that findings are listed under.
            pub const fn code(self) -> &'static str {
                match self { $(Oracle::$name => $code,)* }
            }

            /// What it says, in words.
            pub const fn text(self) -> &'static str {
                match self { $(Oracle::$name => $doc,)* }
            }
        }
    };
}

oracles! {
    CrossTalk "XT" "A call reached a descriptor that belongs to another open."
    BadDescriptor "EB" "A descriptor was closed or deregistered twice."
    LostWakeup "LW" "Something waits for what has already happened, or will never happen."
    Leak "LK" "Something is left when the run has ended."
    Data "DC" "Bytes were lost, doubled, changed, or came from somebody else."
    Deadline "DL" "A deadline was missed, or fired early."
    BusyLoop "BL" "Calls without progress, while no time passes."
    WrongAnswer "WE" "An operation gave the wrong error, or a success that was none."
    Panic "PN" "A panic."
    Budget "BU" "The run did not end within its budget."
    Unmodelled "UM" "The program asked for something that the simulated kernel does not know (docs/fidelity.md)."
    Nondeterminism "ND" "The same run, run again, was another."
}

/// One violation: who found it, where, and the whole story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Who speaks.
    pub oracle: Oracle,
    /// Where, in words that survive unrelated edits and other seeds: with the oracle, the signature.
    pub place: String,
    /// Everything else that helps, on as many lines as it takes.
    pub detail: String,
}

impl Finding {
    /// A finding with nothing more to say than its place.
    pub fn new(oracle: Oracle, place: impl Into<String>, detail: impl Into<String>) -> Self {
        Finding { oracle, place: place.into(), detail: detail.into() }
    }

    /// What makes two findings the same.
    pub fn signature(&self) -> String {
        format!("{} {}", self.oracle.code(), self.place)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n{}", self.oracle.code(), self.place, self.oracle.text())?;
        if !self.detail.is_empty() {
            write!(f, "\n{}", self.detail.trim_end())?;
        }
        Ok(())
    }
}
