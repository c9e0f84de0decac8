import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'

import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

let netra: NetraProcess
let person: Person

beforeAll(async () => {
  netra = await startNetra()
  person = await register(netra.url)
})

afterAll(() => netra[Symbol.asyncDispose]())

const lives = async (): Promise<boolean> => (await fetch(`${netra.url}/health/live`)).ok

test.each([
  ['of an unknown type', { type: 'shout', id: '1' }],
  ['with a long wrong field', { ...hello('t'), [`x${'y'.repeat(500)}`]: 1, device: 7 }],
  ['with many wrong fields', { type: 'hello', protocol: 'x', device: [], instance: {}, resume: 1 }],
  ['that is no JSON', `{${'漢'.repeat(200)}`],
])(
  'a stranger whose first frame is one %s is closed with 4500, the server lives',
  async (_what, frame) => {
    using socket = await openSocket(netra.url)
    socket.send(frame)
    expect((await socket.closed).code).toBe(4500)
    expect(await lives()).toBe(true)
  },
)

test('who asks and asks and never reads the answers is cut off, not remembered', async () => {
  const socket = new WebSocket(`${netra.url.replace('http', 'ws')}/ws`, ['netra.v1'])
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise((resolve) => socket.once('open', resolve))
  socket.on('error', () => undefined)
  socket.send(JSON.stringify(hello(person.token)))
  await new Promise((resolve) => socket.once('message', resolve))
  let answered = 0
  socket.on('message', (data: Buffer) => {
    answered += data.length
  })
  socket.pause()
  const ping = JSON.stringify({ type: 'ping', nonce: 'n'.repeat(60) })
  let asked = 0
  while (asked < 64_000_000 && socket.bufferedAmount < 8_000_000) {
    for (let count = 0; count < 1_000; count++) socket.send(ping)
    asked += 1_000 * ping.length
    await sleep(0)
  }
  await sleep(500)
  socket.resume()
  expect([1006, 4004]).toContain(await closed)
  expect(answered).toBeLessThan(32_000_000)
  expect(await lives()).toBe(true)
})

test('an error that nobody caught ends no socket', async () => {
  const faults = `process.on('SIGUSR2',()=>{Promise.reject(new Error('one'));setImmediate(()=>{throw new Error('two')})})`
  await using faulty = await startNetra({
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(faults)}` },
  })
  const someone = await register(faulty.url)
  using socket = await openSocket(faulty.url)
  socket.send(hello(someone.token))
  await socket.next((frame) => frame.type === 'welcome')
  process.kill(faulty.pid, 'SIGUSR2')
  while (!faulty.log().includes('two')) await sleep(20)
  socket.send({ type: 'ping', nonce: 'still there' })
  await socket.next((frame) => frame.type === 'pong')
  expect(faulty.log()).toContain('nobody caught')
})
