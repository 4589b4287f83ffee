//! pipe(7).

use std::io::{IoSlice, IoSliceMut};

use netcore::sys::{Errno, Fd};

use crate::verbs::*;

const PAGE: usize = 4096;

/// Fills all pages but `free`.
fn fill<S: Machine>(s: &S, writer: Fd, free: usize) {
    for _ in free..16 {
        assert_eq!(s.write(writer, &[7; PAGE]), Ok(PAGE));
    }
}

pub(crate) fn a_pipe_holds_sixteen_pages<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    assert_eq!(s.write(writer, &[1; 100_000]), Ok(65_536));
    assert_eq!(s.write(writer, &[1]), Err(Errno::EAGAIN));
    assert_eq!(read(s, reader, 100_000).map(|got| got.len()), Ok(65_536));
    assert_eq!(read(s, reader, 1), Err(Errno::EAGAIN));
}

pub(crate) fn a_page_read_in_part_frees_nothing<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    fill(s, writer, 0);
    read(s, reader, 4095).unwrap();
    assert_eq!((s.write(writer, &[1]), state(s, writer)), (Err(Errno::EAGAIN), NONE));
    read(s, reader, 1).unwrap();
    assert_eq!((state(s, writer), s.write(writer, &[1])), (OUT, Ok(1)));
}

pub(crate) fn small_writes_share_the_last_page_if_they_fit_whole<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    fill(s, writer, 1);
    assert_eq!(s.write(writer, &[1; 100]), Ok(100));
    assert_eq!(state(s, writer), NONE, "no page is free");
    assert_eq!(s.write(writer, &[2; 3997]), Err(Errno::EAGAIN));
    assert_eq!(s.write(writer, &[2; 3996]), Ok(3996), "though there is room in the last one");
    assert_eq!(s.write(writer, &[3]), Err(Errno::EAGAIN));
    assert_eq!(read(s, reader, 100_000).map(|got| got.len()), Ok(65_536));
}

pub(crate) fn a_write_of_up_to_a_page_is_all_or_nothing<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    fill(s, writer, 1);
    assert_eq!(s.write(writer, &[1; 4000]), Ok(4000));
    assert_eq!(s.write(writer, &[1; PAGE]), Err(Errno::EAGAIN));
    assert_eq!(s.write(writer, &[1; 97]), Err(Errno::EAGAIN));
    assert_eq!(s.write(writer, &[1; 96]), Ok(96));
    read(s, reader, 65_536).unwrap();
}

pub(crate) fn a_larger_write_takes_what_fits<S: Machine>(s: &S) {
    let (_reader, writer) = pipe(s);
    fill(s, writer, 2);
    assert_eq!(s.write(writer, &[1; 10_000]), Ok(2 * PAGE));
    let (_reader, writer) = pipe(s);
    fill(s, writer, 1);
    assert_eq!(s.write(writer, &[1; 10]), Ok(10));
    // What exceeds whole pages joins the ten bytes; there is no page for the rest.
    assert_eq!(s.write(writer, &[1; 5000]), Ok(5000 - PAGE));
    assert_eq!(s.write(writer, &[1; 2 * PAGE]), Err(Errno::EAGAIN));
}

pub(crate) fn end_of_file_and_broken_pipe<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    s.write(writer, b"last").unwrap();
    s.close(writer).unwrap();
    assert_eq!(read(s, reader, 3), Ok(b"las".to_vec()));
    assert_eq!(read(s, reader, 3), Ok(b"t".to_vec()));
    assert_eq!(read(s, reader, 3), Ok(vec![]));
    assert_eq!(read(s, reader, 3), Ok(vec![]));
    let (reader, writer) = pipe(s);
    s.close(reader).unwrap();
    assert_eq!(s.write(writer, b"x"), Err(Errno::EPIPE));
    assert_eq!(s.write(writer, b"x"), Err(Errno::EPIPE));
    assert_eq!(s.write(writer, b""), Ok(0));
}

pub(crate) fn nothing_is_read_and_written_without_looking<S: Machine>(s: &S) {
    let (reader, writer) = blocking_pipe(s);
    assert_eq!(s.read(reader, &mut []), Ok(0));
    assert_eq!(s.readv(reader, &mut []), Ok(0));
    assert_eq!(s.write(writer, &[]), Ok(0));
    assert_eq!(s.writev(writer, &[]), Ok(0));
    assert_eq!(state(s, reader), NONE);
}

pub(crate) fn vectors_are_filled_and_sent_in_order<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    let parts = [b"ab".as_slice(), b"", b"cdefg"].map(IoSlice::new);
    assert_eq!(s.writev(writer, &parts), Ok(7));
    let (mut one, mut two, mut three) = ([0; 3], [0; 0], [0; 10]);
    let mut into = [&mut one[..], &mut two, &mut three].map(IoSliceMut::new);
    assert_eq!(s.readv(reader, &mut into), Ok(7));
    assert_eq!((&one, &three[..4]), (b"abc", b"defg".as_slice()));
}

pub(crate) fn the_readiness_of_both_ends<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    assert_eq!((state(s, reader), state(s, writer)), (NONE, OUT));
    fill(s, writer, 0);
    assert_eq!((state(s, reader), state(s, writer)), (IN, NONE));
    let copy = s.dup(writer).unwrap();
    s.close(writer).unwrap();
    assert_eq!(state(s, reader), IN);
    s.close(copy).unwrap();
    assert_eq!(state(s, reader), IN | HUP);
    read(s, reader, 65_536).unwrap();
    assert_eq!(state(s, reader), HUP);
    let (reader, writer) = pipe(s);
    s.close(reader).unwrap();
    assert_eq!(state(s, writer), OUT | ERR);
    let (reader, writer) = pipe(s);
    fill(s, writer, 0);
    s.close(reader).unwrap();
    assert_eq!(state(s, writer), ERR);
}

pub(crate) fn a_copied_writer_keeps_the_pipe_open<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    let copy = s.dup(writer).unwrap();
    s.close(writer).unwrap();
    assert_eq!(read(s, reader, 1), Err(Errno::EAGAIN));
    s.write(copy, b"x").unwrap();
    s.close(copy).unwrap();
    assert_eq!(read(s, reader, 2), Ok(b"x".to_vec()));
    assert_eq!(read(s, reader, 2), Ok(vec![]));
}
