import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { Accounts } from '../packages/validator/src/validate/accounts.ts'
import { createHttpClient } from '../packages/validator/src/validate/http-client.ts'
import type { ReportJson } from '../packages/validator/src/validate/report/json.ts'
import { validate } from '../packages/validator/src/validate/validate.ts'
import { freePort } from './support/free-port.ts'
import { request } from './support/http.ts'
import { startMailServer } from './support/mail-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, type Person } from './support/people.ts'
import { setUp } from './support/sign-in.ts'

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))

interface Ended {
  code: number | null
  out: string
  err: string
}

/** `netra validate …`; interrupted as soon as it has written what is named. */
async function run(
  args: readonly string[],
  more: { interruptAt?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [BIN, 'validate', ...args], {
    env: { ...process.env, ...more.env },
  })
  let [out, err] = ['', '']
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  let { interruptAt } = more
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString()
    if (interruptAt === undefined || !out.includes(interruptAt)) return
    interruptAt = undefined
    child.kill('SIGINT')
    // As at a terminal: one key, which the process that starts this one passes on too.
    setTimeout(() => child.kill('SIGINT'), 50)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

let netra: NetraProcess
let root: Person
beforeAll(async () => {
  netra = await startNetra()
  root = await setUp(netra)
})
afterAll(() => netra[Symbol.asyncDispose]())

const accountsAt = async (url: string, person: Person): Promise<string[]> => {
  const { headers } = person
  const { body } = await request<{ users: { email: string }[] }>(
    `${url}/auth/admin/users?limit=200`,
    { headers },
  )
  return body.users.map(({ email }) => email)
}

test(
  'a fresh installation is ready: every check passes, and nothing is left behind',
  { timeout: 90_000 },
  async () => {
    const report = await validate(netra.url, { pace: { idleMs: 2_000 } })
    expect(report.results.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
    expect(report.results.length).toBeGreaterThanOrEqual(60)
    expect(report).toMatchObject({ verdict: 'ready', headline: 'READY', leftBehind: [], modes: [] })
    expect(await accountsAt(netra.url, root)).toEqual([root.email])
  },
)

test('the golden path passes within 15 s, exits with 0, and its report is JSON on standard output', async () => {
  const { code, out, err } = await run([netra.url, '--smoke', '--json', '-'])
  const report = JSON.parse(out) as ReportJson
  expect(report).toMatchObject({ schema: 'netra-validate/1', scope: 'smoke', verdict: 'ready' })
  expect(report.results.map(({ group }) => group)).toContain('conversation')
  expect(report.duration_ms).toBeLessThan(15_000)
  expect(err).toContain('THE GOLDEN PATH PASSES')
  expect(code).toBe(0)
})

test(
  'interrupted, it erases its accounts, says that it says nothing, and exits with 2',
  { timeout: 60_000 },
  async () => {
    const { code, out } = await run([netra.url, '--only', 'accounts'], {
      interruptAt: 'accounts.two-people',
    })
    expect(out).toContain('COULD NOT RUN TO ITS END')
    expect(out).not.toContain('left behind')
    expect(code).toBe(2)
    expect(await accountsAt(netra.url, root)).toEqual([root.email])
  },
)

test('what is left out by --skip counts as not passed', async () => {
  const { code, out } = await run([netra.url, '--only', 'health', '--skip', 'health.live'])
  expect(out).toMatch(/SKIPPED +health\.live/)
  expect(out).toContain('THE PART THAT WAS ASKED FOR DOES NOT PASS')
  expect(code).toBe(1)
})

test('where registration is closed an administrator makes accounts and removes them', async () => {
  await using closed = await startNetra({ env: { NETRA_REGISTRATION: 'closed' } })
  const administrator = await setUp(closed)
  const only = 'accounts.come-in,accounts.me,accounts.two-people,security.administration'
  const without = await run([closed.url, '--only', only])
  expect(without.out).toMatch(/FAILED +accounts\.come-in/)
  expect(without.out).toContain('Give an administrator’s account')
  expect(without.code).toBe(1)
  const env = { NETRA_VALIDATE_PASSWORD: PASSWORD }
  const args = [closed.url, '--only', only, '--email', administrator.email]
  const { code, out, err } = await run(args, { env })
  expect(`${out}${err}`).toContain('THE PART THAT WAS ASKED FOR PASSES')
  expect(`${out}${err}`).not.toContain(PASSWORD)
  expect(code).toBe(0)
  expect(await accountsAt(closed.url, administrator)).toEqual([administrator.email])
})

test('where addresses are confirmed by mail nobody is sent one, and an administrator is asked for', async () => {
  await using mail = await startMailServer()
  await using confirming = await startNetra({
    env: { SMTP_URL: mail.url, NETRA_REGISTRATION: 'open' },
  })
  const administrator = await setUp(confirming)
  const only = ['accounts.come-in', 'accounts.me'] as const
  const without = await validate(confirming.url, { only })
  expect(without).toMatchObject({ verdict: 'not_ready', leftBehind: [] })
  expect(without.results[0]?.fix).toContain('Give an administrator’s account')
  expect(mail.mails).toEqual([])
  expect(await accountsAt(confirming.url, administrator)).toEqual([administrator.email])
  const accounts = [{ email: administrator.email, password: PASSWORD }]
  const withOne = await validate(confirming.url, { only, accounts })
  expect(withOne).toMatchObject({ verdict: 'ready', leftBehind: [] })
  expect(await accountsAt(confirming.url, administrator)).toEqual([administrator.email])
})

test('a watch sums up its rounds and erases its accounts; one against nothing exits with 1', async () => {
  const { code, out, err } = await run([netra.url, '--watch', '1s', '--json', '-'])
  expect(JSON.parse(out)).toMatchObject({
    schema: 'netra-watch/1',
    rounds: 1,
    ready: 1,
    outages: [],
  })
  expect(err).toMatch(/round 1: ready\n/)
  expect(code).toBe(0)
  const before = await accountsAt(netra.url, root)
  expect(before.filter((email) => email.startsWith('validate-'))).toEqual([])
  const dead = await run([`http://127.0.0.1:${await freePort()}`, '--watch', '1s'])
  expect(dead.out).toMatch(/round 1: not_ready: network\.tcp/)
  expect(dead.out).toContain('0 of 1 rounds ready')
  expect(dead.code).toBe(1)
})

test('a given account is used and stays', async () => {
  const email = 'given@example.com'
  await request(`${netra.url}/auth/register`, { body: { email, password: PASSWORD } })
  const report = await validate(netra.url, {
    only: ['accounts.come-in', 'accounts.two-people', 'security.foreign-read'],
    accounts: [{ email, password: PASSWORD }],
  })
  expect(report.results.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed'])
  expect(report.results[0]?.seen).toBe(`${email}, as given`)
  expect((await accountsAt(netra.url, root)).toSorted()).toEqual([email, root.email].toSorted())
})

test('an account of a long watch is given out with a token that is good for minutes to come', async () => {
  let now = 0
  const accounts = new Accounts([], { users: 1, now: () => now })
  const http = createHttpClient({
    url: netra.url,
    answerMs: 10_000,
    signal: new AbortController().signal,
    note: () => undefined,
  })
  const { token, userId } = { ...(await accounts.get(0, http)) }
  now += 9 * 60_000
  expect((await accounts.get(0, http)).token).toBe(token)
  now += 2 * 60_000
  const later = await accounts.get(0, http)
  expect(later.token).not.toBe(token)
  expect(later.userId).toBe(userId)
  await expect(accounts.get(1, http)).rejects.toThrow('needs 2 accounts, and --users allows 1')
  expect(await accounts.erase(http)).toEqual([])
  expect(await accountsAt(netra.url, root)).not.toContain(later.email)
})

test('demo mode is a warning in development and never ready for production', async () => {
  await using demo = await startNetra({ env: { NETRA_DEMO: '1' } })
  const only = ['health.healthy', 'security.no-way-round'] as const
  const warned = await validate(demo.url, { only })
  expect(warned.verdict).toBe('ready_with_warnings')
  const judged = await validate(demo.url, { only, environment: 'production' })
  expect(judged.verdict).toBe('not_ready')
  // Also where the check is not asked for.
  const healthy = await validate(demo.url, { only: ['health'], environment: 'production' })
  expect(healthy.results.every(({ outcome }) => outcome === 'passed')).toBe(true)
  expect(healthy).toMatchObject({ verdict: 'not_ready' })
})

test('a server that only claims to be healthy is not ready, and each failed check says what to do', async () => {
  const impostor = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('{"status":"healthy","version":"1"}')
  }).listen(0, '127.0.0.1')
  await once(impostor, 'listening')
  const { port } = impostor.address() as AddressInfo
  const { results, verdict } = await validate(`http://127.0.0.1:${port}`)
  impostor.close()
  expect(verdict).toBe('not_ready')
  const open = results.filter(({ outcome }) => outcome !== 'passed' && outcome !== 'skipped')
  expect(open.length).toBeGreaterThan(30)
  expect(open.filter(({ cause, fix }) => !cause || !fix).map(({ id }) => id)).toEqual([])
})

test('where nothing listens one check says so, and the others are not tried', async () => {
  const { code, out } = await run([`http://127.0.0.1:${await freePort()}`])
  expect(out.match(/FAILED/g)).toHaveLength(1)
  expect(out).toMatch(/FAILED +network\.tcp/)
  expect(code).toBe(1)
})

test('what a budget turns away is refused, with the budget as its cause', async () => {
  const budget = (limits: object) =>
    request(`${netra.url}/api/admin/budgets`, {
      method: 'PUT',
      headers: root.headers,
      body: { scope: 'role:user', limits },
    })
  expect((await budget({ concurrent_runs: 0 })).status).toBe(200)
  try {
    const { code, out } = await run([netra.url, '--only', 'breaker,agents.start', '--json', '-'])
    const { verdict, results } = JSON.parse(out) as ReportJson
    expect([code, verdict]).toEqual([1, 'not_ready'])
    const open = results.filter(({ outcome }) => outcome !== 'passed')
    const refused = open.filter(({ outcome }) => outcome === 'refused')
    expect(refused.map(({ id }) => id)).toContain('breaker.opens')
    for (const { seen, cause, fix } of refused) {
      expect(seen).toContain('concurrent_runs')
      expect(cause).toMatch(/^The budget concurrent_runs holds for the accounts of this run too/)
      expect(fix).toContain('Settings → Spend and budgets')
    }
    for (const { outcome, cause } of open)
      if (outcome !== 'refused') expect([outcome, cause]).toEqual(['skipped', expect.any(String)])
  } finally {
    await budget({})
  }
})

test('a wrong argument gets one sentence and 2; --help every option and 0', async () => {
  const wrong = await run([netra.url, '--user', '3'])
  expect(wrong).toMatchObject({ code: 2, out: '' })
  expect(wrong.err).toBe(
    "netra validate: Unknown option '--user': did you mean --users? See --help.\n",
  )
  const help = await run(['--help'])
  expect(help.code).toBe(0)
  expect(help.out).toContain('usage: netra validate <url>')
})
