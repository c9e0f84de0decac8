import { CLIENT_MESSAGE_TYPES } from '@netra/protocol'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { hello } from '../support/raw-socket.ts'
import { COMMAND_ROWS, type CommandRow } from './command-rows.ts'
import { listen, nativeOpening, TOKEN_FORMS, type Heard, type TokenForm } from './heard.ts'
import { post, type Thing } from './row.ts'
import { found } from './search.ts'
import { openStage, type Caller, type Stage } from './stage.ts'

vi.setConfig({ testTimeout: 120_000 })

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 120_000)

afterAll(() => stage?.[Symbol.asyncDispose]())

test('every message that a client may say has a row (S10, S19)', () => {
  expect(Object.keys(COMMAND_ROWS).toSorted()).toEqual([...CLIENT_MESSAGE_TYPES].toSorted())
})

const PATHS = ['/ws', '/websocket']

function says(
  row: CommandRow,
  thing: Thing,
  by: { token: string; address?: string },
  form: TokenForm = 'in hello',
): Promise<Heard> {
  const opening = nativeOpening(
    by.token,
    form,
    { resume: row.resume?.(thing) ?? [] },
    row.say(thing),
  )
  const { options } = opening
  return listen(stage.netra.url, {
    ...opening,
    path: PATHS[Math.floor(Math.random() * PATHS.length)] ?? '/ws',
    options: { ...options, localAddress: by.address },
  })
}

const nameless = (row: CommandRow, thing: Thing): string =>
  JSON.stringify([row.say(thing), row.resume?.(thing)])

const ANSWER = 'the-question'

/** What a socket answered, without what names this very socket or moment. */
const answersIn = ({ frames, code }: Heard): string =>
  JSON.stringify([
    frames
      .filter(({ type }) => type !== 'welcome')
      .map((frame) =>
        JSON.stringify(frame)
          .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
          .replaceAll(/call-mark[0-9a-f]+/g, '<id>'),
      ),
    code,
  ])

const absent = (row: CommandRow, thing: Thing): Thing => ({
  ...thing,
  ...Object.fromEntries(row.names.map((name) => [name, crypto.randomUUID()])),
})

async function faultsOf(row: CommandRow, thing: Thing, by: Caller): Promise<string[]> {
  if (by.token === undefined) return []
  const heard = await says(row, thing, { token: by.token, address: by.address })
  const faults = found(heard.whole, stage.secrets, nameless(row, thing)).map(
    (what) => `got ${what}`,
  )
  const isWelcome = heard.frames.some(({ type }) => type === 'welcome')
  if (!by.isLetIn && isWelcome) faults.push('was welcomed')
  if (!by.isLetIn && heard.code === undefined) faults.push('was not closed')
  if (by.isLetIn && !isWelcome) faults.push(`was not welcomed: ${heard.whole}`)
  if (by.isLetIn && row.names.length > 0) {
    const nothing = await says(row, absent(row, thing), { token: by.token, address: by.address })
    if (answersIn(heard) !== answersIn(nothing)) {
      faults.push(`told apart: ${answersIn(heard)} — from — ${answersIn(nothing)}`)
    }
    const answer = heard.frames.find((frame) => frame['id'] === ANSWER)
    if (row.answered && !answer) faults.push('got no answer')
  }
  return faults.map((fault) => `${by.name}: ${fault}`)
}

async function succeedsFor(row: CommandRow, thing: Thing): Promise<void> {
  const heard = await says(row, thing, stage.ada)
  expect(heard.whole).toContain(thing.marker)
  expect(heard.code).toBeUndefined()
  expect(heard.frames.filter(({ type }) => type === 'error')).toEqual([])
}

describe('what is said about another’s things is answered as if they were not there (S10, S19)', () => {
  for (const [type, rows] of Object.entries(COMMAND_ROWS)) {
    for (const row of rows) {
      test(row.case === undefined ? type : `${type} ${row.case}`, async () => {
        const first = await row.make(stage)
        await succeedsFor(row, first)
        const thing = row.once ? await row.make(stage) : first
        const faults: string[] = []
        for (const by of stage.others) faults.push(...(await faultsOf(row, thing, by)))
        expect(faults).toEqual([])
        await succeedsFor(row, thing)
      })
    }
  }
})

describe('every form of every bad proof opens no socket (S2, S4, S15)', () => {
  const resume = () => [{ stream: `thread:${stage.talk.thread}`, position: null }]

  test.for(TOKEN_FORMS)('a good token %s does, a bad one does not', async (form) => {
    const row = COMMAND_ROWS.hello[0] as CommandRow
    const own = await says(row, stage.talk as never, stage.ada, form)
    expect(own.whole).toContain(stage.talk.marker)
    for (const by of stage.others) {
      if (by.token === undefined || by.isLetIn) continue
      const heard = await says(row, stage.talk as never, { ...by, token: by.token }, form)
      expect({ by: by.name, found: found(heard.whole, stage.secrets, stage.talk.thread) }).toEqual({
        by: by.name,
        found: [],
      })
      expect({ by: by.name, code: heard.code }).toSatisfy(
        ({ code }: { code: number }) => code === 4501 || code === 4503 || code === 4006,
      )
    }
  })

  const ticketOf = async (): Promise<string> => {
    const { ticket = '' } = await stage.made(stage.ada, post('/api/ws-ticket'))
    return ticket
  }

  const withTicket = (ticket: string, headers: Record<string, string>): Promise<Heard> =>
    listen(stage.netra.url, {
      protocols: ['netra.v1'],
      options: { headers },
      say: [hello('', { token: undefined, ticket, resume: resume() })],
    })

  test("the owner's ticket opens a socket for the owner's page alone (S4, S5)", async () => {
    const { url } = stage.netra
    const page = { origin: url, cookie: stage.ada.cookie }
    expect((await withTicket(await ticketOf(), page)).whole).toContain(stage.talk.marker)
    const wrong: Record<string, Record<string, string>> = {
      "another user's page": { origin: url, cookie: stage.eve.cookie },
      "an administrator's page": { origin: url, cookie: stage.admin.cookie },
      'a page without a cookie': { origin: url },
      'a page with a made-up cookie': { origin: url, cookie: 'netra_session=a.b' },
      'a program with the cookie': { cookie: stage.ada.cookie },
      "a program with another user's token": { authorization: `Bearer ${stage.eve.token}` },
      'a page of another site': { origin: 'https://elsewhere.example', cookie: stage.ada.cookie },
      'a page of no origin': { origin: 'null', cookie: stage.ada.cookie },
    }
    for (const [who, headers] of Object.entries(wrong)) {
      const heard = await withTicket(await ticketOf(), headers)
      expect({ who, found: found(heard.whole, stage.secrets, stage.talk.thread) }).toEqual({
        who,
        found: [],
      })
    }
  })

  test('a spent ticket, part of one and one of nobody open nothing (S4)', async () => {
    const page = { origin: stage.netra.url, cookie: stage.ada.cookie }
    const spent = await ticketOf()
    await withTicket(spent, page)
    for (const ticket of [spent, (await ticketOf()).slice(1), crypto.randomUUID()]) {
      const heard = await withTicket(ticket, page)
      expect(heard.code).toBe(4501)
      expect(found(heard.whole, stage.secrets, stage.talk.thread)).toEqual([])
    }
  })

  test("another user's fresh token, or a bad one, on the owner's socket ends it (S10)", async () => {
    const bad = stage.others.flatMap(({ token }) => (token === undefined ? [] : [token]))
    for (const token of bad) {
      const opening = nativeOpening(stage.ada.token, 'in hello', {}, [
        { type: 'authenticate', token },
        { type: 'subscribe', id: 'after', stream: `thread:${stage.talk.thread}`, position: null },
      ])
      const heard = await listen(stage.netra.url, opening)
      expect([4501, 4502, 4503, 4006]).toContain(heard.code)
      expect(found(heard.whole, [stage.talk.marker])).toEqual([])
    }
  })
})
