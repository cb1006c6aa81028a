use crate::border::{Result, invalid};
use crate::checked_file;
use napi_derive::napi;
use plumbline_core::pages::{inspect_wal, page_holds};

/// What a write-ahead log says.
#[napi(object, object_from_js = false)]
pub struct WalReport {
    pub frames: i64,
    pub pages: Vec<u32>,
    pub header_damaged: bool,
    pub commits_lost: i64,
}

/// Whether SQLite files that this thread opens from now on are checked page by page.
#[napi]
pub fn check_opened_files(on: bool) {
    checked_file::check_opened_files(on);
}

/// The page that a checked file of this thread refused last; 0 where none was. Forgets it.
#[napi]
pub fn take_damaged_page() -> u32 {
    checked_file::take_damaged_page()
}

/// Of pages that lie one after the other from page number `first` (counted from 1), those that do not hold.
#[napi(catch_unwind)]
pub fn damaged_pages(bytes: &[u8], page_bytes: u32, first: u32) -> Result<Vec<u32>> {
    let size = page_bytes as usize;
    if size < 512 {
        return Err(invalid(format!(
            "page_bytes is {size}; a page has at least 512"
        )));
    }
    let pages = bytes.chunks_exact(size).zip(first..);
    Ok(pages
        .filter(|(page, number)| !page_holds(u64::from(*number), page))
        .map(|(_, number)| number)
        .collect())
}

/// What a write-ahead log of an SQLite file says about itself.
#[napi(catch_unwind)]
pub fn check_wal(bytes: &[u8], page_bytes: u32) -> WalReport {
    let report = inspect_wal(bytes, page_bytes as usize);
    WalReport {
        frames: report.frames as i64,
        pages: report.pages,
        header_damaged: report.header_damaged,
        commits_lost: report.commits_lost as i64,
    }
}
