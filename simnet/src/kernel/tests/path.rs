//! Virtual files.

use super::*;

fn machine() -> Machine {
    let mut m = Machine::new();
    m.kernel.set_path(HostId(0), "/etc/hosts", Some(b"127.0.0.1 localhost\n"));
    m
}

fn open(m: &mut Machine, path: &'static str, flags: OFlags) -> Result<Fd, Errno> {
    m.call(|k, call| k.open(call, path, flags))
}

#[test]
fn a_file_is_read_to_its_end_by_all_copies_together() {
    let mut m = machine();
    let fd = open(&mut m, "/etc/hosts", OFlags::empty()).expect("open");
    let copy = m.call(|k, call| k.dup(call, fd)).expect("dup");
    assert_eq!(m.call(|k, call| k.ioctl_fionread(call, fd)), Ok(20));
    assert_eq!(m.read(fd, 10), Ok(b"127.0.0.1 ".to_vec()));
    assert_eq!(m.read(copy, 100), Ok(b"localhost\n".to_vec()));
    assert_eq!(m.read(fd, 100), Ok(vec![]));
    let other = open(&mut m, "/etc/hosts", OFlags::empty()).expect("open");
    assert_eq!(m.read(other, 3), Ok(b"127".to_vec()), "every open begins at the front");
}

#[test]
fn what_is_not_there_or_not_for_writing_does_not_open() {
    let mut m = machine();
    assert_eq!(open(&mut m, "/etc/host", OFlags::empty()), Err(Errno::ENOENT));
    assert_eq!(open(&mut m, "", OFlags::empty()), Err(Errno::ENOENT));
    assert_eq!(open(&mut m, "/etc/hosts/x", OFlags::empty()), Err(Errno::ENOTDIR));
    assert_eq!(open(&mut m, "/etc/hosts", OFlags::WRONLY), Err(Errno::EACCES));
    assert_eq!(open(&mut m, "/etc/hosts", OFlags::RDWR), Err(Errno::EACCES));
    let elsewhere = m.kernel.add_process(HostId(1));
    let mut call = m.kernel.begin(elsewhere, Tid(0));
    let answer = m.kernel.open(&mut call, "/etc/hosts", OFlags::empty());
    assert_eq!(answer, Err(Stop::Errno(Errno::ENOENT)), "another host has other files");
}

#[test]
fn a_file_cannot_be_written_or_watched() {
    let mut m = machine();
    let fd = open(&mut m, "/etc/hosts", OFlags::empty()).expect("open");
    let epfd = m.epoll();
    assert_eq!(m.write(fd, b"x"), Err(Errno::EBADF));
    for op in [EpollOp::Add, EpollOp::Mod, EpollOp::Del] {
        assert_eq!(m.control(epfd, op, fd, IN), Err(Errno::EPERM));
        assert_eq!(m.control(fd, op, fd, IN), Err(Errno::EPERM), "even before EINVAL");
    }
}

#[test]
fn an_open_file_keeps_its_content() {
    let mut m = machine();
    let fd = open(&mut m, "/etc/hosts", OFlags::empty()).expect("open");
    m.kernel.set_path(HostId(0), "/etc/hosts", None);
    assert_eq!(open(&mut m, "/etc/hosts", OFlags::empty()), Err(Errno::ENOENT));
    assert_eq!(m.read(fd, 3), Ok(b"127".to_vec()));
}
