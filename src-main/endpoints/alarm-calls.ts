/** Calls about alarms: what stands, and what people do about it. */
import { z } from 'zod'
import { Alarm, Alarms } from './alarm-model.ts'
import { OPERATORS, type Endpoint } from './endpoint.ts'
import { ledgerRemark, plainName } from './inputs.ts'
import { As } from './person-calls.ts'
import { Count } from './quantities.ts'

const id = z.string().min(1).max(1_000)
/** ISA-18.2 has more alarms in a flood than a person acknowledges one by one. */
const ids = z.array(id).min(1).max(200)
const by = plainName
  .optional()
  .meta({ description: 'For programs of this machine: who does it. A session does it in its own name.' })

export const alarmCalls = {
  alarms: {
    method: 'GET',
    path: '/api/alarms',
    access: 'signed-in',
    response: Alarms,
    summary: 'Alarms with their states, the most urgent first, and the figures of ISA-18.2',
  },
  acknowledgeAlarms: {
    method: 'POST',
    path: '/api/alarms/acknowledge',
    access: OPERATORS,
    body: z.strictObject({ ids, reason: ledgerRemark.optional(), by, as: As.optional() }),
    response: z.object({ alarms: z.array(Alarm) }),
    summary:
      'Say that alarms were seen, all of them or none; one about tampering needs a reason, and the key of who says it (`as`) where that person signs on the ledger. Said again it changes nothing',
  },
  shelveAlarm: {
    method: 'POST',
    path: '/api/alarms/shelve',
    access: OPERATORS,
    body: z.strictObject({ id, minutes: Count.min(1), reason: ledgerRemark, by }),
    response: z.object({ alarm: Alarm }),
    summary: 'Keep an alarm out of sight for a time, at most 24 hours; never one about tampering',
  },
  unshelveAlarm: {
    method: 'POST',
    path: '/api/alarms/unshelve',
    access: OPERATORS,
    body: z.strictObject({ id, reason: ledgerRemark.optional(), by }),
    response: z.object({ alarm: Alarm }),
    summary: 'Show a shelved alarm again before its time',
  },
} as const satisfies Record<string, Endpoint>
