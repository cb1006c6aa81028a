/** The least PDF that a reader opens: numbered objects, a cross-reference table, a trailer. Anything can be written into it. */
type PdfObject = string | { dictionary: string; data: Uint8Array }

const ONE_PAGE: Record<number, PdfObject> = {
  2: '<</Type /Pages /Kids [3 0 R] /Count 1>>',
  3: '<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>>>',
}

/** One page that says `text`, with these objects (number 5 and up) and `names` in the catalog. `orphans` are in no table. */
export function plainPdf(
  text: string,
  objects: Record<number, PdfObject> = {},
  names = '',
  orphans: PdfObject[] = [],
): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')]
  const places: [number, number][] = []
  const all = {
    1: `<</Type /Catalog /Pages 2 0 R ${names}>>`,
    ...ONE_PAGE,
    4: { dictionary: '', data: Buffer.from(`BT /F 18 Tf 60 700 Td (${text}) Tj ET`) },
    ...objects,
  }
  const length = (): number => parts.reduce((sum, part) => sum + part.length, 0)
  for (const [number, object] of Object.entries<PdfObject>(all)) {
    places.push([Number(number), length()])
    parts.push(written(Number(number), object))
  }
  for (const [at, object] of orphans.entries()) parts.push(written(900 + at, object))
  const table = places.map(([number, at]) => `${number} 1\n${String(at).padStart(10, '0')} 00000 n \n`).join('')
  const trailer = `trailer\n<</Size 1000 /Root 1 0 R>>\nstartxref\n${length()}\n%%EOF\n`
  return Buffer.concat([...parts, Buffer.from(`xref\n0 1\n0000000000 65535 f \n${table}${trailer}`)])
}

/** The objects, from number 5 on, and the names of files that are attached. */
export function attached(...streams: PdfObject[]): [Record<number, PdfObject>, string] {
  const objects: Record<number, PdfObject> = {}
  const files = streams.map((stream, at) => {
    objects[5 + 2 * at] = stream
    objects[6 + 2 * at] =
      `<</Type /Filespec /F (${at}.plumb) /UF (${at}.plumb) /EF <</F ${5 + 2 * at} 0 R>> /AFRelationship /Source>>`
    return `(${at}.plumb) ${6 + 2 * at} 0 R`
  })
  return [objects, `/Names <</EmbeddedFiles <</Names [${files.join(' ')}]>>>>`]
}

/** A later revision behind a PDF (ISO 32000-1, 7.5.6): these objects replace those of the same number. */
export function updatedPdf(pdf: Uint8Array, objects: Record<number, PdfObject>): Buffer {
  const before = Buffer.from(pdf)
  const last = [...before.toString('latin1').matchAll(/startxref\s+(\d+)/g)].at(-1)![1]!
  const root = /\/Root (\d+) 0 R/.exec(before.toString('latin1'))![1]!
  const parts: Buffer[] = [before]
  let table = 'xref\n'
  let at = before.length
  for (const [number, object] of Object.entries(objects)) {
    table += `${number} 1\n${String(at).padStart(10, '0')} 00000 n \n`
    parts.push(written(Number(number), object))
    at += parts.at(-1)!.length
  }
  const trailer = `trailer\n<</Size 1000 /Root ${root} 0 R /Prev ${last}>>\nstartxref\n${at}\n%%EOF\n`
  return Buffer.concat([...parts, Buffer.from(`${table}${trailer}`)])
}

function written(number: number, object: PdfObject): Buffer {
  if (typeof object === 'string') return Buffer.from(`${number} 0 obj\n${object}\nendobj\n`)
  const { dictionary, data } = object
  const head = Buffer.from(`${number} 0 obj\n<<${dictionary} /Length ${data.length}>>\nstream\n`)
  return Buffer.concat([head, data, Buffer.from('\nendstream\nendobj\n')])
}
