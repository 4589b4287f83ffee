//! A connection as a stream of futures-io, which is what most crates ask for.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use futures_io::{AsyncRead, AsyncWrite};

use super::{Cause, TcpStream};
use crate::poll::Mode;
use crate::sys::Sys;

/// A read that has been polled keeps the connection's read lock until it is ready: other tasks that read through
/// `&self` wait meanwhile.
impl<S: Sys> AsyncRead for TcpStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = ready!(this.fd.poll_read(&mut this.read_op, cx, buf));
        Poll::Ready(result.map_err(|error| this.error("read", Cause::of("read", error)).into()))
    }
}

impl<S: Sys> AsyncWrite for TcpStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = ready!(this.fd.poll_write(&mut this.write_op, cx, buf));
        Poll::Ready(result.map_err(|error| this.error("write", Cause::of("write", error)).into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Shuts the writing half down; the descriptor is closed when the connection is dropped.
    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.fd.abandon(Mode::Write, &mut this.write_op);
        Poll::Ready(this.close_write().map_err(Into::into))
    }
}
