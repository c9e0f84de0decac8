import { createHash } from 'node:crypto'

import { expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra } from './support/netra-process.ts'
import { PASSWORD, register } from './support/people.ts'
import { setUp, signIn } from './support/sign-in.ts'

interface Entry {
  position: number | null
  at: string
  actor: { kind: string; id: string | null }
  action: string
  outcome: string
  actor_email: string | null
  user_id: string | null
  address: string | null
  details: Record<string, unknown>
  hash: string
}

test('what is done to accounts is written down with who did it, and leaves as lines or a table', async () => {
  await using netra = await startNetra()
  const { url } = netra
  const root = await setUp(netra)
  const ada = await register(url, 'ada@example.com')
  const asRoot = (method: string, path: string, body?: unknown) =>
    request(`${url}${path}`, { method, headers: root.headers, ...(body ? { body } : {}) })
  const wrong = { email: ada.email, password: 'not this one' }
  await request(`${url}/auth/login`, { body: wrong })
  const { body: key } = await request<{ id: string }>(`${url}/auth/api-keys`, {
    headers: ada.headers,
    body: { name: 'a secret name', scopes: ['chat:read'] },
  })
  await request(`${url}/auth/api-keys/${key.id}`, { method: 'DELETE', headers: ada.headers })
  await request(`${url}/auth/logout`, { headers: ada.headers, body: {} })
  const path = `/auth/admin/users/${ada.userId}`
  await asRoot('PATCH', path, { role: 'admin' })
  await asRoot('PATCH', path, { role: 'user' })
  await asRoot('PATCH', path, { disabled: true })
  await asRoot('PATCH', path, { disabled: false })
  await asRoot('DELETE', `${path}/sessions`)
  await asRoot('POST', `${path}/links`, { kind: 'password_reset' })
  await asRoot('POST', '/auth/admin/invitations', {})
  await asRoot('PUT', '/api/admin/retention', { days: 400 })
  await asRoot('PUT', '/auth/admin/registration', { policy: 'closed', domains: [] })
  await signIn(url, ada.email)
  await asRoot('DELETE', path)

  const exported = await fetch(`${url}/auth/admin/audit/export?format=jsonl`, {
    headers: root.headers,
  })
  expect(exported.headers.get('content-disposition')).toContain('netra-audit.jsonl')
  const text = await exported.text()
  const entries = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry)
  expect(entries.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
    'user.created ok',
    'session.began ok',
    'user.created ok',
    'session.began ok',
    'session.refused refused',
    'api_key.made ok',
    'api_key.revoked ok',
    'session.ended ok',
    'role.changed ok',
    'role.changed ok',
    'user.disabled ok',
    'user.enabled ok',
    'session.ended ok',
    'link.made ok',
    'invitation.made ok',
    'retention.changed ok',
    'registration.changed ok',
    'session.began ok',
    'user.disabled ok',
    'user.removed ok',
    'audit.exported ok',
    'audit.verified ok',
  ])
  const byRoot = entries.filter(({ actor }) => actor.id === root.userId)
  expect(byRoot.map(({ action }) => action)).toContain('role.changed')
  expect(byRoot.every(({ address }) => address !== null)).toBe(true)
  // Of who is gone: ids, and nothing else that leads to them.
  const own = entries.filter(({ actor }) => actor.id === ada.userId)
  expect(own.length).toBeGreaterThan(4)
  expect(own.every(({ address }) => address === null)).toBe(true)
  // Beside the ids stand the addresses of those who are there, as they are now.
  expect(byRoot.every((entry) => entry.actor_email === root.email)).toBe(true)
  expect(own.every((entry) => entry.actor_email === null)).toBe(true)
  for (const word of [ada.email, PASSWORD, 'not this one', 'a secret name', '#token=']) {
    expect(text).not.toContain(word)
  }
  const summary = entries.at(-1)
  expect(summary).toMatchObject({ position: null, details: { entries: entries.length - 1 } })
  expect(summary?.hash).toBe(entries.at(-2)?.hash)

  const table = await fetch(`${url}/auth/admin/audit/export?format=csv`, { headers: root.headers })
  expect(table.headers.get('content-type')).toContain('text/csv')
  expect((await table.text()).trim().split('\r\n')).toHaveLength(entries.length + 2)

  type Page = { entries: Entry[]; before: number | null }
  const page = (query: string) =>
    request<Page>(`${url}/auth/admin/audit?${query}`, { headers: root.headers })
  const first = (await page('limit=5')).body
  const second = (await page(`limit=5&before=${first.before}`)).body
  const positions = [...first.entries, ...second.entries].map(({ position }) => position ?? 0)
  expect(positions).toEqual(positions.toSorted((a, b) => b - a))
  expect(new Set(positions).size).toBe(10)
  const about = (await page(`limit=500&user=${ada.userId}`)).body
  expect(about.before).toBe(null)
  for (const entry of about.entries) expect([entry.user_id, entry.actor.id]).toContain(ada.userId)
})

test('whoever has an export can verify the chain without Netra', async () => {
  await using netra = await startNetra()
  const root = await setUp(netra)
  const url = `${netra.url}/auth/admin/audit/export?format=jsonl`
  const text = await (await fetch(url, { headers: root.headers })).text()
  const entries = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry & { address_hash: string | null })
    .slice(0, -1)
  let before = ''
  for (const entry of entries) {
    const fields = [
      entry.position,
      entry.at,
      entry.actor.kind,
      entry.actor.id,
      entry.action,
      entry.outcome,
      entry.user_id,
      entry.address_hash,
      JSON.stringify(entry.details),
    ]
    const hash = createHash('sha256')
      .update(`${before}\n${JSON.stringify(fields)}`)
      .digest('hex')
    expect(entry.hash).toBe(hash)
    before = entry.hash
  }
  expect(entries.length).toBeGreaterThan(2)
})
