//! TCP on the operating system, one behaviour a test, after Go's own tests of its net package.

use core::future::Future;
use core::time::Duration;
use std::sync::Arc;

use netcore::net::{Cause, Dialer, TcpListener, TcpStream};
use netcore::os::Os;
use netcore::rt::{Config, Handle, Metrics, Runtime, Trigger};
use netcore::sys::{Clock, Errno, Instant};

/// Long enough for anything that ends at all, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

fn with_runtime<F: Future<Output = ()>>(test: impl Fn(Handle) -> F) {
    for trigger in [Trigger::Edge, Trigger::OneShot, Trigger::Level] {
        for workers in [1, 2] {
            let runtime = Runtime::new(Os, Config { workers, trigger }).unwrap();
            let handle = runtime.handle().clone();
            let limit = handle.timeout(PATIENCE, test(handle.clone()));
            runtime.block_on(limit).expect("the test ends");
            assert_eq!(runtime.shutdown(), Metrics::default());
        }
    }
}

fn listen(handle: &Handle) -> TcpListener {
    TcpListener::listen(handle, "127.0.0.1:0".parse().unwrap()).unwrap()
}

async fn pair(handle: &Handle) -> (TcpStream, TcpStream) {
    let listener = listen(handle);
    let client = Dialer::default().dial(handle, listener.addr()).await.unwrap();
    let server = listener.accept().await.unwrap();
    listener.close().await.unwrap();
    (client, server)
}

fn long_ago() -> Option<Instant> {
    Some(Instant::from_nanos(1))
}

#[test]
fn what_is_written_is_read_on_the_other_side() {
    with_runtime(|handle| async move {
        let (client, server) = pair(&handle).await;
        let sent: Vec<u8> = (0..1_000_000_u32).map(|i| (i / 3) as u8).collect();
        let expected = sent.clone();
        let writing = handle.spawn(async move {
            client.write(&sent).await.unwrap();
            client.close_write().unwrap();
            let mut rest = [0; 8];
            assert_eq!(client.read(&mut rest).await, Ok(2), "reading goes on after the half-close");
        });
        let mut all = Vec::new();
        let mut buf = vec![0; 5000];
        while let n @ 1.. = server.read(&mut buf).await.unwrap() {
            all.extend_from_slice(&buf[..n]);
        }
        assert!(all == expected);
        server.write(b"ok").await.unwrap();
        writing.await.unwrap();
    });
}

#[test]
fn addresses_are_those_of_the_two_ends() {
    with_runtime(|handle| async move {
        let (client, server) = pair(&handle).await;
        assert_eq!(client.local_addr().unwrap(), server.peer_addr());
        assert_eq!(server.local_addr().unwrap(), client.peer_addr());
    });
}

#[test]
fn a_close_wakes_a_reader_that_waits() {
    with_runtime(|handle| async move {
        let (client, server) = pair(&handle).await;
        let client = Arc::new(client);
        let reader = client.clone();
        let reading = handle.spawn(async move { reader.read(&mut [0; 8]).await });
        handle.sleep(Duration::from_millis(5)).await;
        client.close().await.unwrap();
        assert_eq!(reading.await.unwrap().unwrap_err().cause, Cause::Closed);
        assert_eq!(client.close().await.unwrap_err().cause, Cause::Closed, "the second close fails");
        assert_eq!(server.read(&mut [0; 8]).await, Ok(0), "the peer sees the end");
    });
}

#[test]
fn every_acceptor_leaves_when_the_listener_is_closed_and_the_address_is_free() {
    with_runtime(|handle| async move {
        let listener = Arc::new(listen(&handle));
        let acceptors: Vec<_> = (0..10)
            .map(|_| {
                let listener = listener.clone();
                handle.spawn(async move { listener.accept().await.unwrap_err().cause })
            })
            .collect();
        handle.sleep(Duration::from_millis(2)).await;
        listener.close().await.unwrap();
        for acceptor in acceptors {
            assert_eq!(acceptor.await.unwrap(), Cause::Closed);
        }
        TcpListener::listen(&handle, listener.addr()).unwrap();
    });
}

#[test]
fn a_past_deadline_beats_data_that_is_there_until_it_is_cleared() {
    with_runtime(|handle| async move {
        let (client, server) = pair(&handle).await;
        server.write(b"data").await.unwrap();
        client.set_read_deadline(long_ago()).unwrap();
        for _ in 0..3 {
            let error = client.read(&mut [0; 8]).await.unwrap_err();
            assert!(error.is_timeout(), "{error}");
            assert!(error.to_string().ends_with("i/o timeout"), "{error}");
        }
        client.set_read_deadline(None).unwrap();
        assert_eq!(client.read(&mut [0; 8]).await, Ok(4));
    });
}

#[test]
fn a_deadline_ends_a_read_that_waits_and_never_early() {
    with_runtime(|handle| async move {
        let (client, _server) = pair(&handle).await;
        let until = handle.now() + Duration::from_millis(3);
        client.set_deadline(Some(until)).unwrap();
        assert!(client.read(&mut [0; 8]).await.unwrap_err().is_timeout());
        assert!(Os.now() >= until);
        assert!(client.write(b"x").await.unwrap_err().is_timeout());
    });
}

#[test]
fn a_deadline_that_is_moved_by_another_task_ends_the_read_at_its_new_time() {
    with_runtime(|handle| async move {
        let (client, _server) = pair(&handle).await;
        let client = Arc::new(client);
        client.set_read_deadline(Some(handle.now() + Duration::from_secs(3600))).unwrap();
        let reader = client.clone();
        let reading = handle.spawn(async move { reader.read(&mut [0; 8]).await });
        handle.sleep(Duration::from_millis(2)).await;
        client.set_read_deadline(Some(handle.now() + Duration::from_millis(1))).unwrap();
        assert!(reading.await.unwrap().unwrap_err().is_timeout());
    });
}

#[test]
fn a_read_into_nothing_answers_at_once() {
    with_runtime(|handle| async move {
        let (client, _server) = pair(&handle).await;
        client.set_deadline(long_ago()).unwrap();
        assert_eq!(client.read(&mut []).await, Ok(0));
    });
}

#[test]
fn a_duplicate_lives_on_after_the_original_is_closed() {
    with_runtime(|handle| async move {
        let (client, server) = pair(&handle).await;
        let copy = client.duplicate().unwrap();
        client.close().await.unwrap();
        copy.write(b"still here").await.unwrap();
        assert_eq!(server.read(&mut [0; 32]).await, Ok(10));
        copy.close().await.unwrap();
        assert_eq!(server.read(&mut [0; 32]).await, Ok(0));
    });
}

#[test]
fn a_refused_dial_says_so_in_gos_words() {
    with_runtime(|handle| async move {
        let listener = listen(&handle);
        let addr = listener.addr();
        listener.close().await.unwrap();
        let error = Dialer::default().dial(&handle, addr).await.unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ECONNREFUSED));
        assert_eq!(error.to_string(), format!("dial tcp {addr}: connect: connection refused"));
    });
}

#[test]
fn a_dial_without_time_has_expired_already() {
    with_runtime(|handle| async move {
        let listener = listen(&handle);
        let dialer = Dialer { timeout: Some(Duration::ZERO), ..Dialer::default() };
        let error = dialer.dial(&handle, listener.addr()).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
    });
}

#[test]
fn a_cancelled_dial_says_so() {
    with_runtime(|handle| async move {
        let listener = listen(&handle);
        let error =
            Dialer::default().dial_until(&handle, listener.addr(), async {}).await.expect_err("cancelled");
        assert_eq!(error.cause, Cause::Cancelled);
    });
}

#[test]
fn a_reset_is_an_error_of_the_reader() {
    with_runtime(|handle| async move {
        let (client, server) = pair(&handle).await;
        server.set_linger(Some(0)).unwrap();
        server.close().await.unwrap();
        let error = client.read(&mut [0; 8]).await.unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ECONNRESET));
        assert!(!error.is_temporary(), "only an accept goes on after a reset");
    });
}

#[test]
fn a_vectored_write_arrives_in_order() {
    with_runtime(|handle| async move {
        let (client, server) = pair(&handle).await;
        let parts: Vec<Vec<u8>> = (0..3000_usize).map(|i| vec![i as u8; i % 7]).collect();
        let expected = parts.concat();
        let writing = handle.spawn(async move {
            let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            client.write_vectored(&slices).await
        });
        let mut all = Vec::new();
        let mut buf = [0; 1000];
        while let n @ 1.. = server.read(&mut buf).await.unwrap() {
            all.extend_from_slice(&buf[..n]);
            if all.len() == expected.len() {
                break;
            }
        }
        assert!(all == expected);
        assert_eq!(writing.await.unwrap(), Ok(expected.len()));
    });
}

#[test]
fn a_connection_is_a_stream_of_futures_io() {
    use futures_util::{AsyncReadExt, AsyncWriteExt};
    with_runtime(|handle| async move {
        let (mut client, mut server) = pair(&handle).await;
        client.write_all(b"hello").await.unwrap();
        AsyncWriteExt::close(&mut client).await.unwrap();
        let mut text = String::new();
        server.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "hello");
    });
}

#[test]
fn nothing_is_opened_on_a_runtime_that_is_shut_down() {
    let runtime = Runtime::new(Os, Config::default()).unwrap();
    let handle = runtime.handle().clone();
    runtime.shutdown();
    let refused = TcpListener::listen(&handle, "127.0.0.1:0".parse().unwrap()).map(drop).unwrap_err();
    assert_eq!(refused.to_string(), "listen tcp 127.0.0.1:0: runtime is shut down");
}

#[test]
fn a_shutdown_tells_of_the_descriptors_that_are_kept() {
    let runtime = Runtime::new(Os, Config::default()).unwrap();
    let listener = listen(runtime.handle());
    let left = runtime.shutdown();
    assert_eq!(left, Metrics { descriptors: 1, registrations: 1, ..Metrics::default() });
    drop(listener);
}
