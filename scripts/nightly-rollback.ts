// node scripts/nightly-rollback.ts [--keep <folder with an installed old tree>] [--fixture <file>]
// The version before, made from this repository's history, writes data with people at work; this one
// takes it over; and the way back is tried. Needs git history and a registry for the old version's npm ci.
import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { runNetra } from '../tests/support/auth-process.ts'
import { startNetra } from '../tests/support/netra-process.ts'
import { findAll, type Remembered } from '../tests/support/previous-version.ts'
import { openProgram, type Program } from '../tests/support/sdk.ts'
import { setUp } from '../tests/support/sign-in.ts'

/** The last commit before accounts and delivery were deepened. */
const PREVIOUS = 'ba918ed1350f5a676353351268c5e874e598311b'
const CSV = 'city,people\nBern,134\nOslo,709\n'
const ALLOWED = { NETRA_ALLOW_MIGRATION: '1' }

const { values } = parseArgs({ options: { keep: { type: 'string' }, fixture: { type: 'string' } } })
const room = mkdtempSync(join(tmpdir(), 'netra-rollback-'))
const tree = values.keep ?? join(room, 'tree')
const oldBin = join(tree, 'packages/server/bin/netra.mjs')
try {
  installPrevious()
  const data = join(room, 'data')
  const remembered = await writeWithPrevious(data)
  if (values.fixture !== undefined) keep(data, remembered, values.fixture)
  const file = join(room, 'before.backup')
  await takeOver(data, remembered, file)
  await goBack(data, remembered, file)
} finally {
  rmSync(room, { recursive: true, force: true })
}

function say(fact: string): void {
  process.stdout.write(`ok  ${fact}\n`)
}

function mustRun(command: string, args: readonly string[], cwd: string): void {
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
}

function installPrevious(): void {
  if (existsSync(join(tree, 'node_modules'))) return
  mkdirSync(tree, { recursive: true })
  const archive = join(room, 'tree.tar')
  mustRun('git', ['archive', '--output', archive, PREVIOUS], process.cwd())
  mustRun('tar', ['xf', archive], tree)
  mustRun('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], tree)
  say(`${PREVIOUS.slice(0, 7)} is installed`)
}

async function writeWithPrevious(data: string): Promise<Remembered> {
  const people: Remembered['people'] = []
  await using netra = await startNetra({ bin: oldBin, folder: data })
  const root = await setUp(netra)
  people.push({ email: root.email, threads: [], files: [] })
  // Its own SDK: what today's would say to it is another question.
  const sdk = (await import(join(tree, 'tests/support/sdk.ts'))) as {
    openProgram: (url: string) => Promise<Program>
  }
  for (let number = 1; number <= 2; number += 1) {
    using program = await sdk.openProgram(netra.url)
    const fileId = await program.upload('cities.csv', CSV)
    const threads: Remembered['people'][number]['threads'] = []
    for (const question of ['How many rows are there?', 'What is the sum of people?']) {
      const { threadId, text } = await program.ask(question, { files: [fileId] })
      threads.push({ id: threadId, question, answer: text })
    }
    people.push({
      email: `program${number}@example.com`,
      threads,
      files: [{ id: fileId, text: CSV }],
    })
  }
  equal(await netra.kill('SIGTERM'), 0)
  say(`it wrote ${people.length} accounts, 4 conversations and 2 files`)
  return { revision: PREVIOUS.slice(0, 7), people }
}

function keep(data: string, remembered: Remembered, target: string): void {
  const folder = join(room, 'fixture')
  cpSync(data, join(folder, 'data'), { recursive: true })
  writeFileSync(join(folder, 'remembered.json'), `${JSON.stringify(remembered, null, 2)}\n`)
  mustRun('tar', ['czf', target, '-C', folder, '.'], room)
}

async function takeOver(data: string, remembered: Remembered, file: string): Promise<void> {
  await rejects(startNetra({ folder: data }), /no way back but a backup.*NETRA_ALLOW_MIGRATION=1/s)
  say('this version says first that there is no way back')
  await runNetra(['backup', file], { NETRA_DATA_DIR: data })
  {
    await using old = await startNetra({ bin: oldBin, folder: data })
    await findAll(old.url, remembered)
    await old.kill('SIGTERM')
  }
  say('refused and backed up, the data is still the old version’s')
  await using netra = await startNetra({ folder: data, env: ALLOWED })
  await findAll(netra.url, remembered)
  using program = await openProgram(netra.url, 'new@example.com')
  const { run } = await program.ask('What is 17 percent of 250?')
  equal(run.outcome?.kind, 'completed')
  equal(await netra.kill('SIGTERM'), 0)
  say('allowed to, this version finds everything and goes on')
}

async function goBack(data: string, remembered: Remembered, file: string): Promise<void> {
  await rejects(startNetra({ bin: oldBin, folder: data }), /written by a newer Netra/)
  say('the old version refuses what this one has written, and says why')
  const restored = join(room, 'restored')
  match(await runNetra(['restore', file, '--into', restored], {}), /restored in/)
  await using old = await startNetra({ bin: oldBin, folder: restored })
  await findAll(old.url, remembered)
  deepEqual(await old.kill('SIGTERM'), 0)
  say('on the restored backup the old version finds everything')
}
