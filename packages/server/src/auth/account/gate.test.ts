import { expect, test } from 'vitest'

import { Gate } from './gate.ts'

/** Work that ends when told to. */
function held() {
  const { promise, resolve } = Promise.withResolvers<string>()
  return { work: () => promise, end: resolve }
}

test('no more than the limit run at once, the others in the order they came', async () => {
  const gate = new Gate(2, 10)
  const started: number[] = []
  const jobs = Array.from({ length: 5 }, held)
  const outcomes = jobs.map(({ work }, index) =>
    gate.run(() => {
      started.push(index)
      return work()
    }),
  )
  await Promise.resolve()
  expect(started).toEqual([0, 1])
  jobs[1]?.end('b')
  expect(await outcomes[1]).toBe('b')
  expect(started).toEqual([0, 1, 2])
  for (const { end } of jobs) end('x')
  await Promise.all(outcomes)
  expect(started).toEqual([0, 1, 2, 3, 4])
})

test('a failure frees its place', async () => {
  const gate = new Gate(1, 1)
  const failing = gate.run(() => Promise.reject(new Error('broken')))
  const next = gate.run(() => Promise.resolve('next'))
  await expect(failing).rejects.toThrow('broken')
  expect(await next).toBe('next')
})

test('who finds too many waiting is told to come back', async () => {
  const gate = new Gate(1, 1)
  const { work, end } = held()
  const running = [gate.run(work), gate.run(work)]
  const refused = await gate.run(work).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'busy', retryAfterMs: 1000 })
  end('done')
  expect(await Promise.all(running)).toEqual(['done', 'done'])
})
