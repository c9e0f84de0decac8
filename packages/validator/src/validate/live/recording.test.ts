import { expect, test } from 'vitest'

import type { Exchange } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { recording } from './recording.ts'

/** Of one run, as far as a recording looks at it. */
function contextOf(accounts: object): { context: CheckContext; noted: Exchange[] } {
  const noted: Exchange[] = []
  const note = (exchange: Exchange): void => void noted.push(exchange)
  return { context: { accounts, note } as unknown as CheckContext, noted }
}

const EXCHANGE: Exchange = { sent: 'a question', received: 'an answer', durationMs: 3 }

test('it is made once a run and is evidence of every check that looks at it', async () => {
  let made = 0
  const record = recording(async ({ note }: CheckContext) => {
    note(EXCHANGE)
    return ++made
  })
  const accounts = {}
  const [first, second] = [contextOf(accounts), contextOf(accounts)]
  expect(await record(first.context)).toBe(1)
  expect(await record(second.context)).toBe(1)
  expect(first.noted).toEqual([EXCHANGE])
  expect(second.noted).toEqual([EXCHANGE])
  expect(await record(contextOf({}).context)).toBe(2)
})

test('a failure is told to whoever asks, and the next one tries again', async () => {
  let tries = 0
  const record = recording(async () => {
    tries += 1
    if (tries === 1) throw new Error('not yet')
    return tries
  })
  const accounts = {}
  await expect(record(contextOf(accounts).context)).rejects.toThrow('not yet')
  expect(await record(contextOf(accounts).context)).toBe(2)
})
