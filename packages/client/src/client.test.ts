import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import * as face from './client.ts'

const SRC = new URL('./', import.meta.url).pathname

test('the public face is this list, and nothing else', () => {
  expect(Object.keys(face).toSorted()).toMatchInlineSnapshot(`
    [
      "AccountApi",
      "ApiError",
      "ApprovalsApi",
      "ClientStopped",
      "CommandError",
      "EntranceApi",
      "HttpApi",
      "McpApi",
      "MemoryApi",
      "MoreAgentsApi",
      "NetraClient",
      "OperationsApi",
      "ReportApi",
      "SignedOut",
      "SpendingApi",
      "StreamEnded",
      "TokenSession",
      "UsersApi",
      "WorkloadApi",
      "challengeSchema",
      "httpTransport",
      "indexedOutbox",
      "isConnected",
      "newTraceparent",
      "sharedTransport",
      "systemClock",
      "ticketCredentials",
      "tokenCredentials",
      "traceIdOf",
      "webSocketTransport",
      "whenStore",
    ]
  `)
})

test('what a browser loads knows nothing of Node', () => {
  const nodeOnly = readdirSync(SRC)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'node.ts')
    .filter((file) => /from '(node:|ws')|\.\/node\.ts/.test(readFileSync(SRC + file, 'utf8')))
  expect(nodeOnly).toEqual([])
})
