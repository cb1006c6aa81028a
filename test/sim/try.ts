import { simulate } from './simulation.ts'
const from = Number(process.argv[2] ?? 1), n = Number(process.argv[3] ?? 3)
const bug = (process.argv[4] ?? null) as never
let fails=0
const t0=performance.now()
for (let s = from; s < from + n; s++) {
  const t=performance.now()
  const r = simulate(s, { bug, ...(process.env.TRACE ? { onTrace: (l) => console.log(l) } : {}) })
  if (r.failure) fails++
  if (n <= 20 || r.failure) console.log(Math.round(performance.now()-t)+'ms', JSON.stringify({...r, traceHash: r.traceHash.slice(0,8)}))
}
console.log('fails', fails, 'of', n, Math.round(performance.now()-t0)+'ms')
