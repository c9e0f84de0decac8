import { buffer } from 'node:stream/consumers'

import { expect, test } from 'vitest'

import type { Files } from '../files/files.ts'
import { systemClock } from '../platform/clock.ts'
import type { Spans } from '../spans/spans.ts'
import { workloadPageOf, type WorkloadPageOptions } from './open-workload.ts'

test('a store that fails while calls are read fails the file made of them, and nothing else', async () => {
  async function* lines(): AsyncGenerator<string> {
    yield '{"at":"2026-11-21T10:00:00.000000Z"}\n'
    throw new Error('the store is gone')
  }
  const store: Files['store'] = async ({ content }) => {
    await buffer(content)
    throw new Error('a torn file was stored')
  }
  const page = workloadPageOf({
    clock: systemClock,
    spans: { lines } as unknown as Spans,
    files: { store } as unknown as Files,
  } as WorkloadPageOptions)
  await expect(page.snapshot('ada', { source: 'otlp' })).rejects.toThrow('the store is gone')
})
