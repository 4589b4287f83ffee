//! Virtual files: the read-only regular files that a network stack looks into, such as `/etc/hosts` and
//! `/proc/sys/net/core/somaxconn`. There is no file system: no directories, permissions or writing.

use std::collections::BTreeMap;
use std::io::IoSliceMut;
use std::sync::Arc;

use netcore::sys::{Errno, Fd, OFlags};

use super::file::{File, FileKind};
use super::ids::HostId;
use super::{Answer, Call, Kernel};

/// The content of every virtual file of every host.
#[derive(Debug, Default)]
pub(super) struct Paths {
    contents: BTreeMap<(HostId, String), Arc<[u8]>>,
}

impl Paths {
    /// `ENOENT` for a path that is not there, `ENOTDIR` for one through a file.
    fn find(&self, host: HostId, path: &str) -> Result<Arc<[u8]>, Errno> {
        if let Some(content) = self.contents.get(&(host, path.into())) {
            return Ok(content.clone());
        }
        let mut ancestors = path.match_indices('/').map(|(at, _)| &path[..at]);
        let through_file = ancestors.any(|above| self.contents.contains_key(&(host, above.into())));
        Err(if through_file { Errno::ENOTDIR } else { Errno::ENOENT })
    }
}

/// A virtual file as one open file description reads it. It keeps the content of the time of its open.
#[derive(Debug)]
pub(super) struct OpenPath {
    content: Arc<[u8]>,
    at: usize,
}

impl OpenPath {
    /// Bytes to the end.
    pub(super) fn left(&self) -> usize {
        self.content.len() - self.at
    }

    pub(super) fn read(&mut self, bufs: &mut [IoSliceMut<'_>]) -> usize {
        let before = self.at;
        for buf in bufs {
            let part = buf.len().min(self.left());
            buf[..part].copy_from_slice(&self.content[self.at..self.at + part]);
            self.at += part;
        }
        self.at - before
    }
}

impl Kernel {
    /// Makes a host have a file; `None` removes it. Descriptors that are open keep reading the old content.
    pub fn set_path(&mut self, host: HostId, path: &str, content: Option<&[u8]>) {
        match content {
            Some(content) => drop(self.paths.contents.insert((host, path.into()), content.into())),
            None => drop(self.paths.contents.remove(&(host, path.into()))),
        }
    }

    /// open(2): only for reading, else `EACCES`.
    pub fn open(&mut self, call: &mut Call, path: &str, flags: OFlags) -> Answer<Fd> {
        let content = self.paths.find(self.process(call.process).host, path)?;
        if flags.intersects(OFlags::WRONLY | OFlags::RDWR) {
            return Err(Errno::EACCES.into());
        }
        let open = self.open_paths.insert(OpenPath { content, at: 0 });
        let file = File::new(FileKind::Path(open), flags);
        Ok(self.create(call.process, file, flags.contains(OFlags::CLOEXEC))?)
    }
}
