import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, test } from 'vitest'

import { CheckFailure, CheckRefused, CheckSkipped, CheckTimedOut } from './check.ts'
import { runChecks } from './runner.ts'
import { aCheck, aRun } from './testing/made-up.ts'

const outcomes = async (...args: Parameters<typeof runChecks>) =>
  Object.fromEntries((await runChecks(...args)).map(({ id, outcome }) => [id, outcome]))

const failing = (error: Error) => async () => {
  throw error
}

test('what a check throws decides its outcome', async () => {
  expect(
    await outcomes(
      [
        aCheck({ id: 'health.ok' }),
        aCheck({ id: 'health.failure', run: failing(new CheckFailure('no')) }),
        aCheck({ id: 'health.late', run: failing(new CheckTimedOut('no')) }),
        aCheck({ id: 'health.refused', run: failing(new CheckRefused('no')) }),
        aCheck({ id: 'health.skipped', run: failing(new CheckSkipped('no')) }),
        aCheck({ id: 'health.bug', run: failing(new TypeError('no')) }),
      ],
      aRun(),
    ),
  ).toEqual({
    'health.ok': 'passed',
    'health.failure': 'failed',
    'health.late': 'timed_out',
    'health.refused': 'refused',
    'health.skipped': 'skipped',
    'health.bug': 'error',
  })
})

test('a check that never ends is timed out, with its cause and fix', async () => {
  const never = () => new Promise<never>(() => undefined)
  const [result] = await runChecks([aCheck({ id: 'health.x', timeoutMs: 20, run: never })], aRun())
  expect(result).toMatchObject({ outcome: 'timed_out', cause: 'It is broken.', fix: 'Mend it.' })
})

test('the first cause that fits is told', async () => {
  const check = aCheck({
    id: 'health.x',
    causes: [
      { when: /503/, cause: 'away', fix: 'start it' },
      { cause: 'other', fix: 'look' },
    ],
    run: failing(new CheckFailure('answered 404')),
  })
  expect((await runChecks([check], aRun()))[0]).toMatchObject({ cause: 'other', fix: 'look' })
})

async function withServer<T>(
  statuses: readonly number[],
  body: (url: string, asked: () => number) => Promise<T>,
  retryAfter = '1',
): Promise<T> {
  let asked = 0
  const server = createServer((_request, response) => {
    const status = statuses[Math.min(asked++, statuses.length - 1)] ?? 200
    response.writeHead(status, { 'retry-after': retryAfter, 'content-type': 'application/json' })
    response.end('{"access_token":"a-secret-token"}')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  try {
    return await body(`http://127.0.0.1:${port}`, () => asked)
  } finally {
    server.close()
  }
}

test('a check that swallows an error status does not pass', () =>
  withServer([500], async (url) => {
    const check = aCheck({
      id: 'health.x',
      run: async ({ http }) => {
        await http.ask('/health').catch(() => undefined)
        return 'all is well'
      },
    })
    const [result] = await runChecks([check], aRun({ url }))
    expect(result).toMatchObject({ outcome: 'failed' })
    expect(result?.seen).toContain('answered 500, and nothing passes on an error')
  }))

test('an error status that is due passes', () =>
  withServer([404], async (url) => {
    const check = aCheck({
      id: 'errors.x',
      run: async ({ http }) => (await http.ask('/nothing', { expect: 404 })).text,
    })
    const [result] = await runChecks([check], aRun({ url }))
    expect(result?.outcome).toBe('passed')
  }))

test('a limit is waited for when it says that it is over soon', () =>
  withServer([429, 200], async (url, asked) => {
    const check = aCheck({
      id: 'health.x',
      run: async ({ http }) => String((await http.ask('/x')).status),
    })
    const [result] = await runChecks([check], aRun({ url }))
    expect(result).toMatchObject({ outcome: 'passed', seen: '200' })
    expect(asked()).toBe(2)
  }))

test('a limit that is not over soon is a refusal, not a failure', () =>
  withServer(
    [429],
    async (url, asked) => {
      const check = aCheck({
        id: 'health.x',
        run: async ({ http }) => (await http.ask('/x')).text,
      })
      const [result] = await runChecks([check], aRun({ url }))
      expect(result?.outcome).toBe('refused')
      expect(asked()).toBe(1)
    },
    '60',
  ))

test('evidence and what was seen hold no secret', () =>
  withServer([200], async (url) => {
    const check = aCheck({
      id: 'health.x',
      run: async ({ http, note, secret }) => {
        secret('hunter2-hunter2')
        const { text } = await http.ask('/x', {
          body: { password: 'hunter2-hunter2', token: 'another' },
        })
        note({ sent: 'Bearer abcdefghijkl', received: 'eyJhbGciOi.eyJzdWIi.c2ln', durationMs: 0 })
        return `seen ${text} and hunter2-hunter2`
      },
    })
    const [result] = await runChecks([check], aRun({ url }))
    const text = JSON.stringify(result)
    for (const secret of ['hunter2', 'a-secret-token', 'abcdefghijkl', 'eyJ', 'another']) {
      expect(text).not.toContain(secret)
    }
    expect(text).toContain('"sent":"POST')
  }))

test('what needs a check that did not pass is skipped, and says which', async () => {
  const results = await runChecks(
    [
      aCheck({ id: 'accounts.a', run: failing(new CheckFailure('no')) }),
      aCheck({ id: 'accounts.b', needs: ['accounts.a'] }),
      aCheck({ id: 'accounts.c', needs: ['accounts.b'] }),
      aCheck({ id: 'accounts.d', needs: ['accounts.not-in-this-run'] }),
    ],
    aRun(),
  )
  expect(results.map(({ outcome }) => outcome)).toEqual(['failed', 'skipped', 'skipped', 'passed'])
  expect(results[1]?.seen).toBe('not tried: accounts.a did not pass')
})

test('when no connection comes about nothing else is tried', async () => {
  expect(
    await outcomes(
      [
        aCheck({ id: 'network.tcp', run: failing(new CheckFailure('refused')) }),
        aCheck({ id: 'network.clock' }),
        aCheck({ id: 'health.x' }),
      ],
      aRun(),
    ),
  ).toEqual({ 'network.tcp': 'failed', 'network.clock': 'passed', 'health.x': 'skipped' })
})

test('a check in the background begins at once, and the others do not wait for it', async () => {
  const order: string[] = []
  const gate = Promise.withResolvers<void>()
  const results = await runChecks(
    [
      aCheck({
        id: 'health.slow',
        background: true,
        run: async () => {
          order.push('slow begins')
          await gate.promise
          return 'slow'
        },
      }),
      aCheck({
        id: 'health.quick',
        run: async () => {
          order.push('quick')
          return 'quick'
        },
      }),
    ],
    aRun({
      onResult: ({ id }) => {
        order.push(`${id} ended`)
        gate.resolve()
      },
    }),
  )
  expect(order).toEqual(['slow begins', 'quick', 'health.quick ended', 'health.slow ended'])
  expect(results.map(({ id }) => id)).toEqual(['health.slow', 'health.quick'])
})

test('a check in the background waits for what it needs, and is waited for by what needs it', async () => {
  const order: string[] = []
  const noting = (name: string) => async () => {
    await new Promise((resolve) => setImmediate(resolve))
    order.push(name)
    return name
  }
  await runChecks(
    [
      aCheck({ id: 'health.first', run: noting('first') }),
      aCheck({ id: 'health.b', background: true, needs: ['health.first'], run: noting('b') }),
      aCheck({ id: 'health.last', needs: ['health.b'], run: noting('last') }),
    ],
    aRun(),
  )
  expect(order).toEqual(['first', 'b', 'last'])
})

test('what --skip leaves out is skipped and never run', async () => {
  const check = aCheck({ id: 'health.x', run: failing(new Error('it ran')) })
  const background = { ...check, id: 'health.y', background: true } as const
  const leftOut = new Set(['health.x', 'health.y'])
  const results = await runChecks([check, background], aRun({ leftOut }))
  expect(results.map(({ outcome, seen }) => `${outcome}: ${seen}`)).toEqual([
    'skipped: left out by --skip',
    'skipped: left out by --skip',
  ])
})

test('an interrupted run ends the check that is on and tries no other', async () => {
  const stop = new AbortController()
  const results = await runChecks(
    [
      aCheck({
        id: 'health.x',
        run: () => {
          stop.abort()
          return new Promise<never>(() => undefined)
        },
      }),
      aCheck({ id: 'health.y' }),
    ],
    aRun({ signal: stop.signal }),
  )
  expect(results.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped'])
})

test('beyond the deadline of the whole run nothing begins', async () => {
  const [result] = await runChecks([aCheck({ id: 'health.x' })], aRun({ deadline: 0 }))
  expect(result).toMatchObject({ outcome: 'timed_out' })
})

test('when nobody comes in, who needs somebody is skipped instead of failing', async () => {
  const needing = aCheck({ id: 'threads.x', run: async ({ account }) => (await account()).userId })
  expect(
    await outcomes(
      [aCheck({ id: 'accounts.come-in', run: failing(new CheckFailure('no')) }), needing],
      aRun(),
    ),
  ).toEqual({ 'accounts.come-in': 'failed', 'threads.x': 'skipped' })
})

test('hundreds of exchanges are told by their first and last', async () => {
  const check = aCheck({
    id: 'limits.x',
    run: async ({ note }) => {
      for (let n = 0; n < 300; n++) note({ sent: `${n}`, received: '', durationMs: 0 })
      return 'done'
    },
  })
  const [result] = await runChecks([check], aRun())
  const sent = result?.exchanges.map((exchange) => exchange.sent) ?? []
  expect(sent).toHaveLength(41)
  expect([sent[0], sent[20], sent[40]]).toEqual(['0', '… 260 more …', '299'])
})
