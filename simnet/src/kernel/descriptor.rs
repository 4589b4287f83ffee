//! Calls on descriptors: close(2), dup(2), fcntl(2), getrlimit(2) (fs/file.c, fs/fcntl.c).

use netcore::sys::{DupFlags, Errno, Fd, FdFlags, OFlags, Rlimit};

use super::ids::{FileId, Pid};
use super::process::Slot;
use super::report::{Misuse, Report};
use super::{Answer, Call, Kernel};
use crate::choice::Point;

impl Kernel {
    /// The file that `fd` names, which the call holds from here to its end. A further attempt gets the
    /// file of the first, whatever the number stands for meanwhile, and leaves the wait queue.
    pub fn resolve(&mut self, call: &mut Call, fd: Fd) -> Result<FileId, Errno> {
        if let Some(file) = call.file {
            self.unqueue(call);
            return Ok(file);
        }
        let file = self.lookup(call, fd, Misuse::StaleDescriptor)?;
        self.files[file].references += 1;
        call.file = Some(file);
        Ok(file)
    }

    /// The file that `fd` names right now, for calls that do not wait.
    pub(super) fn lookup(&mut self, call: &Call, fd: Fd, misuse: Misuse) -> Result<FileId, Errno> {
        let slot = self.process(call.process).slot(fd.number);
        if fd.open != 0 && slot.is_none_or(|(_, slot)| slot.open != fd.open) {
            let found = slot.map(|(_, slot)| slot.open);
            let (process, thread) = (call.process, call.thread);
            self.reports.push(Report { process, thread, fd, misuse, found });
        }
        slot.map(|(file, _)| file).ok_or(Errno::EBADF)
    }

    /// Gives the file, whose creator's reference it takes over, the lowest free number. `EMFILE` if there
    /// is none below the limit: then the file is gone.
    pub fn install(&mut self, process: Pid, file: FileId, cloexec: bool) -> Result<Fd, Errno> {
        match self.free_number(process, 0) {
            Ok(number) => Ok(self.install_at(process, number, file, cloexec)),
            Err(errno) => {
                self.put(file);
                Err(errno)
            }
        }
    }

    /// Takes a number for the descriptor that the call will make, before it waits (accept4(2) does so). A
    /// call that ends without [`Kernel::install_reserved`] gives it back.
    pub fn reserve(&mut self, call: &mut Call) -> Result<(), Errno> {
        if call.reserved.is_none() {
            call.reserved = Some(self.free_number(call.process, 0)?);
        }
        Ok(())
    }

    /// Puts the file into the number that the call has reserved.
    ///
    /// # Panics
    ///
    /// If the call has none.
    pub fn install_reserved(&mut self, call: &mut Call, file: FileId, cloexec: bool) -> Fd {
        let number = call.reserved.take().expect("`reserve` succeeded earlier in this call");
        self.install_at(call.process, number, file, cloexec)
    }

    /// Two numbers or none.
    pub(super) fn reserve_pair(&mut self, process: Pid) -> Result<(i32, i32), Errno> {
        let first = self.free_number(process, 0)?;
        match self.free_number(process, 0) {
            Ok(second) => Ok((first, second)),
            Err(errno) => {
                self.process_mut(process).unreserve(first);
                Err(errno)
            }
        }
    }

    /// Puts the file into a number, which is reserved.
    pub(super) fn install_at(&mut self, process: Pid, number: i32, file: FileId, cloexec: bool) -> Fd {
        let (fd, replaced) = self.replace(process, number, file, cloexec);
        debug_assert!(replaced.is_none(), "a reserved number holds no file");
        fd
    }

    /// close(2). The number is free at once; the file goes with its last reference, for which a socket
    /// with `SO_LINGER` makes the caller wait.
    pub fn close(&mut self, call: &mut Call, fd: Fd) -> Answer<()> {
        if call.file.is_none() {
            self.lookup(call, fd, Misuse::DoubleClose)?;
            call.file = self.process_mut(call.process).take(fd.number);
            self.check_registrations(call, fd);
        }
        self.unqueue(call);
        self.put_waiting(call)
    }

    /// dup(2).
    pub fn dup(&mut self, call: &mut Call, fd: Fd) -> Answer<Fd> {
        let file = self.resolve(call, fd)?;
        self.share(call, file, 0, false)
    }

    /// dup2(2). The same number twice is no change, even above the limit.
    pub fn dup2(&mut self, call: &mut Call, fd: Fd, number: i32) -> Answer<Fd> {
        if fd.number == number {
            self.lookup(call, fd, Misuse::StaleDescriptor)?;
            return Ok(self.descriptor(call.process, number));
        }
        self.dup_to(call, fd, number, false)
    }

    /// dup3(2).
    pub fn dup3(&mut self, call: &mut Call, fd: Fd, number: i32, flags: DupFlags) -> Answer<Fd> {
        if fd.number == number {
            return Err(Errno::EINVAL.into());
        }
        self.dup_to(call, fd, number, flags.contains(DupFlags::CLOEXEC))
    }

    /// fcntl(2) `F_DUPFD_CLOEXEC`.
    pub fn fcntl_dupfd_cloexec(&mut self, call: &mut Call, fd: Fd, min: i32) -> Answer<Fd> {
        let file = self.resolve(call, fd)?;
        if min < 0 || min as u64 >= self.process(call.process).limit.soft {
            return Err(Errno::EINVAL.into());
        }
        self.share(call, file, min, true)
    }

    /// fcntl(2) `F_GETFD`.
    pub fn fcntl_getfd(&mut self, call: &mut Call, fd: Fd) -> Answer<FdFlags> {
        self.lookup(call, fd, Misuse::StaleDescriptor)?;
        let slot = self.process(call.process).slot(fd.number);
        let cloexec = slot.is_some_and(|(_, slot)| slot.cloexec);
        Ok(if cloexec { FdFlags::CLOEXEC } else { FdFlags::empty() })
    }

    /// fcntl(2) `F_SETFD`.
    pub fn fcntl_setfd(&mut self, call: &mut Call, fd: Fd, flags: FdFlags) -> Answer<()> {
        self.lookup(call, fd, Misuse::StaleDescriptor)?;
        self.process_mut(call.process).set_cloexec(fd.number, flags.contains(FdFlags::CLOEXEC));
        Ok(())
    }

    /// fcntl(2) `F_GETFL`.
    pub fn fcntl_getfl(&mut self, call: &mut Call, fd: Fd) -> Answer<OFlags> {
        let file = self.lookup(call, fd, Misuse::StaleDescriptor)?;
        Ok(self.files[file].flags)
    }

    /// fcntl(2) `F_SETFL`. Wakes nobody.
    pub fn fcntl_setfl(&mut self, call: &mut Call, fd: Fd, flags: OFlags) -> Answer<()> {
        let file = self.lookup(call, fd, Misuse::StaleDescriptor)?;
        self.files[file].flags.set(OFlags::NONBLOCK, flags.contains(OFlags::NONBLOCK));
        Ok(())
    }

    /// getrlimit(2) `RLIMIT_NOFILE`.
    pub fn getrlimit_nofile(&mut self, call: &mut Call) -> Answer<Rlimit> {
        Ok(self.process(call.process).limit)
    }

    /// setrlimit(2) `RLIMIT_NOFILE`, without `CAP_SYS_RESOURCE`. Descriptors above a lowered limit stay.
    pub fn setrlimit_nofile(&mut self, call: &mut Call, limit: Rlimit) -> Answer<()> {
        let process = self.process_mut(call.process);
        if limit.soft > limit.hard {
            return Err(Errno::EINVAL.into());
        }
        if limit.hard > process.limit.hard {
            return Err(Errno::EPERM.into());
        }
        process.limit = limit;
        Ok(())
    }

    /// Every descriptor that a process has open.
    pub fn leaks(&self, process: Pid) -> Vec<Fd> {
        self.process(process).descriptors().map(|(fd, _)| fd).collect()
    }

    /// `ksys_dup3`. What the number stood for is closed, which may take time.
    fn dup_to(&mut self, call: &mut Call, fd: Fd, number: i32, cloexec: bool) -> Answer<Fd> {
        let process = call.process;
        if call.file.is_none() {
            if number < 0 || number as u64 >= self.process(process).limit.soft {
                return Err(Errno::EBADF.into());
            }
            let file = self.lookup(call, fd, Misuse::StaleDescriptor)?;
            // "We need to detect attempts to do dup2() over allocated but still not finished
            // descriptor" (do_dup2).
            if self.process(process).is_reserved(number) {
                return Err(Errno::EBUSY.into());
            }
            self.files[file].references += 1;
            call.file = self.replace(process, number, file, cloexec).1;
        }
        self.unqueue(call);
        self.put_waiting(call)?;
        Ok(self.descriptor(process, number))
    }

    fn share(&mut self, call: &Call, file: FileId, min: i32, cloexec: bool) -> Answer<Fd> {
        let number = self.free_number(call.process, min)?;
        self.files[file].references += 1;
        Ok(self.install_at(call.process, number, file, cloexec))
    }

    fn free_number(&mut self, process: Pid, min: i32) -> Result<i32, Errno> {
        let number = self.process_mut(process).reserve(min)?;
        if self.choices.strike(Point::Emfile) {
            self.process_mut(process).unreserve(number);
            return Err(Errno::EMFILE);
        }
        Ok(number)
    }

    fn replace(&mut self, process: Pid, number: i32, file: FileId, cloexec: bool) -> (Fd, Option<FileId>) {
        self.opens = self.opens.wrapping_add(1).max(1);
        let slot = Slot { file: Some(file), open: self.opens, cloexec };
        let replaced = self.process_mut(process).put(number, slot);
        (Fd { number, open: slot.open }, replaced)
    }

    fn descriptor(&self, process: Pid, number: i32) -> Fd {
        let open = self.process(process).slot(number).map_or(0, |(_, slot)| slot.open);
        Fd { number, open }
    }
}
