import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, expect, test } from 'vitest'

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
