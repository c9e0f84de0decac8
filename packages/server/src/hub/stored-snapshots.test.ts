import { emptyThreadState } from '@netra/protocol'
import { expect, test } from 'vitest'

import { Listener, openStage, type Stage } from '../../testing/hub-stage.ts'
import type { StreamName } from '../journal/journal.ts'
import { asId, type ThreadId, type UserId } from '../platform/ids.ts'

const STREAM: StreamName = 'thread:t'

const addThread = ({ journal }: Stage, id = 't') =>
  journal.write([
    journal.db
      .insertInto('thread')
      .values({
        id: asId<ThreadId>(id),
        user_id: asId<UserId>('u'),
        title: id,
        titled: 0,
        archived: 0,
        message_count: 0,
        metadata: '{}',
        created_at: '',
        updated_at: '',
      })
      .compile(),
  ])

const storedOf = ({ journal }: Stage, stream: StreamName) =>
  journal.db.selectFrom('snapshot').selectAll().where('stream', '=', stream).executeTakeFirst()

async function stored(stage: Stage, stream: StreamName, fits = (_seq: number) => true) {
  for (;;) {
    const row = await storedOf(stage, stream)
    if (row && fits(row.seq)) return row
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function snapshotOf({ hub }: Stage, stream: StreamName) {
  const listener = new Listener()
  const subscription = await hub.subscribe(stream, 'elsewhere:1', listener)
  subscription.start()
  await listener.live()
  subscription.end()
  return listener.frames.find(({ type }) => type === 'snapshot')?.state
}

const foldedEvents = async ({ metrics }: Stage): Promise<number> =>
  Number(/netra_snapshot_folded_events_sum (\d+)/.exec(await metrics.text())?.[1])

test('a snapshot is stored when a run ends, and the next fold begins there', async () => {
  await using stage = await openStage()
  await addThread(stage)
  await stage.run('t', 700)
  const { seq, epoch } = await stored(stage, STREAM)
  expect([seq, epoch]).toEqual([703, stage.journal.epoch])
  const before = await foldedEvents(stage)
  await stage.run('t', 5, { isOpen: true })
  const state = await snapshotOf(stage, STREAM)
  expect((await foldedEvents(stage)) - before).toBe(6)
  expect(state).toMatchObject({
    messages: [{ status: 'complete' }, { status: 'streaming', content: [{ text: 'xxxxx' }] }],
  })
})

test('F66: a stored snapshot that is damaged is ignored and made anew', async () => {
  await using stage = await openStage()
  await addThread(stage)
  await stage.run('t', 3)
  await stored(stage, STREAM)
  const whole = await snapshotOf(stage, STREAM)
  const { journal } = stage
  for (const change of [
    { state: JSON.stringify(emptyThreadState()) },
    { state: '{' },
    { epoch: 'elsewhere' },
    // A whole fold at another place: what lies between would be passed over.
    { seq: 5_000 },
    { seq: 1 },
  ]) {
    await journal.write([journal.db.updateTable('snapshot').set(change).compile()])
    expect(await snapshotOf(stage, STREAM)).toEqual(whole)
  }
  await stage.run('t', 3)
  const row = await stored(stage, STREAM, (seq) => seq === 12)
  expect(JSON.parse(row.state)).toMatchObject({ messages: [{}, {}] })
})

test('a thread that is gone is not brought back by a snapshot that was on its way', async () => {
  await using stage = await openStage()
  await addThread(stage)
  const { journal } = stage
  await stage.run('t', 3)
  await journal.commit({
    appends: [],
    rows: [journal.db.deleteFrom('thread').compile()],
    erase: [{ stream: STREAM }],
  })
  // The one that is kept after it was kept last: nothing of the first can come any more.
  await addThread(stage, 'later')
  await stage.run('later', 1)
  await stored(stage, 'thread:later')
  expect(await storedOf(stage, STREAM)).toBe(undefined)
})

test("a user's stream is stored every 200 events", async () => {
  await using stage = await openStage()
  await addThread(stage)
  await stage.append('user:u', 199)
  await stage.append('user:u', 1)
  const row = await stored(stage, 'user:u')
  expect(row.seq).toBe(200)
})
