import { CLIENT_MESSAGE_TYPES } from '@netra/protocol'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { CLASSIC_CLIENT_TYPES } from '../../packages/server/src/gateway/classic/classic-message.ts'
import { hello } from '../support/raw-socket.ts'
import { CLASSIC_FORMS, CLASSIC_ROWS, classicOpening } from './classic-rows.ts'
import { COMMAND_ROWS, type CommandRow } from './command-rows.ts'
import { listen, nativeOpening, TOKEN_FORMS, type Heard, type TokenForm } from './heard.ts'
import { post, type Thing } from './row.ts'
import { found } from './search.ts'
import type { Caller, Stage } from './stage-shape.ts'
import { openStage } from './stage.ts'

vi.setConfig({ testTimeout: 120_000 })

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 120_000)

afterAll(() => stage?.[Symbol.asyncDispose]())

test('every message that a client may say has a row (S10, S19)', () => {
  expect(Object.keys(COMMAND_ROWS).toSorted()).toEqual([...CLIENT_MESSAGE_TYPES].toSorted())
  expect(Object.keys(CLASSIC_ROWS).toSorted()).toEqual([...CLASSIC_CLIENT_TYPES].toSorted())
})

const WELCOME = { native: 'welcome', classic: 'system_message' }
const PATHS = ['/ws', '/websocket']

type Codec = 'native' | 'classic'

function says(
  row: CommandRow,
  thing: Thing,
  by: { token: string; address?: string; until?: string; form?: TokenForm },
  codec: Codec,
): Promise<Heard> {
  const { form = codec === 'native' ? 'in hello' : 'as a bearer' } = by
  const opening =
    codec === 'classic'
      ? classicOpening(by.token, form, row.say(thing))
      : nativeOpening(by.token, form, { resume: row.resume?.(thing) ?? [] }, row.say(thing))
  const { options } = opening
  return listen(stage.netra.url, {
    ...opening,
    path: PATHS[Math.floor(Math.random() * PATHS.length)] ?? '/ws',
    options: { ...options, localAddress: by.address },
    ...(by.until !== undefined && { until: by.until }),
  })
}

const nameless = (row: CommandRow, thing: Thing): string =>
  JSON.stringify([row.say(thing), row.resume?.(thing)])

const ANSWER = 'the-question'

/** What a socket answered, without what names this very socket or moment. */
const answersIn = ({ frames, code }: Heard): string =>
  JSON.stringify([
    frames
      .filter(({ type }) => type !== 'welcome' && type !== 'system_message')
      .map((frame) =>
        JSON.stringify(frame)
          .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
          .replaceAll(/"trace_id":"[^"]*"/g, '')
          .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
          .replaceAll(/call-mark[0-9a-f]+/g, '<id>'),
      )
      // Whatever is asked, a ping does not wait for it.
      .toSorted(),
    code,
  ])

const absent = (row: CommandRow, thing: Thing): Thing => ({
  ...thing,
  ...Object.fromEntries(row.names.map((name) => [name, crypto.randomUUID()])),
})

async function faultsOf(
  row: CommandRow,
  thing: Thing,
  by: Caller,
  codec: Codec,
): Promise<string[]> {
  if (by.token === undefined) return []
  const who = { token: by.token, address: by.address }
  const heard = await says(row, thing, who, codec)
  const faults = found(heard.whole, stage.secrets, nameless(row, thing)).map(
    (what) => `got ${what}`,
  )
  const isWelcome = heard.frames.some(({ type }) => type === WELCOME[codec])
  if (!by.isLetIn && isWelcome) faults.push('was welcomed')
  if (!by.isLetIn && heard.code === undefined) faults.push('was not closed')
  if (by.isLetIn && !isWelcome) faults.push(`was not welcomed: ${heard.whole}`)
  if (by.isLetIn && row.names.length > 0) {
    const nothing = await says(row, absent(row, thing), who, codec)
    if (answersIn(heard) !== answersIn(nothing)) {
      faults.push(`told apart: ${answersIn(heard)} — from — ${answersIn(nothing)}`)
    }
    const answer = heard.frames.find(
      (frame) => frame['id'] === ANSWER || frame['in_reply_to'] === ANSWER,
    )
    if (row.answered && !answer) faults.push('got no answer')
  }
  return faults.map((fault) => `${by.name}: ${fault}`)
}

async function succeedsFor(row: CommandRow, thing: Thing, codec: Codec): Promise<void> {
  const ada = { token: stage.ada.token, until: thing.marker }
  const heard = await says(row, thing, ada, codec)
  expect(heard.whole).toContain(thing.marker)
  expect(heard.code).toBeUndefined()
  const errors = heard.frames.filter(({ type }) => type === 'error' || type === 'error_message')
  expect(errors.filter((frame) => frame['in_reply_to'] !== 'the-end')).toEqual([])
}

const isRefused = ({ code }: { code: number | undefined }): boolean =>
  code !== undefined && [4501, 4503, 4006, 1008].includes(code)

const CODECS: [Codec, Record<string, CommandRow[]>][] = [
  ['native', COMMAND_ROWS],
  ['classic', CLASSIC_ROWS],
]

describe('what is said about another’s things is answered as if they were not there (S10, S19)', () => {
  for (const [codec, types] of CODECS) {
    for (const [type, rows] of Object.entries(types)) {
      for (const row of rows) {
        test(`${codec} ${type} ${row.case ?? ''}`, async () => {
          const first = await row.make(stage)
          await succeedsFor(row, first, codec)
          const thing = row.once ? await row.make(stage) : first
          const tried = stage.others.map((by) => faultsOf(row, thing, by, codec))
          expect((await Promise.all(tried)).flat()).toEqual([])
          await succeedsFor(row, thing, codec)
        })
      }
    }
  }
})

describe('every form of every bad proof opens no socket (S2, S4, S15)', () => {
  const resume = () => [{ stream: `thread:${stage.talk.thread}`, position: null }]

  const FORMS: [Codec, TokenForm][] = [
    ...TOKEN_FORMS.map((form): [Codec, TokenForm] => ['native', form]),
    ...CLASSIC_FORMS.map((form): [Codec, TokenForm] => ['classic', form]),
  ]

  test.for(FORMS)(
    'on a %s socket a good token %s does, a bad one does not',
    async ([codec, form]) => {
      const row = (codec === 'native' ? COMMAND_ROWS.hello : CLASSIC_ROWS.get_thread_history)[0]
      if (!row) throw new Error('no row')
      const thing = await row.make(stage)
      expect(
        (await says(row, thing, { token: stage.ada.token, until: thing.marker, form }, codec))
          .whole,
      ).toContain(thing.marker)
      const refused = stage.others.flatMap(({ name, token, isLetIn, address }) =>
        token === undefined || isLetIn ? [] : [{ name, token, address }],
      )
      await Promise.all(
        refused.map(async ({ name, token, address }) => {
          const heard = await says(row, thing, { token, address, form }, codec)
          const got = found(heard.whole, stage.secrets, thing['thread'])
          expect({ name, got }).toEqual({ name, got: [] })
          expect({ name, code: heard.code }).toSatisfy(isRefused)
        }),
      )
    },
  )

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
      const stream = `thread:${stage.talk.thread}`
      const opening = nativeOpening(stage.ada.token, 'in hello', {}, [
        { type: 'authenticate', token },
        { type: 'subscribe', id: 'after', stream, position: null },
      ])
      const heard = await listen(stage.netra.url, opening)
      expect([4501, 4502, 4503, 4006]).toContain(heard.code)
      expect(found(heard.whole, [stage.talk.marker])).toEqual([])
    }
  })
})
