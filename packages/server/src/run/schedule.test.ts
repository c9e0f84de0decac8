import { expect, test } from 'vitest'

import { Schedule } from './schedule.ts'

const gate = () => Promise.withResolvers<void>()
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('runs of one thread go one after the other, in order', async () => {
  const schedule = new Schedule({ perUser: 9, perNode: 9 })
  const order: string[] = []
  const first = gate()
  const one = schedule.add({ keys: ['t'], userId: 'u' }, async () => {
    order.push('one begins')
    await first.promise
    order.push('one ends')
  })
  const two = schedule.add({ keys: ['t'], userId: 'u' }, async () => {
    order.push('two begins')
  })
  await settle()
  expect(order).toEqual(['one begins'])
  first.resolve()
  await Promise.all([one, two])
  expect(order).toEqual(['one begins', 'one ends', 'two begins'])
})

test('a user who has many runs does not keep another from theirs', async () => {
  const schedule = new Schedule({ perUser: 2, perNode: 3 })
  const open = gate()
  const begun: string[] = []
  const add = (userId: string, threadId: string) =>
    schedule.add({ keys: [threadId], userId }, async () => {
      begun.push(threadId)
      await open.promise
    })
  const all = [add('a', 'a1'), add('a', 'a2'), add('a', 'a3'), add('b', 'b1')]
  await settle()
  expect(begun).toEqual(['a1', 'a2', 'b1'])
  expect(schedule.status()).toEqual({ active: 3, queued: 1 })
  open.resolve()
  await Promise.all(all)
  expect(begun).toContain('a3')
})

test('work that throws gives its place back', async () => {
  const schedule = new Schedule({ perUser: 1, perNode: 1 })
  await expect(
    schedule.add({ keys: ['t'], userId: 'u' }, async () => {
      throw new Error('broken')
    }),
  ).rejects.toThrow('broken')
  expect(schedule.status()).toEqual({ active: 0, queued: 0 })
})

test('a key that is released before the work ends lets the next one begin', async () => {
  const schedule = new Schedule({ perUser: 9, perNode: 9 })
  const [step, end] = [gate(), gate()]
  const begun: string[] = []
  const one = schedule.add({ keys: ['t1', 'alone'], userId: 'u' }, async (release) => {
    begun.push('one')
    await step.promise
    release('alone')
    await end.promise
  })
  const two = schedule.add({ keys: ['t2', 'alone'], userId: 'u' }, async () => {
    begun.push('two')
  })
  const three = schedule.add({ keys: ['t1'], userId: 'u' }, async () => {
    begun.push('three')
  })
  await settle()
  expect(begun).toEqual(['one'])
  step.resolve()
  await two
  expect(begun).toEqual(['one', 'two'])
  end.resolve()
  await Promise.all([one, three])
  expect(begun).toEqual(['one', 'two', 'three'])
})
