import { createHash } from 'node:crypto'
import { readFile, writeFile, mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { strFromU8, Unzip, UnzipInflate, unzipSync } from 'fflate'
import { expect, test } from 'vitest'

import { openSqliteJournal } from '../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { asId, newId } from '../packages/server/src/platform/ids.ts'
import type { MessageId, ThreadId, UserId } from '../packages/server/src/platform/ids.ts'
import { silentLogger } from '../packages/server/src/platform/logger.ts'
import { request } from './support/http.ts'
import { startNetra } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'

async function upload(url: string, person: Person, name: string, content: Blob): Promise<string> {
  const form = new FormData()
  form.append('file', content, name)
  const { headers } = person
  const response = await fetch(`${url}/api/files`, { method: 'POST', headers, body: form })
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  return ((await response.json()) as { file_id: string }).file_id
}

const csv = (text: string) => new Blob([`word,n\n${text},1\n`], { type: 'text/csv' })

async function archiveOf(url: string, person: Person): Promise<Record<string, Uint8Array>> {
  const response = await fetch(`${url}/api/account/export`, { headers: person.headers })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/zip')
  expect(response.headers.get('content-disposition')).toMatch(
    /^attachment; filename="netra-\d{4}-\d\d-\d\d\.zip"$/,
  )
  return unzipSync(new Uint8Array(await response.arrayBuffer()))
}

test('the archive holds account, conversations and files of its owner, and nothing of anybody else', async () => {
  await using netra = await startNetra()
  const { url } = netra
  const [ada, bob] = [
    await register(url, 'ada@example.com'),
    await register(url, 'bob@example.com'),
  ]
  for (const [person, word] of [
    [ada, 'aardvark'],
    [bob, 'bandicoot'],
  ] as const) {
    await upload(url, person, 'prices.csv', csv(`${word}-file`))
    await upload(url, person, 'Prices.csv', csv(`${word}-second`))
    await upload(url, person, '../../etc/passwd.csv', csv(`${word}-third`))
    for (const title of [`${word} / ..\\up: "x"`, 'CON']) {
      const { body } = await request<{ id: string }>(`${url}/api/threads`, {
        headers: person.headers,
        body: { title },
      })
      await request(`${url}/api/threads/${body.id}/messages`, {
        headers: person.headers,
        body: { content: `what is 1 + 1, ${word}?` },
      })
    }
  }
  const { body: key } = await request<{ key: string; id: string }>(`${url}/auth/api-keys`, {
    headers: ada.headers,
    body: { name: 'my program', scopes: ['chat:read'] },
  })
  const files = await archiveOf(url, ada)
  const names = Object.keys(files)
  expect(names.filter((name) => name.startsWith('files/')).toSorted()).toEqual([
    'files/Prices.csv',
    'files/passwd.csv',
    'files/prices (2).csv',
  ])
  expect(JSON.parse(strFromU8(files['files.json'] ?? new Uint8Array())).files).toContainEqual({
    path: 'files/prices (2).csv',
    name: 'prices.csv',
    created_at: expect.any(String),
  })
  const threads = names.filter((name) => name.startsWith('threads/'))
  expect(threads).toHaveLength(4)
  for (const name of threads) {
    expect(name).toMatch(/^threads\/\d{4}-\d\d-\d\d (aardvark _ .._up_ _x_|CON)\.(json|md)$/)
  }
  const account = JSON.parse(strFromU8(files['account.json'] ?? new Uint8Array()))
  expect(account).toMatchObject({
    profile: { id: ada.userId, email: 'ada@example.com', role: 'user' },
    sessions: [{ address: expect.any(String) }],
    api_keys: [{ id: key.id, name: 'my program' }],
    providers: [],
  })
  const actions = account.audit.map(({ action }: { action: string }) => action)
  expect(actions).toEqual(expect.arrayContaining(['user.created', 'session.began', 'api_key.made']))
  const json = threads.find((name) => name.endsWith('.json') && name.includes('aardvark')) ?? ''
  const thread = JSON.parse(strFromU8(files[json] ?? new Uint8Array()))
  expect(thread.thread.title).toBe('aardvark / ..\\up: "x"')
  expect(thread.messages[0]).toMatchObject({ role: 'user', text: 'what is 1 + 1, aardvark?' })
  expect(strFromU8(files[json.replace('.json', '.md')] ?? new Uint8Array())).toMatch(
    /^# aardvark[^]*## You · [^]*what is 1 \+ 1, aardvark\?/,
  )
  const everything = Object.values(files)
    .map((content) => strFromU8(content, true))
    .join('\n')
  for (const word of ['bandicoot', 'bob@example.com', bob.userId, key.key, key.key.slice(-43)]) {
    expect(everything).not.toContain(word)
    expect(names.join('\n')).not.toContain(word)
  }
  const stranger = await fetch(`${url}/api/account/export`)
  expect(stranger.status).toBe(403)
})

const MB = 1024 * 1024
const THREADS = 60
const MESSAGES = 100

/** Conversations as if they had been held over months; no agent runs for them. */
async function fill(folder: string, userId: UserId): Promise<void> {
  const journal = await openSqliteJournal({ folder, logger: silentLogger })
  const { db } = journal
  const at = '2026-01-01T00:00:00.000Z'
  for (let t = 0; t < THREADS; t++) {
    const thread = newId<ThreadId>()
    const messages = Array.from({ length: MESSAGES }, (_, n) => ({
      id: newId<MessageId>(),
      thread_id: thread,
      user_id: userId,
      run_id: null,
      parent_id: null,
      role: n % 2 === 0 ? ('user' as const) : ('assistant' as const),
      text: `${t}-${n} ${'some words that were said, '.repeat(100)}`,
      search_text: '',
      attachments: '[]',
      tools: '[]',
      created_at: at,
    }))
    await journal.write([
      db
        .insertInto('thread')
        .values({
          id: thread,
          user_id: userId,
          title: 'the same title',
          titled: 1,
          archived: t % 2,
          message_count: MESSAGES,
          metadata: '{}',
          created_at: at,
          updated_at: at,
        })
        .compile(),
      ...messages.map((message) => db.insertInto('message').values(message).compile()),
    ])
  }
  await journal[Symbol.asyncDispose]()
}

async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return (Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / MB
}

async function currentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / MB
}

test('6,000 messages and 100 MB of files leave in little memory, whole, also to a slow reader', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-export-'))
  try {
    let ada: Person
    {
      await using netra = await startNetra({ folder })
      ada = await register(netra.url)
      await netra.kill('SIGTERM')
    }
    await fill(folder, asId<UserId>(ada.userId))
    await using netra = await startNetra({ folder })
    const line = 'a line of a table that is long, with a number at its end,123456789\n'
    const content = new Blob(['text,number\n', line.repeat(Math.ceil((50 * MB) / line.length))])
    const hash = createHash('sha256')
      .update(Buffer.from(await content.arrayBuffer()))
      .digest('hex')
    await upload(netra.url, ada, 'one.csv', content)
    await upload(netra.url, ada, 'two.csv', content)
    // From here on the peak is counted anew.
    await writeFile(`/proc/${netra.pid}/clear_refs`, '5')
    const before = await currentOf(netra.pid)
    const found = new Map<string, { bytes: number; hash: string }>()
    const unzip = new Unzip((file) => {
      const sum = createHash('sha256')
      let bytes = 0
      file.ondata = (error, piece, final) => {
        if (error) throw error
        sum.update(piece)
        bytes += piece.length
        if (final) found.set(file.name, { bytes, hash: sum.digest('hex') })
      }
      file.start()
    })
    unzip.register(UnzipInflate)
    const begun = performance.now()
    let paused = false
    await new Promise<void>((resolve, reject) => {
      get(`${netra.url}/api/account/export`, { headers: ada.headers }, (response) => {
        expect(response.statusCode).toBe(200)
        response.on('data', (piece: Buffer) => {
          unzip.push(piece)
          if (paused || found.size < 20) return
          // A reader that stops: what is not taken must not pile up.
          paused = true
          response.pause()
          setTimeout(() => response.resume(), 1_500)
        })
        response.on('end', () => {
          unzip.push(new Uint8Array(0), true)
          resolve()
        })
        response.on('error', reject)
      }).on('error', reject)
    })
    const seconds = (performance.now() - begun) / 1000
    const grown = (await peakOf(netra.pid)) - before
    process.stderr.write(
      `export: ${found.size} entries in ${seconds.toFixed(1)} s, memory grew by ${grown.toFixed(0)} MB\n`,
    )
    const inFolders = [...found.keys()].filter((name) => name.includes('/'))
    expect(inFolders).toHaveLength(2 + 2 * THREADS)
    for (const name of ['account.json', 'timelines.json', 'plans.json', 'files.json'])
      expect(found.has(name)).toBe(true)
    expect(found.get('files/one.csv')).toEqual({ bytes: content.size, hash })
    expect(found.get('files/two.csv')).toEqual({ bytes: content.size, hash })
    expect(found.has(`threads/2026-01-01 the same title (${THREADS}).json`)).toBe(true)
    expect(grown).toBeLessThan(130)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)

test('one archive at a time for each person; one that is broken off frees its place', async () => {
  await using netra = await startNetra()
  const ada = await register(netra.url)
  await upload(netra.url, ada, 'big.csv', new Blob(['a,b\n', '1,2\n'.repeat(8 * MB)]))
  const broken = new AbortController()
  const first = await fetch(`${netra.url}/api/account/export`, {
    headers: ada.headers,
    signal: broken.signal,
  })
  expect(first.status).toBe(200)
  const second = await request(`${netra.url}/api/account/export`, { headers: ada.headers })
  expect(second).toMatchObject({ status: 429, body: { error_code: 'RATE_LIMITED' } })
  broken.abort()
  await expect
    .poll(async () => {
      const again = await fetch(`${netra.url}/api/account/export`, { headers: ada.headers })
      await again.body?.cancel()
      return again.status
    })
    .toBe(200)
})
