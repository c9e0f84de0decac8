import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

import { maskedFrame } from '../resume/raw-client.ts'
import { answerParent } from '../support/child.ts'
import type { CrowdRequest, Variant } from './messages.ts'

/** So many are under way at once. */
const AT_ONCE = 64
const WELCOME = Buffer.from('"type":"welcome"')

let tokens: string[] = []

/** One socket, until it was welcomed or, where nobody welcomes, upgraded. @throws when it was not. */
function arrive(variant: Variant, port: number, index: number): Promise<void> {
  const token = tokens[index % tokens.length] ?? ''
  const upgrade = [
    'GET /ws HTTP/1.1',
    `Host: localhost:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    variant === 'netra'
      ? 'Sec-WebSocket-Protocol: netra.v1'
      : `Authorization: Bearer ${variant === 'checked' ? token : ''}`,
    '\r\n',
  ].join('\r\n')
  const hello = maskedFrame(
    JSON.stringify({
      type: 'hello',
      protocol: 1,
      device: 'bench',
      instance: `bench-${index}`,
      token,
      resume: [],
    }),
  )
  return new Promise((resolve, reject) => {
    const localAddress = `127.0.1.${1 + (index % 200)}`
    const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true })
    const pieces: Buffer[] = []
    let isThere = false
    socket.on('connect', () => socket.write(upgrade))
    socket.on('data', (data: Buffer) => {
      pieces.push(data)
      if (pieces.length === 1 && variant === 'netra') socket.write(hello)
      if (variant === 'netra' ? !data.includes(WELCOME) : !data.includes('\r\n\r\n')) return
      isThere = Buffer.concat(pieces).subarray(0, 12).toString() === 'HTTP/1.1 101'
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      if (isThere) resolve()
      else reject(new Error(`not let in: ${Buffer.concat(pieces).toString().slice(0, 300)}`))
    })
  })
}

answerParent(async (request: CrowdRequest): Promise<unknown> => {
  if (request.kind === 'prepare') {
    tokens = request.tokens
    return undefined
  }
  const { variant, port, count } = request
  let next = 0
  const comer = async (): Promise<void> => {
    while (next < count) {
      next += 1
      await arrive(variant, port, next)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, comer))
  return count
})
