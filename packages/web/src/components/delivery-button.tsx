import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import type { DeliveryReport } from '../live/api.ts'
import { problemText } from '../live/api.ts'
import { useConnection, useLive, useThread } from '../live/use-live.ts'
import { deliveryWords } from '../timeline/delivery-words.ts'
import { Button, IconButton } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { DeliveredIcon } from './icons.tsx'
import { Problem } from './notice.tsx'

const TONES = { good: 'text-muted', busy: 'breathing text-muted', warn: 'text-warn' }

/** Whether all that there is has arrived: one quiet sign, and its details on demand. */
export function DeliveryButton({ threadId }: { threadId: string }) {
  const [isOpen, setOpen] = useState(false)
  const view = useThread(threadId)
  const connection = useConnection()
  if (!view) return null
  const words = deliveryWords(connection.kind, view)
  return (
    <>
      <IconButton label={`Delivery: ${words.short}`} onClick={() => setOpen(true)}>
        <DeliveredIcon size={16} className={TONES[words.tone]} />
      </IconButton>
      {isOpen ? (
        <Dialog label="Delivery" onClose={() => setOpen(false)}>
          <div className="space-y-4 overflow-y-auto p-6 text-sm">
            <div>
              <h2 className="text-xl font-semibold tracking-tight">{words.short}</h2>
              <p className="mt-1 text-soft">{words.long}</p>
            </div>
            <Report threadId={threadId} />
            <div className="flex justify-end">
              <Button small onClick={() => setOpen(false)}>
                Close
              </Button>
            </div>
          </div>
        </Dialog>
      ) : null}
    </>
  )
}

function Report({ threadId }: { threadId: string }) {
  const { api } = useLive()
  const { data, error } = useQuery({
    queryKey: ['delivery', threadId],
    queryFn: ({ signal }) => api.deliveryReport(threadId, signal),
    refetchInterval: 2_000,
    gcTime: 0,
  })
  if (error) return <Problem>{problemText(error)}</Problem>
  if (!data) return <p className="breathing text-muted">Asking the server…</p>
  return (
    <>
      <Counts counts={data.counts} />
      <Devices devices={data.devices} />
    </>
  )
}

const COUNTS: [keyof DeliveryReport['counts'], string][] = [
  ['committed', 'stored, not sent to a device yet'],
  ['sent', 'sent, not yet confirmed'],
  ['acknowledged', 'confirmed by a device'],
  ['waiting', 'kept until a device comes'],
  ['superseded', 'replaced by a summary'],
]

function Counts({ counts }: { counts: DeliveryReport['counts'] }) {
  const shown = COUNTS.filter(([name]) => counts[name] > 0 || name === 'acknowledged')
  return (
    <dl className="figures grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1">
      {shown.map(([name, words]) => (
        <div key={name} className="contents">
          <dt className="text-right font-medium">{counts[name].toLocaleString()}</dt>
          <dd className="text-soft">{words}</dd>
        </div>
      ))}
    </dl>
  )
}

const TRANSPORTS: Record<string, string> = {
  socket: 'live',
  events: 'live, without a socket',
  poll: 'asking now and then',
}

function placeOf({ behind, transport }: DeliveryReport['devices'][number]): string {
  if (behind === 0) return 'has everything'
  // A stream of plain requests has no way back on which to confirm.
  return transport === 'events' ? 'does not confirm' : `${behind.toLocaleString()} behind`
}

function Devices({ devices }: { devices: DeliveryReport['devices'] }) {
  const mine = localStorage.getItem('netra.device')
  if (devices.length === 0) return <p className="text-muted">No device reads this now.</p>
  return (
    <ul className="divide-y divide-line rounded-lg border border-line">
      {devices.map((device, index) => (
        <li
          key={device.connection_id ?? `${device.device} ${index}`}
          className="flex items-baseline justify-between gap-3 px-3 py-2"
        >
          <span className="min-w-0 truncate">
            {device.device === mine ? (
              'This browser'
            ) : (
              <>
                Device <span className="font-mono text-xs">{device.device.slice(-6)}</span>
              </>
            )}
            <span className="text-muted">
              {' '}
              ·{' '}
              {device.connection_id === null
                ? 'away'
                : (TRANSPORTS[device.transport] ?? device.transport)}
            </span>
          </span>
          <span className="figures shrink-0 text-muted">{placeOf(device)}</span>
        </li>
      ))}
    </ul>
  )
}
