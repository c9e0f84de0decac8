import { monitorEventLoopDelay } from 'node:perf_hooks'

import { expect, onTestFinished, test } from 'vitest'

import { systemClock } from '../../platform/clock.ts'
import { silentLogger } from '../../platform/logger.ts'
import { estimatedTokens, ThreadedTokenCounter } from './token-counter.ts'

function counter(patienceMs = 60_000): ThreadedTokenCounter {
  const made = new ThreadedTokenCounter({ clock: systemClock, logger: silentLogger, patienceMs })
  onTestFinished(() => made[Symbol.asyncDispose]())
  return made
}

test('tokens are those of the published encoding', async () => {
  // Of o200k_base: two words are two tokens, and a control token in a text is text.
  expect(await counter().count(['', 'hello world', '<|endoftext|>'])).toEqual([0, 2, 7])
})

test('a megabyte is counted without holding up the event loop', async () => {
  const text = 'The quick brown fox costs $12.50 a day. '.repeat(25_000)
  const tokens = counter()
  await tokens.count(['warm'])
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const [count = 0] = await tokens.count([text])
  delay.disable()
  expect(count).toBeGreaterThan(200_000)
  // Handing the text over costs a little; counting it on the loop would take half a second.
  expect(delay.max / 1e6).toBeLessThan(250)
})

test('what takes too long is estimated, and the next question is counted again', async () => {
  const tokens = counter(0)
  const text = 'a question that nobody waits for'
  expect(await tokens.count([text])).toEqual([estimatedTokens(text)])
})

test('what is asked for at the end is estimated', async () => {
  const tokens = counter()
  const late = tokens.count(['one two three four'])
  await tokens[Symbol.asyncDispose]()
  expect(await late).toEqual([estimatedTokens('one two three four')])
  expect(await tokens.count(['more'])).toEqual([2])
})
