use napi_derive::napi;

/// What the operating system says about its clock.
#[napi(object, object_from_js = false)]
pub struct SystemClock {
    /// The clock that the rest is about, in microseconds since 1970.
    pub wall_us: i64,
    /// Bound of its error; the kernel lets it grow while nobody corrects the clock.
    pub max_error_us: i64,
}

/// None where the system keeps no such account, or does not let it be read.
#[napi]
pub fn system_clock() -> Option<SystemClock> {
    kernel::clock()
}

/// Microseconds since the system started, time asleep included; None where it has no such clock.
#[napi]
pub fn since_boot_us() -> Option<i64> {
    kernel::since_boot_us()
}

// On 32-bit systems the numbers of these structs are narrower.
#[allow(clippy::useless_conversion)]
#[cfg(target_os = "linux")]
mod kernel {
    use super::SystemClock;
    use std::mem::zeroed;

    pub fn clock() -> Option<SystemClock> {
        // SAFETY: all its fields are numbers, so zeros are a value of it; `modes` 0 makes the call read only.
        let mut timex: libc::timex = unsafe { zeroed() };
        // SAFETY: it writes into this struct alone.
        if unsafe { libc::adjtimex(&mut timex) } < 0 {
            return None;
        }
        let fraction = i64::from(timex.time.tv_usec);
        let fraction_us = if timex.status & libc::STA_NANO == 0 {
            fraction
        } else {
            fraction / 1_000
        };
        Some(SystemClock {
            wall_us: i64::from(timex.time.tv_sec) * 1_000_000 + fraction_us,
            max_error_us: i64::from(timex.maxerror),
        })
    }

    pub fn since_boot_us() -> Option<i64> {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: it writes into this struct alone.
        if unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut time) } != 0 {
            return None;
        }
        Some(i64::from(time.tv_sec) * 1_000_000 + i64::from(time.tv_nsec) / 1_000)
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use super::SystemClock;

    pub fn clock() -> Option<SystemClock> {
        None
    }

    pub fn since_boot_us() -> Option<i64> {
        None
    }
}
