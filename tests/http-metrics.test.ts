import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'

let netra: NetraProcess
let ada: Person

beforeAll(async () => {
  netra = await startNetra({ env: { NETRA_REGISTRATION: 'open' } })
  ada = await register(netra.url)
})

afterAll(() => netra[Symbol.asyncDispose]())

const metrics = async () => (await fetch(`${netra.url}/metrics`)).text()
const lines = async (start: string) =>
  (await metrics()).split('\n').filter((l) => l.startsWith(start))

test('a request is counted under the template of its route, and names nothing of anybody', async () => {
  const { headers } = ada
  const { body: thread } = await request<{ id: string }>(`${netra.url}/api/threads`, {
    headers,
    body: { title: 'secret title' },
  })
  await request(`${netra.url}/api/threads/${thread.id}`, { headers })
  await request(`${netra.url}/api/threads/none-of-mine?q=secret`, { headers })
  await request(`${netra.url}/nothing/here/${thread.id}`, { headers })
  await request(`${netra.url}/api/threads`)
  const text = await metrics()
  const counted = 'netra_http_request_ms_count'
  expect(text).toContain(`${counted}{method="GET",route="/api/threads/:id",status="200"} 1`)
  expect(text).toContain(`${counted}{method="GET",route="/api/threads/:id",status="404"} 1`)
  expect(text).toMatch(
    new RegExp(`${counted}\\{method="GET",route="/api/threads",status="403"\\} 1`),
  )
  for (const secret of [thread.id, 'secret', 'none-of-mine', ada.userId]) {
    expect(text).not.toContain(secret)
  }
})

test('strange methods and thousands of addresses are a few lines', async () => {
  const before = (await lines('netra_http_request_ms_count')).length
  for (let index = 0; index < 50; index += 1) {
    await fetch(`${netra.url}/no-such-page-${index}`, { headers: ada.headers })
    await fetch(`${netra.url}/api/no-such-route-${index}`, { method: 'DELETE' })
  }
  const after = (await lines('netra_http_request_ms_count')).length
  expect(after - before).toBeLessThanOrEqual(3)
})

test('streams and answers that wait for an agent are not among the durations', async () => {
  const stop = new AbortController()
  const stream = await fetch(`${netra.url}/api/events?stream=user:${ada.userId}`, {
    headers: { ...ada.headers, accept: 'text/event-stream' },
    signal: stop.signal,
  })
  await stream.body?.getReader().read()
  stop.abort()
  const answer = await request(`${netra.url}/api/agents/execute`, {
    headers: ada.headers,
    body: { type: 'data', message: '2 + 2' },
  })
  expect(answer.status).toBe(200)
  const text = await metrics()
  expect(text).not.toContain('route="/api/events"')
  expect(text).not.toContain('route="/api/agents/execute"')
})

test('an upload counts by its bytes', async () => {
  const form = new FormData()
  form.append('file', new Blob(['x'.repeat(10_000)]), 'a.txt')
  const stored = await fetch(`${netra.url}/api/files`, {
    method: 'POST',
    headers: ada.headers,
    body: form,
  })
  expect(stored.status).toBe(201)
  const [line] = await lines('netra_upload_bytes_total')
  expect(Number(line?.split(' ')[1])).toBeGreaterThanOrEqual(10_000)
})

test('the process, its store and its disk are among the numbers', async () => {
  const text = await metrics()
  const numbers = PROCESS.map((name) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+-]+)$`, 'm').exec(text)?.[1]),
  )
  expect(PROCESS.filter((_, index) => !((numbers[index] ?? 0) > 0))).toEqual([])
})

const PROCESS = [
  'nodejs_eventloop_lag_p99_seconds',
  'process_resident_memory_bytes',
  'process_open_fds',
  'nodejs_gc_duration_seconds_count',
  'netra_store_commit_ms_count',
  'netra_disk_free_bytes',
]
