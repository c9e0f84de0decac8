import { expect, test } from 'vitest'

import { makeDelta, type NewEvent } from '../journal/journal.ts'
import { asId, type MessageId, type RunId } from '../platform/ids.ts'
import { CommitLine, type Facts } from './commit-line.ts'

const settle = () => new Promise((resolve) => void setImmediate(() => setImmediate(resolve)))

const said = (text: string): NewEvent =>
  makeDelta({
    run_id: asId<RunId>('run'),
    message_id: asId<MessageId>('message'),
    part: 0,
    offset: 0,
    text,
  })

const textsOf = ({ thread }: Facts): string[] =>
  thread.map(({ payload }) => (JSON.parse(payload) as { text: string }).text)

/** A line to a store that takes what it is given when the test says so. */
function start() {
  const commits: { facts: Facts; done: () => void; fail: (error: Error) => void }[] = []
  const over: Facts[] = []
  const spoken: Facts[] = []
  const line = new CommitLine({
    send: (facts) => new Promise<void>((done, fail) => commits.push({ facts, done, fail })),
    spoken: () => spoken.shift(),
    onOver: (facts) => over.push(facts),
  })
  const add = (text: string): void => line.add({ thread: [said(text)] })
  return { line, add, commits, over, spoken }
}

test('what is said in one turn of the event loop is one commit', async () => {
  const { add, commits } = start()
  add('one')
  await Promise.resolve()
  add('two')
  await settle()
  expect(commits.map(({ facts }) => textsOf(facts))).toEqual([['one', 'two']])
})

test('what comes while a commit is under way goes together in the next, spoken text last', async () => {
  const { line, add, commits, spoken } = start()
  add('one')
  await settle()
  add('two')
  spoken.push({ thread: [said('spoken')], spokenBytes: 6 })
  line.add({ thread: [said('three')], user: [said('own')], rows: [{ sql: 'a', parameters: [] }] })
  await settle()
  expect(commits).toHaveLength(1)
  commits[0]?.done()
  await settle()
  const facts = commits[1]?.facts as Facts
  expect(textsOf(facts)).toEqual(['two', 'three', 'spoken'])
  expect(facts).toMatchObject({ rows: [{ sql: 'a' }], spokenBytes: 6 })
  expect(facts.user).toHaveLength(1)
})

test('it is settled when all that was said is durable, not only the commit under way', async () => {
  const { line, add, commits } = start()
  add('one')
  await settle()
  add('two')
  let isSettled = false
  const settled = line.settled().then(() => (isSettled = true))
  commits[0]?.done()
  await settle()
  expect(isSettled).toBe(false)
  commits[1]?.done()
  await settled
})

test('whenever it comes, what is said is durable once the line is settled', async () => {
  for (let moment = 0; moment < 20; moment += 1) {
    const { line, add, commits } = start()
    add('one')
    await settle()
    commits[0]?.done()
    for (let turn = 0; turn < moment; turn += 1) await Promise.resolve()
    add('two')
    const settled = line.settled()
    await settle()
    expect(commits, `after ${moment} turns`).toHaveLength(2)
    commits[1]?.done()
    await settled
  }
})

test('after a commit that failed none follows, and whoever says more is told', async () => {
  const { line, add, commits, over } = start()
  add('one')
  await settle()
  add('two')
  commits[0]?.fail(new Error('full'))
  await settle()
  expect(commits).toHaveLength(1)
  expect(over).toHaveLength(2)
  expect(() => add('three')).toThrow('full')
  await expect(line.settled()).rejects.toThrow('full')
})

test('an agent that says more than the store takes waits for it', async () => {
  const { line, add, commits } = start()
  add('first')
  await settle()
  for (let n = 0; n < 63; n += 1) add(`${n}`)
  expect(line.room()).toBeUndefined()
  add('last')
  const room = line.room()
  commits[0]?.done()
  await settle()
  commits[1]?.done()
  await expect(room).resolves.toBeUndefined()
})
