use napi::Env;
use napi::bindgen_prelude::BufferSlice;

/// What a method throws: `.code` is stable, the message is for people.
pub type Thrown = napi::Error<&'static str>;
pub type Result<T> = std::result::Result<T, Thrown>;

pub fn thrown(error: plumbline_core::Error) -> Thrown {
    Thrown::new(error.code, error.message)
}

pub fn invalid(what: impl Into<String>) -> Thrown {
    Thrown::new("invalid_argument", what.into())
}

/// A failure inside Node-API itself, for instance out of memory.
pub fn engine(error: napi::Error) -> Thrown {
    Thrown::new("engine_failed", error.reason.clone())
}

pub fn buffer<'env>(env: &Env, bytes: impl AsRef<[u8]>) -> Result<BufferSlice<'env>> {
    BufferSlice::copy_from(env, bytes).map_err(engine)
}
