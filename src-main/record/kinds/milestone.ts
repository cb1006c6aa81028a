import type { AssetMilestone } from '../asset-state.ts'
import type { Kind } from '../kind.ts'
import { WRITERS } from '../person-fields.ts'
import { nullable, oneOf, record, text, timeUs } from '../schema.ts'

const MILESTONE_STATUS = ['planned', 'estimated', 'actual'] as const

/** When an asset is to reach a milestone, is thought to, or did. */
export interface MilestoneStated {
  readonly asset: string
  /** Such as `gate-out`. */
  readonly milestone: string
  readonly status: (typeof MILESTONE_STATUS)[number]
  readonly atUs: number
  readonly place: string | null
}

const TIMES = { planned: 'plannedUs', estimated: 'estimatedUs', actual: 'actualUs' } as const
const NONE: AssetMilestone = { plannedUs: null, estimatedUs: null, actualUs: null }

export const milestoneStated: Kind<MilestoneStated> = {
  form: record({
    asset: text(),
    milestone: text(),
    status: oneOf(MILESTONE_STATUS),
    atUs: timeUs,
    place: nullable(text()),
  }),
  byHand: true,
  roles: WRITERS,
  related: ({ asset }) => [asset],
  assets: ({ asset }) => [asset],
  contracts: 'note',
  codes: [],
  decide(view, _event, { asset, milestone, status, atUs }) {
    const known = view.get('asset-milestone', [asset, milestone]) ?? NONE
    return [{ kind: 'asset-milestone', id: [asset, milestone], value: { ...known, [TIMES[status]]: atUs } }]
  },
  example: {
    asset: 'VIN:WDB9066331S123456',
    milestone: 'gate-out',
    status: 'planned',
    atUs: 1_773_208_800_000_000,
    place: 'Gate 2',
  },
}
