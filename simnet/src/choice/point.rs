//! The kinds of decisions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

macro_rules! points {
    ($($name:ident $key:literal $one_in:literal $doc:literal)*) => {
        /// A kind of decision. Each has a sequence of its own on the tape.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum Point { $(#[doc = $doc] #[serde(rename = $key)] $name,)* }

        impl Point {
            /// Every kind.
            pub const ALL: [Point; Point::COUNT] = [$(Point::$name),*];
            /// How many kinds there are.
            pub const COUNT: usize = [$($key),*].len();

            /// The name in files.
            pub const fn key(self) -> &'static str {
                match self { $(Point::$name => $key,)* }
            }

            /// How rarely it strikes in the default plan: once in so many questions; 0 is never.
            pub const fn default_one_in(self) -> u32 {
                match self { $(Point::$name => $one_in,)* }
            }
        }
    };
}

points! {
    Schedule "schedule" 0 "Whether another thread runs at a thread's scheduling point: its number, from 1; 0 keeps the current one."
    Next "next" 0 "Which thread runs when the current one waits; 0 is the one that has been ready longest."
    Timer "timer" 4 "Which of the timers due at one instant fires first; 0 is the oldest."
    Wake "wake" 64 "A parked thread wakes without cause."
    Eintr "eintr" 200 "A call that may wait answers `EINTR`, at once or some time into its wait."
    ShortRead "short-read" 8 "A stream read brings fewer bytes than there are."
    ShortWrite "short-write" 8 "A stream write takes fewer bytes than there is room for."
    Spurious "spurious" 64 "epoll_wait reports a registered descriptor that is not ready."
    Emfile "emfile" 400 "A call that makes a descriptor answers `EMFILE`."
    Enospc "enospc" 400 "`EPOLL_CTL_ADD` answers `ENOSPC`."
    Aborted "aborted" 100 "accept4 answers `ECONNABORTED`."
    Cancel "cancel" 40 "A future is dropped at an await."
    Jitter "jitter" 4 "A packet is delayed within the link's jitter."
    Loss "loss" 1 "A link loses a packet; the rate is the link's."
    Reorder "reorder" 1 "A link delays a packet behind later ones; the rate is the link's."
    Duplicate "duplicate" 1 "A link delivers a packet twice; the rate is the link's."
    Corrupt "corrupt" 1 "A link damages a packet, which the receiver drops by its checksum; the rate is the link's."
    Weather "weather" 1 "What links are like in this run."
    Port "port" 1 "Which ephemeral port; 0 is the lowest free one that the kernel prefers."
    Entropy "entropy" 1 "Random bytes that the program asks for."
    Workload "workload" 1 "What a scenario does next."
}

impl Point {
    /// The faults of machines and programs; those of links have rates of their own.
    pub const FAULTS: [Point; 9] = [
        Point::Wake,
        Point::Eintr,
        Point::ShortRead,
        Point::ShortWrite,
        Point::Spurious,
        Point::Emfile,
        Point::Enospc,
        Point::Aborted,
        Point::Cancel,
    ];
    /// The faults of links.
    pub const LINK_FAULTS: [Point; 4] = [Point::Loss, Point::Reorder, Point::Duplicate, Point::Corrupt];
}

/// How rarely each fault strikes: once in so many questions; 0 is never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Point, u32>", into = "BTreeMap<Point, u32>")]
pub struct Rates {
    one_in: Vec<u32>,
}

impl Default for Rates {
    fn default() -> Self {
        Rates { one_in: Point::ALL.map(Point::default_one_in).to_vec() }
    }
}

/// In files: by name; what is not named has its default.
impl From<BTreeMap<Point, u32>> for Rates {
    fn from(named: BTreeMap<Point, u32>) -> Self {
        named.into_iter().fold(Rates::default(), |rates, (point, one_in)| rates.with(point, one_in))
    }
}

impl From<Rates> for BTreeMap<Point, u32> {
    fn from(rates: Rates) -> Self {
        Point::ALL.into_iter().map(|point| (point, rates.one_in(point))).collect()
    }
}

impl Rates {
    /// No faults: what a healthy machine would not do. (A thread may wake without cause on any.)
    pub fn without_faults() -> Self {
        Point::FAULTS
            .into_iter()
            .filter(|&point| point != Point::Wake)
            .fold(Self::default(), |rates, point| rates.with(point, 0))
    }

    /// These rates but for `point`, which strikes once in `one_in` questions (0: never).
    #[must_use]
    pub fn with(mut self, point: Point, one_in: u32) -> Self {
        self.one_in[point as usize] = one_in;
        self
    }

    /// How rarely `point` strikes.
    #[inline]
    pub fn one_in(&self, point: Point) -> u32 {
        self.one_in[point as usize]
    }
}
