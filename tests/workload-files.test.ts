import { execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { openProgram, type Program } from './support/sdk.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let model: ModelServer
let netra: NetraProcess
let program: Program

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Hello.', usage: { input: 21, output: 4 } }] })
  netra = await startNetra({
    env: {
      OPENAI_BASE_URL: `${model.url}/v1`,
      OPENAI_API_KEY: 'key',
      NETRA_MODEL: 'openai/gpt-4o',
    },
  })
  program = await openProgram(netra.url)
})
afterAll(async () => {
  program[Symbol.dispose]()
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

interface Reading {
  format: string
  corrected: boolean
  rows: number
  rejected: { count: number; reasons: string[] }
  mapping: { columns: Record<string, { from?: string[]; unit?: string }> }
  columns: { name: string; used: boolean }[]
  preview: { columns: string[]; rows: unknown[][] }
}

async function ask<Body = Reading>(path: string, method = 'GET', body?: unknown, as = program) {
  const headers = { authorization: `Bearer ${await as.token()}` }
  return request<Body>(`${netra.url}${path}`, { method, headers, body })
}

/** As soon as it is read: a busy machine takes longer than one answer waits. */
async function readingOf(path: string, as = program) {
  const status = async () => (await ask(path, 'GET', undefined, as)).status
  await expect.poll(status, { timeout: 30_000 }).not.toBe(202)
  return ask(path, 'GET', undefined, as)
}

const ODD = `wann,modell,rein,raus,dauer
2026-01-05 10:00:00,gpt-4o,1.5,200,2.5
2026-01-05 10:00:01,gpt-4o,lots,100,1
2026-01-05 10:00:02,gpt-4o,2,-4,1.5
`

test('a file whose columns nobody recognises is read as its owner says, until they take that back', async () => {
  const file = await program.upload('odd.csv', ODD)
  const path = `/api/files/${file}/workload`
  const before = await readingOf(path)
  expect(before.body).toMatchObject({ format: 'csv', corrected: false, rows: 3 })
  expect(before.body.mapping.columns).toEqual({ at: { from: ['wann'] } })

  const columns = {
    at: { from: ['wann'] },
    model: { from: ['modell'] },
    input_tokens: { from: ['rein'], unit: 'thousand' },
    output_tokens: { from: ['raus'] },
    latency_ms: { from: ['dauer'], unit: 's' },
  }
  const corrected = await ask(path, 'PUT', { mapping: { columns } })
  expect(corrected.status).toBe(200)
  expect(corrected.body).toMatchObject({ corrected: true, rows: 3, mapping: { columns } })
  expect(corrected.body.rejected).toEqual({
    count: 2,
    reasons: [
      '1 cells of input_tokens cannot be read, such as "lots": read as empty',
      '1 cells of output_tokens cannot be read, such as "-4": read as empty',
    ],
  })
  expect(corrected.body.preview).toEqual({
    columns: ['requests', 'at', 'model', 'input_tokens', 'output_tokens', 'latency_ms'],
    rows: [
      [1, '2026-01-05 10:00:00', 'gpt-4o', 1500, 200, 2500],
      [1, '2026-01-05 10:00:01', 'gpt-4o', null, 100, 1000],
      [1, '2026-01-05 10:00:02', 'gpt-4o', 2000, null, 1500],
    ],
  })
  expect((await readingOf(path)).body).toMatchObject({ corrected: true, mapping: { columns } })
  const back = await ask(path, 'PUT', { mapping: null })
  expect(back.body).toMatchObject({ corrected: false, mapping: before.body.mapping })
})

test('a mapping that cannot be is refused in words, and the last one stays', async () => {
  const file = await program.upload('odd.csv', ODD)
  const path = `/api/files/${file}/workload`
  const refused = async (columns: object) => {
    const { status, body } = await ask<{ message: string }>(path, 'PUT', { mapping: { columns } })
    expect(status).toBe(422)
    return JSON.stringify(body)
  }
  expect(await refused({ input_tokens: { from: ['modell'] } })).toContain(
    'Most cells read as input_tokens are no numbers of tokens, such as \\"gpt-4o\\".',
  )
  expect(await refused({ input_tokens: { from: ['wann'] } })).toContain(
    'input_tokens needs numbers, and wann holds TIMESTAMP.',
  )
  expect(await refused({ input_tokens: { from: ['nothing'] } })).toContain('has no column nothing')
  expect(await refused({ latency_ms: { from: ['dauer'], unit: 'usd' } })).toContain('choose ms, s')
  expect(await refused({ cost: { from: ['rein'] } })).toContain('cost')
  expect((await readingOf(path)).body.corrected).toBe(false)
})

test("a person's own usage is a workload of the calls that their runs made", async () => {
  await program.ask('hello')
  const made = await ask<{ file_id: string }>('/api/workload/snapshots', 'POST', {
    source: 'own_usage',
  })
  expect(made.status).toBe(201)
  const { body } = await readingOf(`/api/files/${made.body.file_id}/workload`)
  const cell = (name: string) => body.preview.rows[0]?.[body.preview.columns.indexOf(name)]
  expect(body).toMatchObject({ format: 'netra workload', rows: 1 })
  expect([cell('model'), cell('provider'), cell('input_tokens'), cell('output_tokens')]).toEqual([
    'gpt-4o',
    'openai',
    21,
    4,
  ])
  const later = { source: 'own_usage', from: '2100-01-01T00:00:00Z' }
  expect((await ask('/api/workload/snapshots', 'POST', later)).status).toBe(422)
})

test('a small file is read while files of another person, large and small, take for ever', async () => {
  using slow = await openProgram(netra.url)
  /** Its content becomes a pipe into which nobody writes. */
  const endless = async (text: string): Promise<string> => {
    const file = await slow.upload('slow.csv', text)
    const content = join(netra.folder, 'files', file)
    await rm(content)
    execFileSync('mkfifo', [content])
    return file
  }
  const large = await endless('a,b\n'.repeat(600_000))
  const small = await endless('a,b\n')
  const looks = [large, small].map((file) =>
    ask(`/api/files/${file}/workload`, 'GET', undefined, slow),
  )
  const file = await program.upload('one.csv', 'model,input_tokens\ngpt-4o,1\n')
  const { status, body } = await readingOf(`/api/files/${file}/workload`)
  expect([status, body.rows]).toEqual([200, 1])
  expect((await Promise.all(looks)).map((look) => look.status)).toEqual([202, 202])
})

test('a file that cannot be read says so again without being read again', async () => {
  const file = await program.upload('broken.json', '{"a": ')
  const path = `/api/files/${file}/workload`
  const first = await readingOf(path)
  expect([first.status, JSON.stringify(first.body)]).toEqual([
    422,
    expect.stringContaining('not valid JSON'),
  ])
  await writeFile(join(netra.folder, 'files', file), '[{"a": 1}]')
  expect(await readingOf(path)).toMatchObject({ status: 422 })
})
