//! The `simnet` command over this service: `cargo run --release -p kv -- hunt`.

simnet::main!(kv::scenario::all());
