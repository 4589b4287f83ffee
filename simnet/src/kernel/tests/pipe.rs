//! Blocked readers and writers of pipes.

use super::*;

#[test]
fn blocked_readers_are_served_first_come_first_served() {
    let mut m = Machine::new();
    let (r, w) = m.pipe();
    let readers = [m.reader(r, 1), m.reader(r, 1), m.reader(r, 1)];
    for (nth, byte) in [b'a', b'b', b'c'].into_iter().enumerate() {
        assert_eq!(m.write(w, &[byte]), Ok(1));
        assert_eq!(finished(&m, &readers), readers[..=nth]);
        assert_eq!(m.take(readers[nth]), Some(Ok(Done::Bytes(vec![byte]))));
    }
}

#[test]
fn a_woken_reader_passes_the_wakeup_on_when_it_leaves_something() {
    let mut m = Machine::new();
    let (r, w) = m.pipe();
    let readers = [m.reader(r, 1), m.reader(r, 1), m.reader(r, 1)];
    assert_eq!(m.write(w, b"xy"), Ok(2));
    assert_eq!(finished(&m, &readers), readers[..2]);
}

#[test]
fn a_blocking_write_goes_on_as_pages_become_free_and_wakes_the_reader_first() {
    let mut m = Machine::new();
    let (r, w) = m.pipe();
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
    let writer = m.writer(w, bytes.clone());
    let mut got = Vec::new();
    while got.len() < bytes.len() {
        assert!(m.is_blocked(writer) || got.len() + 65_536 >= bytes.len());
        got.extend(m.read(r, 5000).expect("there is something"));
    }
    assert_eq!(m.take(writer), Some(Ok(Done::Count(bytes.len()))));
    assert!(got == bytes, "the bytes come in order");
}

#[test]
fn a_blocked_writer_wakes_when_a_page_is_free_not_before() {
    let mut m = Machine::new();
    let (r, w) = m.pipe();
    assert_eq!(m.write(w, &[0; 65_536]), Ok(65_536));
    let writer = m.writer(w, vec![1]);
    assert_eq!(m.read(r, 4095).map(|got| got.len()), Ok(4095));
    assert!(m.is_blocked(writer));
    assert_eq!(m.read(r, 1).map(|got| got.len()), Ok(1));
    assert_eq!(m.take(writer), Some(Ok(Done::Count(1))));
}

#[test]
fn blocked_writers_are_served_first_come_first_served() {
    let mut m = Machine::new();
    let (r, w) = m.pipe();
    assert_eq!(m.write(w, &[0; 65_536]), Ok(65_536));
    let writers = [m.writer(w, vec![1; 4096]), m.writer(w, vec![2; 4096])];
    assert_eq!(m.read(r, 4096).map(|got| got.len()), Ok(4096));
    assert_eq!(finished(&m, &writers), writers[..1]);
    assert_eq!(m.read(r, 8192).map(|got| got.len()), Ok(8192));
    assert_eq!(finished(&m, &writers), writers);
}

#[test]
fn the_last_writer_gone_wakes_every_reader_with_end_of_file() {
    let mut m = Machine::new();
    let (r, w) = m.pipe();
    let readers = [m.reader(r, 1), m.reader(r, 1)];
    let copy = m.call(|k, call| k.dup(call, w)).expect("dup");
    assert_eq!(m.close(w), Ok(()));
    assert_eq!(finished(&m, &readers), []);
    assert_eq!(m.close(copy), Ok(()));
    for reader in readers {
        assert_eq!(m.take(reader), Some(Ok(Done::Bytes(vec![]))));
    }
}

#[test]
fn the_reader_gone_ends_a_blocked_write_with_what_went_in_before() {
    let mut m = Machine::new();
    let (r, w) = m.pipe();
    let part = m.writer(w, vec![0; 70_000]);
    let none = m.writer(w, vec![0; 4096]);
    assert_eq!(m.close(r), Ok(()));
    assert_eq!(m.take(part), Some(Ok(Done::Count(65_536))));
    assert_eq!(m.take(none), Some(Err(Errno::EPIPE)));
}
