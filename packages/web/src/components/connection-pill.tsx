import { useEffect, useState } from 'react'

import type { ConnectionView } from '../live/live-types.ts'
import { useConnection, useLive, useOutgoing } from '../live/use-live.ts'
import { useNow } from '../use-now.ts'

/** A short loss is nobody's business. */
const QUIET_MS = 2500

const LOST = new Set<ConnectionView['kind']>(['connecting', 'waiting', 'offline'])

/** False at once when connected, true only once a loss has lasted. */
function useLasting(isLost: boolean): boolean {
  const [lasts, setLasts] = useState(false)
  useEffect(() => {
    if (!isLost) {
      setLasts(false)
      return undefined
    }
    const timer = setTimeout(() => setLasts(true), QUIET_MS)
    return () => clearTimeout(timer)
  }, [isLost])
  return lasts && isLost
}

function wordsFor(connection: ConnectionView, now: number): string {
  if (connection.kind === 'offline') return 'No network'
  if (connection.kind !== 'waiting') return 'Connecting'
  const seconds = Math.ceil((connection.retryAt - now) / 1000)
  return seconds > 0 ? `Not connected, trying again in ${seconds} s` : 'Not connected, trying again'
}

/** Says nothing while all is well. */
export function ConnectionPill() {
  const live = useLive()
  const connection = useConnection()
  const outgoing = useOutgoing()
  const isLost = LOST.has(connection.kind)
  const lasts = useLasting(isLost)
  const now = useNow(lasts ? 1000 : null)
  const kept = outgoing.some((item) => item.status !== 'accepted')
  return (
    <div role="status" className="flex min-w-0 items-center">
      {lasts ? (
        <button
          type="button"
          title="Try now"
          onClick={live.reconnect}
          className="appear touch figures flex min-w-0 items-center gap-2 rounded-full px-2.5 py-1 text-xs text-soft hover:bg-hover"
        >
          <span className="breathing size-1.5 shrink-0 rounded-full bg-warn" />
          <span className="truncate">
            {wordsFor(connection, now)}
            {kept ? '. Your message is kept and will be sent.' : ''}
          </span>
        </button>
      ) : null}
      {connection.kind === 'stopped' ? (
        <button
          type="button"
          onClick={live.reconnect}
          className="appear touch flex min-w-0 items-center gap-2 rounded-full px-2.5 py-1 text-xs text-danger hover:bg-hover"
        >
          <span className="size-1.5 shrink-0 rounded-full bg-danger" />
          <span className="truncate">Disconnected: {connection.why}. Connect again</span>
        </button>
      ) : null}
    </div>
  )
}
