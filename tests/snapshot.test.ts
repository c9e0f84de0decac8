import { whenStore } from '@netra/client'
import { expect, test } from 'vitest'

import { startModelServer } from './support/model-server.ts'
import { startNetra } from './support/netra-process.ts'
import { openProgram } from './support/sdk.ts'

test(
  'a thread too long to replay opens as a snapshot that says the same',
  { timeout: 60_000 },
  async () => {
    await using model = await startModelServer({
      script: (_request, index) => ({ text: `answer ${index}` }),
    })
    const env = { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test' }
    await using netra = await startNetra({ env })
    using program = await openProgram(netra.url)
    const { threadId } = await program.ask('message 0')
    const last = 79
    for (let index = 1; index <= last; index++) await program.ask(`message ${index}`, { threadId })
    const followed = program.client.thread(threadId).getSnapshot().state

    using late = await program.device()
    const { state } = await whenStore(late.thread(threadId), ({ phase }) => phase === 'live')
    const texts = (messages: typeof followed.messages) =>
      messages.map(({ role, content }) => [role, content])
    expect(state.messages.length).toBeLessThan(followed.messages.length)
    expect(state.messages.length).toBeGreaterThanOrEqual(40)
    expect(texts(state.messages)).toEqual(texts(followed.messages.slice(-state.messages.length)))
    expect(state.before).toBe(state.messages[0]?.id)
    const older = await program.api.messages(threadId, { before: state.before ?? '', limit: 200 })
    expect(older.messages[0]?.content).toEqual([{ type: 'text', text: 'message 0' }])
  },
)
