/** What a search shows, in groups, each item with where it leads. */
import { m } from '../../paraglide/messages.js'
import { nextAlarm } from '../../state/alarms.ts'
import { overlays } from '../../state/overlay.svelte.ts'
import type { Finding } from '../../state/finding.svelte.ts'
import { showChannel, signedIn } from '../../state/session.svelte.ts'
import { linkTo } from '../../state/route.svelte.ts'
import { screens } from '../../words/screens.ts'
import { count } from '../../words/number.ts'
import { dayYear, moment } from '../../words/time.ts'
import { unitText } from '../../words/unit.ts'
import { screenQuestion, screenTitle } from '../screen-words.ts'
import { inLanguage } from '../../words/in-language.ts'

export interface FinderItem {
  key: string
  text: string
  note: string
  /** An address, or what is done instead of going anywhere. */
  go: string | (() => void)
}

export interface FinderGroup {
  key: string
  title: string
  items: FinderItem[]
  /** That fit and are not shown. */
  more: number
}

/** Half an hour on each side of a time. */
const aroundUs = 1_800_000_000

/** As the gateway folds names, so that a screen is found like a point. */
const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}+/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')

/** @param look looks for what was typed as a fingerprint */
export function finderGroups(finding: Finding, look: () => void): FinderGroup[] {
  const { asked } = finding
  const groups = [placeGroup(finding, look), actionGroup(asked), screenGroup(asked), channelGroup(asked)]
  const { found } = finding
  if (found !== null) groups.push(...foundGroups(found))
  return groups.filter(({ items }) => items.length > 0)
}

/** Times, entries and fingerprints: what was typed is itself a place. */
function placeGroup({ asked, timeUs, isHash, found }: Finding, look: () => void): FinderGroup {
  const items: FinderItem[] = []
  if (timeUs !== null) {
    const time = moment(timeUs)
    const span = { span: 'custom', from: timeUs - aroundUs, to: timeUs + aroundUs, at: timeUs }
    items.push(
      { key: 'ledger-at', text: m.find_ledger_at(), note: time, go: linkTo('ledger', { at: timeUs }) },
      { key: 'trends-at', text: m.find_trends_at(), note: time, go: linkTo('trends', span) },
    )
  }
  if (found?.entry) {
    const { index, gateway } = found.entry
    items.push({
      key: 'entry',
      text: m.find_entry({ entry: count(index) }),
      note: gateway,
      go: linkTo('ledger', { entry: index }),
    })
  }
  if (isHash) items.push({ key: 'hash', text: m.find_hash(), note: `${asked.slice(0, 16)} …`, go: look })
  return { key: 'places', title: m.find_places(), items, more: 0 }
}

function actionGroup(asked: string): FinderGroup {
  const actions: FinderItem[] = [
    { key: 'export', text: m.export_title(), note: 'Ctrl+S', go: () => overlays.show('export') },
    { key: 'alarm', text: m.alarm_next_title(), note: 'F8', go: nextAlarm },
    { key: 'help', text: m.help_button(), note: 'F1', go: () => overlays.show('help') },
  ]
  const items = actions.filter(({ text }) => fits(asked, text))
  return { key: 'actions', title: m.find_actions(), items, more: 0 }
}

function screenGroup(asked: string): FinderGroup {
  const items = screens
    .filter((screen) => fits(asked, `${screenTitle(screen)} ${screenQuestion(screen)}`))
    .map((screen) => ({ key: screen, text: screenTitle(screen), note: screenQuestion(screen), go: linkTo(screen) }))
  return { key: 'screens', title: m.screens(), items, more: 0 }
}

/** Those of the gateway that are not shown now. */
function channelGroup(asked: string): FinderGroup {
  const { channels = [], channel } = signedIn.session ?? {}
  const items = channels
    .filter(({ handle, name }) => channel?.id.startsWith(handle) === false && fits(asked, `${m.channel()} ${name}`))
    .map(({ handle, name }) => ({ key: handle, text: name, note: m.channel(), go: () => showChannel(handle) }))
  return { key: 'channels', title: m.find_channels(), items, more: 0 }
}

const fits = (asked: string, text: string): boolean =>
  folded(asked)
    .split(/\s+/)
    .every((word) => folded(text).includes(word))

function foundGroups({ points, assets, certificates }: NonNullable<Finding['found']>): FinderGroup[] {
  return [
    {
      key: 'points',
      title: m.find_points(),
      more: points.more,
      items: points.hits.map(({ stream, label, labels, source, gateway, unit }) => ({
        key: stream,
        text: inLanguage(label, labels),
        note: [source, gateway, unitText(unit)].filter((part) => part !== '').join(', '),
        go: linkTo('trends', { points: stream }),
      })),
    },
    {
      key: 'assets',
      title: m.find_assets(),
      more: assets.more,
      items: assets.hits.map(({ id, name, names }) => ({
        key: id,
        text: inLanguage(name, names),
        note: id,
        go: linkTo('ledger', { asset: id }),
      })),
    },
    {
      key: 'certificates',
      title: m.screen_certificates(),
      more: certificates.more,
      items: certificates.hits.map(({ id, assetName, assetNames, issuedAtUs }) => ({
        key: id,
        text: id,
        note: `${inLanguage(assetName, assetNames)}, ${dayYear(issuedAtUs)}`,
        go: linkTo('certificates', { show: 'register' }),
      })),
    },
  ]
}
