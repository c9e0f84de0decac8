import { expect, test } from 'vitest'

import { SlicedQueue } from './sliced-queue.ts'

/** A queue whose every item takes 3 ms, and whose tasks the test runs. */
function start(more: (item: string) => string[] = () => []) {
  let now = 0
  const done: string[] = []
  const tasks: (() => void)[] = []
  const queue = new SlicedQueue<string>(
    (item) => {
      now += 3
      done.push(item)
      return more(item)
    },
    () => now,
    (callback) => tasks.push(callback),
  )
  return { queue, done, tasks, run: () => tasks.shift()?.() }
}

test('what comes while nothing waits is done at once', () => {
  const { queue, done, tasks } = start()
  queue.push('a')
  queue.push('b')
  expect(done).toEqual(['a', 'b'])
  expect(tasks).toEqual([])
})

test('after 8 ms the rest waits for another task, in order, with what came meanwhile behind it', () => {
  const { queue, done, tasks, run } = start((item) =>
    item === 'frame' ? ['a', 'b', 'c', 'd', 'e'] : [],
  )
  queue.push('frame')
  expect(done).toEqual(['frame', 'a', 'b'])
  queue.push('next')
  expect(done).toHaveLength(3)
  run()
  expect(done).toEqual(['frame', 'a', 'b', 'c', 'd', 'e'])
  run()
  expect(done.at(-1)).toBe('next')
  expect(tasks).toEqual([])
  queue.push('last')
  expect(done.at(-1)).toBe('last')
})

test('a queue that was stopped does nothing more, also not what waited', () => {
  const { queue, done, run } = start((item) => (item === 'frame' ? ['a', 'b', 'c', 'd', 'e'] : []))
  queue.push('frame')
  queue.stop()
  run()
  queue.push('late')
  expect(done).toEqual(['frame', 'a', 'b'])
})
