//! From one connection to another.

use core::fmt;

use super::{Conn, OpError};

/// Bytes moved at a time, as Go's `io.Copy`.
const BUFFER_BYTES: usize = 32 * 1024;

/// A copy that failed: on which side, and how much had been copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyError {
    /// Reading failed after so many bytes had been written.
    Read(u64, OpError),
    /// Writing failed after so many bytes had been written.
    Write(u64, OpError),
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CopyError::Read(copied, error) | CopyError::Write(copied, error) => {
                write!(f, "after {copied} bytes: {error}")
            }
        }
    }
}

impl std::error::Error for CopyError {}

/// Copies from `source` to `target` until the end of `source`: how many bytes. The target stays open in both
/// directions; a relay tells the end on with [`Conn::close_write`].
///
/// Neither side is locked while the other one waits, so that both can be closed meanwhile (golang/go#25985).
pub async fn copy(source: &impl Conn, target: &impl Conn) -> Result<u64, CopyError> {
    let mut buf = vec![0; BUFFER_BYTES];
    let mut copied = 0;
    loop {
        let read = source.read(&mut buf).await.map_err(|error| CopyError::Read(copied, error))?;
        if read == 0 {
            return Ok(copied);
        }
        match target.write(&buf[..read]).await {
            Ok(written) => copied += written as u64,
            Err(error) => return Err(CopyError::Write(copied + error.written as u64, error)),
        }
    }
}
