/** The check in a worker: the page stays free, and WebAssembly is compiled here and nowhere else. */
import { answerFor } from './answer.ts'

/** SHA-256 in hex of out/verifier/offline.js: the build of the console puts it in. */
declare const OFFLINE_VERIFIER_SHA256: string

export interface CheckRequest {
  file: Uint8Array
  fileName: string
  /** Texts of the policies that this verifier relies on. */
  policies: string[]
  /** Where the rule engine's bytes lie, on this origin. */
  engineUrl: string
}

self.addEventListener('message', ({ data }: MessageEvent<CheckRequest>) => {
  const means = { engine: () => load(data.engineUrl), ownScript: OFFLINE_VERIFIER_SHA256, drawPdf }
  void answerFor(data.file, data.fileName, data.policies, means).then((answer) => self.postMessage(answer))
})

/** The typefaces of a PDF, by the names that it asks for; only the few that a page needs are fetched. */
const fontUrls = import.meta.glob<string>('../../node_modules/@fontsource/ibm-plex-*/files/*-{400,600}-normal.woff', {
  query: '?url',
  import: 'default',
  eager: true,
})

/** What draws PDFs is large: it is loaded for a PDF only. */
async function drawPdf(certificate: Uint8Array): Promise<Uint8Array> {
  const { renderPdf } = await import('../../src-main/documents/pdf.ts')
  return renderPdf(certificate, async (name) => {
    const url = Object.entries(fontUrls).find(([path]) => path.endsWith(`/${name}`))?.[1]
    if (url === undefined) throw new Error(`${name} is no typeface of ours`)
    return load(new URL(url, self.location.href).href)
  })
}

async function load(engineUrl: string): Promise<Uint8Array> {
  const response = await fetch(engineUrl)
  if (!response.ok) throw new Error(`the rule engine could not be loaded (${response.status})`)
  return new Uint8Array(await response.arrayBuffer())
}
