/** The part of the odometer pack that reads declared wraps and replacements, in each of its versions. */

/** Two gateways are two parties here, though one owner may run both. */
export const DECLARATIONS_1_0: string = String.raw`// One party declares, another confirms; a declaration that nobody else confirmed excuses nothing.
const declarationsOf = (events) => {
  const confirmedBy = new Map()
  for (const event of events) {
    if (event.type === 'odometer.confirmed') confirmedBy.set(event.body.declares, event.actor)
  }
  const declared = []
  for (const event of events) {
    if (event.type !== 'odometer.wrapped' && event.type !== 'odometer.replaced') continue
    const by = confirmedBy.get(event.hash)
    if (by === undefined || by === event.actor) continue
    declared.push({ ...event.body, type: event.type, atUs: event.body.atUs ?? event.atUs, used: false })
  }
  return declared
}

`

/** Parties are owners, by the legal name that the channel's state proves for each signer. */
export const DECLARATIONS_1_1: string = String.raw`// One party declares, another confirms; a declaration that nobody else confirmed excuses nothing. A party is who signs by legal
// name: several gateways of one owner are one, and a signer without a name is none.
const partyOf = (event) => (event.legalName ?? '').trim().replace(/\s+/g, ' ').toLowerCase()
const declarationsOf = (events) => {
  const confirmations = new Map()
  for (const event of events) {
    if (event.type !== 'odometer.confirmed') continue
    confirmations.set(event.body.declares, [...(confirmations.get(event.body.declares) ?? []), event])
  }
  const declared = []
  const oneParty = []
  for (const event of events) {
    if (event.type !== 'odometer.wrapped' && event.type !== 'odometer.replaced') continue
    const confirmed = confirmations.get(event.hash) ?? []
    if (confirmed.length === 0) continue
    const party = partyOf(event)
    if (party !== '' && confirmed.some((one) => partyOf(one) !== '' && partyOf(one) !== party)) {
      declared.push({ ...event.body, type: event.type, atUs: event.body.atUs ?? event.atUs, used: false })
    } else {
      const what = event.type === 'odometer.wrapped' ? 'wrap of the counter' : 'replacement of the instrument'
      oneParty.push(reason('ONE_PARTY', 'note', 'a declared ' + what + ' excuses nothing: no second party confirmed it, only '
        + (event.legalName || 'a signer without a legal name'), undefined, { entry: event.index, atUs: event.atUs }))
    }
  }
  return { declared, oneParty }
}

`
