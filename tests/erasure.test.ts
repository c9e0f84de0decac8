import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { loadConfig } from '../packages/server/src/config/config.ts'
import { openSqliteJournal } from '../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger } from '../packages/server/src/platform/logger.ts'
import { startServer } from '../packages/server/src/server.ts'
import { request } from './support/http.ts'
import { MovingClock } from './support/moving-clock.ts'
import { PASSWORD, type Person, register } from './support/people.ts'

const TEN_MINUTES = 600_000
const POLL_MS = 50
const DEADLINE_MS = 60_000

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Which of the words stand in which files of the folder, byte for byte. */
async function found(folder: string, words: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const hits = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      // A file that goes away meanwhile holds nothing.
      const content = await readFile(join(parentPath, name)).catch(() => Buffer.alloc(0))
      const path = `${parentPath}/${name}`
      return words
        .filter((word) => content.includes(word) || path.includes(word))
        .map((word) => `${word} in ${path}`)
    }),
  )
  return hits.flat()
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + DEADLINE_MS
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`)
    await sleep(POLL_MS)
  }
}

async function uploadCsv(url: string, person: Person, name: string, word: string): Promise<string> {
  const rows = Array.from({ length: 400 }, (_, n) => `${word}${n % 7},${n}`)
  const form = new FormData()
  form.append(
    'file',
    new Blob([['place,amount', ...rows].join('\n')], { type: 'text/csv' }),
    `${name}.csv`,
  )
  const response = await fetch(`${url}/api/files`, {
    method: 'POST',
    headers: person.headers,
    body: form,
  })
  expect(response.status).toBe(201)
  return ((await response.json()) as { file_id: string }).file_id
}

/** A conversation whose title, question, attachment, tool results and answer hold the words. */
async function converse(
  url: string,
  person: Person,
  words: { title: string; text: string; file: string; cell: string },
): Promise<{ thread: string; file: string }> {
  const { headers } = person
  const file = await uploadCsv(url, person, words.file, words.cell)
  const { body: made } = await request<{ id: string }>(`${url}/api/threads`, {
    headers,
    body: { title: words.title },
  })
  for (const question of ['sum of amount by place', `${words.text} and the rows of the table`]) {
    const sent = await request(`${url}/api/threads/${made.id}/messages`, {
      headers,
      body: { content: question, attachments: [{ file_id: file }] },
    })
    expect(sent.status).toBe(202)
    await until('an answer', async () => {
      const { body } = await request<{ messages: { role: string }[] }>(
        `${url}/api/threads/${made.id}/messages`,
        { headers },
      )
      const answers = body.messages.filter(({ role }) => role === 'assistant')
      return answers.length > (question.startsWith('sum') ? 0 : 1)
    })
  }
  return { thread: made.id, file }
}

const wordsOf = (who: string) => ({
  title: `zq${who}TitleXylophon`,
  text: `zq${who}TextQuokka`,
  file: `zq${who}FileNarwhal`,
  cell: `zq${who}CellAxolotl`,
})

test('a deleted thread, file and account are nowhere in the data folder ten minutes later', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-erasure-'))
  try {
    const clock = new MovingClock()
    const config = loadConfig({ NETRA_DATA_DIR: folder, PORT: '0' })
    const [kept, thread, account] = ['Kept', 'Thread', 'Account'].map(wordsOf)
    if (!kept || !thread || !account) throw new Error('three people are needed')
    const onlyFile = { name: 'zqOnlyFilePangolin', cell: 'zqOnlyCellOkapi' }
    const email = 'zqmailaardvark@example.com'
    const erased = [
      ...[thread, account].flatMap((words) => Object.values(words)),
      ...Object.values(onlyFile),
      email,
    ]
    {
      await using server = await startServer(config, { clock, logger: silentLogger })
      const { url } = server
      const person = await register(url)
      const leaver = await register(url, email)
      await converse(url, person, kept)
      const talk = await converse(url, person, thread)
      await converse(url, leaver, account)
      const file = await uploadCsv(url, person, onlyFile.name, onlyFile.cell)
      for (const word of erased) {
        expect([word, (await found(folder, [word])).length > 0]).toEqual([word, true])
      }

      const { headers } = person
      const remove = (path: string, asked = headers, body?: unknown) =>
        request(`${url}${path}`, { method: 'DELETE', headers: asked, body })
      expect((await remove(`/api/threads/${talk.thread}`)).status).toBe(204)
      for (const id of [talk.file, file]) {
        expect((await remove(`/api/files/${id}`)).status).toBe(204)
      }
      const wrong = await remove('/api/account', leaver.headers, { password: 'not the password' })
      expect(wrong.status).toBe(401)
      const gone = await remove('/api/account', leaver.headers, { password: PASSWORD })
      expect([gone.status, gone.body]).toEqual([204, ''])
      expect((await request(`${url}/auth/me`, { headers: leaver.headers })).status).toBe(401)
      const login = { email, password: PASSWORD }
      expect((await request(`${url}/auth/login`, { body: login })).status).toBe(401)

      clock.advance(TEN_MINUTES)
      await until('the erased words are overwritten', async () => {
        return (await found(folder, erased)).length === 0
      }).catch(async () => expect(await found(folder, erased)).toEqual([]))
      for (const word of Object.values(kept)) {
        expect([word, (await found(folder, [word])).length > 0]).toEqual([word, true])
      }
    }
    expect(await found(folder, erased)).toEqual([])

    await using journal = await openSqliteJournal({ folder, logger: silentLogger })
    const { epoch } = journal
    await journal.verify()
    expect(journal.epoch).toBe(epoch)
    expect(journal.status().epochChanged).toBeUndefined()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('the last administrator cannot delete the account by mistake', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-last-'))
  try {
    const config = loadConfig({ NETRA_DATA_DIR: folder, PORT: '0' })
    await using server = await startServer(config, { logger: silentLogger })
    const token = /#token=(\S+)/.exec(server.setupUrl ?? '')?.[1]
    const { body } = await request<{ access_token: string }>(`${server.url}/auth/setup`, {
      body: { token, email: 'admin@example.com', password: PASSWORD },
    })
    const headers = { authorization: `Bearer ${body.access_token}` }
    const refused = await request(`${server.url}/api/account`, {
      method: 'DELETE',
      headers,
      body: { password: PASSWORD },
    })
    expect([refused.status, refused.body['error_code']]).toEqual([409, 'LAST_ADMINISTRATOR'])
    expect((await request(`${server.url}/auth/me`, { headers })).status).toBe(200)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
