import { z } from 'zod'
import { LANGUAGES } from '../wire/languages.ts'

/** A name in further languages; missing where it was given as one text. Readers show the one in their language, else the name itself. */
export const Translations = z.partialRecord(z.enum(LANGUAGES), z.string()).meta({ id: 'Translations' })
