//! What JavaScript cannot do fast or strictly enough for Plumbline: whole-batch digests, the one
//! strict signature rule, and the Raft state machine without disk, network or clock.
//!
//! Nothing here knows Node. Every function is given its input and returns a value or an [`Error`]
//! with a stable code; the crate `plumbline-addon` is the border to JavaScript.

pub mod digest;
mod error;
pub mod pages;
pub mod raft;
pub mod signature;

pub use error::{Error, Result};
