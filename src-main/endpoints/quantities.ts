import { z } from 'zod'

/** Microseconds since 1970-01-01T00:00:00Z. */
export const TimeUs = z.int()
/** A count, size, index or sequence. */
export const Count = z.int().min(0)
