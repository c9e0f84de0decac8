import type { Dashboard } from '@netra/client'
import type { ReactNode } from 'react'

import { ScrollBox } from '../../../components/scroll-box.tsx'
import { failureWords, formatMs, formatShare } from '../../../timeline/dashboard-words.ts'
import { formatBytes, formatNumber } from '../../../timeline/format.ts'

/** Everything else, for who looks for a cause. */
export function Details({ data }: { data: Dashboard }) {
  const { connections, delivery, runs, responses, isolation, store, process } = data
  const { handshakes } = connections
  return (
    <section aria-labelledby="details" className="space-y-8">
      <h3 id="details" className="font-semibold">
        In detail
      </h3>
      <div className="grid gap-x-10 gap-y-8 sm:grid-cols-2">
        <Facts
          name="Connections"
          facts={[
            ['Welcomed', whole(handshakes.welcome)],
            ['Welcome took, 99 %', formatMs(connections.welcome.p99_ms)],
            ['Let down by this server', whole(handshakes.failed)],
            ['Too many at once', whole(handshakes.limited)],
            ['No valid proof', whole(handshakes.refused)],
            ['Streams without a socket', whole(connections.event_requests)],
          ]}
        />
        <Facts
          name="Delivery"
          facts={[
            ['Events stored', whole(delivery.committed)],
            ['Sent to devices', whole(delivery.sent)],
            ['Confirmed by devices', whole(delivery.acknowledged)],
            ['Confirmed within, 95 %', formatMs(delivery.acknowledged_lag.p95_ms)],
            ['Sent again from the journal', whole(delivery.replayed)],
            ['Readers told that something may be lost', whole(delivery.resets)],
            ['Holes and faults found', whole(delivery.gaps + delivery.failures)],
          ]}
        />
        <Facts
          name="Not let through"
          facts={[
            ['Not signed in', whole(isolation.not_signed_in)],
            ['Not allowed', whole(isolation.not_allowed)],
            ['Absent, or somebody else’s', whole(isolation.absent_or_anothers)],
            ['Sockets without a valid proof', whole(isolation.sockets_refused)],
            ['Frames that could not be used', whole(isolation.bad_frames)],
            ['Too much at once', whole(sumOf(isolation.limited))],
          ]}
        />
        <Facts
          name="Store and process"
          facts={[
            ['Commit, 95 %', formatMs(store.commit.p95_ms)],
            ['Commits that wait', whole(store.pending_commits)],
            ...(store.in_use === null
              ? []
              : ([
                  ['Connections in use', whole(store.in_use)],
                  ['Waiting for one', whole(store.waiting ?? 0)],
                  ['Leaked', whole(store.leaked ?? 0)],
                ] as const)),
            ['Heap', process.heap_bytes === null ? '–' : formatBytes(process.heap_bytes)],
            [
              'Open files',
              process.open_files === null
                ? '–'
                : `${whole(process.open_files)} of ${process.most_open_files === null ? 'any' : whole(process.most_open_files)}`,
            ],
            ['Uploaded', formatBytes(responses.upload_bytes)],
          ]}
        />
      </div>
      <Table
        name="Why runs failed"
        none="No run has failed."
        heads={['Cause', 'Runs']}
        rows={runs.failures.map(({ code, count }) => [failureWords(code), whole(count)])}
      />
      <Table
        name="Tools"
        none="No tool was called."
        heads={['Tool', 'Calls', 'Failed', '95 %']}
        rows={runs.tools.map(({ tool, count, failed, p95_ms }) => [
          <code key={tool}>{tool}</code>,
          whole(count),
          failed === 0 ? '0' : `${whole(failed)} (${formatShare(failed / count)})`,
          formatMs(p95_ms),
        ])}
      />
      <Table
        name="Slowest routes"
        none="No request yet."
        heads={['Route', 'Requests', '50 %', '95 %']}
        rows={responses.slowest.map(({ method, route, count, p50_ms, p95_ms }) => [
          <code key={route}>
            {method} {route}
          </code>,
          whole(count),
          formatMs(p50_ms),
          formatMs(p95_ms),
        ])}
      />
    </section>
  )
}

const whole = (value: number): string => formatNumber(Math.round(value))
const sumOf = (counts: readonly { count: number }[]): number =>
  counts.reduce((total, { count }) => total + count, 0)

function Facts({ name, facts }: { name: string; facts: readonly (readonly [string, string])[] }) {
  return (
    <div>
      <h4 className="border-b border-line pb-1.5 text-sm font-medium">{name}</h4>
      <dl className="figures text-sm">
        {facts.map(([what, value]) => (
          <div key={what} className="flex items-baseline justify-between gap-4 py-1">
            <dt className="min-w-0 text-muted">{what}</dt>
            <dd className="shrink-0">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

interface TableProps {
  name: string
  none: string
  heads: readonly string[]
  rows: readonly (readonly ReactNode[])[]
}

function Table({ name, none, heads, rows }: TableProps) {
  return (
    <div>
      <h4 className="border-b border-line pb-1.5 text-sm font-medium">{name}</h4>
      {rows.length === 0 ? (
        <p className="py-1.5 text-sm text-muted">{none}</p>
      ) : (
        <ScrollBox
          label={name}
          className="[--head:var(--color-paper)] [--table:var(--color-paper)]"
        >
          <table aria-label={name} className="figures w-full text-sm">
            <thead>
              <tr className="text-left text-xs text-muted">
                {heads.map((head, index) => (
                  <th
                    key={head}
                    scope="col"
                    className={`py-1.5 font-normal ${index === 0 ? '' : 'pl-4 text-right whitespace-nowrap'}`}
                  >
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((cells, row) => (
                <tr key={row} className="border-t border-line">
                  {cells.map((cell, index) => (
                    <td
                      key={heads[index]}
                      className={`py-1.5 align-baseline ${
                        index === 0
                          ? 'min-w-36 wrap-anywhere [&_code]:font-mono [&_code]:text-xs'
                          : 'pl-4 text-right whitespace-nowrap'
                      }`}
                    >
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
    </div>
  )
}
