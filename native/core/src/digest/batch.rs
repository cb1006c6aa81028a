/// The value of a reading. Text is known to be UTF-8, `Unsigned` to be above `i64::MAX`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
}

/// One measured value inside a batch; its stream is that of the [`Run`] it lies in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading<'a> {
    pub sequence: u64,
    /// Microseconds since the Unix epoch.
    pub source_time_us: i64,
    /// OPC UA StatusCode.
    pub quality: u32,
    pub flags: u32,
    pub value: Value<'a>,
    /// The evidence record itself; the leaf carries its SHA-256.
    pub evidence: Option<&'a [u8]>,
}

/// The readings of one stream: `readings[start..start + count]` of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub stream: [u8; 16],
    pub start: usize,
    pub count: usize,
}

/// Readings in payload order: runs ascending by stream id, sequences ascending inside a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<'a> {
    pub secret: [u8; 32],
    pub runs: Vec<Run>,
    pub readings: Vec<Reading<'a>>,
}

/// Sequences and times stay exact in JavaScript numbers.
pub(super) const SAFE_MAX: u64 = (1 << 53) - 1;

pub(super) fn is_safe_time(time_us: i64) -> bool {
    time_us.unsigned_abs() <= SAFE_MAX
}

impl Batch<'_> {
    /// The stream of the reading at a position in payload order.
    pub fn stream_at(&self, position: usize) -> Option<&[u8; 16]> {
        let after = self.runs.partition_point(|run| run.start <= position);
        let run = self.runs.get(after.checked_sub(1)?)?;
        (position < run.start + run.count).then_some(&run.stream)
    }
}
