import { connect, createServer, type Socket } from 'node:net'

import { expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra } from './support/netra-process.ts'
import { register } from './support/people.ts'
import { testDatabase } from './support/postgres.ts'

const PATIENT = { timeout: 120_000 }
const REQUESTS = 10_000
const AT_ONCE = 50

interface Health {
  status: string
  checks: {
    backend: {
      status: string
      error?: string
      details: { pool: { in_use: number; waiting: number; leaked: number; size: number } }
    }
    disk: { details: { free_bytes: number; total_bytes: number } }
  }
}

const healthOf = async (url: string): Promise<Health> =>
  (await request<Health>(`${url}/api/health`)).body

/** Ordinary ones, ones that fail in different ways, and ones whose caller hangs up. */
async function ask(url: string, headers: Record<string, string>, index: number): Promise<string> {
  const abort = new AbortController()
  const kinds = [
    () => fetch(`${url}/api/threads`, { headers }),
    () => fetch(`${url}/api/threads/no-such-thread/messages`, { headers }),
    () => fetch(`${url}/api/threads`, { method: 'POST', headers, body: '{' }),
    () => fetch(`${url}/api/threads?limit=minus`, { headers }),
    () => {
      const asked = fetch(`${url}/api/threads`, { headers, signal: abort.signal })
      setTimeout(() => abort.abort(), index % 4)
      return asked
    },
  ]
  try {
    const kind = kinds[index % kinds.length] ?? fetch
    const response = await kind(url)
    await response.arrayBuffer()
    return response.status < 500 ? 'answered' : `fault ${response.status}`
  } catch {
    return 'aborted'
  }
}

test.each(['SQLite', 'PostgreSQL'])(
  'after 10,000 ordinary, failing and aborted requests nothing of the store is out or leaked: %s',
  PATIENT,
  async (store) => {
    await using database = store === 'SQLite' ? undefined : await testDatabase()
    await using netra = await startNetra({
      env: {
        NETRA_REQUESTS_PER_MINUTE: '1000000',
        ...(database && { DATABASE_URL: database.url }),
      },
    })
    const { headers } = await register(netra.url)
    const ends = new Map<string, number>()
    let next = 0
    let mostInUse = 0
    const work = async (): Promise<void> => {
      const index = next++
      if (index >= REQUESTS) return
      const end = await ask(netra.url, { ...headers, 'content-type': 'application/json' }, index)
      ends.set(end, (ends.get(end) ?? 0) + 1)
      if (index % 500 === 0) {
        const { pool } = (await healthOf(netra.url)).checks.backend.details
        mostInUse = Math.max(mostInUse, pool.in_use + pool.waiting)
      }
      return work()
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    expect([...ends.keys()].toSorted()).toEqual(['aborted', 'answered'])
    expect(ends.get('aborted')).toBeGreaterThan(100)
    // The numbers are no constants: the store was seen at work.
    expect(mostInUse).toBeGreaterThan(0)
    const atRest = { in_use: 0, waiting: 0, leaked: 0 }
    await expect
      .poll(async () => (await healthOf(netra.url)).checks.backend.details.pool, {
        timeout: 10_000,
      })
      .toMatchObject(atRest)
    const { pool } = (await healthOf(netra.url)).checks.backend.details
    expect(pool.size).toBe(store === 'SQLite' ? 2 : 7)
    const metrics = await (await fetch(`${netra.url}/metrics`)).text()
    expect(metrics).toMatch(/^netra_store_leaked 0$/m)
  },
)

/** A line to the database that a test can cut. */
async function cuttable(to: URL) {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(Number(to.port || 5432), to.hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(to)
  url.port = String((server.address() as { port: number }).port)
  return {
    url: url.href,
    set cut(value: boolean) {
      isCut = value
      if (value) for (const socket of sockets) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test(
  'while the store is away it lives, is unhealthy with the reason, and is not ready until it is back',
  PATIENT,
  async () => {
    await using database = await testDatabase()
    await using line = await cuttable(new URL(database.url))
    await using netra = await startNetra({ env: { DATABASE_URL: line.url } })
    const stateOf = async (path: string) => {
      const { status, body } = await request(`${netra.url}${path}`)
      return [status, body['status']]
    }
    expect(await stateOf('/health/ready')).toEqual([200, 'ready'])
    line.cut = true
    const becomes = (path: string, state: unknown[]) =>
      expect.poll(() => stateOf(path), { timeout: 30_000 }).toEqual(state)
    await becomes('/health', [503, 'unhealthy'])
    expect(await stateOf('/health/live')).toEqual([200, 'alive'])
    const { body } = await request<{ reasons: string[] }>(`${netra.url}/health`)
    expect(body.reasons.join()).toMatch(/^backend: ./)
    await becomes('/health/ready', [503, 'not_ready'])
    expect(await stateOf('/health/live')).toEqual([200, 'alive'])
    line.cut = false
    await becomes('/health/ready', [200, 'ready'])
    expect(await stateOf('/health')).toEqual([200, 'healthy'])
  },
)

test(
  'room on the disk is told, and every name of the classic surface is there',
  PATIENT,
  async () => {
    await using netra = await startNetra()
    const health = await healthOf(netra.url)
    const { free_bytes: free, total_bytes: total } = health.checks.disk.details
    expect(free).toBeGreaterThan(0)
    expect(total).toBeGreaterThan(free)
    const { status, body } = await request(`${netra.url}/health`)
    expect([status, Object.keys(body)]).toEqual([
      200,
      expect.arrayContaining([
        'status',
        'service',
        'version',
        'revision',
        'timestamp',
        'dependencies',
        'startup_bypass',
        'mode',
      ]) as string[],
    ])
  },
)
