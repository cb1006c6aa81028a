//! The border between JavaScript and `plumbline-core`: converts arguments and results, nothing else.
//! Every call is synchronous. Results are copied into buffers of the engine's own, because one that
//! owned Rust memory would not be freed while a synchronous loop runs.

mod border;
mod digest;
mod signature;
