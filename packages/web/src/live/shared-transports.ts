import {
  httpTransport,
  sharedTransport,
  systemClock,
  webSocketTransport,
  type HttpAddresses,
  type OpenRequest,
  type Transport,
} from '@netra/client'

/** A worker that all tabs share, or undefined where the browser has none or cannot tell who lives. */
function startWorker(): { lock: string; send: (request: OpenRequest) => boolean } | undefined {
  if (typeof SharedWorker === 'undefined' || !('locks' in navigator)) return undefined
  const lock = `netra.tab.${crypto.randomUUID()}`
  const held = new Promise<void>((resolve, reject) => {
    const whileOpen = () => {
      resolve()
      return new Promise<never>(() => undefined)
    }
    navigator.locks.request(lock, whileOpen).catch(reject)
  })
  let isBroken = false
  const worker = new SharedWorker(new URL('./socket-worker.ts', import.meta.url), {
    type: 'module',
    name: 'netra',
  })
  worker.addEventListener('error', () => {
    isBroken = true
  })
  worker.port.start()
  return {
    lock,
    send(request) {
      if (isBroken) return false
      // Without the lock the worker would take this tab for dead; without an answer it is passed by.
      held.then(
        () => worker.port.postMessage(request, [request.port]),
        () => undefined,
      )
      return true
    },
  }
}

/** Both ways to the server: shared with the other tabs of this person where the browser allows. */
export function sharedTransports(
  userId: string,
  http: HttpAddresses | undefined,
): { transport: Transport; fallback?: Transport } {
  const own = http && httpTransport(http)
  const worker = startWorker()
  if (!worker) return { transport: webSocketTransport, ...(own && { fallback: own }) }
  const { lock, send } = worker
  const common = { worker: send, http, userId, lock, clock: systemClock }
  return {
    transport: sharedTransport({ ...common, way: 'socket', own: webSocketTransport }),
    ...(own && { fallback: sharedTransport({ ...common, way: 'http', own }) }),
  }
}
