import { expect, test } from 'vitest'
import { releaserOf } from '../../../src-main/api/answers/certificates.ts'

test('who is signed in releases a certificate in their own name, whatever they send', () => {
  expect(releaserOf({ name: 'M. Lindner', via: 'session' }, 'K. Pohl')).toBe('M. Lindner')
  expect(releaserOf({ name: 'M. Lindner', via: 'session' }, undefined)).toBe('M. Lindner')
})

test('a program of this machine is nobody: it names a person or nobody', () => {
  expect(releaserOf({ name: 'this machine', via: 'token' }, 'K. Pohl')).toBe('K. Pohl')
  expect(releaserOf({ name: 'this machine', via: 'token' }, undefined)).toBe('')
})
