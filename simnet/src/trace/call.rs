//! The names of the calls of the seam.

macro_rules! calls {
    ($($name:ident $text:literal $waits:literal)*) => {
        /// A call of the seam, by its man page's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum CallName { $(#[doc = $text] $name,)* }

        impl CallName {
            /// Every call.
            pub const ALL: &'static [CallName] = &[$(CallName::$name),*];

            /// The name as in the man pages.
            pub const fn name(self) -> &'static str {
                match self { $(CallName::$name => $text,)* }
            }

            /// Whether a signal can end it with `EINTR`: the calls that may wait, signal(7).
            pub const fn interruptible(self) -> bool {
                match self { $(CallName::$name => $waits,)* }
            }
        }
    };
}

calls! {
    Socket "socket" false
    Bind "bind" false
    Listen "listen" false
    Accept4 "accept4" true
    Connect "connect" false
    Shutdown "shutdown" false
    Getsockname "getsockname" false
    Getpeername "getpeername" false
    Getsockopt "getsockopt" false
    Setsockopt "setsockopt" false
    Send "send" true
    Sendmsg "sendmsg" true
    Recv "recv" true
    Sendto "sendto" true
    Recvfrom "recvfrom" true
    Read "read" true
    Readv "readv" true
    Write "write" true
    Writev "writev" true
    Close "close" false
    Open "open" false
    Pipe2 "pipe2" false
    Dup "dup" false
    Dup2 "dup2" false
    Dup3 "dup3" false
    Fcntl "fcntl" false
    Ioctl "ioctl" false
    Getrlimit "getrlimit" false
    Setrlimit "setrlimit" false
    EpollCreate1 "epoll_create1" false
    EpollCtl "epoll_ctl" false
    EpollWait "epoll_pwait2" true
    Eventfd "eventfd" false
    Clone "clone" false
    Join "join" false
    Park "park" false
    Unpark "unpark" false
    Getrandom "getrandom" false
}
