import { once } from 'node:events'
import { connect } from 'node:net'

import { expect, test } from 'vitest'

import { startNetra } from '../support/netra-process.ts'

test('who sends a body that is too large to its end still reads the answer', async () => {
  await using netra = await startNetra()
  const { port } = new URL(netra.url)
  const body = JSON.stringify({ email: 'x'.repeat(8_000_000) })
  for (let tries = 0; tries < 5; tries++) {
    const socket = connect(Number(port), '127.0.0.1')
    let answer = ''
    let problem: unknown
    socket.on('data', (data) => (answer += data.toString()))
    socket.on('error', (error) => (problem = error))
    socket.write(
      `POST /auth/login HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    // As a proxy does that has the whole body before it begins to send it on.
    await new Promise<void>((resolve) => {
      socket.write(body, () => resolve())
      socket.on('close', () => resolve())
    })
    expect(problem).toBeUndefined()
    socket.end()
    await once(socket, 'close')
    expect(answer).toContain('HTTP/1.1 413')
  }
})
