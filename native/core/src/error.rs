use std::fmt;

/// An operating error: a stable code for programs, a message for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Stable, `snake_case`; becomes `.code` of the JavaScript error.
    pub code: &'static str,
    /// What is wrong, where, and what to do about it.
    pub message: String,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Error {}
