/** People of a test channel: each signs like a member, and speaks in a role of its own. */
import { toHex } from '../../src-main/wire/bytes.ts'
import type { ActHash } from '../../src-main/record/act-state.ts'
import type { CoreEvents } from '../../src-main/record/kinds.ts'
import { personProof } from '../../src-main/record/kinds/person.ts'
import type { PersonRole } from '../../src-main/record/person-fields.ts'
import type { SignedStatement, TestChannel, TestMember } from './channel.ts'
import { testMember } from './channel.ts'

export interface TestPerson extends TestMember {
  readonly role: PersonRole
  readonly keeper: TestMember
}

/** Somebody whom nobody has enrolled yet; the same keys in every run. */
export function testPerson(keeper: TestMember, name: string, role: PersonRole): TestPerson {
  return { ...testMember('person', name, 0, false), role, keeper }
}

/** What enrols a person. */
export function enrolment(channel: TestChannel, person: TestPerson): CoreEvents['person.enrolled'] {
  const { actor, name, role, keeper, keys } = person
  const proof = keys.entry.sign(personProof(channel.channel, keeper.actor, actor))
  return { person: actor, name, roles: [role], alg: 1, public: keys.entry.public, proof }
}

/** How an act is named that this statement proposes. */
export function actOf({ statementHash }: SignedStatement): ActHash {
  return toHex(statementHash) as ActHash
}
