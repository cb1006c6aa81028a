//! What `checked_file` uses of SQLite's interface to file systems and extensions: structures and numbers are those of sqlite3.h
//! and sqlite3ext.h, which only ever grow at their ends.

use std::ffi::{c_char, c_int, c_void};

pub const OK: c_int = 0;
pub const CANT_OPEN: c_int = 14;
pub const IOERR_DATA: c_int = 8202;
pub const OK_LOAD_PERMANENTLY: c_int = 256;
pub const OPEN_MAIN_DB: c_int = 0x100;
pub const OPEN_WAL: c_int = 0x8_0000;
pub const FCNTL_RESERVE_BYTES: c_int = 38;
/// A part of a page says nothing about its digest.
pub const IOCAP_SUBPAGE_READ: c_int = 0x8000;
/// Places in `sqlite3_api_routines`.
pub const API_FILE_CONTROL: usize = 127;
pub const API_VFS_FIND: usize = 141;
pub const API_VFS_REGISTER: usize = 142;
pub const API_DATABASE_FILE_OBJECT: usize = 251;

pub type FileControl =
    unsafe extern "C" fn(*mut c_void, *const c_char, c_int, *mut c_void) -> c_int;
pub type VfsFind = unsafe extern "C" fn(*const c_char) -> *mut Vfs;
pub type VfsRegister = unsafe extern "C" fn(*mut Vfs, c_int) -> c_int;
pub type DatabaseFileObject = unsafe extern "C" fn(*const c_char) -> *mut File;
pub type Open =
    unsafe extern "C" fn(*mut Vfs, *const c_char, *mut File, c_int, *mut c_int) -> c_int;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Vfs {
    pub version: c_int,
    pub file_bytes: c_int,
    pub path_bytes_max: c_int,
    pub next: *mut Vfs,
    pub name: *const c_char,
    pub app_data: *mut c_void,
    pub open: Open,
    /// The others stay the system's own, which are told this structure in place of theirs and use of it only what was copied.
    pub others: [*const c_void; 15],
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Vfs>() == 168);

#[repr(C)]
pub struct Methods {
    pub version: c_int,
    pub close: unsafe extern "C" fn(*mut File) -> c_int,
    pub read: unsafe extern "C" fn(*mut File, *mut c_void, c_int, i64) -> c_int,
    pub write: unsafe extern "C" fn(*mut File, *const c_void, c_int, i64) -> c_int,
    pub truncate: unsafe extern "C" fn(*mut File, i64) -> c_int,
    pub sync: unsafe extern "C" fn(*mut File, c_int) -> c_int,
    pub file_size: unsafe extern "C" fn(*mut File, *mut i64) -> c_int,
    pub lock: unsafe extern "C" fn(*mut File, c_int) -> c_int,
    pub unlock: unsafe extern "C" fn(*mut File, c_int) -> c_int,
    pub check_reserved_lock: unsafe extern "C" fn(*mut File, *mut c_int) -> c_int,
    pub file_control: unsafe extern "C" fn(*mut File, c_int, *mut c_void) -> c_int,
    pub sector_size: unsafe extern "C" fn(*mut File) -> c_int,
    pub device_characteristics: unsafe extern "C" fn(*mut File) -> c_int,
    pub shm_map: unsafe extern "C" fn(*mut File, c_int, c_int, c_int, *mut *mut c_void) -> c_int,
    pub shm_lock: unsafe extern "C" fn(*mut File, c_int, c_int, c_int) -> c_int,
    pub shm_barrier: unsafe extern "C" fn(*mut File),
    pub shm_unmap: unsafe extern "C" fn(*mut File, c_int) -> c_int,
}

#[repr(C)]
pub struct File {
    pub methods: *const Methods,
}
