//! A small key-value service over netcore: `GET`, `SET` and `INCR` in the Redis protocol, with a client that pools its
//! connections. It is the example of `docs/your-service.md`, and has a bug that shows in one run of a thousand.
//!
//! | module | what it is |
//! |---|---|
//! | [`resp`] | the protocol |
//! | [`store`] | what is kept |
//! | [`server`] | a task for each connection |
//! | [`client`] | requests over pooled connections |
//! | [`scenario`] | all of it in a machine room, and what must be true of it |

pub mod client;
pub mod resp;
pub mod scenario;
pub mod server;
pub mod store;
