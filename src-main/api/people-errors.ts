/** What is wrong with a person, a name, or the list of them, and what to do. */
import { ApiError } from './api-error.ts'
import { likeNames } from './person-name.ts'

export function personExists(name: string): ApiError {
  return new ApiError(
    409,
    'person_exists',
    `"${name}" is on the list already`,
    'Give another name. For a new passphrase: plumbline person reset. For another role, end this person and enrol it anew.',
  )
}

export function looksAlike(message: string): ApiError {
  return new ApiError(
    409,
    'person_looks_alike',
    message,
    'Write each word in one script, and give a name that nobody takes for another, such as with the first name written out.',
  )
}

/**
 * 404 with where the names are.
 *
 * @param names on the list, where whoever asks may see them: who may have been meant is said
 */
export function unknownPerson(name: string, names: readonly string[] = []): ApiError {
  const like = likeNames(name, names)
  return new ApiError(
    404,
    'unknown_person',
    `there is no person "${name}" at this gateway${like === '' ? '' : `.${like}`}`,
    'Name one on the list: plumbline person list.',
  )
}

export function invalidPerson(message: string): ApiError {
  return new ApiError(400, 'invalid_person', message, 'Choose another and try again.')
}

export function unreadable(file: string, why: string): ApiError {
  return new ApiError(
    500,
    'people_file',
    `${file} can't be read: ${why}`,
    'Restore it from a backup, or move it away and add the people again.',
  )
}
