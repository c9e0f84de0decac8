import { startBearerProxy } from '../support/bearer-proxy.ts'
import { startNetra } from '../support/netra-process.ts'
import { register } from '../support/people.ts'
import { CLIENT, SERVER } from './does-not-apply.ts'
import { runClient, runServer } from './runner.ts'
import { faultsOf } from './verdict.ts'

/** node tests/mcp-conformance/run.ts: all that both revisions require, of server and client. */
await using netra = await startNetra({ env: { NETRA_REGISTRATION: 'open' } })
const { token } = await register(netra.url)
await using proxy = await startBearerProxy(netra.url, token)

const servers = [
  await runServer(`${proxy.url}/mcp`, '2026-07-28'),
  await runServer(`${proxy.url}/mcp`, '2025-11-25'),
]
const clients = [await runClient('2026-07-28'), await runClient('2025-11-25')]
let isAsListed = true
for (const [side, runs, listed] of [
  ['server', servers, SERVER],
  ['client', clients, CLIENT],
] as const) {
  const { fails, listedAndPasses } = faultsOf(runs, listed)
  for (const name of fails) process.stdout.write(`${side}: ${name} fails\n`)
  for (const name of listedAndPasses)
    process.stdout.write(`${side}: ${name} is listed and passes\n`)
  const ran = runs.reduce((sum, { size }) => sum + size, 0)
  const passed = runs.flatMap((run) => [...run.values()]).filter((failed) => failed.length === 0)
  process.stdout.write(
    `${side}: ${passed.length} of ${ran} scenarios pass, the others do not apply\n`,
  )
  isAsListed &&= fails.length === 0 && listedAndPasses.length === 0
}
process.exitCode = isAsListed ? 0 : 1
