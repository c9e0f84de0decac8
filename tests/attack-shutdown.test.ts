import { connect, type Socket } from 'node:net'

import { expect, test } from 'vitest'

import { startModelServer } from './support/model-server.ts'
import { startNetra } from './support/netra-process.ts'
import { register } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

test('SIGTERM ends the server within seconds whatever hangs on it', async () => {
  await using model = await startModelServer({ script: [{ text: 'half an ', after: 'stall' }] })
  await using netra = await startNetra({
    env: { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' },
  })
  const people = await Promise.all(Array.from({ length: 5 }, () => register(netra.url)))
  const sockets = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const socket = await openSocket(netra.url)
      socket.send(hello(people[index % 5]?.token ?? ''))
      await socket.next((frame) => frame.type === 'welcome')
      return socket
    }),
  )
  const waiting = fetch(`${netra.url}/api/agents/execute`, {
    method: 'POST',
    headers: { ...people[0]?.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'assistant', message: 'hi' }),
  }).then(
    (response) => response.status,
    () => 'cut',
  )
  const { port } = new URL(netra.url)
  const head = (first: string, ...more: string[]) =>
    [first, `Host: localhost:${port}`, ...more, '', ''].join('\r\n')
  const plain = await Promise.all([
    talk(port, ''),
    talk(port, head('POST /auth/login HTTP/1.1', 'Content-Length: 99')),
    talk(port, 'GET /health HTTP/1.1\r\nHost'),
    talk(port, head('GET /ws HTTP/1.1', 'Origin: http://evil.example', ...UPGRADE)),
    talk(port, head('GET /ws HTTP/1.1', 'Sec-WebSocket-Protocol: netra.v1', ...UPGRADE)),
  ])
  while (model.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))

  const begun = performance.now()
  expect(await netra.kill('SIGTERM')).toBe(0)
  expect(performance.now() - begun).toBeLessThan(5_000)
  expect(await waiting).not.toBe(200)
  for (const socket of sockets) expect((await socket.closed).code).toBe(4001)
  for (const socket of plain) socket.destroy()
})

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

/** A caller that says this and then nothing, and never closes. */
function talk(port: string, text: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
    socket.on('error', reject)
    socket.once('connect', () => {
      socket.write(text)
      socket.resume()
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}
