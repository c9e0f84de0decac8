import { expect, test } from 'vitest'

import { healthy, startAuthProcess, startNode, until } from './support/auth-process.ts'
import { request } from './support/http.ts'
import { PASSWORD, register } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

test(
  'an auth service that listens and says nothing is trusted for 60 s, then sockets are sent away until it speaks (S12, S40)',
  { timeout: 300_000 },
  async () => {
    await using service = await startAuthProcess()
    await using node = await startNode(service.url)
    await healthy(node.url)
    const ada = await register(node.url)
    const ask = () => request(`${node.url}/api/threads`, { headers: ada.headers })
    expect((await ask()).status).toBe(200)
    using socket = await openSocket(node.url)
    socket.send(hello(ada.token))
    await socket.next((frame) => frame.type === 'welcome')
    // What keeps the test's own socket open while it waits.
    const answering = setInterval(() => socket.send({ type: 'pong', nonce: 'here' }), 5_000)

    await service.kill('SIGSTOP')
    const stopped = performance.now()
    const login = await request(`${node.url}/auth/login`, {
      body: { email: ada.email, password: PASSWORD },
    })
    expect(login.status).toBe(503)
    expect(Number(login.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await ask()).status).toBe(200)
    const { code } = await socket.closed
    clearInterval(answering)
    const seconds = (performance.now() - stopped) / 1_000
    expect(code).toBe(4009)
    // Counted from the feed's last word, at most 10 s before it stopped.
    expect(seconds).toBeGreaterThan(45)
    expect(seconds).toBeLessThan(90)
    const refused = await ask()
    expect(refused.status).toBe(503)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    using late = await openSocket(node.url)
    late.send(hello(ada.token))
    expect((await late.closed).code).toBe(4009)

    await service.kill('SIGCONT')
    await until(async () => (await ask()).status === 200, 60_000)
    await healthy(node.url)
    using again = await openSocket(node.url)
    again.send(hello(ada.token))
    expect(await again.next((frame) => frame.type === 'welcome')).toMatchObject({
      user_id: ada.userId,
    })
  },
)
