/** Readings over time: curves thinned out to what a screen can show, single readings, and what happened over a day. */
import type { Channel } from '../../gateway/channel.ts'
import { valueJson, valueText } from '../../gateway/show/value-text.ts'
import { parseStreamId, type StreamId } from '../../wire/ids.ts'
import { qualityClass, statusName } from '../../wire/quality.ts'
import { ApiError } from '../api-error.ts'
import type { Handlers } from '../handlers.ts'

const SPARK_SPAN_S = 3_600
const SPARK_BUCKETS = 60
const SERIES_BUCKETS = 800
const READINGS_LIMIT = 1_000
const ACTIVITY_SPAN_S = 86_400
const ACTIVITY_BUCKETS = 144
const MARKS_MAX = 2_000

type Answers = Pick<Handlers, 'sparkline' | 'series' | 'readings' | 'activity'>

export function trendAnswers(channel: Channel): Answers {
  const { reader } = channel
  return {
    sparkline: ({ params, query }) => {
      const toUs = channel.nowUs()
      const fromUs = toUs - (query.spanS ?? SPARK_SPAN_S) * 1_000_000
      const { buckets } = reader.readings.series(known(channel, params.stream), { fromUs, toUs }, SPARK_BUCKETS)
      return { fromUs, toUs, values: spread(buckets, fromUs, toUs) }
    },
    series: ({ query }) => {
      const { fromUs, toUs } = span(query.fromUs, query.toUs)
      const series = query.streams.map((id) => {
        const stream = known(channel, id)
        return reader.readings.series(stream, { fromUs, toUs }, query.buckets ?? SERIES_BUCKETS)
      })
      return { fromUs, toUs, series }
    },
    readings: ({ query }) => {
      const { fromUs, toUs } = span(query.fromUs, query.toUs)
      const { readings, more } = reader.readings.readings(
        known(channel, query.stream),
        { fromUs, toUs },
        query.limit ?? READINGS_LIMIT,
      )
      return {
        readings: readings.map(({ entry, position, ...reading }) => ({
          stream: query.stream,
          sequence: reading.sequence,
          sourceTimeUs: reading.sourceTimeUs,
          value: valueJson(reading.value),
          text: valueText(reading.value),
          quality: reading.quality,
          qualityClass: qualityClass(reading.quality),
          qualityText: statusName(reading.quality),
          flags: reading.flags,
          entry,
          position,
        })),
        more,
      }
    },
    activity: ({ query }) => {
      const toUs = channel.nowUs()
      const fromUs = toUs - (query.spanS ?? ACTIVITY_SPAN_S) * 1_000_000
      const buckets = query.buckets ?? ACTIVITY_BUCKETS
      return {
        fromUs,
        toUs,
        ...reader.blocks.activity({ fromUs, toUs }, buckets),
        checks: channel.record.times.filter((at) => at >= fromUs).slice(-MARKS_MAX),
        alarms: channel.conditions
          .all()
          .map(({ raisedAtUs, closedAtUs }): [number, number | null] => [raisedAtUs, closedAtUs]),
      }
    },
  }
}

function span(fromUs: number, toUs: number): { fromUs: number; toUs: number } {
  if (toUs <= fromUs)
    throw new ApiError(400, 'invalid_request', 'the period ends before it begins', 'Give a later end.')
  return { fromUs, toUs }
}

function known(channel: Channel, id: string): StreamId {
  const stream = parseStreamId(id)
  if (channel.reader.stream(stream) === null)
    throw new ApiError(404, 'unknown_stream', `there is no stream ${id}`, 'GET /api/points lists them.')
  return stream
}

/** One value a bucket: its middle; null where nothing arrived. */
function spread(buckets: readonly [number, number, number, number][], fromUs: number, toUs: number): (number | null)[] {
  const values: (number | null)[] = Array.from({ length: SPARK_BUCKETS }, () => null)
  const width = (toUs - fromUs) / SPARK_BUCKETS
  for (const [at, lowest, highest] of buckets) {
    const slot = Math.min(SPARK_BUCKETS - 1, Math.max(0, Math.floor((at - fromUs) / width)))
    values[slot] = (lowest + highest) / 2
  }
  return values
}
