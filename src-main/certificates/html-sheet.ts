/** The page of a certificate as HTML: the same texts in the same order as on paper. */
import { firstLabelY, shapeOf } from './curve-geometry.ts'
import { escapeHtml } from './html-escape.ts'
import type { Cell, Column, Pair, Row, Sheet, SheetCheck, SheetCurve, SheetSection } from './sheet-model.ts'

export function sheetHtml(sheet: Sheet): string {
  const { issuer, number, simulated, verdict } = sheet
  const sections = [...sheet.tables, sheet.readings, sheet.gaps, sheet.findings, sheet.sources]
  return `<article class="paper">
<header class="from"><p><b>${escapeHtml(issuer.name)}</b>${issuer.lines.map((line) => `<br>${escapeHtml(line)}`).join('')}</p>
<p class="r">${escapeHtml(number.label)}<br><b>${escapeHtml(number.text)}</b><br>${escapeHtml(number.issued)}</p></header>
<h1>${escapeHtml(sheet.title)}</h1>
${simulated === null ? '' : `<p class="simulated">${escapeHtml(simulated.long)}</p>`}
<div class="halves">${pairsHtml(sheet.about)}${pairsHtml(sheet.when)}</div>
<p class="verdict">${escapeHtml(verdict.before)}<b>${escapeHtml(verdict.strong)}</b>${escapeHtml(verdict.after)}</p>
<div class="figures">${sheet.figures.map(figureHtml).join('')}</div>
${sheet.curve === null ? '' : curveHtml(sheet.curve)}
${sections.map((one) => (one === null ? '' : sectionHtml(one))).join('\n')}
<div class="halves"><section><h2>${escapeHtml(sheet.released.title)}</h2>${pairsHtml(sheet.released.pairs)}</section>
<section><h2>${escapeHtml(sheet.notProven.title)}</h2><ul class="nots">${sheet.notProven.lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></section></div>
${checkHtml(sheet.check)}
<footer class="foot"><span>${escapeHtml(sheet.foot.left)}</span><span>${escapeHtml(sheet.foot.middle)}</span>${simulated === null ? '' : `<span>${escapeHtml(simulated.short)}</span>`}</footer>
</article>`
}

function pairsHtml(pairs: Pair[]): string {
  const rows = pairs.map(({ label, value, strong }) => {
    const shown = strong === true ? `<b>${escapeHtml(value)}</b>` : escapeHtml(value)
    return `<div><dt>${escapeHtml(label)}</dt><dd>${shown}</dd></div>`
  })
  return `<dl>${rows.join('')}</dl>`
}

function figureHtml({ label, value, note }: Sheet['figures'][number]): string {
  return `<p>${escapeHtml(label)}<b>${escapeHtml(value)}</b>${escapeHtml(note)}</p>`
}

function headHtml(title: string, aside: string): string {
  return `<header><h2>${escapeHtml(title)}</h2>${aside === '' ? '' : `<p>${escapeHtml(aside)}</p>`}</header>`
}

function sectionHtml({ title, aside, text, columns, rows }: SheetSection): string {
  const shown = text === '' ? '' : `<p>${escapeHtml(text)}</p>`
  return `<section>${headHtml(title, aside)}${shown}${columns.length === 0 ? '' : tableHtml(columns, rows)}</section>`
}

function tableHtml(columns: Column[], rows: Row[]): string {
  const side = (at: number): string => (columns[at]?.align === 'right' ? ' class="num"' : '')
  const head = columns.map(({ label }, at) => `<th scope="col"${side(at)}>${escapeHtml(label)}</th>`).join('')
  const body = rows.map((row) => {
    if ('across' in row) return `<tr class="gap"><td colspan="${columns.length}">${escapeHtml(row.across)}</td></tr>`
    return `<tr>${row.cells.map((cell, at) => `<td${side(at)}>${cellHtml(cell)}</td>`).join('')}</tr>`
  })
  return `<div class="wide"><table><colgroup>${columns.map(({ share }) => `<col width="${(share * 100).toFixed(1)}%">`).join('')}</colgroup><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

function cellHtml({ text, small, strong }: Cell): string {
  const shown = strong === true ? `<b>${escapeHtml(text)}</b>` : escapeHtml(text)
  return small === undefined ? shown : `${shown}<small>${escapeHtml(small)}</small>`
}

/** About what one takes at 12 pixels, in whichever typeface the reader has. */
const LETTER_WIDTH = 7
const CURVE = { width: 600, height: 160 }

function curveHtml(curve: SheetCurve): string {
  const shape = shapeOf(curve, CURVE)
  const at = (value: number): string => value.toFixed(1)
  const { height, width } = CURVE
  const text = (x: number, y: number, label: string, anchor = ''): string =>
    `<text x="${at(x)}" y="${at(y)}"${anchor}>${escapeHtml(label)}</text>`
  const lines = shape.lines.map((line) => `M${line.map(([x, y]) => `${at(x)} ${at(y)}`).join('L')}`)
  const parts = [
    ...shape.axis.map(({ x }) => `<path class="hair" d="M${at(x)} 0V${height}"/>`),
    ...shape.gaps.map((gap) => `<rect x="${at(gap.x)}" y="0" width="${at(gap.width)}" height="${height}"/>`),
    `<path class="base" d="M0 ${height}H${width}${shape.ticks.map((x) => `M${at(x)} ${height - 4}V${height}`).join('')}"/>`,
    `<path class="line" d="${lines.join('')}"/><circle cx="${at(shape.last[0])}" cy="${at(shape.last[1])}" r="3.5"/>`,
    text(shape.first[0], firstLabelY(shape, curve.firstLabel.length * LETTER_WIDTH, 10), curve.firstLabel),
    text(width + 8, Math.max(12, Math.min(height - 4, shape.last[1] + 4)), curve.lastLabel),
    ...shape.gaps
      .filter(({ label }) => label !== '')
      .map((gap) => text(gap.x + gap.width + 4, gap.x < width / 2 ? 12 : height - 8, gap.label)),
    ...shape.axis.map(({ x, label }) =>
      text(Math.min(Math.max(x, 20), width - 20), height + 18, label, ' text-anchor="middle"'),
    ),
  ]
  return `<section>${headHtml(curve.title, curve.aside)}<svg class="curve" viewBox="-2 -4 700 190" role="img" aria-label="${escapeHtml(curve.alt)}">${parts.join('')}</svg></section>`
}

function checkHtml({ title, code, codeAlt, bytes, lines }: SheetCheck): string {
  const squares = code.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
  const size = code.length
  return `<section>${headHtml(title, '')}<div class="check2"><svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label="${escapeHtml(codeAlt)}"><path d="${squares.join('')}"/></svg>
<div>${bytes.map(({ label, value }) => `<p class="bytes">${escapeHtml(`${label} ${value}`.trim())}</p>`).join('')}${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}</div></div></section>`
}
