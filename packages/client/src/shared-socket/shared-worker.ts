import { systemClock } from '../clock.ts'
import { httpTransport } from '../http-socket/http-transport.ts'
import { webSocketTransport, type Transport } from '../transport.ts'
import type { FromTab, OpenRequest, ToTab } from './port-messages.ts'
import { SharedLine } from './shared-line.ts'

export type { OpenRequest }

export interface SharedWorkerParts {
  /** Tells when a tab that holds this lock is gone. */
  locks: Pick<LockManager, 'request'> | undefined
  /** The way to the server; that of the platform unless given. */
  transport?: (request: OpenRequest) => Transport
}

const transportOf = ({ way, http }: OpenRequest): Transport =>
  way === 'http' && http ? httpTransport(http) : webSocketTransport

/**
 * What runs in the shared worker: one line to the server for each way, user and address, and the tabs
 * that hang on it. Answers what takes a tab's message.
 */
export function sharedSockets(parts: SharedWorkerParts): (request: OpenRequest) => void {
  const lines = new Map<string, SharedLine>()
  const makeTransport = parts.transport ?? transportOf
  return (request) => {
    const { way, url, userId, port, lock } = request
    const key = JSON.stringify([way, url, userId])
    const line =
      lines.get(key) ??
      new SharedLine({ clock: systemClock, transport: makeTransport(request), url, userId })
    lines.set(key, line)
    const tell = (message: ToTab): void => port.postMessage(message)
    tell({ type: 'attached' })
    const end = line.attach({
      opened: () => tell({ type: 'opened' }),
      frame: (text) => tell({ type: 'frame', text }),
      closed: (code, reason, status) => tell({ type: 'closed', code, reason, status }),
    })
    port.addEventListener('message', ({ data }: MessageEvent<FromTab>) => {
      if (data.type === 'frame') end.send(data.text)
      else if (data.type === 'taken') end.taken(data.characters)
      else end.leave()
    })
    port.start()
    // Granted only once the tab is gone, however it went.
    parts.locks?.request(lock, () => end.leave()).catch(() => undefined)
  }
}
