import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { SERVICE_SECRET, startAuthProcess } from './support/auth-process.ts'
import { freePort } from './support/free-port.ts'
import { request } from './support/http.ts'
import { startModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { startBalancer } from './support/nginx.ts'
import { testDatabase, type TestDatabase } from './support/postgres.ts'
import { openWitness, type Witness } from './support/witness.ts'

/** Longer than the drain: some answers are always half said when a revision ends. */
const WORDS = Array.from({ length: 24 }, (_, index) => `word${index} `)
const PACE_MS = 50
const DRAIN_SECONDS = '1'
const PATIENT = { timeout: 30_000 }

let database: TestDatabase
let room: string
beforeEach(async () => {
  database = await testDatabase()
  room = mkdtempSync(join(tmpdir(), 'netra-rollout-'))
})
afterEach(async () => {
  await database[Symbol.asyncDispose]()
  rmSync(room, { recursive: true, force: true })
})

const revisionAt = async (url: string): Promise<unknown> =>
  (await request<{ revision: string }>(`${url}/api/config`)).body.revision

/** As a platform asks before it sends anybody there. */
const isReady = (netra: NetraProcess) =>
  expect
    .poll(async () => {
      const { status, body } = await request(`${netra.url}/health`)
      return status === 200 ? 'ready' : JSON.stringify(body)
    }, PATIENT)
    .toBe('ready')

/** Every one of them is answered once more. */
async function answeredOnceMore(witnesses: readonly Witness[]): Promise<void> {
  const before = witnesses.map(({ answers }) => answers)
  await expect
    .poll(() => witnesses.every(({ answers }, n) => answers >= (before[n] ?? 0) + 1), PATIENT)
    .toBe(true)
}

test.each([
  ['that share a folder', false],
  ['that ask netra auth', true],
])(
  'two revisions %s change behind nginx, and back: no event is lost, repeated or out of order, nobody signs in anew',
  { timeout: 180_000 },
  async (_name, isAuthElsewhere) => {
    await using model = await startModelServer({ script: [{ text: WORDS, paceMs: PACE_MS }] })
    const ports = [await freePort(), await freePort()] as const
    await using balancer = await startBalancer([ports[0]])
    await using auth = isAuthElsewhere
      ? await startAuthProcess({
          env: { NETRA_PUBLIC_URL: balancer.url, NETRA_REGISTRATION: 'open' },
        })
      : undefined
    const start = (revision: string, port: number): Promise<NetraProcess> =>
      startNetra({
        folder: join(room, 'data'),
        port,
        env: {
          DATABASE_URL: database.url,
          OPENAI_BASE_URL: `${model.url}/v1`,
          NETRA_MODEL: 'openai/slow',
          NETRA_PUBLIC_URL: balancer.url,
          NETRA_TRUSTED_PROXIES: '127.0.0.1',
          NETRA_REVISION: revision,
          NETRA_REPLICAS: '2',
          NETRA_REGISTRATION: 'open',
          NETRA_DRAIN_SECONDS: DRAIN_SECONDS,
          ...(auth && { AUTH_SERVICE_URL: auth.url, NETRA_SERVICE_SECRET: SERVICE_SECRET }),
        },
      })
    await using first = await start('revision-1', ports[0])
    await isReady(first)
    expect(await revisionAt(balancer.url)).toBe('revision-1')

    const witnesses: Witness[] = []
    for (const [email, isNew] of [
      ['one@example.com', true],
      ['one@example.com', false],
      ['two@example.com', true],
    ] as const) {
      witnesses.push(await openWitness(balancer.url, { email, isNew }, WORDS.join('')))
    }
    const tokens = await Promise.all(witnesses.map((witness) => witness.token()))
    const over = new AbortController()
    const talks = Promise.all(witnesses.map((witness) => witness.talk(over.signal)))
    talks.catch(() => undefined)
    await answeredOnceMore(witnesses)

    await using second = await start('revision-2', ports[1])
    await isReady(second)
    balancer.point([ports[1]])
    await expect.poll(() => revisionAt(balancer.url), PATIENT).toBe('revision-2')
    expect(await first.kill('SIGTERM')).toBe(0)
    await answeredOnceMore(witnesses)

    await using again = await start('revision-1', ports[0])
    await isReady(again)
    balancer.point([ports[0]])
    await expect.poll(() => revisionAt(balancer.url), PATIENT).toBe('revision-1')
    expect(await second.kill('SIGTERM')).toBe(0)
    await answeredOnceMore(witnesses)
    over.abort()
    await talks

    for (const [index, witness] of witnesses.entries()) {
      expect(witness.violations).toEqual([])
      expect(witness.sockets).toBeGreaterThanOrEqual(3)
      expect(await witness.token()).toBe(tokens[index])
    }
    const stored = await database.run('select name, head from stream')
    const heads = new Map(stored.map(({ name, head }) => [String(name), Number(head)]))
    for (const witness of witnesses) {
      await expect
        .poll(() => witness.heads.get(`user:${witness.userId}`), PATIENT)
        .toBe(heads.get(`user:${witness.userId}`))
      for (const [stream, seq] of witness.heads)
        expect([stream, heads.get(stream)]).toEqual([stream, seq])
    }
    const moved = await database.run('select count(*)::int as moved from run where attempt > 1')
    process.stdout.write(
      `${witnesses.reduce((sum, { events }) => sum + events, 0)} events on ${witnesses.reduce((sum, { sockets }) => sum + sockets, 0)} sockets, ${String(moved[0]?.['moved'])} runs went on at the other revision\n`,
    )
    for (const witness of witnesses) witness[Symbol.dispose]()
  },
)
