/**
 * uPlot draws the curves of one lane and nothing else: axes, limits, gaps and cursor are SVG around it, which follows the
 * stylesheet and can be read aloud. Made once a lane; new data, size, span and palette are handed over.
 */
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Lane } from './lanes.ts'

export interface ChartInput {
  lane: Lane
  fromUs: number
  toUs: number
  width: number
  height: number
  /** Only read, so that a change of it draws again with the new colours. */
  palette: string
  picked: string | null
}

const inks = 4
/** With so few readings in view, each is marked. */
const dottedUpTo = 30

/** Colours of the tokens: 1 to 4, and again dashed for 5 to 8. */
const ink = (element: Element, number: number): string =>
  getComputedStyle(element)
    .getPropertyValue(`--series-${((number - 1) % inks) + 1}`)
    .trim()

const dashOf = (number: number): number[] => (number > inks ? [6, 3] : [])

function options(element: HTMLElement, input: ChartInput): uPlot.Options {
  const stepped = uPlot.paths.stepped?.({ align: 1 })
  const linear = uPlot.paths.linear?.()
  const series: uPlot.Series[] = [{}]
  const bands: uPlot.Band[] = []
  for (const { number, stepped: steps, point } of input.lane.curves) {
    const line: uPlot.Series = {
      stroke: () => ink(element, number),
      width: point.stream === input.picked ? 2 : 1.5,
      dash: dashOf(number),
      points: { show: (chart, index) => isDotted(chart, index), size: 4, fill: () => ink(element, number) },
      ...(steps && stepped ? { paths: stepped } : linear && { paths: linear }),
    }
    series.push(line, { ...line })
    bands.push({ series: [series.length - 1, series.length - 2], fill: () => `${ink(element, number)}40` })
  }
  return {
    width: input.width,
    height: input.height,
    series,
    bands,
    axes: [{ show: false }, { show: false }],
    padding: [0, 0, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, auto: false }, y: { auto: false } },
  }
}

/** A curve of a few readings would be invisible as a line: its readings are dots. */
function isDotted(chart: uPlot, index: number): boolean {
  const column: Iterable<number | null | undefined> = chart.data[index] ?? []
  let readings = 0
  for (const value of column) if (typeof value === 'number') readings += 1
  return readings <= dottedUpTo
}

/** What a curve is made of; another set of curves needs another chart. */
const shapeOf = (input: ChartInput): string =>
  [input.palette, input.picked, ...input.lane.curves.map(({ number, point }) => `${number}${point.stream}`)].join(' ')

export function laneChart(read: () => ChartInput): (element: HTMLElement) => () => void {
  return (element) => {
    let chart: uPlot | null = null
    let shape = ''
    $effect(() => {
      const input = read()
      if (chart === null || shape !== shapeOf(input)) {
        chart?.destroy()
        shape = shapeOf(input)
        chart = new uPlot(options(element, input), input.lane.data, element)
      } else {
        if (chart.width !== input.width || chart.height !== input.height)
          chart.setSize({ width: input.width, height: input.height })
        chart.setData(input.lane.data, false)
      }
      const drawn = chart
      drawn.batch(() => {
        drawn.setScale('x', { min: input.fromUs / 1e6, max: input.toUs / 1e6 })
        drawn.setScale('y', { min: input.lane.low, max: input.lane.high })
      })
    })
    return () => chart?.destroy()
  }
}
