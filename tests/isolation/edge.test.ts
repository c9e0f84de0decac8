import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'

import { freePort } from '../support/free-port.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { PASSWORD } from '../support/people.ts'
import { hello, openSocket } from '../support/raw-socket.ts'
import { ask, type Answer } from './ask.ts'
import { modelEnv, startEcho } from './model.ts'
import { get, post, type Thing } from './row.ts'
import { found } from './search.ts'
import type { Stage } from './stage-shape.ts'
import { openStage } from './stage.ts'
import { newThread } from './things.ts'

vi.setConfig({ testTimeout: 60_000 })

let stage: Stage
let secure: NetraProcess & { at: string }

const HOST = 'netra.example'

beforeAll(async () => {
  stage = await openStage()
  const port = await freePort()
  const started = await startNetra({
    port,
    env: { NETRA_PUBLIC_URL: `https://${HOST}`, NETRA_REGISTRATION: 'open' },
  })
  secure = { ...started, at: `http://127.0.0.1:${port}` }
}, 120_000)

afterAll(async () => {
  await stage?.[Symbol.asyncDispose]()
  await secure?.[Symbol.asyncDispose]()
})

const header = ({ rawHeaders }: Answer, name: string): string | undefined => {
  const at = rawHeaders.findIndex((one, index) => index % 2 === 0 && one.toLowerCase() === name)
  return at < 0 ? undefined : rawHeaders[at + 1]
}

const atPublicHost = (path: string, more: Record<string, string> = {}): Promise<Answer> =>
  ask(secure.at, get(path), { headers: { host: HOST, ...more } })

/** A page, a file of it, JSON, a refusal, nothing there, a probe. */
const KINDS = ['/', '/favicon.ico', '/api/config', '/api/threads', '/api/nothing', '/health']

describe('the edge', () => {
  test('every answer over https tells browsers to stay there for a year, none over http does (S1)', async () => {
    for (const path of KINDS) {
      const age = /max-age=(\d+)/.exec(
        header(await atPublicHost(path), 'strict-transport-security') ?? '',
      )
      expect({ path, age: Number(age?.[1]) >= 31_536_000 }).toEqual({ path, age: true })
      const plain = await ask(stage.netra.url, get(path))
      expect(header(plain, 'strict-transport-security')).toBeUndefined()
    }
    const config = JSON.parse((await atPublicHost('/api/config')).body) as { ws_url: string }
    expect(config.ws_url).toBe(`wss://${HOST}/ws`)
  })

  test('beyond loopback nothing starts without https, unless that is said out loud (S1)', async () => {
    await expect(startNetra({ env: { HOST: '0.0.0.0' } })).rejects.toThrow('is not loopback')
  })

  test('no route but the probes of health answers to another name (S3)', async () => {
    for (const route of stage.netra.routes) {
      const [method = '', path = ''] = route.split(' ')
      if (method === 'HEAD' || path.includes('*')) continue
      const by = { headers: { host: 'rebound.example' } }
      const { status } = await ask(
        stage.netra.url,
        { method, path: path.replaceAll(/:\w+/g, 'x') },
        by,
      )
      const isProbe = path === '/health' || path.startsWith('/health/')
      expect({ route, isRefused: status === 403 }).toEqual({ route, isRefused: !isProbe })
    }
  })

  test('the session cookie is bound to its host, for https alone and out of scripts’ reach (S5)', async () => {
    const answer = await ask(
      secure.at,
      post('/auth/register', { email: 'ada@example.com', password: PASSWORD }),
      { headers: { host: HOST } },
    )
    expect(answer.status).toBe(201)
    const cookie = header(answer, 'set-cookie') ?? ''
    expect(cookie).toMatch(/^__Host-netra_session=/)
    for (const word of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/'])
      expect(cookie).toContain(word)
    expect(cookie).not.toMatch(/domain=/i)
  })

  test('before hello 4 KB are taken and no more (S6)', async () => {
    const large = hello(stage.eve.token, { pad: 'x'.repeat(4_096) })
    using refused = await openSocket(stage.netra.url)
    refused.send(large)
    expect((await refused.closed).code).toBe(4500)
    using taken = await openSocket(stage.netra.url)
    taken.send(hello(stage.eve.token, { pad: 'x'.repeat(2_000) }))
    expect((await taken.next(({ type }) => type === 'welcome')).type).toBe('welcome')
  })

  test('no socket is compressed, whatever is offered (S8)', async () => {
    for (const protocols of [['netra.v1'], []]) {
      const socket = new WebSocket(`${stage.netra.url.replace('http', 'ws')}/ws`, protocols, {
        perMessageDeflate: true,
        headers: { authorization: `Bearer ${stage.eve.token}` },
      })
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
      expect(socket.extensions).toBe('')
      socket.terminate()
    }
  })

  test('the page’s policy lets in only what is served here, and every answer has one (S23)', async () => {
    for (const path of KINDS) {
      const policy = header(await atPublicHost(path), 'content-security-policy') ?? ''
      const parts = new Set(policy.split('; '))
      for (const part of [
        "default-src 'self'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        `connect-src 'self' wss://${HOST}`,
      ]) {
        expect({ path, parts: [...parts] }).toMatchObject({ parts: expect.arrayContaining([part]) })
      }
      expect(policy).not.toContain('unsafe')
    }
    const page = (await atPublicHost('/')).body
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>[^<]/)
    expect(page).not.toMatch(/\son\w+=/)
  })

  test('no answer is sniffed, framed into a group of another site or named in a referrer (S24)', async () => {
    const file = await stage.asPerson(stage.ada, get(`/api/files/${stage.talk.file}/content`))
    const events = await stage.asPerson(
      stage.ada,
      get(`/api/events?stream=thread:${stage.talk.thread}`),
    )
    const pages = await Promise.all(KINDS.map((path) => ask(stage.netra.url, get(path))))
    for (const answer of [file, events, ...pages]) {
      expect(header(answer, 'x-content-type-options')).toBe('nosniff')
      expect(header(answer, 'referrer-policy')).toBe('no-referrer')
      expect(header(answer, 'cross-origin-opener-policy')).toBe('same-origin')
      expect(header(answer, 'cross-origin-resource-policy')).toBe('same-origin')
    }
    expect(header(file, 'content-disposition')).toMatch(/^attachment/)
    expect(header(file, 'content-security-policy')).toContain('sandbox')
  })

  test('a cookie changes nothing unless a page of ours sent the request, at any route (S26)', async () => {
    const changes = stage.netra.routes.filter((route) => /^(POST|PUT|PATCH|DELETE) /.test(route))
    for (const route of changes) {
      const [method = '', path = ''] = route.split(' ')
      const asked = { method, path: path.replaceAll(/:\w+/g, 'x'), body: {} }
      const nobody = await ask(stage.netra.url, asked)
      for (const site of ['cross-site', 'same-site', 'none', undefined]) {
        const headers = { cookie: stage.ada.cookie, ...(site && { 'sec-fetch-site': site }) }
        const { status } = await ask(stage.netra.url, asked, { headers })
        expect({ route, site, status }).toEqual({ route, site, status: nobody.status })
      }
    }
    expect((await stage.asPerson(stage.ada, get('/auth/me'))).status).toBe(200)
  })
})

describe('what is said to whom', () => {
  test('the same client_message_id of two users is two messages (S21)', async () => {
    const body = { content: 'an own message', client_message_id: stage.talk.clientMessageId }
    const theirs = await stage.asPerson(stage.eve, post('/api/chat/messages', body))
    expect(theirs.status).toBe(202)
    expect(theirs.body).not.toContain('"duplicate"')
    expect(found(theirs.whole, stage.secrets, JSON.stringify(body))).toEqual([])
    const again = await stage.asPerson(stage.eve, post('/api/chat/messages', body))
    expect(JSON.parse(again.body)).toMatchObject({ duplicate: true })
    const own = await stage.asPerson(stage.ada, post('/api/chat/messages', body))
    expect(own.status).toBe(409)
  })

  test('connections that serve one user after another carry nothing over (S22)', async () => {
    const marked: Thing = await newThread(stage)
    const address = '127.0.9.9'
    for (let round = 0; round < 20; round += 1) {
      const mine = await ask(stage.netra.url, get('/api/threads'), {
        headers: stage.ada.headers,
        address,
      })
      expect(mine.body).toContain(marked.marker)
      for (const headers of [stage.eve.headers, {}, { cookie: stage.eve.cookie }]) {
        const next = await ask(stage.netra.url, get('/api/threads'), { headers, address })
        expect(found(next.whole, stage.secrets)).toEqual([])
      }
    }
  })
})

test('no proof of a user and no secret of the server reaches a model, an event or a log (S9, S28, S33)', async () => {
  const CANARY = 'canary-secret-of-the-server-0123456789'
  await using model = await startEcho()
  await using netra = await startNetra({
    env: {
      ...modelEnv(model),
      NETRA_MODEL: 'openai/test-model',
      NETRA_LOG_LEVEL: 'debug',
      NETRA_REGISTRATION: 'open',
      NETRA_METRICS_TOKEN: `${CANARY}-metrics`,
      OPENAI_API_KEY: `${CANARY}-provider`,
      JWT_SECRET_STAGING: `${CANARY}-staging`,
    },
  })
  const made = await ask(
    netra.url,
    post('/auth/register', { email: 'a@example.com', password: PASSWORD }),
  )
  const { access_token, refresh_token } = JSON.parse(made.body) as Record<string, string>
  const cookie = header(made, 'set-cookie')?.split(';')[0]?.split('=')[1] ?? ''
  const secrets = [CANARY, PASSWORD, access_token ?? '', refresh_token ?? '', cookie]
  const headers = { authorization: `Bearer ${access_token}` }
  const asked = post('/api/chat/stream', { content: 'what do you know of me?' })
  const streamed = await ask(netra.url, asked, { headers, until: 'stream_end' })
  expect(streamed.body).toContain('stream_end')
  expect(model.requests).toHaveLength(1)
  const [request] = model.requests
  const heard = JSON.stringify([request?.body, request?.path])
  const { authorization, ...otherHeaders } = request?.headers ?? {}
  // The provider's own key, at the provider's own address.
  expect(authorization).toBe(`Bearer ${CANARY}-provider`)
  expect(found(heard + JSON.stringify(otherHeaders), secrets)).toEqual([])
  expect(found(streamed.whole, secrets)).toEqual([])
  await ask(netra.url, get('/auth/me?token=x'), { headers })
  expect(found(netra.log(), secrets)).toEqual([])
})
