import { answerParent } from '../support/child.ts'
import { inBatches, openFollower } from '../support/clients.ts'
import { EventReader, untilRead } from '../support/event-reader.ts'
import { quantiles } from '../support/statistics.ts'
import type { Latencies, Opened, ReaderRequest, Variant } from './messages.ts'

const MARK = /@(\d+) /g

const readers: Record<Variant, EventReader[]> = { journal: [], none: [] }
let latencies: number[] = []

function onEvent({ text }: { text: string }): void {
  if (!text.includes('@')) return
  const now = process.hrtime.bigint()
  for (const [, at = ''] of text.matchAll(MARK)) latencies.push(Number(now - BigInt(at)) / 1e6)
}

async function follow({ ports, followers }: Opened): Promise<void> {
  for (const variant of ['journal', 'none'] as const) {
    readers[variant] = followers[variant].map(({ stream }) => new EventReader(stream, onEvent))
    await inBatches(followers[variant], async (follower, index) => {
      const reader = readers[variant][index]
      if (!reader) throw new Error(`no reader ${index}`)
      reader.acknowledgeEvery(await openFollower(ports[variant], follower, reader.take))
    })
  }
}

async function end({
  variant,
  heads,
  marks,
}: Extract<ReaderRequest, { kind: 'end' }>): Promise<Latencies> {
  await untilRead(readers[variant], heads)
  if (latencies.length !== marks) throw new Error(`${latencies.length} of ${marks} were timed`)
  const [p50 = 0, p99 = 0, max = 0] = quantiles(latencies, [0.5, 0.99, 1])
  return { p50, p99, max }
}

answerParent(async (request: ReaderRequest): Promise<unknown> => {
  if (request.kind === 'follow') return follow(request)
  if (request.kind === 'end') return end(request)
  latencies = []
  return undefined
})
