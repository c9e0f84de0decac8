import { expect, test } from 'vitest'

import { CLIENT, SERVER } from './mcp-conformance/does-not-apply.ts'
import { runClient, runServer } from './mcp-conformance/runner.ts'
import { faultsOf } from './mcp-conformance/verdict.ts'
import { startBearerProxy } from './support/bearer-proxy.ts'
import { startNetra } from './support/netra-process.ts'
import { register } from './support/people.ts'

const AS_LISTED = { fails: [], listedAndPasses: [] }

test('Netra’s MCP endpoint conforms to 2026-07-28 and 2025-11-25 but for what does not apply, which is listed and does fail', async () => {
  await using netra = await startNetra({ env: { NETRA_REGISTRATION: 'open' } })
  const { token } = await register(netra.url)
  await using proxy = await startBearerProxy(netra.url, token)
  const runs = await Promise.all([
    runServer(`${proxy.url}/mcp`, '2026-07-28'),
    runServer(`${proxy.url}/mcp`, '2025-11-25'),
  ])
  expect(faultsOf(runs, SERVER)).toEqual(AS_LISTED)
  expect(runs.map(({ size }) => size)).toEqual([50, 33])
}, 90_000)

/** One of each kind; `npm run nightly -- conformance` runs them all, of both revisions. */
const CORE = [
  'tools_call',
  'request-metadata',
  'sep-2322-client-request-state',
  'http-custom-headers',
  'auth/metadata-default',
  'auth/pre-registration',
  'auth/scope-step-up',
  'auth/resource-mismatch',
  'auth/authorization-server-migration',
  'auth/iss-wrong-issuer',
]

test('Netra’s MCP client conforms to 2026-07-28: calls, headers, questions, and signing in', async () => {
  const queue = [...CORE]
  const worker = async (): Promise<void> => {
    for (let scenario = queue.shift(); scenario !== undefined; scenario = queue.shift()) {
      const results = await runClient('2026-07-28', scenario)
      expect(Object.fromEntries(results)).toEqual({ [scenario]: [] })
    }
  }
  await Promise.all([worker(), worker()])
}, 90_000)

test('what is listed as not applying to the client says why', () => {
  for (const why of Object.values(CLIENT)) expect(why.length).toBeGreaterThan(20)
})
