import { sharedSockets, type OpenRequest } from '@netra/client/shared-worker'

/** What runs in the shared worker: the connections that all tabs of this browser share. */
const open = sharedSockets({ locks: navigator.locks })

addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports
  port?.addEventListener('message', ({ data }: MessageEvent<OpenRequest>) => open(data))
  port?.start()
})
