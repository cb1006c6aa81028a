//! A virtual file system for SQLite that signs each page with a digest when it is written, to the main file or to its
//! write-ahead log, and compares it when it is read (`plumbline_core::pages`). What does not hold is an I/O error
//! (SQLITE_IOERR_DATA), never data. It lies over the system's own and changes nothing else.
//!
//! SQLite has computed a frame's checksum before the page reaches this file system, so that the log's checksums are computed
//! again here, from what stands in the file: any SQLite can recover such a log and fold it into the main file. Only the
//! writer's own copy of the newest checksum is another one, so that nobody else may append to a log while it is in use.
//!
//! It takes part only where a thread asked for it while opening (`check_opened_files`): whoever opens the file otherwise reads
//! what is there, and writes pages whose digests no longer hold, as anything does that writes beside the product.
//!
//! SQLite finds it by loading this same library as an extension (`sqlite3_plumbline_init`).

use crate::sqlite_abi::{
    API_DATABASE_FILE_OBJECT, API_FILE_CONTROL, API_VFS_FIND, API_VFS_REGISTER, CANT_OPEN,
    DatabaseFileObject, FCNTL_RESERVE_BYTES, File, FileControl, IOCAP_SUBPAGE_READ, IOERR_DATA,
    Methods, OK, OK_LOAD_PERMANENTLY, OPEN_MAIN_DB, OPEN_WAL, Vfs, VfsFind, VfsRegister,
};
use plumbline_core::pages::{
    FRAME_HEADER_BYTES, WAL_HEADER_BYTES, frame_checksum, page_holds, sign_page,
};
use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::mem::{size_of, transmute};
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

const PAGE_BYTES_MIN: c_int = 512;

/// A checked file; the system's own lies right behind it in the same memory.
#[repr(C)]
struct Checked {
    methods: *const Methods,
    is_log: bool,
    /// End of the pages that were written to a log since it began anew.
    written_to: i64,
}

struct System {
    base: *mut Vfs,
    main_of: DatabaseFileObject,
}

// SAFETY: what it points to is registered once and lives as long as the process.
unsafe impl Send for System {}
// SAFETY: as above; it is only read.
unsafe impl Sync for System {}

static SYSTEM: OnceLock<System> = OnceLock::new();

thread_local! {
    static CHECKING: Cell<bool> = const { Cell::new(false) };
    static DAMAGED: Cell<u32> = const { Cell::new(0) };
}

/// Whether main files that this thread opens from now on are checked.
pub fn check_opened_files(on: bool) {
    CHECKING.set(on);
}

/// Number of the page that did not hold last in this thread, counted from 1; 0 where none did. Forgets it.
pub fn take_damaged_page() -> u32 {
    DAMAGED.take()
}

/// Entry point for SQLite: registers the file system once a process, and makes the connection that loads it leave room for the
/// digests where its file is still empty.
///
/// # Safety
/// Called by SQLite, with a connection and its table of routines.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlite3_plumbline_init(
    connection: *mut c_void,
    _message: *mut *mut c_char,
    api: *const *const c_void,
) -> c_int {
    // SAFETY: the routines at these places have these types in every SQLite since 3.31.
    unsafe {
        let file_control: FileControl = transmute(*api.add(API_FILE_CONTROL));
        let find: VfsFind = transmute(*api.add(API_VFS_FIND));
        let register: VfsRegister = transmute(*api.add(API_VFS_REGISTER));
        let main_of: DatabaseFileObject = transmute(*api.add(API_DATABASE_FILE_OBJECT));
        SYSTEM.get_or_init(|| {
            let base = find(null());
            let mut vfs = *base;
            vfs.file_bytes += size_of::<Checked>() as c_int;
            vfs.name = c"plumbline".as_ptr();
            vfs.next = null_mut();
            vfs.open = open;
            register(Box::into_raw(Box::new(vfs)), 1);
            System { base, main_of }
        });
        let mut reserved: c_int = plumbline_core::pages::DIGEST_BYTES as c_int;
        let main = c"main".as_ptr();
        file_control(
            connection,
            main,
            FCNTL_RESERVE_BYTES,
            (&raw mut reserved).cast(),
        );
    }
    OK_LOAD_PERMANENTLY
}

static METHODS: Methods = Methods {
    // Without memory mapping, which would pass by the checks.
    version: 2,
    close,
    read,
    write,
    truncate,
    sync,
    file_size,
    lock,
    unlock,
    check_reserved_lock,
    file_control,
    sector_size,
    device_characteristics,
    shm_map,
    shm_lock,
    shm_barrier,
    shm_unmap,
};

unsafe extern "C" fn open(
    _: *mut Vfs,
    name: *const c_char,
    file: *mut File,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives `file_bytes` bytes at `file`, aligned for any structure.
    unsafe {
        let Some(system) = SYSTEM.get() else {
            return CANT_OPEN;
        };
        let is_log = flags & OPEN_WAL != 0;
        let is_ours = if is_log {
            is_checked((system.main_of)(name))
        } else {
            flags & OPEN_MAIN_DB != 0 && !name.is_null() && CHECKING.get()
        };
        if !is_ours {
            return ((*system.base).open)(system.base, name, file, flags, out);
        }
        let ours = file.cast::<Checked>();
        (*ours).methods = null();
        let inner = inner(file);
        (*inner).methods = null();
        let result = ((*system.base).open)(system.base, name, inner, flags, out);
        if (*inner).methods.is_null() {
            return result;
        }
        if result != OK || (*(*inner).methods).version < METHODS.version {
            ((*(*inner).methods).close)(inner);
            return if result == OK { CANT_OPEN } else { result };
        }
        ours.write(Checked {
            methods: &raw const METHODS,
            is_log,
            written_to: 0,
        });
        OK
    }
}

unsafe fn is_checked(file: *mut File) -> bool {
    // SAFETY: SQLite gives the open main file of a log, or nothing.
    unsafe { !file.is_null() && std::ptr::eq((*file).methods, &raw const METHODS) }
}

unsafe fn inner(file: *mut File) -> *mut File {
    // SAFETY: `open` lays it there.
    unsafe { file.cast::<Checked>().add(1).cast() }
}

unsafe fn system_methods<'a>(file: *mut File) -> &'a Methods {
    // SAFETY: set by the system's `open`, and valid until it is closed.
    unsafe { &*(*inner(file)).methods }
}

fn is_whole_page(amount: c_int) -> bool {
    amount >= PAGE_BYTES_MIN && amount.count_ones() == 1
}

fn done(result: c_int) -> Result<(), c_int> {
    if result == OK { Ok(()) } else { Err(result) }
}

unsafe extern "C" fn read(
    file: *mut File,
    bytes: *mut c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: SQLite's buffer holds `amount` bytes; `file` was opened here.
    unsafe {
        let result = (system_methods(file).read)(inner(file), bytes, amount, offset);
        if result != OK || !is_whole_page(amount) {
            return result;
        }
        let page = std::slice::from_raw_parts(bytes.cast::<u8>(), amount as usize);
        let number = match page_number(file, amount, offset) {
            Ok(number) => number,
            Err(result) => return result,
        };
        if page_holds(number.into(), page) {
            return OK;
        }
        DAMAGED.set(number.max(1));
        IOERR_DATA
    }
}

/// Which page of the database stands at an offset; a log says it in the header of the frame.
unsafe fn page_number(file: *mut File, amount: c_int, offset: i64) -> Result<u32, c_int> {
    // SAFETY: as in `read`.
    unsafe {
        if !(*file.cast::<Checked>()).is_log {
            return Ok((offset / i64::from(amount)) as u32 + 1);
        }
        let mut number = [0; 4];
        read_exactly(file, &mut number, offset - FRAME_HEADER_BYTES as i64)?;
        Ok(u32::from_be_bytes(number))
    }
}

unsafe fn read_exactly(file: *mut File, to: &mut [u8], offset: i64) -> Result<(), c_int> {
    let (bytes, amount) = (to.as_mut_ptr().cast(), to.len() as c_int);
    // SAFETY: as in `read`.
    done(unsafe { (system_methods(file).read)(inner(file), bytes, amount, offset) })
}

unsafe extern "C" fn write(
    file: *mut File,
    bytes: *const c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: as in `read`.
    unsafe {
        let given = std::slice::from_raw_parts(bytes.cast::<u8>(), amount as usize);
        let is_log = (*file.cast::<Checked>()).is_log;
        let result = match (is_log, is_whole_page(amount)) {
            (false, false) => pass_write(file, given, offset),
            (false, true) => write_page(file, given, offset).map(|_| ()),
            (true, true) => write_frame_page(file, given, offset),
            (true, false) => write_log_header(file, given, offset),
        };
        result.err().unwrap_or(OK)
    }
}

unsafe fn pass_write(file: *mut File, bytes: &[u8], offset: i64) -> Result<(), c_int> {
    let (from, amount) = (bytes.as_ptr().cast(), bytes.len() as c_int);
    // SAFETY: as in `read`.
    done(unsafe { (system_methods(file).write)(inner(file), from, amount, offset) })
}

/// Writes a signed copy of a page, which stays as it is in SQLite's memory; gives what was written.
unsafe fn write_page(file: *mut File, page: &[u8], offset: i64) -> Result<Vec<u8>, c_int> {
    // SAFETY: as in `read`.
    unsafe {
        let number = page_number(file, page.len() as c_int, offset)?;
        let mut signed = page.to_vec();
        sign_page(number.into(), &mut signed);
        pass_write(file, &signed, offset)?;
        Ok(signed)
    }
}

unsafe fn write_frame_page(file: *mut File, page: &[u8], offset: i64) -> Result<(), c_int> {
    // SAFETY: as in `read`.
    unsafe {
        let signed = write_page(file, page, offset)?;
        let ours = file.cast::<Checked>();
        (*ours).written_to = (*ours).written_to.max(offset + page.len() as i64);
        write_checksum(file, &signed, offset)
    }
}

/// The header of a log or of a frame. Of a frame that stands already, SQLite writes the header alone, with a checksum of its own.
unsafe fn write_log_header(file: *mut File, header: &[u8], offset: i64) -> Result<(), c_int> {
    // SAFETY: as in `read`.
    unsafe {
        pass_write(file, header, offset)?;
        let ours = file.cast::<Checked>();
        if offset == 0 {
            (*ours).written_to = 0;
        }
        let page_at = offset + FRAME_HEADER_BYTES as i64;
        if header.len() != FRAME_HEADER_BYTES || page_at >= (*ours).written_to {
            return Ok(());
        }
        let mut size = [0; 4];
        read_exactly(file, &mut size, 8)?;
        let mut page = vec![0; u32::from_be_bytes(size) as usize];
        read_exactly(file, &mut page, page_at)?;
        write_checksum(file, &page, page_at)
    }
}

/// Gives the frame of a page the checksum that follows from the frame before it.
unsafe fn write_checksum(file: *mut File, page: &[u8], page_at: i64) -> Result<(), c_int> {
    let start = page_at - FRAME_HEADER_BYTES as i64;
    let (mut magic, mut begin, mut before) = ([0; 4], [0; 8], [0; 8]);
    let is_first = start == WAL_HEADER_BYTES as i64;
    // The checksum before is the end of the log's header, or of the header of the frame before.
    let before_at = if is_first {
        24
    } else {
        start - page.len() as i64 - 8
    };
    // SAFETY: as in `read`.
    unsafe {
        read_exactly(file, &mut magic, 0)?;
        read_exactly(file, &mut begin, start)?;
        read_exactly(file, &mut before, before_at)?;
        let sum = frame_checksum(u32::from_be_bytes(magic), before, begin, page);
        pass_write(file, &sum, start + 16)
    }
}

unsafe extern "C" fn device_characteristics(file: *mut File) -> c_int {
    // SAFETY: as in `read`.
    unsafe { (system_methods(file).device_characteristics)(inner(file)) & !IOCAP_SUBPAGE_READ }
}

/// Methods that only pass on.
macro_rules! pass_on {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {$(
        unsafe extern "C" fn $name(file: *mut File, $($argument: $type),*) -> $result {
            // SAFETY: as in `read`.
            unsafe { (system_methods(file).$name)(inner(file), $($argument),*) }
        }
    )*};
}

pass_on! {
    close() -> c_int;
    truncate(size: i64) -> c_int;
    sync(flags: c_int) -> c_int;
    file_size(size: *mut i64) -> c_int;
    lock(level: c_int) -> c_int;
    unlock(level: c_int) -> c_int;
    check_reserved_lock(held: *mut c_int) -> c_int;
    file_control(operation: c_int, argument: *mut c_void) -> c_int;
    sector_size() -> c_int;
    shm_map(region: c_int, bytes: c_int, extend: c_int, at: *mut *mut c_void) -> c_int;
    shm_lock(first: c_int, count: c_int, flags: c_int) -> c_int;
    shm_barrier() -> ();
    shm_unmap(delete: c_int) -> c_int;
}
