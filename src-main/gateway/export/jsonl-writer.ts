import { BytePieces } from './byte-pieces.ts'
import { exactText, flagWords, floatDigits, qualityName } from './export-columns.ts'
import type { ExportCounts, ExportHead, ExportRow, ExportWriter, ExportedPoint } from './export-model.ts'
import { rfc3339 } from './rfc3339.ts'
import type { Value } from '../../wire/reading.ts'

/** JSON lines: the head, one row a line, and last a line of kind `end` with the counts: without it a file is not whole. */
export class JsonlWriter implements ExportWriter {
  readonly #out = new BytePieces()
  readonly #points = new Map<ExportedPoint, string>()
  #gateways = new Map<string, string>()

  begin(head: ExportHead): void {
    this.#out.text(`${JSON.stringify({ kind: 'head', ...head })}\n`)
  }

  row(row: ExportRow): void {
    const place = `,"gateway_time":"${rfc3339(row.closedAtUs)}","ledger_time":"${rfc3339(row.sealedAtUs)}","entry":${row.entry}`
    if (row.kind === 'reading') {
      const { stream, sequence, value, quality, flags, sourceTimeUs } = row.reading
      this.#out.text(
        `{"kind":"reading",${this.#named(row.gateway, row.point)},"value":${jsonOf(value)},"value_kind":"${value.kind}","quality":${quality},"quality_name":"${qualityName(quality)}","flags":${flags},"flag_names":"${flagWords(flags)}","source_time":"${rfc3339(sourceTimeUs)}","stream":"${stream}","sequence":${sequence}${place},"position":${row.position}}\n`,
      )
    } else if (row.kind === 'gap') {
      const { stream, fromSequence, toSequence, fromTimeUs, toTimeUs, reason } = row.gap
      this.#out.text(
        `{"kind":"gap",${this.#named(row.gateway, row.point)},"source_time":"${rfc3339(fromTimeUs)}","to_time":"${rfc3339(toTimeUs)}","stream":"${stream}","sequence":${fromSequence},"to_sequence":${toSequence}${place},"reason":${JSON.stringify(reason)}}\n`,
      )
    } else
      this.#out.text(
        `{"kind":"${row.kind}","gateway":${JSON.stringify(row.gateway)}${place},"readings":${row.readings},"reason":${JSON.stringify(row.reason)}}\n`,
      )
  }

  end(_head: ExportHead, counts: ExportCounts): void {
    this.#out.text(`${JSON.stringify({ kind: 'end', ...counts })}\n`)
  }

  take(least: number): Uint8Array<ArrayBuffer> | null {
    return this.#out.take(least)
  }

  #named(gateway: string, point: ExportedPoint): string {
    let named = this.#points.get(point)
    if (named === undefined) {
      const { source, label, unit } = point
      named = `"source":${JSON.stringify(source)},"point":${JSON.stringify(point.point)},"label":${JSON.stringify(label)},"unit":${JSON.stringify(unit)}`
      this.#points.set(point, named)
    }
    let from = this.#gateways.get(gateway)
    if (from === undefined) {
      from = JSON.stringify(gateway)
      this.#gateways.set(gateway, from)
    }
    return `"gateway":${from},${named}`
  }
}

/** A JSON number where every reader keeps it, else a text: integers beyond 2^53, and floats that JSON has no word for. */
function jsonOf(value: Value): string {
  switch (value.kind) {
    case 'null':
      return 'null'
    case 'float':
      return Number.isFinite(value.value) ? floatDigits(value.value) : `"${String(value.value)}"`
    case 'integer':
      return Number.isSafeInteger(Number(value.value)) ? String(value.value) : `"${String(value.value)}"`
    case 'boolean':
      return String(value.value)
    default:
      return JSON.stringify(exactText(value))
  }
}
