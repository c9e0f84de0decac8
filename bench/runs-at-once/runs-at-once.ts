import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { Follower } from '../../tests/support/follower.ts'
import { startNetra, type NetraProcess } from '../../tests/support/netra-process.ts'
import { register } from '../../tests/support/people.ts'
import { startChild, type Child } from '../support/child.ts'
import { benchFolder } from '../support/folder.ts'
import { milliseconds, note, type Bench, type Row } from '../support/report.ts'
import { median, spread } from '../support/statistics.ts'
import type { ModelRequest } from './model-child.ts'
import type { DeclaredTool, PlainAnswer, PlainRequest } from './plain-child.ts'

const RUNS = 100
const PEOPLE = 10
const TOOL_CALLS = 5
const ROUNDS = Number(process.env['ROUNDS'] ?? 7)
/** A quick model of today takes longer to its first word. */
const THINKING_MS = 300

/** `VmRSS`, `VmHWM`: what the process has, and the most that it had; bytes. */
const memoryOf = (pid: number, what: 'VmRSS' | 'VmHWM'): number =>
  1024 *
  Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`

/** @throws when it ended otherwise than well. */
const isOver = (device: Follower, runId: string): boolean => {
  const events = device.events.get(`user:${device.person.userId}`) ?? []
  const end = events.findLast(
    ({ event }) =>
      event['run_id'] === runId && /^(completed|failed|cancelled)$/.test(String(event['state'])),
  )
  if (end && end.event['state'] !== 'completed')
    throw new Error(`a run ended ${String(end.event['state'])}`)
  return end !== undefined
}

/** A hundred answers, of ten people, asked for at once; each device hears how its own end. */
async function netraRound(devices: readonly Follower[], round: number): Promise<number> {
  const from = performance.now()
  const asked = await Promise.all(
    devices.flatMap((device) =>
      Array.from({ length: RUNS / PEOPLE }, async (_, number) => ({
        device,
        ...(await ask(device, `Work out five numbers for me, please (${round}.${number}).`)),
      })),
    ),
  )
  while (!asked.every(({ device, run_id }) => isOver(device, run_id))) await sleep(2)
  return performance.now() - from
}

async function ask(device: Follower, text: string): Promise<{ run_id: string }> {
  const answer = await device.request({
    type: 'send_message',
    client_message_id: crypto.randomUUID(),
    thread_id: null,
    content: [{ type: 'text', text }],
  })
  if (answer.type !== 'ok') throw new Error(JSON.stringify(answer))
  return { run_id: String(answer['run_id']) }
}

/** @throws when a run did not make each of its calls. */
async function counted(netra: NetraProcess, devices: readonly Follower[], rounds: number) {
  let calls = 0
  for (const { person } of devices) {
    const answer = await fetch(`${netra.url}/api/spending`, { headers: person.headers })
    calls += ((await answer.json()) as { today: { calls: number } }).today.calls
  }
  const due = rounds * RUNS * (TOOL_CALLS + 1)
  if (calls !== due) throw new Error(`${calls} model calls stand in the ledger instead of ${due}`)
}

interface Measured {
  netra: number[]
  plain: number[]
}

async function run(): Promise<Row[]> {
  using folder = benchFolder()
  await using model = startChild<ModelRequest>(new URL('./model-child.ts', import.meta.url))
  await using plain = startChild<PlainRequest>(new URL('./plain-child.ts', import.meta.url))
  const url = await model.ask<string>({ delayMs: 0 })
  await using netra = await startNetra({
    folder: folder.path,
    env: {
      OPENAI_BASE_URL: `${url}/v1`,
      NETRA_MODEL: 'openai/test-model',
      NETRA_REGISTRATION: 'open',
    },
  })
  const devices = await Promise.all(
    Array.from({ length: PEOPLE }, async () => {
      const device = new Follower(await register(netra.url))
      await device.connect(netra.url)
      await device.follow(`user:${device.person.userId}`)
      return device
    }),
  )
  const [anyone] = devices
  if (!anyone) throw new Error('nobody is there')
  const tools = await declaredBy(netra, anyone)
  const before = memoryOf(netra.pid, 'VmRSS')
  let rounds = 0
  const measure = async (delayMs: number): Promise<Measured> => {
    await model.ask({ delayMs })
    const measured: Measured = { netra: [], plain: [] }
    for (let round = 0; round <= ROUNDS; round += 1) {
      rounds += 1
      const ours = await netraRound(devices, rounds)
      const theirs = await plainRound(plain, { url, tools })
      note(
        `${delayMs} ms to think: Netra ${milliseconds(ours)}, plain ${milliseconds(theirs)}, ${megabytes(memoryOf(netra.pid, 'VmRSS'))}`,
      )
      if (round === 0) continue
      measured.netra.push(ours)
      measured.plain.push(theirs)
    }
    return measured
  }
  const thinking = await measure(THINKING_MS)
  const most = memoryOf(netra.pid, 'VmHWM')
  const instant = await measure(0)
  await counted(netra, devices, rounds)
  for (const device of devices) device.disconnect()
  return [
    rowOf(`runs a second, a model that thinks ${THINKING_MS} ms`, thinking, { least: 0.8 }),
    rowOf('runs a second, a model that answers at once', instant),
    {
      what: `memory of the node: before, most with ${RUNS} runs`,
      ours: `${megabytes(before)}, ${megabytes(most)}`,
      against: '',
    },
  ]
}

/** What Netra's assistant tells a model of its tools. */
async function declaredBy(netra: NetraProcess, { person }: Follower): Promise<DeclaredTool[]> {
  const answer = await fetch(`${netra.url}/api/mcp/tools`, { headers: person.headers })
  const { data } = (await answer.json()) as { data: (DeclaredTool & { agents: string[] })[] }
  const tools = data.filter(({ agents }) => agents.includes('assistant'))
  if (!tools.some(({ name }) => name === 'calculate')) throw new Error('there is no `calculate`')
  return tools
}

const plainRound = async (
  plain: Child<PlainRequest>,
  what: Pick<PlainRequest, 'url' | 'tools'>,
): Promise<number> =>
  (await plain.ask<PlainAnswer>({ ...what, runs: RUNS, toolCalls: TOOL_CALLS })).ms

const rateOf = (ms: number): string => `${((1_000 * RUNS) / ms).toFixed(1)}/s`

function rowOf(what: string, { netra, plain }: Measured, goal?: Row['goal']): Row {
  const ratios = netra.map((ms, round) => (plain[round] ?? 0) / ms)
  return {
    what,
    ours: rateOf(median(netra)),
    against: `AI SDK loop alone ${rateOf(median(plain))}`,
    ratio: median(ratios),
    spread: spread(ratios),
    ...(goal && { goal }),
  }
}

export const runsAtOnce: Bench = {
  name: 'runs-at-once',
  about: `${RUNS} runs at once on one node, each with ${TOOL_CALLS} tool calls, against the loop of the AI SDK`,
  run,
}
