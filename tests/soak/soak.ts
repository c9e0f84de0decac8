import { startOwnServer, type OwnServer } from '../../packages/validator/src/delivery/own-server.ts'
import { firstPeople, uploadTable } from '../../packages/validator/src/delivery/people.ts'
import { askFor } from '../../packages/validator/src/delivery/route.ts'
import {
  runPlan,
  type PlanResult,
  type World,
} from '../../packages/validator/src/delivery/run-plan.ts'
import { startSlowTalker } from '../../packages/validator/src/delivery/slow-talker.ts'
import { seededRandom } from '../../packages/validator/src/faults/random.ts'
import { costsOf, type Costs } from './capacity.ts'
import { ProcessMeter, type Sample } from './process-meter.ts'
import { soakPlan } from './soak-plan.ts'

export interface SoakOptions {
  minutes: number
  /** Of one stretch; between two of them everybody leaves, is compared, and comes again. */
  stretchMinutes: number
  sockets: number
  people: number
  runsPerSecond: number
  faultEveryMs: number
  seed: number
  progress: (line: string) => void
}

export interface Stretch {
  result: PlanResult
  /** While runs and faults went on. */
  samples: Sample[]
  costs: Costs
  runs: number
}

const QUIET_MS = 20_000
const SAMPLE_MS = 5_000
const SLOW_TALKER = 'openai/slow-talker'

/** The same crowd on the same server for a long time; the auditor judges each stretch of it. */
export async function soak(options: SoakOptions): Promise<{ stretches: Stretch[]; log: string }> {
  const { minutes, stretchMinutes, people, seed } = options
  await using talker = await startSlowTalker()
  await using own = await startOwnServer({
    env: {
      OPENAI_BASE_URL: talker.url,
      OPENAI_API_KEY: 'none',
      NETRA_ACCESS_TOKEN_SECONDS: '300',
    },
    keep: false,
  })
  const route = { url: own.url }
  const known = await firstPeople(route, own.setupToken, people)
  const files = new Map<string, string>()
  for (const person of known) files.set(person.userId, await uploadTable(route, person))
  const config = await askFor(route, '/api/config', 200)
  const world: World = {
    route,
    target: { host: '127.0.0.1', port: Number(new URL(own.url).port) },
    socketUrl: String(config['ws_url']),
    fallback: undefined,
    people: known,
    files,
    own,
    stop: new AbortController().signal,
  }
  const random = seededRandom(seed)
  const stretches: Stretch[] = []
  for (let left = minutes; left > 0; left -= stretchMinutes) {
    const lastsMs = Math.min(left, stretchMinutes) * 60_000
    const plan = soakPlan(random.fork(), {
      ...options,
      number: stretches.length + 1,
      quietMs: QUIET_MS,
      lastsMs,
      slowTalker: SLOW_TALKER,
    })
    const stretch = await play(world, own, plan, { ...options, lastsMs })
    stretches.push(stretch)
    options.progress(lineOf(stretch))
  }
  return { stretches, log: own.log() }
}

async function play(
  world: World,
  own: OwnServer,
  plan: ReturnType<typeof soakPlan>,
  { sockets, seed, lastsMs }: SoakOptions & { lastsMs: number },
): Promise<Stretch> {
  if (own.pid === undefined) throw new Error('the server has ended')
  using meter = new ProcessMeter(own.pid, SAMPLE_MS)
  const empty = await meter.look()
  let quietFrom = empty
  let quietTo = empty
  const result = await runPlan(world, plan, {
    seed: (seed ^ plan.number) >>> 0,
    onGathered: async () => {
      quietFrom = await meter.look()
      setTimeout(() => void meter.look().then((sample) => (quietTo = sample)), QUIET_MS - 1_000)
    },
  })
  const end = await meter.look()
  const runs = plan.steps.filter(({ does }) => does === 'send').length
  // Until the last step: then they leave.
  const until = quietFrom.atMs + lastsMs
  const samples = meter.samples.filter(({ atMs }) => atMs >= quietTo.atMs && atMs <= until)
  const costs = costsOf({
    sockets,
    runs,
    empty,
    quiet: [quietFrom, quietTo],
    busy: [quietTo, end],
  })
  return { result, samples, costs, runs }
}

function lineOf({ result, runs, samples }: Stretch): string {
  const { counts, violations } = result.audit
  const last = samples.at(-1)
  const megabytes = Math.round((last?.rssBytes ?? 0) / 1e6)
  const problems = violations.length + result.notes.problems.length
  return `stretch ${result.plan.number}: ${runs} messages, ${counts.committed} events, ${counts.delivered} delivered, ${counts.resumes} resumes, ${megabytes} MB, ${last?.descriptors} descriptors: ${problems === 0 ? 'ok' : `${problems} VIOLATIONS`}`
}
