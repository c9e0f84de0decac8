import type { ClientMessage } from '@netra/protocol'
import { sql } from 'kysely'

import { createAccess } from '../../packages/server/src/access/access.ts'
import { createCommands, type Commands } from '../../packages/server/src/command/command.ts'
import { openFiles } from '../../packages/server/src/files/open-files.ts'
import type { Connection } from '../../packages/server/src/gateway/connection.ts'
import { handleMessage } from '../../packages/server/src/gateway/handle-message.ts'
import { checkSession } from '../../packages/server/src/gateway/session-check.ts'
import type { Identity } from '../../packages/server/src/identity/identity.ts'
import type { Journal } from '../../packages/server/src/journal/journal.ts'
import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { systemClock as clock } from '../../packages/server/src/platform/clock.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { RateLimit } from '../../packages/server/src/platform/rate-limit.ts'
import type { Runs } from '../../packages/server/src/run/run.ts'
import { benchFolder } from '../support/folder.ts'
import { openAccounts } from '../support/people.ts'
import { note, type Bench, type Row } from '../support/report.ts'
import { median, spread } from '../support/statistics.ts'

const COMMANDS = Number(process.env['EVENTS'] ?? 500)
const CHECKS = 20_000
const REPEATS = Number(process.env['ROUNDS'] ?? 7)

const boundless = new RateLimit(clock, { perMinute: 1e12, burst: 1e12 })

/** Everything that accepting a message does, and no run: what follows is no part of the command. */
const RUNS: Runs = {
  resolve: async () => ({ agent: 'assistant', model: 'builtin/analyst' }),
  firstLease: () => sql<number>`0`,
  start: () => undefined,
  cancel: async () => undefined,
  decide: async () => false,
  settled: async () => undefined,
  hasRoomFor: () => true,
  stopAll: async () => undefined,
  recover: async () => 0,
  status: () => ({ active: 0, queued: 0, started: 0 }),
  timing: () => undefined,
  drain: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
}

async function commandsOf(journal: Journal, folder: string): Promise<Commands> {
  const files = await openFiles({ folder: `${folder}/files`, rows: journal, clock })
  return createCommands({
    access: createAccess(journal),
    files,
    journal,
    runs: RUNS,
    clock,
    messageRate: boundless,
  })
}

const message = (count: number): ClientMessage =>
  ({
    type: 'send_message',
    id: `m${count}`,
    client_message_id: crypto.randomUUID(),
    thread_id: null,
    content: [{ type: 'text', text: 'What did we spend on compute in March?' }],
  }) as unknown as ClientMessage

const loopMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

async function run(): Promise<Row[]> {
  using folder = benchFolder()
  await using journal = await openSqliteJournal({ folder: folder.path, logger: silentLogger })
  await using auth = await openAccounts(folder.path, 'http://localhost:8000')
  const commands = await commandsOf(journal, folder.path)
  const made = await auth.register({
    email: 'bench@example.com',
    password: 'correct horse battery',
    address: '127.0.0.1',
    fromLoopback: true,
  })
  if (made === 'verify_email') throw new Error('the account must be confirmed first')
  const { identity } = made
  let accepted = 0
  const connection = {
    identity,
    parts: { identities: auth, commands, commandRate: boundless },
    send(answer: { type: string }) {
      if (answer.type !== 'ok') throw new Error(JSON.stringify(answer))
      accepted += 1
    },
    badFrame(code: string) {
      throw new Error(code)
    },
    close(code: number) {
      throw new Error(`closed with ${code}`)
    },
  } as unknown as Connection

  const shares: number[] = []
  const commandMs: number[] = []
  const checkMs: number[] = []
  for (let round = -1; round < REPEATS; round += 1) {
    accepted = 0
    const [command, check] = [
      await ofCommands(connection, identity),
      await ofChecks(auth, identity),
    ]
    if (accepted !== COMMANDS) throw new Error(`${accepted} of ${COMMANDS} were accepted`)
    note(
      `round ${round}: ${(command * 1e3).toFixed(0)} µs a command, ${(check * 1e3).toFixed(2)} µs of it the check`,
    )
    // The first round warms both up.
    if (round < 0) continue
    shares.push(check / command)
    commandMs.push(command)
    checkMs.push(check)
  }
  return [
    {
      what: 'the check as a share of a send_message, of the event loop',
      ours: `${(median(checkMs) * 1e3).toFixed(1)} µs`,
      against: `command ${(median(commandMs) * 1e3).toFixed(0)} µs`,
      ratio: median(shares),
      spread: spread(shares),
      goal: { most: 0.05, text: '5 %' },
    },
  ]
}

/** One after the other, through the shipped handler: milliseconds of the event loop for each. */
async function ofCommands(connection: Connection, identity: Identity): Promise<number> {
  const begun = loopMs()
  for (let count = 0; count < COMMANDS; count += 1) {
    await handleMessage(connection, identity, message(count))
  }
  return (loopMs() - begun) / COMMANDS
}

async function ofChecks(
  identities: Parameters<typeof checkSession>[0],
  identity: Identity,
): Promise<number> {
  const begun = loopMs()
  for (let count = 0; count < CHECKS; count += 1) {
    const checked = await checkSession(identities, identity)
    if (!checked.ok) throw new Error('the session has ended')
  }
  return (loopMs() - begun) / CHECKS
}

export const sessionCheck: Bench = {
  name: 'session-check',
  about: `whether a login session lives, asked before every command, as a share of ${COMMANDS} messages accepted by the shipped handler and journal`,
  run,
}
