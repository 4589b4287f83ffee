//! The service on a real machine: `cargo run --release -p kv --bin kv-server -- 127.0.0.1:6379`, then `redis-cli incr x`.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use kv::server::serve;
use netcore::net::TcpListener;
use netcore::os::Os;
use netcore::rt::{Config, Runtime};

fn main() -> Result<(), Box<dyn Error>> {
    let addr = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6379".to_owned());
    let addr: SocketAddr =
        addr.parse().map_err(|error| format!("`{addr}`: {error}; an address is 127.0.0.1:6379"))?;
    let runtime = Runtime::new(Os, Config::default()).map_err(|errno| format!("no runtime: {errno}"))?;
    let listener = Arc::new(TcpListener::listen(runtime.handle(), addr)?);
    println!("listening on {}", listener.addr());
    runtime.block_on(serve(runtime.handle().clone(), listener));
    Ok(())
}
