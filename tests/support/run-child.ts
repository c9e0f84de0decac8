import { appendFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { createAccess } from '../../packages/server/src/access/access.ts'
import { createAgents } from '../../packages/server/src/agent/agent.ts'
import { createBuiltinModel } from '../../packages/server/src/agent/model/builtin/builtin.ts'
import { createModels } from '../../packages/server/src/agent/model/models.ts'
import { createCommands } from '../../packages/server/src/command/command.ts'
import { openFiles } from '../../packages/server/src/files/open-files.ts'
import type { Journal } from '../../packages/server/src/journal/journal.ts'
import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { systemClock as clock } from '../../packages/server/src/platform/clock.ts'
import { asId, type UserId } from '../../packages/server/src/platform/ids.ts'
import { silentLogger as logger } from '../../packages/server/src/platform/logger.ts'
import { createMetrics } from '../../packages/server/src/platform/metrics.ts'
import { RateLimit } from '../../packages/server/src/platform/rate-limit.ts'
import { createRuns } from '../../packages/server/src/run/run.ts'
import { tool } from '../../packages/server/testing/agent-stage.ts'

/**
 * Runs of one folder in a process of their own, without the gateway: it tells on standard output
 * what it heard from the model and what it committed, and dies where it is told to.
 */
export interface RunChildOptions {
  folder: string
  modelUrl: string
  /** Dies by SIGKILL at the first commit with this event: before it is sent, or as soon as it is. */
  dieAt?: { event: string; moment: 'before' | 'sent' }
  /** Dies by SIGKILL in its tool, in the moment in which that has had its effect. */
  diesInTool?: boolean
  /** Asked once it stands. */
  ask?: string
  /** Whether its one tool may be repeated. */
  isRepeatable: boolean
  /** Answers the first question that waits. */
  decide?: boolean
}

const OWNER = asId<UserId>('owner')
const options = JSON.parse(process.argv[2] ?? '{}') as RunChildOptions
const { folder } = options

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const die = (): void => void process.kill(process.pid, 'SIGKILL')

const plainFetch = globalThis.fetch
globalThis.fetch = async (...request) => {
  const response = await plainFetch(...request)
  if (!response.body) return response
  const decoder = new TextDecoder()
  const heard = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      say(`heard ${JSON.stringify(decoder.decode(chunk, { stream: true }))}`)
      controller.enqueue(chunk)
    },
  })
  return new Response(response.body.pipeThrough(heard), response)
}

/** That its tool has begun is stored: a tool that takes longer than a turn of the loop is seen to begin. */
const begun = Promise.withResolvers<void>()

/** Says what was committed; dies where it is to. */
function told(journal: Journal): Journal {
  const commit: Journal['commit'] = async (wanted) => {
    const types = wanted.appends.flatMap(({ events }) => events.map(({ type }) => type))
    const isHere = options.dieAt !== undefined && types.includes(options.dieAt.event)
    if (isHere && options.dieAt?.moment === 'before') die()
    const committing = journal.commit(wanted)
    // The writer is another thread: it has the commit once this one lets the loop turn.
    if (isHere) setImmediate(die)
    const result = await committing
    if (result.status === 'committed') say(`committed ${types.join(' ')}`)
    if (types.includes('tool_executing')) begun.resolve()
    return result
  }
  return new Proxy(journal, {
    get(target, name) {
      if (name === 'commit') return commit
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Every run of it leaves a line in a file: that is its side effect. */
const calculate = tool(
  'calculate',
  async ({ value }) => {
    appendFileSync(join(folder, 'effects'), `${String(value)}\n`)
    if (options.diesInTool) die()
    await begun.promise
    return Number(value) * 2
  },
  { repeatable: options.isRepeatable },
)

await mkdir(folder, { recursive: true })
const journal = told(await openSqliteJournal({ folder, logger }))
const files = await openFiles({ folder: join(folder, 'files'), rows: journal, clock })
const metrics = createMetrics()
const models = await createModels({
  settings: {},
  store: {
    load: async () => ({ connections: [], defaultModel: 'server/test-model' }),
    put: async () => undefined,
    remove: async () => undefined,
    setDefaultModel: async () => undefined,
  },
  builtin: createBuiltinModel(),
  clock,
  logger,
})
await models.connections.put('server', { baseUrl: options.modelUrl })
const agents = createAgents({ models, tools: [calculate], files, clock, logger, metrics })
const runs = createRuns({
  journal,
  agents,
  defaultModel: async () => 'server/test-model',
  clock,
  logger,
  metrics,
  isSoleOwner: true,
})
const access = createAccess(journal)
const messageRate = new RateLimit(clock, { perMinute: 60, burst: 60 })
const commands = createCommands({ access, files, journal, runs, clock, messageRate })

await runs.recover()
if (options.ask !== undefined) {
  const text = options.ask
  await commands.sendMessage(OWNER, {
    client_message_id: 'the-message',
    thread_id: null,
    content: [{ type: 'text', text }],
  })
}
for (;;) {
  const { state } = await journal.db.selectFrom('run').select('state').executeTakeFirstOrThrow()
  if (state === 'completed' || state === 'failed' || state === 'cancelled') break
  if (state === 'waiting') {
    if (options.decide === undefined) break
    const waiting = await journal.db.selectFrom('approval').selectAll().executeTakeFirstOrThrow()
    await commands.decide(OWNER, { ...waiting, approved: options.decide })
  }
  await new Promise((resolve) => setTimeout(resolve, 5))
}
await runs[Symbol.asyncDispose]()
await journal[Symbol.asyncDispose]()
say('over')
process.exit(0)
