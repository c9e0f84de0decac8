import type { Dashboard } from '@netra/client'

import { Sparkline } from '../../../components/sparkline.tsx'
import { formatMs, formatShare } from '../../../timeline/dashboard-words.ts'
import { formatBytes, formatNumber } from '../../../timeline/format.ts'

type Column = Exclude<keyof Dashboard['history'], 'at'>

interface TileProps {
  name: string
  value: string
  /** More about it, one short line. */
  note: string
  course?: { values: readonly (number | null)[]; say: (value: number) => string }
  isBad?: boolean
}

function Tile({ name, value, note, course, isBad = false }: TileProps) {
  return (
    <li className="flex min-w-0 flex-col rounded-lg border border-line bg-raised p-3">
      <h3 className="text-xs text-muted">{name}</h3>
      <p className={`figures mt-0.5 text-xl font-semibold ${isBad ? 'text-danger' : ''}`}>
        {value}
      </p>
      <p className="figures mt-0.5 mb-2 text-xs text-muted">{note}</p>
      <div className="mt-auto">
        {course ? (
          <Sparkline
            values={course.values}
            name={name}
            say={course.say}
            tone={isBad ? 'bad' : 'plain'}
          />
        ) : null}
      </div>
    </li>
  )
}

const whole = (value: number): string => formatNumber(Math.round(value))
const rate = (value: number): string => formatNumber(Math.round(value * 10) / 10)
const last = (values: readonly (number | null)[]): number => values.at(-1) ?? 0

/** The numbers that people look for first. */
export function Tiles({ data }: { data: Dashboard }) {
  const { connections, runs, delivery, responses, store, process, history } = data
  const course = (column: Column, say: (value: number) => string) => ({
    values: history[column],
    say,
  })
  const diskShare =
    store.disk_free_bytes === null || !store.disk_size_bytes
      ? null
      : store.disk_free_bytes / store.disk_size_bytes
  return (
    <section aria-label="Now">
      <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-4">
        <Tile
          name="Open sockets"
          value={whole(connections.sockets)}
          note={`${whole(connections.people)} ${connections.people === 1 ? 'person' : 'people'}, ${formatShare(connections.success_rate)} let in`}
          course={course('sockets', whole)}
          isBad={connections.success_rate < 0.99}
        />
        <Tile
          name="Runs now"
          value={whole(runs.active)}
          note={runs.queued === 0 ? 'none waits' : `${whole(runs.queued)} wait`}
          course={course('runs_per_minute', (value) => `${rate(value)} a minute`)}
        />
        <Tile
          name="Runs that failed"
          value={whole(runs.failed)}
          note={`of ${whole(runs.completed + runs.failed + runs.cancelled)} that ended`}
          course={course('failures_per_minute', (value) => `${rate(value)} a minute`)}
          isBad={last(history.failures_per_minute) > 0}
        />
        <Tile
          name="First event, 99 %"
          value={formatMs(delivery.first_event.p99_ms)}
          note="after “Send”"
          course={course('first_event_p95_ms', formatMs)}
        />
        <Tile
          name="Delivery, 95 %"
          value={formatMs(delivery.sent_lag.p95_ms)}
          note={`${rate(last(history.events_per_second))} events a second`}
          course={course('delivery_p95_ms', formatMs)}
        />
        <Tile
          name="Responses, 95 %"
          value={formatMs(responses.p95_ms)}
          note={`${rate(last(history.requests_per_second))} requests a second`}
          course={course('api_p95_ms', formatMs)}
        />
        <Tile
          name="Memory"
          value={process.memory_bytes === null ? '–' : formatBytes(process.memory_bytes)}
          note={`event loop waits ${formatMs(process.event_loop_p99_ms)}`}
          course={course('memory_bytes', formatBytes)}
        />
        <Tile
          name="Disk free"
          value={store.disk_free_bytes === null ? '–' : formatBytes(store.disk_free_bytes)}
          note={diskShare === null ? 'cannot be read' : `${formatShare(diskShare)} of the disk`}
          isBad={diskShare !== null && diskShare < 0.05}
        />
      </ul>
    </section>
  )
}
