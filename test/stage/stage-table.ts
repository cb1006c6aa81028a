/**
 * Every screen of the console in every state it can be in: which address, which answers. One table for the route that shows them
 * to a person, for the matrix that measures them, and for the accessibility checker.
 *
 * **A new screen** gets one member here; the compiler asks for it (`Record<Screen, Staged>`), and so does the test of this table.
 * Usually its address and the calls it waits for are enough:
 *
 *     people: { hash: '#/people', asks: ['peopleAndKeys'] },
 *
 * From these follow all seven states: *live* is the plant's usual answer (`console-fixture*.ts`), *loading* never answers those
 * calls, *failed* refuses them, *degraded* answers them once and then refuses, with the event stream lost, *tampered* is the plant
 * whose record was changed, *empty* the gateway of the first minute, *unknown* one that cannot tell. Where a state differs, `but`
 * says how: another scenario, answers of its own (made of the usual ones and typed by the table of endpoints), another address; or,
 * as a sentence, why there is no such state. A dialog is a member of `below` whose `click` opens it.
 */
import type { EndpointName } from '../../src-main/endpoints/table.ts'
import type { Screen } from '../../src-renderer/words/screens.ts'
import type { Answers } from '../support/console-fixture.ts'
import { at, type Scenario, streamOf } from '../support/console-fixture-plant.ts'

export const stateNames = ['live', 'empty', 'loading', 'failed', 'degraded', 'tampered', 'unknown'] as const
export type StateName = (typeof stateNames)[number]

interface Variation {
  scenario?: Scenario
  hash?: string
  answers?: Answers
  click?: readonly string[]
}

export interface Staged {
  hash: string
  /** The calls whose answers it waits for. */
  asks: readonly EndpointName[]
  /** Nobody is signed in. */
  outside?: true
  /** Who is signed in, where it must be somebody in particular. */
  who?: string
  /** Pressed one after the other, each as soon as it is there, as selectors. */
  click?: readonly string[]
  but?: Partial<Record<StateName, Variation | string>>
}

const curves = [
  streamOf('pasteuriser', 'holding'),
  streamOf('pasteuriser', 'hot-water'),
  streamOf('filler-1', 'inflow'),
].join(',')

const screenStages: Record<Screen, Staged> = {
  overview: { hash: '#/overview', asks: ['status', 'activity'] },
  sources: { hash: '#/sources', asks: ['points'] },
  trends: { hash: `#/trends?points=${curves}`, asks: ['series'], but: { empty: { hash: '#/trends' } } },
  alarms: {
    hash: '#/alarms',
    asks: ['alarms'],
    but: { live: { scenario: 'alarms' }, loading: { scenario: 'alarms' }, failed: { scenario: 'alarms' } },
  },
  ledger: {
    hash: '#/ledger?entry=84067&position=10',
    asks: ['entry', 'blocks', 'block', 'proofSteps'],
    but: {
      empty: { hash: '#/ledger' },
      degraded: { answers: { blocks: 'once', proofSteps: 'fails' } },
      tampered: { hash: '#/ledger?entry=82147&position=0' },
    },
  },
  peers: { hash: '#/peers', asks: ['peers'] },
  certificates: { hash: '#/certificates', asks: ['assets', 'previewCertificate'] },
  packs: { hash: '#/packs', asks: ['packs', 'packDifference'], who: 'R. Hofmann' },
  acts: { hash: '#/acts', asks: ['acts'], who: 'R. Hofmann' },
  people: { hash: '#/people', asks: ['enrolledPeople', 'persons', 'keys'], who: 'R. Hofmann' },
}

const finderKeys = ['.bar .find, .nav .more button', '.bar .find, dialog .find, dialog input']
const exportKey = '.workplace [aria-keyshortcuts="Control+S"]'
const whole = 'it waits for nothing of its own'
const asBefore = 'stands over a screen that has this state'
const dialog = { loading: asBefore, failed: asBefore, degraded: asBefore, empty: asBefore, unknown: asBefore } as const

const belowStages = {
  // The fullest bar: simulated, with an alarm, and whoever sits at the machine.
  'sources-all': {
    hash: '#/sources',
    who: 'Site manager',
    asks: ['points'],
    but: {
      live: { scenario: 'sources' },
      empty: asBefore,
      loading: asBefore,
      failed: asBefore,
      tampered: asBefore,
      unknown: asBefore,
    },
  },
  'sources-trust': {
    hash: '#/sources?source=gw-fill-1%2Ffiller-3',
    asks: ['sourceCertificate'],
    but: {
      live: { scenario: 'sources' },
      loading: { scenario: 'sources' },
      failed: { scenario: 'sources' },
      degraded: { scenario: 'sources' },
      empty: asBefore,
      tampered: asBefore,
      unknown: asBefore,
    },
  },
  'trends-pinned': { hash: `#/trends?points=${curves}&at=${at(13, 40, 30, 412)}`, asks: ['readings'], but: dialog },
  'trends-table': {
    hash: `#/trends?points=${curves}&view=table`,
    asks: ['readings'],
    but: { empty: asBefore, unknown: asBefore },
  },
  'trends-custom': {
    hash: `#/trends?points=${curves}&span=custom&from=${at(13, 0, 0)}&to=${at(14, 0, 0)}`,
    asks: [],
    but: dialog,
  },
  'trends-points': {
    hash: `#/trends?points=${curves}`,
    asks: [],
    click: ['.trends .pick'],
    but: dialog,
  },
  'ledger-newest': {
    hash: '#/ledger',
    asks: ['blocks'],
    but: { empty: asBefore, tampered: asBefore, unknown: asBefore },
  },
  'ledger-event': { hash: '#/ledger?entry=84064', asks: [], but: dialog },
  'ledger-found': {
    hash: '#/ledger?gateway=gw-past-2&asset=VIN:WVWZZZ1JZXW000001',
    asks: ['findEntries'],
    but: { ...dialog, tampered: asBefore },
  },
  'ledger-not-here': { hash: '#/ledger?entry=999999', asks: [], but: { ...dialog, tampered: asBefore } },
  'certificates-reason': {
    hash: '#/certificates',
    asks: [],
    click: ['.gaps button'],
    but: { ...dialog, tampered: asBefore },
  },
  'certificates-register': { hash: '#/certificates?show=register', who: 'Site manager', asks: ['certificates'] },
  'certificates-filtered': {
    hash: '#/certificates?show=register&status=superseded',
    asks: ['certificates'],
    but: { ...dialog, tampered: asBefore },
  },
  'certificates-replace': {
    hash: '#/certificates?show=issue&asset=urn:epc:id:sscc:4012345.3000000123&supersedes=PL-2026-0307-0012',
    asks: ['assets', 'previewCertificate'],
    but: { ...dialog, tampered: asBefore },
  },
  'certificates-verify': {
    hash: '#/certificates?show=verify',
    asks: [],
    but: { empty: whole, loading: whole, failed: whole, degraded: whole, unknown: whole },
  },
  'person-menu': {
    hash: '#/overview',
    asks: [],
    click: ['.bar .menu, .nav .more button', '.bar .menu, dialog .who'],
    but: { ...dialog, tampered: asBefore },
  },
  'change-passphrase': {
    hash: '#/overview',
    asks: [],
    click: ['.bar .menu, .nav .more button', '.bar .menu, dialog .who', 'dialog .passphrase'],
    but: { ...dialog, tampered: asBefore },
  },
  acknowledge: {
    hash: '#/overview',
    asks: [],
    click: ['.banner .primary'],
    but: { ...dialog, live: 'there is nothing to acknowledge' },
  },
  'find-dialog': {
    hash: '#/overview',
    asks: [],
    click: finderKeys,
    but: { ...dialog, tampered: asBefore },
  },
  help: {
    hash: '#/ledger',
    asks: [],
    click: [...finderKeys, 'dialog [id$="-help"]'],
    but: { ...dialog, tampered: asBefore },
  },
  'alarms-calm': {
    hash: '#/alarms',
    asks: ['alarms'],
    but: { empty: asBefore, tampered: asBefore, unknown: asBefore },
  },
  // From the search, as from F8: the first is picked.
  'next-alarm': {
    hash: '#/overview',
    asks: [],
    click: [...finderKeys, 'dialog [id$="-alarm"]'],
    but: { ...dialog, live: { scenario: 'alarms' } },
  },
  'alarms-flood': {
    hash: '#/alarms',
    asks: [],
    click: ['.alarms .rest .go', '.alarms .under .rowkey'],
    but: { ...dialog, live: { scenario: 'alarms' }, tampered: asBefore },
  },
  'alarms-shelved': {
    hash: '#/alarms',
    asks: [],
    click: ['.alarms tr.shelved .rowkey'],
    but: { ...dialog, live: { scenario: 'alarms' }, tampered: asBefore },
  },
  export: {
    hash: `#/trends?points=${curves}`,
    asks: ['exportEstimate'],
    click: [exportKey],
    but: { empty: asBefore, degraded: asBefore },
  },
  'export-done': {
    hash: '#/ledger',
    asks: ['exportRange'],
    click: [exportKey, 'dialog .primary'],
    but: {
      live: { answers: { exportRange: () => new Blob(['{}']).stream() } },
      empty: asBefore,
      loading: 'its progress is no skeleton',
      degraded: asBefore,
      tampered: asBefore,
    },
  },
  'no-screen': { hash: '#/nonsense', asks: [], but: { ...dialog, tampered: asBefore } },
  'outside-verify': { hash: '#/verify', asks: [], outside: true, but: { ...dialog, tampered: whole } },
  'sign-in': {
    hash: '#/sign-in',
    asks: ['people'],
    outside: true,
    but: {
      loading: 'the form is there without an answer',
      degraded: 'what it last knew is what it shows',
      unknown: 'it says nothing of the record',
    },
  },
} as const satisfies Record<string, Staged>

export const stages: Readonly<Record<string, Staged>> = { ...screenStages, ...belowStages }

export interface Scene {
  place: string
  state: StateName
  hash: string
  scenario: Scenario
  person: string | null
  answers: Answers
  click: readonly string[]
  /** The event stream does not open. */
  lost: boolean
}

const scenarios: Partial<Record<StateName, Scenario>> = { empty: 'empty', tampered: 'changed', unknown: 'unknown' }

/** Null: there is no such state of this place. */
export function sceneOf(place: string, state: StateName): Scene | null {
  const stage = stages[place]
  const but = stage?.but?.[state] ?? {}
  if (stage === undefined || typeof but === 'string') return null
  const how = ({ loading: 'never', failed: 'fails', degraded: 'once' } as const)[state as 'loading']
  const usual = how === undefined ? {} : Object.fromEntries(stage.asks.map((name) => [name, how]))
  const lost = state === 'degraded'
  return {
    place,
    state,
    hash: but.hash ?? stage.hash,
    scenario: but.scenario ?? scenarios[state] ?? 'normal',
    person: stage.outside ? null : (stage.who ?? 'A. Berger'),
    answers: { ...(lost && { events: 'fails' }), ...(but.answers ?? usual) },
    click: but.click ?? stage.click ?? [],
    lost,
  }
}

export const scenes: readonly Scene[] = Object.keys(stages).flatMap((place) =>
  stateNames.flatMap((state) => sceneOf(place, state) ?? []),
)
