import { afterAll, beforeAll, expect, test as base } from 'vitest'

import { inBrowser, type InBrowser } from '../support/browser.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { PASSWORD, register, type Person } from '../support/people.ts'

const test = base.extend<InBrowser>(inBrowser)

let netra: NetraProcess
let person: Person

beforeAll(async () => {
  netra = await startNetra()
  person = await register(netra.url)
})

afterAll(() => netra[Symbol.asyncDispose]())

interface Seen {
  frames: Record<string, unknown>[]
  protocol: string
  closed: { code: number; reason: string } | undefined
}

interface Visit {
  path: string
  email: string
  password: string
  offers: 'both' | 'token' | 'no token'
  /** As JSON; '' is nothing. */
  say: string
  until: string
}

/** What a page of the old kind does, in the page itself. */
async function classicPage(options: Visit): Promise<Seen> {
  const signedIn = await fetch('/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: options.email, password: options.password }),
  })
  const { access_token } = (await signedIn.json()) as { access_token: string }
  const token = btoa(access_token).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  const offered = {
    both: ['jwt-auth', `jwt.${token}`],
    token: [`jwt.${token}`],
    'no token': ['jwt-auth'],
  }[options.offers]
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}${options.path}`, offered)
  const frames: Record<string, unknown>[] = []
  return new Promise((resolve) => {
    const end = (closed?: { code: number; reason: string }): void =>
      resolve({ frames, protocol: socket.protocol, closed })
    socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const frame = JSON.parse(data) as Record<string, unknown>
      frames.push(frame)
      if (frames.length === 1 && options.say !== '') socket.send(options.say)
      if (frame['type'] === options.until) end()
    })
    socket.addEventListener('close', ({ code, reason }) => end({ code, reason }))
  })
}

const asked = {
  type: 'user_message',
  payload: { content: 'What can you do?' },
}

for (const path of ['/ws', '/websocket']) {
  test(`a page of the old kind connects to ${path}, asks, and sees a run from beginning to end`, async ({
    visit,
  }) => {
    const page = await visit(netra.url, { expected: [/status of 40[13]/] })
    const seen = await page.evaluate<Seen, Visit>(classicPage, {
      path,
      email: person.email,
      password: PASSWORD,
      offers: 'both',
      say: JSON.stringify(asked),
      until: 'agent_completed',
    })
    expect(seen.protocol).toBe('jwt-auth')
    expect(seen.frames[0]).toMatchObject({
      data: { event: 'connection_established', user_id: person.userId },
    })
    const types = seen.frames.map(({ type }) => type)
    const order = ['agent_started', 'agent_thinking', 'agent_completed'].map((type) =>
      types.indexOf(type),
    )
    expect(order.every((at) => at > 0)).toBe(true)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(seen.frames.at(-1)).toMatchObject({ final_response: expect.any(String) })
  })
}

test('a page without a token reads why, then sees 1008', async ({ visit }) => {
  const page = await visit(netra.url, { expected: [/status of 40[13]/] })
  const seen = await page.evaluate<Seen, Visit>(classicPage, {
    path: '/ws',
    email: person.email,
    password: PASSWORD,
    offers: 'no token',
    say: '',
    until: 'nothing',
  })
  // The login before gave the page a cookie, which counts for nothing here.
  expect(seen.frames).toMatchObject([{ type: 'error_message', error_code: 'NO_TOKEN' }])
  expect(seen.closed?.code).toBe(1008)
})

test('a page that offers only its token is dropped by the browser itself, as nothing is selected', async ({
  visit,
}) => {
  const page = await visit(netra.url, { expected: [/status of 40[13]/, /WebSocket connection/] })
  const seen = await page.evaluate<Seen, Visit>(classicPage, {
    path: '/ws',
    email: person.email,
    password: PASSWORD,
    offers: 'token',
    say: '',
    until: 'nothing',
  })
  expect(seen).toMatchObject({ frames: [], closed: { code: 1006 } })
})
