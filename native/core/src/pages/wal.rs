//! SQLite's write-ahead log (File Format 4): each frame carries a checksum over all frames before it. SQLite compares it
//! only when it recovers a log, and then takes what follows a frame that does not hold for never written.

pub const WAL_HEADER_BYTES: usize = 32;
pub const FRAME_HEADER_BYTES: usize = 24;

const MAGIC_LITTLE: u32 = 0x377f_0682;
const MAGIC_BIG: u32 = 0x377f_0683;

/// What a whole log says.
#[derive(Debug, PartialEq, Eq)]
pub struct WalReport {
    /// Frames up to the first one that does not hold.
    pub frames: u64,
    /// Page numbers of all frames of this generation, repeated ones included.
    pub pages: Vec<u32>,
    /// The header is no header of a log, though frames follow it.
    pub header_damaged: bool,
    /// Transactions that were committed at or after the first frame that does not hold. One may be what a power cut left of the
    /// newest; two are damage.
    pub commits_lost: u64,
}

/// Checksum of a frame, as it stands in its header: over the first eight bytes of that header and the page, going on from
/// `before`, the checksum of the frame before it or of the log's header.
#[must_use]
pub fn frame_checksum(magic: u32, before: [u8; 8], begin: [u8; 8], page: &[u8]) -> [u8; 8] {
    let big = magic == MAGIC_BIG;
    let (a, b) = checksum(
        big,
        checksum(big, (be32(&before, 0), be32(&before, 4)), &begin),
        page,
    );
    let mut sum = [0; 8];
    sum[..4].copy_from_slice(&a.to_be_bytes());
    sum[4..].copy_from_slice(&b.to_be_bytes());
    sum
}

#[must_use]
pub fn inspect_wal(wal: &[u8], page_bytes: usize) -> WalReport {
    let mut report = WalReport {
        frames: 0,
        pages: Vec::new(),
        header_damaged: false,
        commits_lost: 0,
    };
    let frame_bytes = FRAME_HEADER_BYTES + page_bytes;
    if wal.len() < WAL_HEADER_BYTES + frame_bytes {
        return report;
    }
    if !header_holds(wal, page_bytes) {
        report.header_damaged = true;
        return report;
    }
    let magic = be32(wal, 0);
    let mut before = eight(wal, 24);
    let mut holding = true;
    for frame in wal[WAL_HEADER_BYTES..].chunks_exact(frame_bytes) {
        let (header, page) = frame.split_at(FRAME_HEADER_BYTES);
        // Both salts change when a log begins anew; where only one differs, it was a bit of this frame that did.
        let salts = [header[8..12] == wal[16..20], header[12..16] == wal[20..24]];
        if !salts[0] && !salts[1] {
            break;
        }
        let stored = eight(header, 16);
        let sum = frame_checksum(magic, before, eight(header, 0), page);
        holding = holding && salts[0] && salts[1] && sum == stored;
        before = stored;
        report.pages.push(be32(header, 0));
        if holding {
            report.frames += 1;
        } else if be32(header, 4) != 0 {
            report.commits_lost += 1;
        }
    }
    report
}

fn header_holds(wal: &[u8], page_bytes: usize) -> bool {
    let magic = be32(wal, 0);
    if (magic != MAGIC_LITTLE && magic != MAGIC_BIG) || be32(wal, 8) as usize != page_bytes {
        return false;
    }
    checksum(magic == MAGIC_BIG, (0, 0), &wal[..24]) == (be32(wal, 24), be32(wal, 28))
}

/// File Format 4.2.
fn checksum(big: bool, start: (u32, u32), bytes: &[u8]) -> (u32, u32) {
    let (mut a, mut b) = start;
    for pair in bytes.chunks_exact(8) {
        let [x, y] = [&pair[..4], &pair[4..]].map(|word| {
            let word = [word[0], word[1], word[2], word[3]];
            if big {
                u32::from_be_bytes(word)
            } else {
                u32::from_le_bytes(word)
            }
        });
        a = a.wrapping_add(x).wrapping_add(b);
        b = b.wrapping_add(y).wrapping_add(a);
    }
    (a, b)
}

fn eight(bytes: &[u8], at: usize) -> [u8; 8] {
    std::array::from_fn(|i| bytes[at + i])
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
