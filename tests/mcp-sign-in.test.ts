import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { HttpBrowser, type Landed } from './support/http-browser.ts'
import { startAuthorizedMcpServer, type AuthorizedMcpServer } from './support/mcp-authorization.ts'
import { callOnce, openMcpWorld, type McpWorld, type Member } from './support/mcp-world.ts'

let world: McpWorld
let server: AuthorizedMcpServer
beforeAll(async () => {
  world = await openMcpWorld()
  server = await startAuthorizedMcpServer()
}, 60_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})
beforeEach(() => {
  server.subject = 'somebody'
  server.writeScope = undefined
  server.asked.length = 0
  server.shown.length = 0
})

const NOTES = { name: 'Notes', trusted: true }

/** Whoever is signed in there now is sent away, with what only this browser has. */
async function leave(member: Member, id: string, browser = new HttpBrowser()): Promise<URL> {
  const path = `/api/mcp/connections/${id}/sign-in`
  const headers = { authorization: `Bearer ${await member.token()}` }
  const { url } = await browser.go(`${world.netra.url}${path}`, { headers, until: () => true })
  return url
}

async function signIn(member: Member, id: string): Promise<Landed> {
  const browser = new HttpBrowser()
  const url = await leave(member, id, browser)
  return browser.go(url.href)
}

/** Connected, signed in and agreed to. */
async function connected(member: Member): Promise<string> {
  const made = await member.api('POST', '/api/mcp/connections', { ...NOTES, url: server.url })
  const { id } = made.body
  const landed = await signIn(member, id)
  expect(landed.url.searchParams.get('mcp')).toBe('signed_in')
  const looked = await member.api('POST', `/api/mcp/connections/${id}/look`, {})
  expect((await member.agree(looked.body)).body.state).toBe('ready')
  return id
}

const accountOf = async (member: Member, id: string) =>
  (await member.api('GET', `/api/mcp/connections/${id}/account`)).body

const tokenCalls = () => server.asked.filter((line) => line === 'POST /token').length

async function call(member: Member, tool: string, args: object = {}) {
  world.model.script(callOnce(`notes__${tool}`, args))
  const turn = await member.send()
  const [made] = await member.calls(turn)
  return made
}

test('a person signs in to a server: it is discovered, Netra registers, and the token is asked for this server alone (S32, S33)', async () => {
  const ada = await world.person()
  const made = await ada.api('POST', '/api/mcp/connections', { ...NOTES, url: server.url })
  expect(made.body).toMatchObject({ state: 'sign_in', signed_in: false })
  const url = await leave(ada, made.body.id)
  const asked = Object.fromEntries(url.searchParams)
  expect(asked).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    redirect_uri: `${world.netra.url}/api/mcp/oauth/callback`,
    resource: server.url,
    state: expect.stringMatching(/^[\w-]{43}$/),
    scope: expect.stringMatching(/^notes:read( offline_access)?$/),
  })
  expect(server.asked.some((line) => line.startsWith('POST /reg'))).toBe(true)

  await ada.api('DELETE', `/api/mcp/connections/${made.body.id}`)
  const id = await connected(ada)
  expect(await accountOf(ada, id)).toMatchObject({ signed_in: true, problem: null })
  const read = await call(ada, 'read_note')
  expect(read).toMatchObject({ status: 'ok' })
  // Neither side of the other server ever saw what proves who somebody is at Netra.
  const ownTokens = [await ada.token()]
  const seen = JSON.stringify([server.shown, server.asked, server.inner.requests])
  for (const token of ownTokens) expect(seen).not.toContain(token)
  expect(world.netra.log()).not.toContain(server.shown.at(-1))
}, 12_000)

test('of a server for all each person signs in for themselves; nobody has another one’s token', async () => {
  const wish = { name: 'Shared notes', url: server.url, for_all: true, trusted: true }
  const root = world.administrator
  const made = await root.api('POST', '/api/mcp/connections', wish)
  const { id } = made.body
  server.subject = 'root-there'
  await signIn(root, id)
  const looked = await root.api('POST', `/api/mcp/connections/${id}/look`, {})
  await root.agree(looked.body)
  const bob = await world.person()
  expect(await accountOf(bob, id)).toMatchObject({ signed_in: false })
  server.shown.length = 0
  world.model.script(callOnce('shared_notes__read_note'))
  const turn = await bob.send()
  const question = await bob.waiting(turn)
  expect(JSON.stringify(question)).toContain(`/api/mcp/connections/${id}/sign-in`)
  expect(server.shown).toEqual([])
  expect(await accountOf(root, id)).toMatchObject({ signed_in: true })
  await root.api('DELETE', `/api/mcp/connections/${id}`)
}, 12_000)

test('a state is good once, for the browser that left with it; what another browser brings back is nobody’s (S32)', async () => {
  const ada = await world.person()
  const made = await ada.api('POST', '/api/mcp/connections', { ...NOTES, url: server.url })
  const { id } = made.body
  const browser = new HttpBrowser()
  const url = await leave(ada, id, browser)
  // A stranger is led to agree, and their browser comes back with the code.
  const callback = (next: URL) => next.pathname === '/api/mcp/oauth/callback'
  const stranger = new HttpBrowser()
  const { url: back } = await stranger.go(url.href, { until: callback })
  const theirs = await stranger.go(back.href)
  expect(theirs.url.searchParams.get('mcp')).toBe('failed')
  expect(await accountOf(ada, id)).toMatchObject({ signed_in: false })
  // It is spent by that, also for the right browser.
  expect((await browser.go(back.href)).url.searchParams.get('mcp')).toBe('failed')
  expect(tokenCalls()).toBe(0)

  const second = await leave(ada, id, browser)
  const { url: again } = await browser.go(second.href, { until: callback })
  expect((await browser.go(again.href)).url.searchParams.get('mcp')).toBe('signed_in')
  expect((await browser.go(again.href)).url.searchParams.get('mcp')).toBe('failed')
  expect(await accountOf(ada, id)).toMatchObject({ signed_in: true })
}, 12_000)

test('a client entered by hand is shown to the issuer it was entered for alone, also at the first sign-in', async () => {
  const ada = await world.person()
  const made = await ada.api('POST', '/api/mcp/connections', { ...NOTES, url: server.url })
  const path = `/api/mcp/connections/${made.body.id}`
  const enter = (issuer?: string) =>
    ada.api('PUT', `${path}/client`, { client_id: 'by-hand', client_secret: 'hush', issuer })
  expect((await enter()).status).toBe(422)
  expect((await enter('https://login.example')).status).toBe(204)
  // The server names an issuer of its own before anybody has signed in.
  const refused = await ada.api('POST', `${path}/sign-in`, {})
  expect(refused.status).toBe(502)
  expect(refused.body.message).toContain('belongs to https://login.example')
  expect(JSON.stringify([server.asked, server.shown, server.inner.requests])).not.toMatch(
    /by-hand|hush/,
  )
  expect((await enter(server.issuer)).status).toBe(204)
  const url = new URL((await ada.api('POST', `${path}/sign-in`, {})).body.url)
  expect(url.searchParams.get('client_id')).toBe('by-hand')
}, 12_000)

test('whoever does not agree there is told so here, and nothing is kept', async () => {
  const ada = await world.person()
  const made = await ada.api('POST', '/api/mcp/connections', { ...NOTES, url: server.url })
  server.subject = undefined
  const landed = await signIn(ada, made.body.id)
  expect(landed.url.searchParams.get('why')).toBe('You did not agree.')
  expect(await accountOf(ada, made.body.id)).toMatchObject({ signed_in: false })
}, 12_000)

test('calls at once that find the token spent renew it once', async () => {
  const ada = await world.person()
  await connected(ada)
  expect(await call(ada, 'read_note')).toMatchObject({ status: 'ok' })
  await server.expireAll()
  server.asked.length = 0
  world.model.script(callOnce('notes__read_note'))
  const turns = await Promise.all(Array.from({ length: 4 }, () => ada.send()))
  const made = await Promise.all(turns.map((turn) => ada.calls(turn)))
  expect(made.flat().map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok'])
  expect(tokenCalls()).toBe(1)
}, 12_000)

test('when the sign-in is over the call waits for the person, who signs in by a link and goes on', async () => {
  const ada = await world.person()
  const id = await connected(ada)
  await server.endAll()
  world.model.script(callOnce('notes__read_note'))
  const turn = await ada.send()
  const asked = await ada.waiting(turn)
  const link = `${world.netra.url}/api/mcp/connections/${id}/sign-in`
  expect(asked.question).toMatchObject({ mode: 'url', url: link })
  expect(await accountOf(ada, id)).toMatchObject({
    signed_in: false,
    problem: 'The server ended the sign-in.',
  })
  expect((await signIn(ada, id)).url.search).toContain('signed_in')
  await ada.answer(asked, { action: 'accept' })
  const [made] = await ada.calls(turn)
  expect(made).toMatchObject({ status: 'ok' })
}, 12_000)

test('a scope is asked for when a call needs it, and not before (S37)', async () => {
  const ada = await world.person()
  const id = await connected(ada)
  const first = await accountOf(ada, id)
  expect(first.scope.split(' ')).not.toContain('notes:write')
  server.writeScope = 'notes:write'
  world.model.script(callOnce('notes__write_note', { text: 'more' }))
  const turn = await ada.send()
  const approval = await ada.waiting(turn)
  await ada.answer(approval, { approved: true })
  const question = await expect
    .poll(
      async () => {
        const { body } = await ada.api('GET', '/api/approvals')
        return body.approvals.find(
          (each: { question?: { mode: string } }) => each.question?.mode === 'url',
        )
      },
      { timeout: 10_000 },
    )
    .toBeDefined()
    .then(() => ada.waiting(turn))
  const url = await leave(ada, id)
  expect(url.searchParams.get('scope')?.split(' ')).toEqual(
    expect.arrayContaining(['notes:read', 'notes:write']),
  )
  expect((await signIn(ada, id)).url.search).toContain('signed_in')
  await ada.answer(question, { action: 'accept' })
  const [made] = await ada.calls(turn)
  expect(made).toMatchObject({ status: 'ok', result: { text: 'written' } })
  expect((await accountOf(ada, id)).scope).toContain('notes:write')
}, 12_000)

test('whoever disconnects, or leaves Netra, is signed out there too', async () => {
  const ada = await world.person()
  const id = await connected(ada)
  const revocations = () => server.asked.filter((line) => line.includes('/revocation')).length
  const token = server.shown.at(-1)
  await ada.api('DELETE', `/api/mcp/connections/${id}/sign-in`)
  expect(revocations()).toBe(1)
  expect(await accountOf(ada, id)).toMatchObject({ signed_in: false, since: null })
  expect(token).toBeDefined()
  expect((await signIn(ada, id)).url.search).toContain('signed_in')
  const left = await ada.api('DELETE', '/auth/me')
  expect(left.status).toBe(204)
  await expect.poll(revocations).toBe(2)
}, 12_000)

test('another person’s server cannot be signed in to, nor asked about, nor signed out of', async () => {
  const ada = await world.person()
  const id = await connected(ada)
  const bob = await world.person()
  for (const [method, path] of [
    ['GET', 'account'],
    ['POST', 'sign-in'],
    ['DELETE', 'sign-in'],
    ['DELETE', 'client'],
  ]) {
    const foreign = await bob.api(method ?? '', `/api/mcp/connections/${id}/${path}`)
    const absent = await bob.api(method ?? '', `/api/mcp/connections/none/${path}`)
    expect([foreign.status, foreign.body.message]).toEqual([404, absent.body.message])
  }
  expect(await accountOf(ada, id)).toMatchObject({ signed_in: true })
}, 12_000)
