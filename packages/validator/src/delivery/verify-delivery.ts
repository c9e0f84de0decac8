import { seededRandom } from '../faults/random.ts'
import { startOwnServer, type OwnServer } from './own-server.ts'
import {
  firstPeople,
  personWithPassword,
  personWithToken,
  register,
  uploadTable,
  type Person,
} from './people.ts'
import { disturbsProcess, planAll, slowReaderPlan, type Plan, type Possible } from './plan.ts'
import { ask, askFor, type Route } from './route.ts'
import { runPlan, type PlanResult, type World } from './run-plan.ts'
import { startSlowTalker } from './slow-talker.ts'
import { addUp, findingsOf, type Verdict } from './verdict.ts'

/** The last one's are the slow reader's alone, where there are enough. */
const OWN_PEOPLE = 4
const SLOW_TALKER = 'openai/slow-talker'

export interface Options {
  /** Somebody's installation; absent: one of its own. */
  url?: string
  account?: { email: string; password: string }
  token?: string
  seed: number
  schedules: number
  /** Only these of them. */
  only?: readonly number[]
  /** Its data folder stays. */
  keep: boolean
  stop: AbortSignal
  progress: (line: string) => void
}

/**
 * Drives a server through random faults and says whether each event arrived, in order, once, or was
 * reported. @throws when it could not run at all.
 */
export async function verifyDelivery(options: Options): Promise<Verdict> {
  if (options.url !== undefined) return verifyAt(options.url, options)
  await using talker = await startSlowTalker()
  await using own = await startOwnServer({
    env: {
      OPENAI_BASE_URL: talker.url,
      OPENAI_API_KEY: 'none',
      // Every device lives through several tokens.
      NETRA_ACCESS_TOKEN_SECONDS: '20',
    },
    keep: options.keep,
  })
  options.progress(`a server of its own at ${own.url}, data in ${own.folder}`)
  const route = { url: own.url }
  const people = await firstPeople(route, own.setupToken, OWN_PEOPLE)
  const world = await worldOf(route, people, own, options)
  const possible: Possible = {
    people: people.length - 1,
    mayKill: true,
    mayRevoke: true,
    slowTalker: SLOW_TALKER,
    transports: transportsOf(world),
  }
  return await runAll(world, possible, options)
}

async function verifyAt(url: string, options: Options): Promise<Verdict> {
  const route = { url: url.replace(/\/$/, '') }
  const people = await peopleAt(route, options)
  const world = await worldOf(route, people, undefined, options)
  const possible: Possible = {
    people: people.length,
    mayKill: false,
    mayRevoke: people.every(({ password }) => password !== undefined),
    slowTalker: undefined,
    transports: transportsOf(world),
  }
  return await runAll(world, possible, options)
}

async function peopleAt(route: Route, { account, token }: Options): Promise<Person[]> {
  if (token !== undefined) return [await personWithToken(route, token)]
  if (account) return [await personWithPassword(route, account)]
  return [await register(route), await register(route)]
}

async function worldOf(
  route: Route,
  people: readonly Person[],
  own: OwnServer | undefined,
  { stop }: Options,
): Promise<World> {
  const config = await askFor(route, '/api/config', 200)
  const { hostname, port, protocol } = new URL(route.url)
  const target = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  }
  const files = new Map<string, string>()
  for (const person of people) files.set(person.userId, await uploadTable(route, person))
  const socketUrl = String(config['ws_url'])
  const fallback = fallbackOf(config)
  return { route, target, socketUrl, fallback, people, files, own, stop }
}

/** Only the ways: the address itself may be one that only others see. */
function fallbackOf(config: Record<string, unknown>): World['fallback'] {
  const [events, commands] = [config['events_url'], config['commands_url']]
  if (typeof events !== 'string' || typeof commands !== 'string') return undefined
  return { events: new URL(events).pathname, commands: new URL(commands).pathname }
}

const transportsOf = ({ fallback }: World): Possible['transports'] =>
  fallback ? ['socket', 'socket', 'events', 'poll'] : ['socket']

async function runAll(world: World, possible: Possible, options: Options): Promise<Verdict> {
  const { seed, schedules, only, stop, progress } = options
  const plans = planAll(seededRandom(seed), schedules, possible)
  const unplanned = only?.find((number) => plans.every((plan) => plan.number !== number))
  if (unplanned !== undefined) {
    throw new Error(`--only ${unplanned}: there is no such schedule with --schedules ${schedules}`)
  }
  const chosen = plans.filter(({ number }) => only?.includes(number) ?? true)
  const results: PlanResult[] = []
  const run = async (
    plan: Plan,
    isDone?: (notes: PlanResult['notes']) => boolean,
  ): Promise<void> => {
    const planSeed = (seed ^ (plan.number * 0x9e3779b1)) >>> 0
    const result = await runPlan(world, plan, { seed: planSeed, ...(isDone && { isDone }) })
    results.push(result)
    progress(lineOf(result))
  }
  // The slow reader takes half a minute; nothing may kill the server meanwhile.
  const slow =
    (only?.includes(0) ?? true)
      ? run(slowReaderPlan(possible, world.people.length - 1), ({ closes }) => closes.has(4004))
      : Promise.resolve()
  try {
    await Promise.all([
      slow,
      runEach(
        chosen.filter((plan) => !disturbsProcess(plan)),
        run,
        stop,
      ),
    ])
    await runEach(chosen.filter(disturbsProcess), run, stop)
  } finally {
    if (!world.own) await cleanUp(world, results)
  }
  return addUp({
    seed,
    planned: schedules,
    results,
    kills: world.own?.kills ?? 0,
    untried: untried(possible),
  })
}

async function runEach(
  plans: readonly Plan[],
  run: (plan: Plan) => Promise<void>,
  stop: AbortSignal,
): Promise<void> {
  for (const plan of plans) {
    stop.throwIfAborted()
    await run(plan)
  }
}

function lineOf(result: PlanResult): string {
  const { plan, audit, tookMs } = result
  const { committed, delivered, resumes } = audit.counts
  const found = findingsOf(result)
  const verdict = found.length === 0 ? 'ok' : `${found.length} VIOLATIONS`
  const number = String(plan.number).padStart(3)
  return `${number} ${plan.name.padEnd(20)} ${committed} events, ${delivered} delivered to ${plan.devices.length} devices, ${resumes} resumes, ${(tookMs / 1000).toFixed(1)} s: ${verdict}`
}

function untried({ mayKill, mayRevoke, transports }: Possible): string[] {
  return [
    ...(mayKill ? [] : ['killing and stopping the server: it is not its own']),
    ...(mayRevoke ? [] : ['ending login sessions: that takes --email and --password']),
    ...(transports.includes('events') ? [] : ['the fallback without sockets: it is not served']),
    ...(mayKill ? [] : ['tokens that expire by themselves: they live for minutes']),
  ]
}

/** What it made on somebody's server goes. */
async function cleanUp({ route, people }: World, results: readonly PlanResult[]): Promise<void> {
  for (const { person, thread } of results.flatMap(({ made }) => made)) {
    const somebody = people[person]
    if (!somebody) continue
    const path = `/api/threads/${encodeURIComponent(thread)}`
    await ask(route, path, { method: 'DELETE', token: somebody.token }).catch(() => undefined)
  }
}
