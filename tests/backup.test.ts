import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { runNetra } from './support/auth-process.ts'
import { Follower } from './support/follower.ts'
import { startModelServer } from './support/model-server.ts'
import { startNetra } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { testDatabase } from './support/postgres.ts'
import { signIn } from './support/sign-in.ts'

const WORDS = Array.from({ length: 20 }, (_, index) => `word${index} `)
const CSV = 'a,b\n1,2\n'

let room: string
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'netra-backup-'))
})
afterEach(() => rmSync(room, { recursive: true, force: true }))

interface LogRow {
  id: number
  name: string | null
  seq: number
  payload: string | null
}

/** The log of a journal that nobody has open, as it lies on the disk. */
function logOf(folder: string): LogRow[] {
  const database = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true })
  try {
    return database
      .prepare(
        'select log.id, name, seq, payload from log left join stream on stream.id = log.stream order by log.id',
      )
      .all() as unknown as LogRow[]
  } finally {
    database.close()
  }
}

async function upload(url: string, person: Person): Promise<string> {
  const body = new FormData()
  body.set('file', new Blob([CSV], { type: 'text/csv' }), 'mine.csv')
  const answer = await fetch(`${url}/api/files`, { method: 'POST', headers: person.headers, body })
  return ((await answer.json()) as { file_id: string }).file_id
}

/** Asks one question after the other until it is over; the last ones get no answer then. */
async function keepAsking(device: Follower, over: AbortSignal): Promise<void> {
  for (let asked = 1; !over.aborted; asked += 1) {
    const { run_id, thread_id } = await device.ask(`question ${asked}`)
    await device.end(run_id, thread_id)
  }
}

test(
  'a backup under load, restored elsewhere, holds all up to its moment and nothing else; devices begin anew',
  { timeout: 120_000 },
  async () => {
    await using model = await startModelServer({ script: [{ text: WORDS, paceMs: 5 }] })
    const env = { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/slow' }
    const [here, there] = [join(room, 'here'), join(room, 'there')]
    const file = join(room, 'netra.backup')
    const devices: Follower[] = []
    let fileId = ''
    let before: Map<Follower, Map<string, number>>
    {
      await using lost = await startNetra({ folder: here, env })
      for (let n = 0; n < 3; n += 1) {
        const device = new Follower(await register(lost.url))
        await device.connect(lost.url)
        devices.push(device)
      }
      fileId = await upload(lost.url, devices[0]!.person)
      const over = new AbortController()
      for (const device of devices) keepAsking(device, over.signal).catch(() => undefined)
      for (const device of devices) {
        await expect.poll(() => device.frames.length, { timeout: 30_000 }).toBeGreaterThan(40)
      }
      before = new Map(devices.map((device) => [device, headsOf(device)]))
      const began = performance.now()
      const said = await runNetra(['backup', file], { NETRA_DATA_DIR: here })
      const tookMs = performance.now() - began
      expect(said).toContain('1 file(s), accounts, keys')
      expect(statSync(file).mode & 0o777).toBe(0o600)
      const during = devices.map((device) => device.frames.length)
      for (const [index, device] of devices.entries()) {
        await expect
          .poll(() => device.frames.length, { timeout: 30_000 })
          .toBeGreaterThan((during[index] ?? 0) + 40)
      }
      over.abort()
      await lost.kill('SIGKILL')
      for (const device of devices) {
        expect(device.violations).toEqual([])
        device.disconnect()
      }
      process.stdout.write(`backup beside 3 conversations: ${Math.round(tookMs)} ms\n`)
    }
    const began = performance.now()
    await runNetra(['restore', file, '--into', there], {})
    const restoreMs = performance.now() - began

    const [was, is] = [logOf(here), logOf(there)]
    const begin = is.pop()
    expect(begin?.name).toBe(null)
    expect(is).toEqual(was.slice(0, is.length))
    process.stdout.write(
      `restored in ${Math.round(restoreMs)} ms: ${is.length} of ${was.length} rows, those after the backup are lost\n`,
    )
    expect(is.length).toBeLessThan(was.length)
    const restoredHeads = new Map(is.map(({ name, seq }) => [name, seq]))
    for (const heads of before.values()) {
      for (const [stream, seq] of heads) {
        expect(restoredHeads.get(stream)).toBeGreaterThanOrEqual(seq)
      }
    }

    await using netra = await startNetra({ folder: there, env })
    for (const device of devices) {
      const refused = await fetch(`${netra.url}/api/threads`, { headers: device.person.headers })
      expect(refused.status).toBe(401)
      const again = new Follower(await signIn(netra.url, device.person.email))
      await again.connect(netra.url)
      const [stream, events] = [...device.events].find(
        ([name]) => name.startsWith('thread:') && restoredHeads.has(name),
      )!
      const old = [...device.frames].find(({ type }) => type === 'live')
      const epoch = String(old?.['position']).split(':')[0]
      await again.follow(stream, `${epoch}:${events.length}`)
      await expect
        .poll(() => again.frames.map(({ type }) => type), { timeout: 15_000 })
        .toEqual(expect.arrayContaining(['reset', 'snapshot', 'live']))
      const fresh = new Follower(again.person)
      await fresh.connect(netra.url)
      const { run_id, thread_id } = await fresh.ask('after the restore')
      const { event } = await fresh.end(run_id, thread_id)
      expect(event).toMatchObject({ type: 'agent_completed', final_response: WORDS.join('') })
      expect(fresh.violations).toEqual([])
      again.disconnect()
      fresh.disconnect()
    }
    const owner = await signIn(netra.url, devices[0]!.person.email)
    const content = await fetch(`${netra.url}/api/files/${fileId}/content`, {
      headers: owner.headers,
    })
    expect(await content.text()).toBe(CSV)
    await expect(runNetra(['restore', file, '--into', there], {})).rejects.toThrow('is not empty')
  },
)

const headsOf = (device: Follower): Map<string, number> =>
  new Map([...device.events].map(([stream, events]) => [stream, events.at(-1)?.seq ?? 0]))

test(
  'on PostgreSQL the database and the folder travel in one file, and the journal begins anew',
  { timeout: 120_000 },
  async () => {
    await using model = await startModelServer({ script: [{ text: WORDS }] })
    const env = { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/slow' }
    const [here, there] = [join(room, 'here'), join(room, 'there')]
    const file = join(room, 'netra.backup')
    const passphrase = { NETRA_BACKUP_PASSPHRASE: 'a passphrase of a test' }
    await using database = await testDatabase()
    const settings = { ...env, DATABASE_URL: database.url }
    let person: Person
    let threadId: string
    {
      await using netra = await startNetra({ folder: here, env: settings })
      person = await register(netra.url)
      const device = new Follower(person)
      await device.connect(netra.url)
      const asked = await device.ask('before the backup')
      threadId = asked.thread_id
      await device.end(asked.run_id, asked.thread_id)
      device.disconnect()
      await runNetra(['backup', file], {
        NETRA_DATA_DIR: here,
        DATABASE_URL: database.url,
        ...passphrase,
      })
      await netra.kill('SIGTERM')
    }
    const options = { DATABASE_URL: database.url, ...passphrase }
    await expect(runNetra(['restore', file, '--into', there], options)).rejects.toThrow(
      'holds a Netra already',
    )
    const [old] = await database.run('select name from epoch order by number desc limit 1')
    // As on another machine: the same schema, in which there is nothing.
    const [schema] = await database.run('select current_schema() as name')
    await database.run(`drop schema ${String(schema?.['name'])} cascade`)
    await runNetra(['restore', file, '--into', there], options)
    const [epoch] = await database.run('select name, why from epoch order by number desc limit 1')
    expect(epoch?.['name']).not.toBe(old?.['name'])
    expect(epoch?.['why']).toMatch(/^restored from a backup of /)
    expect(existsSync(join(there, 'postgres.dump'))).toBe(false)

    await using netra = await startNetra({ folder: there, env: settings })
    const again = new Follower(await signIn(netra.url, person.email))
    await again.connect(netra.url)
    await again.follow(`thread:${threadId}`, `${String(old?.['name'])}:2`)
    await expect
      .poll(() => again.frames.map(({ type }) => type), { timeout: 15_000 })
      .toEqual(expect.arrayContaining(['reset', 'snapshot']))
    const { run_id, thread_id } = await again.ask('after the restore')
    expect((await again.end(run_id, thread_id)).event.type).toBe('agent_completed')
    again.disconnect()
  },
)
