import { answerParent } from '../support/child.ts'
import { inBatches, openBare, openFollower } from '../support/clients.ts'
import { EventReader, untilRead } from '../support/event-reader.ts'
import type { Follower } from '../support/people.ts'
import type { Follow, ReaderRequest, Variant } from './shape.ts'

const readers: Record<Variant, EventReader[]> = { netra: [], bare: [], c: [] }
const targets: Record<Variant, number> = { netra: 0, bare: 0, c: 0 }

async function follow({ port, barePort, cPort, followers }: Follow): Promise<void> {
  await inBatches(followers, async (follower) => {
    const reader = new EventReader(follower.stream)
    readers.netra.push(reader)
    reader.acknowledgeEvery(await openFollower(port, follower, reader.take))
  })
  await followBare('bare', barePort, followers)
  if (cPort !== undefined) await followBare('c', cPort, followers)
}

async function followBare(
  variant: 'bare' | 'c',
  port: number,
  followers: readonly Follower[],
): Promise<void> {
  await inBatches(followers, async ({ threadId }) => {
    const reader = new EventReader()
    readers[variant].push(reader)
    const socket = await openBare(`ws://localhost:${port}/${threadId}`)
    socket.on('message', (data: Buffer) => reader.take(data, socket))
  })
}

answerParent(async (request: ReaderRequest) => {
  if (request.kind === 'follow') return follow(request)
  targets[request.variant] += request.eventsEach
  return untilRead(readers[request.variant], targets[request.variant])
})
