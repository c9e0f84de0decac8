import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { Follower, type Received } from './support/follower.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'

const CSV = `timestamp,input_tokens,output_tokens\n${Array.from({ length: 200 }, (_, at) => {
  const time = new Date(Date.UTC(2026, 2, 2, 9) + at * 60_000).toISOString().slice(0, 19)
  return `${time},${200 + ((at * 7919) % 5000)},${20 + ((at * 104_729) % 700)}`
}).join('\n')}\n`

const QUESTION = 'How can we save money on gpt-4o? Make a plan and adopt it.'

async function upload(url: string, person: Person): Promise<string> {
  const form = new FormData()
  form.append('file', new Blob([CSV], { type: 'text/csv' }), 'usage.csv')
  const response = await fetch(`${url}/api/files`, {
    method: 'POST',
    headers: person.headers,
    body: form,
  })
  return ((await response.json()) as { file_id: string }).file_id
}

const of = (events: readonly Received[], type: string): Received['event'][] =>
  events.filter(({ event }) => event.type === type).map(({ event }) => event)

/** Killed in the middle of the team and again while it waits; a person says yes after the second start. */
test(
  'a team that is killed twice goes on, waits for its person and does nothing twice',
  { timeout: 180_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'netra-team-'))
    const nodes: NetraProcess[] = []
    const start = async (): Promise<NetraProcess> => {
      const node = await startNetra({ folder })
      nodes.push(node)
      return node
    }
    try {
      const first = await start()
      const ada = await register(first.url)
      const device = new Follower(ada)
      await device.connect(first.url)
      const file_id = await upload(first.url, ada)
      const run = await device.ask(QUESTION, { agent: 'supervisor', attachments: [{ file_id }] })
      const stream = `thread:${run.thread_id}`
      await device.until(
        stream,
        ({ type, tool_name: tool }) => type === 'tool_executing' && tool === 'cost_drivers',
      )
      await first.kill('SIGKILL')
      device.disconnect()

      const second = await start()
      await device.connect(second.url)
      await device.until(stream, ({ type }) => type === 'approval_requested')
      await second.kill('SIGKILL')
      device.disconnect()

      const third = await start()
      await device.connect(third.url)
      const ask = <Body = Record<string, unknown>>(path: string, body?: unknown, person = ada) =>
        request<Body>(`${third.url}${path}`, {
          headers: { ...person.headers, accept: 'application/json' },
          ...(body !== undefined && { body }),
        })
      const waiting = await ask<{ approvals: Record<string, unknown>[] }>('/api/approvals')
      const [approval] = waiting.body.approvals
      expect(approval).toMatchObject({
        tool: 'adopt_plan',
        asks_always: true,
        change: { summary: expect.stringMatching(/Records the plan .* with \d+ steps as adopted/) },
      })
      expect((await ask('/api/plans')).body).toEqual({ plans: [] })
      const path = `/api/approvals/${run.run_id}/${String(approval?.['tool_call_id'])}`
      const answered = await ask(path, { approved: true, fence: approval?.['fence'] })
      expect(answered.status).toBe(200)
      const { event: end } = await device.end(run.run_id, run.thread_id)
      expect(end).toMatchObject({ type: 'agent_completed', agent: 'reporting' })
      expect(device.violations).toEqual([])

      const events = device.events.get(stream) ?? []
      expect(of(events, 'agent_handoff').map(({ from, to }) => [from, to])).toEqual([
        ['supervisor', 'triage'],
        ['triage', 'data'],
        ['data', 'optimization'],
        ['optimization', 'actions'],
        ['actions', 'reporting'],
      ])
      const ended = of(events, 'tool_completed')
      expect(new Set(ended.map((event) => event['tool_call_id'])).size).toBe(ended.length)
      expect(ended.filter(({ status }) => status !== 'ok')).toEqual([])
      const agentOf = (tool: string) =>
        ended.find((event) => event['tool_name'] === tool)?.['agent']
      expect(agentOf('cost_drivers')).toBe('data')
      expect(agentOf('rank_options')).toBe('optimization')
      expect(agentOf('adopt_plan')).toBe('actions')
      expect(of(events, 'message_completed')).toHaveLength(1)
      expect(of(events, 'run_attempt').length).toBeGreaterThanOrEqual(2)

      const { plans } = (await ask<{ plans: { steps: unknown[] }[] }>('/api/plans')).body
      expect(plans).toHaveLength(1)
      expect(plans[0]?.steps.length).toBeGreaterThan(2)
      const report = /\/api\/reports\/[\w-]+/.exec(String(end['final_response']))?.[0] ?? ''
      // Its report was written after it was adopted.
      expect(plans[0]).toMatchObject({
        title: Object(approval?.['arguments']).title,
        report_id: report.split('/').at(-1),
        adopted_by: ada.userId,
        period: expect.stringMatching(/ UTC$/),
        changes: expect.arrayContaining([
          expect.objectContaining({ saving_usd: expect.any(Number) }),
        ]),
      })
      expect((await ask(report)).body).toMatchObject({ sections: expect.any(Array) })
      const markdown = await request<string>(`${third.url}${report}`, { headers: ada.headers })
      expect(markdown.headers.get('content-type')).toContain('text/markdown')
      expect(markdown.body).toContain('## Where each number comes from')
      expect((await ask(report, undefined, await register(third.url))).status).toBe(404)

      // What was said there goes with it.
      await request(`${third.url}/api/threads/${run.thread_id}`, {
        method: 'DELETE',
        headers: ada.headers,
      })
      expect((await ask('/api/plans')).body).toEqual({ plans: [] })
      expect((await ask(report)).status).toBe(404)
      device.disconnect()
    } finally {
      for (const node of nodes) await node[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    }
  },
)
