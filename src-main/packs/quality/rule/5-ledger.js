// ---------------------------------------------------------------- what the ledger lets pass

/**
 * @typedef {{ statement: { type: string, role: string, body: any }, signer: { actor: string, owner: string }, assets: readonly string[],
 *   get: (owner: string, kind: string, id: string) => any }} Call
 * @typedef {{ refuse: string } | { set?: [kind: string, id: string, value: any][], findings?: string[] }} Answer
 */

/**
 * State of its own, by lot: `asked` (who asked for which concession, newest by its number), `stated` (the verdict that one owner states),
 * `judged` (one that two owners state alike). Whatever is said of the lot afterwards takes both verdicts away: they were about less.
 * @param {Call} call @returns {Answer}
 */
const accept = ({ statement: { type, role, body }, signer, assets, get }) => {
  const roles = SIGNED_AS[type]
  if (roles === undefined) return {}
  if (!roles.includes(role)) return { refuse: 'signer-not-entitled' }
  const [asset] = assets
  if (assets.length !== 1) return { refuse: 'one-lot-each' }
  if (type === 'quality.lot-released') return released(get('quality', 'judged', asset))
  if (type === 'quality.verdict-stated') return stated(body, signer.owner, asset, get)
  /** @type {[string, string, any][]} */
  const stale = [
    ['stated', asset, null],
    ['judged', asset, null],
  ]
  const key = asset + ' ' + body.number
  if (type === 'quality.concession-asked')
    return { set: [...stale, ['asked', key, { actor: signer.actor, owner: signer.owner }]] }
  if (type !== 'quality.concession-agreed') return { set: stale }
  const asked = get('quality', 'asked', key)
  if (asked === null) return { refuse: 'concession-unknown' }
  return asked.actor === signer.actor || asked.owner === signer.owner
    ? { refuse: 'concession-one-party' }
    : { set: stale }
}

/**
 * A verdict counts once two owners have computed it, each from what it holds itself: the same word over the same rows.
 * @param {{ verdict: string, rows: string }} body @param {string} owner @param {string} asset @param {Call['get']} get @returns {Answer}
 */
const stated = ({ verdict, rows }, owner, asset, get) => {
  const before = get('quality', 'stated', asset)
  const isOther = before !== null && before.owner !== owner
  if (isOther && (before.verdict !== verdict || before.rows !== rows))
    return { set: [['judged', asset, null]], findings: ['verdicts-differ'] }
  /** @type {[string, string, any]} */
  const own = ['stated', asset, { verdict, rows, owner }]
  return { set: isOther ? [own, ['judged', asset, { verdict, rows }]] : [own] }
}

/** @param {{ verdict: string } | null} judged @returns {Answer} */
const released = (judged) => {
  if (judged === null) return { refuse: 'not-judged' }
  return judged.verdict === 'pass' || judged.verdict === 'concession' ? {} : { refuse: 'not-releasable' }
}

/** What each owner computes before a lot is released: the verdict, and a row for each characteristic. @param {Evidence} evidence */
const derive = (evidence) => {
  const { verdict, figures } = judge(evidence)
  return { verdict, rows: figures.tables?.characteristics ?? [] }
}

;({ judge, accept, derive })
