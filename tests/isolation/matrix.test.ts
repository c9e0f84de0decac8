import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { ACCOUNT_ROWS } from './account-rows.ts'
import { ADMIN_ROWS } from './admin-rows.ts'
import { alikeInTime } from './alike.ts'
import { APPROVAL_ROWS } from './approval-rows.ts'
import { ask, comparable, type Answer, type Asked } from './ask.ts'
import { AUTH_ROWS } from './auth-rows.ts'
import { CHAT_ROWS } from './chat-rows.ts'
import { undescribed } from './described.ts'
import { MCP_ROWS } from './mcp-rows.ts'
import { MCP_SERVER_ROWS } from './mcp-server-rows.ts'
import { MCP_SIGN_IN_ROWS } from './mcp-sign-in-rows.ts'
import { get, isOpen, type OwnedRow, type Row, type Thing } from './row.ts'
import { found } from './search.ts'
import { SERVICE_ROWS } from './service-rows.ts'
import { SPENDING_ROWS } from './spending-rows.ts'
import type { Caller, Stage } from './stage-shape.ts'
import { openStage } from './stage.ts'
import { WORKLOAD_ROWS } from './workload-rows.ts'

vi.setConfig({ testTimeout: 120_000 })

const ROWS: Record<string, Row | Row[]> = {
  ...CHAT_ROWS,
  ...AUTH_ROWS,
  ...ACCOUNT_ROWS,
  ...ADMIN_ROWS,
  ...SPENDING_ROWS,
  ...WORKLOAD_ROWS,
  ...SERVICE_ROWS,
  ...MCP_ROWS,
  ...MCP_SERVER_ROWS,
  ...MCP_SIGN_IN_ROWS,
  ...APPROVAL_ROWS,
}

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 120_000)

afterAll(() => stage?.[Symbol.asyncDispose]())

/** HEAD is the GET without its body, by the same handler; preflights ask for no thing at all. */
const needsRow = (route: string): boolean => !/^(HEAD|OPTIONS|TRACE) /.test(route)

test('every route of the server has a row, and every row its route (S10, S19)', () => {
  const routes = stage.netra.routes.filter(needsRow)
  expect({
    withoutRow: routes.filter((route) => ROWS[route] === undefined),
    withoutRoute: Object.keys(ROWS).filter((route) => !routes.includes(route)),
  }).toEqual({ withoutRow: [], withoutRoute: [] })
})

const named = ({ path, body, headers }: Asked): string =>
  `${decodeURIComponent(path)} ${JSON.stringify(body)} ${JSON.stringify(headers)}`

const asks = (by: Caller, asked: Asked): Promise<Answer> =>
  ask(stage.netra.url, asked, { headers: by.headers, address: by.address })

const absent = (row: OwnedRow, thing: Thing): Thing => ({
  ...thing,
  ...Object.fromEntries((row.names ?? []).map((name) => [name, crypto.randomUUID()])),
})

const difference = (one: string, other: string): string => {
  const [ones, others] = [one.split('\n'), other.split('\n')]
  const only = (lines: string[], without: string[]): string =>
    lines.filter((line) => !without.includes(line)).join(' | ')
  return `${only(ones, others)} — from — ${only(others, ones)}`
}

/** What is wrong with the answer to somebody whose thing it is not; empty when nothing is. */
async function faultsOf(row: OwnedRow, thing: Thing, by: Caller, asked: Asked): Promise<string[]> {
  const answer = await asks(by, asked)
  const faults = found(answer.whole, stage.secrets, named(asked)).map((what) => `got ${what}`)
  const isAsked = by.isLetIn || (row.services === true && by.name === 'a service')
  const isOwn = row.everybodysOwn !== undefined && isAsked
  if (!isAsked && ![401, 403].includes(answer.status)) faults.push(`was let in: ${answer.status}`)
  if (by.isLetIn && !isOwn && answer.status < 400) faults.push(`was answered ${answer.status}`)
  if (answer.status >= 500) faults.push(`made a fault: ${answer.whole}`)
  if (by.isLetIn && row.names) {
    const nothing = await asks(by, row.ask(absent(row, thing)))
    if (comparable(answer) !== comparable(nothing)) {
      faults.push(`told apart: ${difference(comparable(answer), comparable(nothing))}`)
    }
  }
  if (asked.method === 'GET') {
    const head = await asks(by, { ...asked, method: 'HEAD' })
    if (found(head.whole, stage.secrets, named(asked)).length > 0) faults.push('got it by HEAD')
  }
  return faults.map((fault) => `${by.name}: ${fault}`)
}

/** The owner is answered as the OpenAPI document says, and what others may not see is in it. */
async function succeedsFor(route: string, row: OwnedRow, thing: Thing): Promise<void> {
  const { [row.owner ?? 'ada']: known } = stage
  const owner = {
    ...known,
    ...(thing['bearer'] && { headers: { authorization: `Bearer ${thing['bearer']}` } }),
  }
  const shown = row.shownBy && (await stage.asPerson(owner, row.shownBy(thing)))
  const answer = await stage.asPerson(owner, row.ask(thing))
  expect({ status: answer.status, body: answer.body }).toSatisfy(
    ({ status }: { status: number }) => status < 400,
  )
  expect((shown ?? answer).whole).toContain(thing.marker)
  expect(undescribed(route, row.ask(thing), answer)).toEqual([])
}

/** What others get that is not theirs; the owner succeeds before and after. */
async function faultsIn(route: string, row: OwnedRow): Promise<string[]> {
  const first = await row.make(stage)
  await succeedsFor(route, row, first)
  const thing = row.once ? await row.make(stage) : first
  const callers = { ada: stage.others, admin: stage.notAdmins, service: stage.notServices }[
    row.owner ?? 'ada'
  ]
  const tried = callers.map(async (by) => {
    // Where the proof is in the request, it is the same request that succeeds for whoever has it.
    const faults = !row.tries || row.names ? await faultsOf(row, thing, by, row.ask(thing)) : []
    for (const asked of row.tries?.(thing, stage) ?? []) {
      const answer = await asks(by, asked)
      const got = found(answer.whole, stage.secrets, named(asked))
      faults.push(...got.map((what) => `${by.name}, ${asked.method} ${asked.path}: got ${what}`))
    }
    return faults
  })
  const faults = (await Promise.all(tried)).flat()
  if (faults.length === 0) await succeedsFor(route, row, thing)
  return faults
}

describe('what is one user’s is shown to nobody else, whatever they show (S10, S19)', () => {
  for (const [route, rows] of Object.entries(ROWS)) {
    for (const row of [rows].flat()) {
      if (isOpen(row)) continue
      test(`${route} ${row.case ?? ''}`, async () => {
        expect(await faultsIn(route, row)).toEqual([])
      })
    }
  }
})

describe('what everybody may ask shows nothing of anybody', () => {
  for (const [route, rows] of Object.entries(ROWS)) {
    for (const row of [rows].flat()) {
      if (!isOpen(row)) continue
      test(`${route}: ${row.open}`, async () => {
        const [method = '', path = ''] = route.replace(':agent', 'assistant').split(' ')
        const asked = { method, path: path === '/*' ? '/' : path }
        for (const by of stage.others) {
          const answer = await asks(by, asked)
          expect(found(answer.whole, stage.secrets)).toEqual([])
          expect(answer.status).toBeLessThan(500)
          if (answer.status < 300) expect(undescribed(route, asked, answer)).toEqual([])
        }
      })
    }
  }
})

describe('foreign and absent take like times (S19)', () => {
  const READS: [string, (id: string) => Asked, 'thread' | 'file'][] = [
    ['a thread', (id) => get(`/api/threads/${id}`), 'thread'],
    ['messages', (id) => get(`/api/threads/${id}/messages`), 'thread'],
    ['a file', (id) => get(`/api/files/${id}/content`), 'file'],
    ['events', (id) => get(`/api/events?stream=thread:${id}`), 'thread'],
  ]
  test.for(READS)('%s', async ([, asked, kind]) => {
    const { eve, talk } = stage
    const one = () => stage.asPerson(eve, asked(talk[kind]))
    const other = () => stage.asPerson(eve, asked(crypto.randomUUID()))
    const { alike, share } = await alikeInTime(one, other)
    expect(alike, `the foreign one was slower in ${Math.round(share * 100)} % of the pairs`).toBe(
      true,
    )
  })
})
