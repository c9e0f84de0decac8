import { expect, test } from 'vitest'

import { TestClock } from '../../platform/testing-clock.ts'
import { JournalUnavailable } from '../journal.ts'
import { END_WITHIN_MS, type Serving, startThread, WorkerLink } from './worker-link.ts'

const worker = (source: string): URL =>
  new URL(`data:text/javascript,${encodeURIComponent(source)}`)

const ECHO = `
  import { parentPort } from 'node:worker_threads'
  parentPort.on('message', ({ id, request }) => {
    if (request === 'die') process.exit(3)
    if (request === 'throw') throw new Error('thrown in the thread')
    if (request !== 'silence') parentPort.postMessage({ id, answer: request })
    if (request === 'close') parentPort.close()
  })
  parentPort.postMessage({ opened: 'ready' })`

const open = (source: string) => {
  const deaths: string[] = []
  const clock = new TestClock()
  const thread = startThread(worker(source), null)
  let isTerminated = false
  const watched: Serving = {
    on: thread.on.bind(thread),
    postMessage: thread.postMessage.bind(thread),
    terminate() {
      isTerminated = true
      return thread.terminate()
    },
  }
  const onDeath = ({ message }: Error): void => void deaths.push(message)
  const link = new WorkerLink<string, string, string>(watched, onDeath, clock)
  return { link, deaths, clock, isTerminated: () => isTerminated }
}

test('answers come to the request they belong to', async () => {
  const { link, deaths } = open(ECHO)
  expect(await link.opened()).toBe('ready')
  expect(await Promise.all([link.ask('a'), link.ask('b')])).toEqual(['a', 'b'])
  expect(deaths).toEqual([])
  await link.end('close')
})

test('a thread ends by itself, after what was asked before, also one that is still loading', async () => {
  const { link, isTerminated } = open(ECHO)
  const asked = link.ask('before')
  await link.end('close')
  expect(await asked).toBe('before')
  expect(isTerminated()).toBe(false)
  await expect(link.ask('late')).rejects.toThrow(JournalUnavailable)
})

test('a thread that does not end for half a minute is ended', async () => {
  const { link, clock, isTerminated } = open(ECHO)
  await link.opened()
  const ended = link.end('silence')
  clock.advance(END_WITHIN_MS - 1)
  expect(isTerminated()).toBe(false)
  clock.advance(1)
  await ended
  expect(isTerminated()).toBe(true)
})

test('one that has died is not waited for', async () => {
  const { link, isTerminated } = open(ECHO)
  await link.opened()
  await expect(link.ask('throw')).rejects.toThrow(JournalUnavailable)
  await link.end('close')
  expect(isTerminated()).toBe(false)
})

test.each(['die', 'throw'])(
  'when the thread dies (%s), everything asked of it fails',
  async (how) => {
    const { link, deaths } = open(ECHO)
    await link.opened()
    const unanswered = link.ask('silence')
    const fatal = link.ask(how)
    await expect(unanswered).rejects.toThrow(JournalUnavailable)
    await expect(fatal).rejects.toThrow(JournalUnavailable)
    await expect(link.ask('late')).rejects.toThrow(JournalUnavailable)
    expect(deaths).toHaveLength(1)
  },
)

test('a thread that dies before it is ready gives its reason', async () => {
  const { link } = open(`throw new Error('no such folder')`)
  await expect(link.opened()).rejects.toThrow('no such folder')
})
