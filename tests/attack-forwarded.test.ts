import { once } from 'node:events'
import { connect } from 'node:net'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { healthy, startAuthProcess, startNode } from './support/auth-process.ts'
import type { NetraProcess } from './support/netra-process.ts'
import { register } from './support/people.ts'
import { tryLogin } from './support/sign-in.ts'

let auth: NetraProcess
let node: NetraProcess

beforeAll(async () => {
  auth = await startAuthProcess({ env: { NETRA_REGISTRATION: 'open' } })
  node = await startNode(auth.url)
  await healthy(node.url)
  await register(node.url, 'ada@example.com')
}, 60_000)

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await auth[Symbol.asyncDispose]()
})

/** The status and headers that a request with exactly this target is answered with. */
async function answerTo(url: string, target: string, body = ''): Promise<string> {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname)
  const method = body === '' ? 'GET' : 'POST'
  const head = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n`
  socket.write(
    `${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  let answer = ''
  socket.on('data', (data: Buffer) => {
    answer += data.toString('latin1')
  })
  await once(socket, 'close')
  return answer.toLowerCase().split('\r\n\r\n')[0] ?? ''
}

test('nothing that a stranger writes as an address keeps others of the node from signing in', async () => {
  const { host } = new URL(node.url)
  const targets = [
    `http://${host}/auth/me`,
    'http:/auth/me',
    '/auth/me?x=%',
    '/auth/%00',
    '/auth/me#x',
  ]
  for (const target of targets) {
    for (let index = 0; index < 4; index += 1) await answerTo(node.url, target)
    expect([target, (await tryLogin(node.url, 'ada@example.com')).status]).toEqual([target, 200])
  }
})

test('signing in is limited however its address is written (S16)', async () => {
  const body = JSON.stringify({ email: 'ada@example.com', password: 'a wrong password' })
  for (const { url } of [node, auth]) {
    const { host } = new URL(url)
    for (const target of ['/auth/login', '/auth/%6Cogin', `http://${host}/auth/login`]) {
      const answer = await answerTo(url, target, body)
      expect([target, /ratelimit-policy: "(\w+)"/.exec(answer)?.[1]]).toEqual([target, 'sign_in'])
    }
  }
})
