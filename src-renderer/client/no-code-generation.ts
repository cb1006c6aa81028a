/**
 * zod compiles its object parsers with `new Function` where it may. Our content security policy forbids that, and even the
 * attempt is reported as a violation, so it is told not to try. Import this before any schema.
 */
import { config } from 'zod'

config({ jitless: true })
