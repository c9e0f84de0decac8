import { expect, test } from 'vitest'

import { ItemQueue } from './item-queue.ts'
import { MutableStore, whenStore } from './store.ts'

const nothing = () => undefined
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('several changes in one turn are told once', async () => {
  const store = new MutableStore(0)
  let told = 0
  store.subscribe(() => (told += 1))
  store.set(1)
  store.set(2)
  expect([store.getSnapshot(), told]).toEqual([2, 0])
  await turn()
  expect(told).toBe(1)
  store.set(2)
  await turn()
  expect(told).toBe(1)
})

test('being watched begins with the first listener and ends with the last', () => {
  const watched: boolean[] = []
  const store = new MutableStore(0, (value) => watched.push(value))
  const stops = [store.subscribe(nothing), store.subscribe(nothing)]
  stops[0]!()
  stops[0]!()
  expect(watched).toEqual([true])
  stops[1]!()
  expect(watched).toEqual([true, false])
})

test('a value is awaited, or was there already', async () => {
  const store = new MutableStore(1)
  expect(await whenStore(store, (value) => value === 1)).toBe(1)
  const later = whenStore(store, (value) => value > 1)
  store.set(3)
  expect(await later).toBe(3)
})

test('waiting ends with its signal', async () => {
  const store = new MutableStore(1)
  const abort = new AbortController()
  const waiting = whenStore(store, (value) => value > 1, abort.signal).catch(
    (error: unknown) => error,
  )
  abort.abort(new Error('enough'))
  expect(await waiting).toMatchObject({ message: 'enough' })
})

test('a queue gives what was pushed, in order, and then ends', async () => {
  let ended = 0
  const queue = new ItemQueue<number>(() => (ended += 1))
  queue.push(1)
  const taken: number[] = []
  const reading = (async () => {
    for await (const item of queue) taken.push(item)
  })()
  await turn()
  queue.push(2)
  queue.end()
  queue.push(3)
  await reading
  expect([taken, ended]).toEqual([[1, 2], 1])
})

test('a queue that fails delivers what came before, then throws', async () => {
  const queue = new ItemQueue<number>(() => undefined)
  queue.push(1)
  queue.fail(new Error('gone'))
  expect(await queue.next()).toEqual({ done: false, value: 1 })
  await expect(queue.next()).rejects.toThrow('gone')
  expect(await queue.next()).toMatchObject({ done: true })
})

test('leaving a loop ends the queue', async () => {
  let ended = 0
  const queue = new ItemQueue<number>(() => (ended += 1))
  queue.push(1)
  for await (const item of queue) if (item === 1) break
  expect(ended).toBe(1)
})
