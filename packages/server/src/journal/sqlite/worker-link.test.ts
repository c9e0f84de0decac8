import { expect, test } from 'vitest'

import { JournalUnavailable } from '../journal.ts'
import { startThread, WorkerLink } from './worker-link.ts'

const worker = (source: string): URL =>
  new URL(`data:text/javascript,${encodeURIComponent(source)}`)

const ECHO = `
  import { parentPort } from 'node:worker_threads'
  parentPort.on('message', ({ id, request }) => {
    if (request === 'die') process.exit(3)
    if (request === 'throw') throw new Error('thrown in the thread')
    if (request !== 'silence') parentPort.postMessage({ id, answer: request })
  })
  parentPort.postMessage({ opened: 'ready' })`

const open = (source: string) => {
  const deaths: string[] = []
  const thread = startThread(worker(source), null)
  const link = new WorkerLink<string, string, string>(thread, ({ message }) => {
    deaths.push(message)
  })
  return { link, deaths }
}

test('answers come to the request they belong to', async () => {
  const { link, deaths } = open(ECHO)
  expect(await link.opened()).toBe('ready')
  expect(await Promise.all([link.ask('a'), link.ask('b')])).toEqual(['a', 'b'])
  expect(deaths).toEqual([])
  await link.terminate()
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
