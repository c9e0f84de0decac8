import { expect, test } from 'vitest'

import { Follower } from './support/follower.ts'
import { startNetra } from './support/netra-process.ts'
import { register } from './support/people.ts'

test(
  'a browser that is given the address of a report is led to its page; programs get the report',
  { timeout: 60_000 },
  async () => {
    await using netra = await startNetra()
    const person = await register(netra.url)
    const form = new FormData()
    const csv = `timestamp,input_tokens,output_tokens\n${'2026-03-02T09:00:00,1200,80\n'.repeat(50)}`
    form.append('file', new Blob([csv], { type: 'text/csv' }), 'usage.csv')
    const upload = { method: 'POST', headers: person.headers, body: form }
    const stored = (await (await fetch(`${netra.url}/api/files`, upload)).json()) as {
      file_id: string
    }
    const device = new Follower(person)
    await device.connect(netra.url)
    const run = await device.ask('What does it cost on gpt-4o?', {
      agent: 'supervisor',
      attachments: [stored],
    })
    const { event: end } = await device.end(run.run_id, run.thread_id)
    device.disconnect()
    const path = /\/api\/reports\/[\w-]+/.exec(String(end['final_response']))?.[0] ?? ''
    const asked = (accept: string, { headers } = person) =>
      fetch(`${netra.url}${path}`, { headers: { ...headers, accept }, redirect: 'manual' })
    const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
    const led = await asked(html)
    expect([led.status, led.headers.get('location')]).toEqual([303, path.replace('/api', '')])
    expect(led.headers.get('vary')).toMatch(/accept/i)
    for (const [accept, type] of [
      ['*/*', 'text/markdown'],
      ['text/markdown', 'text/markdown'],
      ['application/json', 'application/json'],
    ] as const) {
      const given = await asked(accept)
      expect([given.status, given.headers.get('content-type')]).toEqual([
        200,
        `${type}; charset=utf-8`,
      ])
      expect(await given.text()).toMatch(accept === 'application/json' ? /^\{/ : /^# /)
    }
    expect((await asked(html, await register(netra.url))).status).toBe(404)
  },
)
