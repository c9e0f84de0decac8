import {
  clientMessageSchema,
  CLOSE_CODES,
  PROTOCOL_VERSION,
  serverMessageSchema,
  SUBPROTOCOL,
} from '@netra/protocol'
import { z } from 'zod'

type Message = (typeof clientMessageSchema | typeof serverMessageSchema)['options'][number]

/** The AsyncAPI 3.0 document of the native protocol, whose messages are those of the schemas. */
export function asyncApi(): Record<string, unknown> {
  const said = messagesOf(clientMessageSchema.options, 'client')
  const heard = messagesOf(serverMessageSchema.options, 'server')
  const closes = Object.entries(CLOSE_CODES).map(
    ([code, { name, meaning }]) => `${code} \`${name}\`: ${meaning}`,
  )
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Netra on the wire',
      version: String(PROTOCOL_VERSION),
      description: `Subprotocol \`${SUBPROTOCOL}\`, JSON text frames; several messages to one client travel as one array. PROTOCOL.md has the rules.\n\nClose codes (up to 4499 come back and resume, from 4500 stop):\n\n- ${closes.join('\n- ')}`,
      license: { name: 'Apache-2.0' },
    },
    servers: { local: { host: 'localhost:8000', protocol: 'ws' } },
    channels: {
      socket: {
        address: '/ws',
        description: '/websocket is the same.',
        messages: { ...said, ...heard },
      },
    },
    operations: {
      fromClient: {
        action: 'receive',
        channel: { $ref: '#/channels/socket' },
        messages: refs(said),
      },
      toClient: { action: 'send', channel: { $ref: '#/channels/socket' }, messages: refs(heard) },
    },
  }
}

const refs = (messages: object) =>
  Object.keys(messages).map((name) => ({ $ref: `#/channels/socket/messages/${name}` }))

function messagesOf(
  options: readonly Message[],
  side: 'client' | 'server',
): Record<string, unknown> {
  return Object.fromEntries(
    options.map((schema) => {
      const type = schema.shape.type.value
      const { $schema: _dialect, ...payload } = z.toJSONSchema(schema as z.ZodType, {
        io: 'input',
        unrepresentable: 'any',
      }) as Record<string, unknown>
      return [`${side}_${type}`, { name: type, contentType: 'application/json', payload }]
    }),
  )
}
