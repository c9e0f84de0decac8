import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

import { answerTo, leaveWish } from '../compose/stop-inbox.ts'
import { loadConfig } from '../config/config.ts'
import type { Terminal } from './terminal.ts'

const PATIENCE_MS = 5_000
const LOOK_MS = 50

/**
 * `netra admin stop-all` and `start-again`: by a file in the data folder, so that it works without a
 * sign-in and while the accounts are elsewhere; a node takes it within a fifth of a second.
 */
export async function stopOrStart(
  { dataDir, scope, why }: { dataDir: string; scope: string; why: string | null },
  { out, err }: Terminal,
): Promise<number> {
  const id = randomUUID()
  leaveWish(dataDir, { id, scope, why })
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until;) {
    const said = answerTo(dataDir, id)
    if (said !== undefined) {
      out(said)
      return 0
    }
    await pause(LOOK_MS)
  }
  err(
    `no node of ${dataDir} has taken the order within ${PATIENCE_MS / 1000} s. It lies there, and the next start carries it out before anything runs.`,
  )
  return 1
}

/** For everybody: it needs no accounts. */
export function stopEverything(verb: string, words: readonly string[], terminal: Terminal) {
  const { dataDir } = loadConfig(terminal.env)
  if (!existsSync(dataDir))
    throw new Error(`there is no data folder ${dataDir}: set NETRA_DATA_DIR`)
  const why = words.join(' ').trim()
  const said = verb === 'stop-all' ? why || 'It was stopped from the command line.' : null
  return stopOrStart({ dataDir, scope: 'everyone', why: said }, terminal)
}
