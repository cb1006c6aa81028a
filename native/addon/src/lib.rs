//! The border between JavaScript and `plumbline-core`: converts arguments and results, nothing else.
//! Every call is synchronous. Results are copied into buffers of the engine's own, because one that
//! owned Rust memory would not be freed while a synchronous loop runs.

// Without Node there is nothing that could call it: its tests are in test/unit/native.
#![cfg_attr(test, allow(dead_code))]

mod border;
mod checked_file;
mod digest;
mod pages;
mod raft;
mod raft_objects;
mod signature;
mod sqlite_abi;
mod state_tree;
mod system_clock;

/// Runs once when the library is loaded. A panic is reported to JavaScript as an error with its
/// message; the default hook would print it, with a backtrace, into the daemon's log as well.
#[napi_derive::module_init]
fn silence_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}
