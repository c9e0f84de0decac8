import { WorkloadApi, type KeptCalls } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { Confirm } from '../../../components/confirm.tsx'
import { useLive } from '../../../live/use-live.ts'
import { countOf, formatBytes, formatNumber } from '../../../timeline/format.ts'
import { rangeOf } from '../moments.ts'
import { Loaded, Section } from '../section.tsx'
import { DeleteOlder } from './delete-older.tsx'
import type { Removal } from './removal.ts'
import { SendCalls } from './send-calls.tsx'

const KEY = ['application-calls']

/** Calls of language models that a person's own applications sent, and how they send them. */
export function ApplicationCalls() {
  const { api } = useLive()
  const workload = useMemo(() => new WorkloadApi(api.requests), [api])
  const client = useQueryClient()
  const [removal, setRemoval] = useState<Removal | null>(null)
  const query = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => workload.kept(signal),
    staleTime: 0,
    // What an application sends now shows itself.
    refetchInterval: 15_000,
  })
  return (
    <>
      <Section
        title="Application calls"
        text="Calls of language models that your applications sent to Netra by OpenTelemetry. They are yours alone: agents read them when you attach them to a message (+, “Use the calls of your applications”)."
      >
        <Loaded query={query}>{(kept) => <Kept kept={kept} onRemove={setRemoval} />}</Loaded>
      </Section>
      <SendCalls />
      {removal ? (
        <Confirm
          title={removal.title}
          text={`${removal.text} Files that were made of them stay in their conversations.`}
          action="Delete"
          onClose={() => setRemoval(null)}
          onConfirm={async () => {
            await workload.forget(removal.which)
            await client.invalidateQueries({ queryKey: KEY })
          }}
        />
      ) : null}
    </>
  )
}

interface KeptProps {
  kept: KeptCalls
  onRemove: (removal: Removal) => void
}

function Kept({ kept, onRemove }: KeptProps) {
  const { spans, first_at, last_at, services, services_total } = kept
  if (spans === 0 || first_at === null || last_at === null) {
    return <p className="text-muted">None yet. How to send them stands below.</p>
  }
  return (
    <div className="space-y-6">
      <div>
        <p className="figures text-xl font-semibold">{countOf(spans, 'call')}</p>
        <p className="mt-0.5 text-sm text-muted">{rangeOf(first_at, last_at)}</p>
      </div>
      <Room kept={kept} />
      <section aria-labelledby="services">
        <h3 id="services" className="mb-1 font-semibold">
          By service
        </h3>
        <ul className="divide-y divide-line border-y border-line">
          {services.map((service) => (
            <Service key={service.service} service={service} onRemove={onRemove} />
          ))}
        </ul>
        {services_total > services.length ? (
          <p className="mt-2 text-sm text-muted">
            {countOf(services_total - services.length, 'service')} with fewer calls{' '}
            {services_total - services.length === 1 ? 'is' : 'are'} not shown.
          </p>
        ) : null}
      </section>
      <DeleteOlder firstAt={first_at} lastAt={last_at} onRemove={onRemove} />
      <Button
        kind="quiet"
        onClick={() =>
          onRemove({
            title: 'Delete all calls?',
            text: `${countOf(spans, 'call')} of your applications ${spans === 1 ? 'is' : 'are'} deleted for good.`,
            which: {},
          })
        }
      >
        Delete all
      </Button>
    </div>
  )
}

/** How much of what may be kept is used. */
function Room({ kept: { bytes, max_bytes } }: { kept: KeptCalls }) {
  const percent = Math.min(100, Math.floor((bytes / max_bytes) * 100))
  const isFull = bytes >= max_bytes
  const color = isFull ? 'bg-danger' : percent >= 80 ? 'bg-warn' : 'bg-series-1'
  return (
    <div>
      <div
        role="meter"
        aria-label="Space for calls"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-2 overflow-hidden rounded-full bg-sunken"
      >
        <div className={`h-full rounded-full ${color}`} style={{ width: `${percent}%` }} />
      </div>
      <p className={`mt-1.5 text-sm ${isFull ? 'text-danger' : 'text-muted'}`}>
        <span className="figures">
          {formatBytes(bytes)} of {formatBytes(max_bytes)}
        </span>
        {isFull ? '. Nothing more is kept until some are deleted.' : ', packed as they are kept.'}
      </p>
    </div>
  )
}

interface ServiceProps {
  service: KeptCalls['services'][number]
  onRemove: (removal: Removal) => void
}

function Service({ service: { service, spans, first_at, last_at }, onRemove }: ServiceProps) {
  const name = service === '' ? 'Without a name' : service
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className={`wrap-anywhere ${service === '' ? 'text-muted' : 'font-medium'}`}>{name}</p>
        <p className="text-sm text-muted">
          <span className="figures">{formatNumber(spans)}</span> {spans === 1 ? 'call' : 'calls'},{' '}
          {rangeOf(first_at, last_at)}
        </p>
      </div>
      <Button
        small
        kind="quiet"
        aria-label={`Delete the calls of ${name}`}
        onClick={() =>
          onRemove({
            title:
              service === '' ? 'Delete calls without a service?' : `Delete the calls of ${name}?`,
            text: `${countOf(spans, 'call')} ${spans === 1 ? 'is' : 'are'} deleted for good.`,
            which: { service },
          })
        }
      >
        Delete
      </Button>
    </li>
  )
}
