import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { benchFolder } from '../support/folder.ts'
import { milliseconds, note, type Bench, type Row } from '../support/report.ts'
import { median, spread } from '../support/statistics.ts'

const REPEATS = Number(process.env['ROUNDS'] ?? 9)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const NODE = process.execPath
const NPM = ['npm', 'start', '--silent']
const NETRA = [
  NODE,
  fileURLToPath(new URL('../../packages/server/bin/netra.mjs', import.meta.url)),
  'start',
]
const BARE = [NODE, fileURLToPath(new URL('./bare.mjs', import.meta.url))]

/** Milliseconds since the process was asked for. */
interface Started {
  line: number
  health: number
}

async function start(command: string[], path: string, folder: string): Promise<Started> {
  const [program = '', ...args] = command
  const begun = performance.now()
  const child = spawn(program, args, {
    cwd: ROOT,
    // A group of its own, so that npm and what it started end together.
    detached: true,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PORT: '0',
      NETRA_DATA_DIR: folder,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const url = /ready at (http:\S+)/.exec(text)?.[1]
      if (url === undefined) continue
      const line = performance.now() - begun
      while ((await fetch(`${url}${path}`)).status !== 200) await sleep(5)
      return { line, health: performance.now() - begun }
    }
    throw new Error(`${command.join(' ')} did not get ready`)
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    await exited
  }
}

async function run(): Promise<Row[]> {
  const cold: Started[] = []
  const warm: Started[] = []
  const throughNpm: Started[] = []
  const bare: Started[] = []
  for (let round = -1; round < REPEATS; round += 1) {
    using folder = benchFolder()
    const first = await start(NETRA, '/health', folder.path)
    const second = await start(NETRA, '/health', folder.path)
    const third = await start(NPM, '/health', folder.path)
    const nothing = await start(BARE, '/', folder.path)
    note(
      `round ${round}: ${[first, second, third, nothing].map(({ health }) => milliseconds(health)).join(' / ')}`,
    )
    // The first round fills the caches of the disk and of compiled code.
    if (round < 0) continue
    cold.push(first)
    warm.push(second)
    throughNpm.push(third)
    bare.push(nothing)
  }
  return [
    rowOf('new data folder, to its line', 'line', cold, bare),
    rowOf('new data folder, to a healthy answer', 'health', cold, bare),
    rowOf('old data folder, to its line', 'line', warm, bare),
    rowOf('old data folder, to a healthy answer', 'health', warm, bare),
    rowOf('npm start, old data folder, to a healthy answer', 'health', throughNpm, bare),
  ]
}

function rowOf(what: string, key: keyof Started, netra: Started[], bare: Started[]): Row {
  const ratios = netra.map((started, index) => started[key] / (bare[index]?.[key] ?? Number.NaN))
  return {
    what,
    ours: milliseconds(median(netra.map((started) => started[key]))),
    against: milliseconds(median(bare.map((started) => started[key]))),
    ratio: median(ratios),
    spread: spread(ratios),
  }
}

export const startUp: Bench = {
  name: 'start',
  about: 'netra start until it answers, against bare Node with an empty HTTP server',
  run,
}
