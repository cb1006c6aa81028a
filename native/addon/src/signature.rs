use crate::border::{Result, buffer, invalid};
use napi::Env;
use napi::bindgen_prelude::BufferSlice;
use napi_derive::napi;
use plumbline_core::signature;

/// Whether a signature counts under the strict rule; false for any malformed input.
#[napi(catch_unwind)]
pub fn verify(alg: u32, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    signature::verify(alg, public_key, message, signature)
}

/// Checks a packed list (`u8 alg | u16le length | key | u32le length | message | u16le length |
/// signature` each) and answers with a byte 0 or 1 for each item.
#[napi(catch_unwind)]
pub fn verify_many<'env>(env: &'env Env, items: &[u8]) -> Result<BufferSlice<'env>> {
    let items = signature::parse_items(items)
        .ok_or_else(|| invalid("verifyMany: the packed list ends inside an item"))?;
    let verdicts: Vec<u8> = items
        .iter()
        .map(|item| {
            u8::from(signature::verify(
                u32::from(item.alg),
                item.key,
                item.message,
                item.signature,
            ))
        })
        .collect();
    buffer(env, verdicts)
}

/// Whether a key may be enrolled: canonical, on the curve, of prime order.
#[napi(catch_unwind)]
pub fn check_public_key(alg: u32, key: &[u8]) -> bool {
    signature::check_public_key(alg, key)
}
