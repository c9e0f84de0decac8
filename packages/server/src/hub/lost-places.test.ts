import { expect, test } from 'vitest'

import { Listener, oneTo, openStage } from '../../testing/hub-stage.ts'
import type { StreamName } from '../journal/journal.ts'

const STREAM: StreamName = 'thread:t'

const begin = async (stage: Awaited<ReturnType<typeof openStage>>, position: string | null) => {
  const listener = new Listener()
  const subscription = await stage.hub.subscribe(STREAM, position, listener)
  subscription.start()
  return { listener, subscription }
}

test('F74: what is compacted under a reader becomes a snapshot, and it goes on without a hole', async () => {
  await using stage = await openStage()
  await stage.append(STREAM, 9)
  const { listener, subscription } = await begin(stage, null)
  await listener.live()
  listener.open = false
  await stage.append(STREAM, 3)
  await stage.journal.compact({ stream: STREAM, ranges: [{ first: 10, last: 11 }] })
  listener.open = true
  subscription.resume()
  await listener.until(({ types }) => types.includes('snapshot'))
  await stage.append(STREAM, 2)
  await listener.until(({ seqs }) => seqs.includes(14))
  expect(listener.frames.slice(10).map((frame) => frame.seq ?? frame.type)).toEqual([
    'snapshot',
    'live',
    13,
    14,
  ])
  expect(listener.frames.find(({ type }) => type === 'snapshot')?.why).toBe('compacted')
  expect(listener.types).not.toContain('reset')
})

test('a new epoch under a reader is a reset with a reason, then a snapshot', async () => {
  let epoch = 'first'
  const tell: ((why: string) => void)[] = []
  await using stage = await openStage({
    faults: () => ({
      epoch: () => epoch,
      onEpochChanged: (listener) => {
        tell.push(listener)
        return () => undefined
      },
    }),
  })
  await stage.append(STREAM, 3)
  const listeners = await Promise.all([begin(stage, null), begin(stage, null)])
  await Promise.all(listeners.map(({ listener }) => listener.live()))
  epoch = 'second'
  for (const listener of tell) listener('an event is not what was written')
  for (const { listener, subscription } of listeners) {
    await listener.until(({ types }) => types.filter((type) => type === 'live').length === 2)
    expect(listener.types.slice(-3)).toEqual(['reset', 'snapshot', 'live'])
    expect(listener.frames.at(-3)?.why).toBe('epoch_changed')
    expect(subscription.position).toBe('second:3')
  }
  await stage.append(STREAM, 1)
  await Promise.all(listeners.map(({ listener }) => listener.until(({ seqs }) => seqs.includes(4))))
})

test('an event that cannot be read is a reset and a snapshot, never silence', async () => {
  let isBroken = true
  await using stage = await openStage({
    faults: (journal) => ({
      read: async (stream, after, limit) => {
        if (isBroken && after === 2) {
          isBroken = false
          throw new Error('not what was written')
        }
        return (await journal.read(stream, after, limit)).slice(0, 2)
      },
    }),
  })
  await stage.append(STREAM, 4)
  const { listener } = await begin(stage, null)
  await listener.live()
  expect(listener.frames.map((frame) => frame.seq ?? frame.type)).toEqual([
    1,
    2,
    'reset',
    'snapshot',
    'live',
  ])
  expect(listener.frames[2]?.why).toBe('unreadable')
})

test('a stream that stays unreadable ends its reader instead of turning in circles', async () => {
  await using stage = await openStage({
    faults: () => ({ read: () => Promise.reject(new Error('not what was written')) }),
  })
  await stage.append(STREAM, 4)
  const { listener } = await begin(stage, null)
  await listener.until(({ failure }) => failure !== undefined)
  expect(listener.failure).toEqual(new Error('not what was written'))
  expect(listener.seqs).toEqual([])
})

test('F27: a hole in what is read is told, and the cursor does not pass it', async () => {
  let holes = 1
  await using stage = await openStage({
    faults: (journal) => ({
      read: async (stream, after, limit) => {
        const events = await journal.read(stream, after, limit)
        return holes-- > 0 ? events.filter(({ seq }) => seq !== 3) : events
      },
    }),
  })
  await stage.append(STREAM, 5)
  const { listener } = await begin(stage, null)
  await listener.live()
  expect(listener.frames.map((frame) => frame.seq ?? frame.type)).toEqual([
    1,
    2,
    'reset',
    'snapshot',
    'live',
  ])
})

test('F90: no snapshot is sent to a reader whose window is shut', async () => {
  await using stage = await openStage()
  await stage.append(STREAM, 600)
  const listener = new Listener()
  listener.open = false
  const subscription = await stage.hub.subscribe(STREAM, null, listener)
  subscription.start()
  const other = await begin(stage, null)
  await other.listener.live()
  expect(listener.frames).toEqual([])
  listener.open = true
  subscription.resume()
  await listener.live()
  expect(listener.types).toEqual(['snapshot', 'live'])
})

test('F26: what another process appends is heard through the journal', async () => {
  const heard: ((head: number) => void)[] = []
  let followed = 0
  await using stage = await openStage({
    faults: () => ({
      follow: (_stream, listener) => {
        heard.push(listener)
        followed += 1
        return () => {
          followed -= 1
        }
      },
    }),
  })
  const first = await begin(stage, null)
  const second = await begin(stage, null)
  await Promise.all([first.listener.live(), second.listener.live()])
  expect(followed).toBe(1)
  // The listener of this process is deaf to it: as if the commit were another's.
  first.listener.open = false
  await stage.append(STREAM, 2)
  first.listener.open = true
  for (const listener of heard) listener(2)
  await first.listener.until(({ seqs }) => seqs.length === 2)
  expect([first.listener.seqs, second.listener.seqs]).toEqual([oneTo(2), oneTo(2)])
  first.subscription.end()
  second.subscription.end()
  expect(followed).toBe(0)
})

test('F21, F20: two streams replayed at once while both are written leave no hole and hold up nobody', async () => {
  await using stage = await openStage()
  const other: StreamName = 'thread:other'
  await Promise.all([stage.append(STREAM, 300), stage.append(other, 300)])
  const listeners = [new Listener(), new Listener()]
  const [one, two] = await Promise.all([
    stage.hub.subscribe(STREAM, null, listeners[0] as Listener),
    stage.hub.subscribe(other, null, listeners[1] as Listener),
  ])
  one.start()
  two.start()
  for (let round = 0; round < 40; round++) {
    void stage.append(STREAM, 2)
    void stage.append(other, 2)
  }
  await Promise.all(listeners.map((listener) => listener.until(({ seqs }) => seqs.length === 380)))
  for (const { seqs } of listeners) expect(seqs).toEqual(oneTo(380))
})

test('F31: a storm of subscribing and ending leaves nothing behind', async () => {
  await using stage = await openStage()
  await stage.append(STREAM, 20)
  const storm = oneTo(300).map(async (count) => {
    const subscription = await stage.hub.subscribe(STREAM, null, new Listener())
    if (count % 3 === 0) subscription.end()
    subscription.start()
    if (count % 3 === 1) await Promise.resolve()
    if (count % 50 === 0) await stage.append(STREAM, 1)
    subscription.end()
    subscription.end()
  })
  await Promise.all(storm)
  expect(stage.hub.subscribers).toBe(0)
  expect(await stage.metrics.text()).toContain('netra_delivery_subscribers 0')
})
