import { once } from 'node:events'
import { createServer } from 'node:http'

import { WebSocketServer } from 'ws'

import { answerParent } from '../support/child.ts'
import { settledMemory } from './memory.ts'

const server = createServer()
const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false })
sockets.on('connection', (socket) => {
  socket.on('message', () => undefined)
  socket.on('error', () => undefined)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')

answerParent(async (request: 'port' | 'memory') => {
  if (request === 'memory') return settledMemory()
  const address = server.address()
  return typeof address === 'object' ? address?.port : undefined
})
