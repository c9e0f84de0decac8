import asyncApiSpecs from '@asyncapi/specs'
import { CLIENT_MESSAGE_TYPES, SERVER_MESSAGE_TYPES } from '@netra/protocol'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { apiDocuments } from '../scripts/api-documents.ts'
import { ROUTES } from '../scripts/openapi/document.ts'
import { isMedia } from '../scripts/openapi/route.ts'
import { EVERYTHING, startObserved } from './isolation/observed-server.ts'

const documents = await apiDocuments()
const parsed = (name: string) => JSON.parse(documents[name] ?? '') as Record<string, unknown>

test('the OpenAPI document is one, of version 3.1', async () => {
  const { valid, errors } = await new Validator().validate(parsed('openapi.json'))
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined })
})

test('the AsyncAPI document is one, of version 3.0, and has every message of both sides', () => {
  const document = parsed('asyncapi.json')
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  const fits = ajv.compile(asyncApiSpecs.schemasWithoutId['3.0.0'])
  fits(document)
  expect(fits.errors).toBeNull()
  const { channels } = document as { channels: { socket: { messages: object } } }
  expect(Object.keys(channels.socket.messages).toSorted()).toEqual(
    [
      ...CLIENT_MESSAGE_TYPES.map((type) => `client_${type}`),
      ...SERVER_MESSAGE_TYPES.map((type) => `server_${type}`),
    ].toSorted(),
  )
})

test('every route of the server is in the OpenAPI document, and every route there is one', async () => {
  await using netra = await startObserved({ env: EVERYTHING })
  const served = netra.routes.filter((route) => !/^(HEAD|OPTIONS) /.test(route))
  expect(Object.keys(ROUTES).toSorted()).toEqual([...new Set(served)].toSorted())
}, 60_000)

/** Their other side may be of a later version, or is somebody whose standard adds fields. */
const READS_ON = [
  'GET /api/chat/messages query',
  'GET /api/events query',
  'GET /api/mcp/connections/:id/sign-in query',
  'GET /api/mcp/oauth/callback query',
  'GET /auth/feed query',
  'GET /auth/login query',
  'POST /api/commands body',
  'POST /api/mcp/connections/:id/sign-in body',
  'POST /api/runs/:id/seen body',
  'POST /auth/login body',
  'POST /auth/refresh body',
  'POST /auth/service-token body',
  'POST /auth/tickets body',
  'POST /auth/tickets/redeem body',
  'POST /auth/validate body',
]

test('a misspelled field is refused everywhere but where a program of another version speaks', () => {
  const readOn = Object.entries(ROUTES).flatMap(([name, { body, query }]) =>
    Object.entries({ body, query }).flatMap(([part, schema]) => {
      if (!schema || isMedia(schema)) return []
      const { additionalProperties } = z.toJSONSchema(schema, { io: 'input' })
      return additionalProperties === false ? [] : [`${name} ${part}`]
    }),
  )
  expect(readOn.toSorted()).toEqual(READS_ON)
})
