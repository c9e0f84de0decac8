import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { expect, test } from 'vitest'

import { CRASH_STREAMS, randomFrom } from './contract-child.ts'
import type { CrashChild, StoreUnderTest } from './contract-store.ts'
import type { Journal, StreamName } from './journal.ts'

interface Acknowledged {
  stream: StreamName
  first: number
  last: number
  commit: string
}

const SEEDS = [3, 14, 15, 92, 65]
const ALL = { events: 1_000_000, bytes: 1_000_000_000 }

async function acknowledgedUntilKilled(
  { script, args }: CrashChild,
  seed: number,
): Promise<{ commits: Set<string>; appended: Acknowledged[] }> {
  const child: ChildProcess = spawn(process.execPath, [script.pathname, String(seed), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const killAt = 5 + Math.floor(randomFrom(seed)() * 400)
  const commits = new Set<string>()
  const appended: Acknowledged[] = []
  if (!child.stdout) throw new Error('the child has no output')
  for await (const line of createInterface({ input: child.stdout })) {
    const said: { commit: string; appended: Omit<Acknowledged, 'commit'>[] } = JSON.parse(line)
    commits.add(said.commit)
    for (const { stream, first, last } of said.appended) {
      appended.push({ stream, first, last, commit: said.commit })
    }
    if (commits.size === killAt) child.kill('SIGKILL')
  }
  const [, signal]: unknown[] = await exited
  expect(signal).toBe('SIGKILL')
  return { commits, appended }
}

async function audit(journal: Journal, appended: readonly Acknowledged[]): Promise<Set<string>> {
  const present = new Set<string>()
  for (const stream of CRASH_STREAMS) {
    const events = await journal.read(stream, 0, ALL)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    expect(await journal.head(stream)).toBe(events.length)
    const owners = events.map(({ payload }) => {
      const event: { commit: string } = JSON.parse(payload)
      present.add(event.commit)
      return event.commit
    })
    for (const range of appended.filter((each) => each.stream === stream)) {
      const found = new Set(owners.slice(range.first - 1, range.last))
      expect([range, ...found]).toEqual([range, range.commit])
    }
  }
  return present
}

export function crashContract(store: () => StoreUnderTest): void {
  test('every acknowledged event survives SIGKILL, and no half of a commit does', async () => {
    const { epoch } = store().journal
    await store().journal[Symbol.asyncDispose]()
    const acknowledged: Acknowledged[] = []
    const commits = new Set<string>()
    for (const seed of SEEDS) {
      const killed = await acknowledgedUntilKilled(store().crash, seed)
      acknowledged.push(...killed.appended)
      for (const commit of killed.commits) commits.add(commit)
      const journal = await store().reopen()
      expect(journal.epoch).toBe(epoch)
      expect(journal.status().epochChanged).toBeUndefined()
      const present = await audit(journal, acknowledged)
      const rows = await journal.db.selectFrom('setting').selectAll().execute()
      const keys = new Set(rows.map(({ key }) => key))
      expect([...commits].filter((commit) => !keys.has(commit))).toEqual([])
      expect([...present].filter((commit) => !keys.has(commit))).toEqual([])
      const withEvents = rows.filter(({ value }) => value !== '0').map(({ key }) => key)
      expect(withEvents.filter((commit) => !present.has(commit))).toEqual([])
      await journal[Symbol.asyncDispose]()
    }
    await store().reopen()
  })
}
