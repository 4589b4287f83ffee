//! Names of the kernel's objects: indices into its tables.

use core::fmt;

/// The index of an object in its table.
pub trait Id: Copy {
    /// The name of the object at `index`.
    fn at(index: usize) -> Self;
    /// The index that this names.
    fn position(self) -> usize;
}

macro_rules! ids {
    ($($name:ident $prefix:literal $doc:literal)*) => {$(
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// As an index.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl Id for $name {
            #[inline]
            fn at(index: usize) -> Self {
                $name(index as u32)
            }

            #[inline]
            fn position(self) -> usize {
                self.index()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    )*};
}

ids! {
    HostId "h" "A host: one kernel, one network stack, some processes."
    Pid "p" "A process: a descriptor table."
    Tid "t" "A simulated thread; unique in the run."
    FileId "f" "An open file description; its slot is reused after the last close."
    SocketId "s" "A socket, which may outlive its file or not have one yet."
    RequestId "r" "A connection that a listener has been asked for."
    TimeWaitId "w" "A connection in TIME-WAIT, without a socket."
    PacketId "k" "A packet on a link."
    PipeId "|" "A pipe, which lives until both its ends are closed."
    EventfdId "e" "The counter of an eventfd."
    EpollId "E" "An epoll instance."
    ItemId "i" "A registration of a descriptor with an epoll instance."
    OpenPathId "v" "A virtual file as it is read: its content and the position in it."
}
