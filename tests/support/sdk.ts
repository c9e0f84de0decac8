import { HttpApi, NetraClient, TokenSession } from '@netra/client'
import { nodeTransport } from '@netra/client/node'
import type { Run, ThreadState } from '@netra/protocol'

import { PASSWORD } from './people.ts'

/** A program that uses Netra through its SDK, with an account of its own. */
export interface Program extends Disposable {
  api: HttpApi
  client: NetraClient
  userId: string
  /** For requests that the SDK has no word for. */
  token(): Promise<string>
  /** Another device of the same person, connected. */
  device(): Promise<NetraClient>
  upload(name: string, text: string): Promise<string>
  /** Asks, waits for the end and shows what the thread then says. */
  ask(
    question: string,
    more?: { threadId?: string; files?: string[]; model?: string },
  ): Promise<Answered>
}

export interface Answered {
  threadId: string
  run: Run
  text: string
  state: ThreadState
  /** What each completed tool call of the run answered, oldest first. */
  results: { tool: string; result: unknown }[]
}

let count = 0

export async function openProgram(
  url: string,
  email = `program${++count}@example.com`,
): Promise<Program> {
  const open = new HttpApi({ baseUrl: url })
  const signedIn = await open.register({ email, password: PASSWORD })
  const session = new TokenSession(open, signedIn)
  const api = new HttpApi({ baseUrl: url, token: () => session.token() })
  const device = async () => {
    const opened = await NetraClient.fromConfig({
      baseUrl: url,
      credentials: session.credentials,
      transport: nodeTransport(),
    })
    await opened.connect()
    return opened
  }
  const client = await device()
  return {
    api,
    client,
    userId: signedIn.user.id,
    token: () => session.token(),
    device,
    async upload(name, text) {
      const file = await api.uploadFile(new Blob([text], { type: 'text/csv' }), { name })
      return file.file_id
    },
    async ask(question, more = {}) {
      const accepted = await client.sendMessage({
        threadId: more.threadId ?? null,
        text: question,
        ...(more.files && { attachments: more.files.map((file_id) => ({ file_id })) }),
        ...(more.model !== undefined && { model: more.model }),
      })
      const run = await client.runEnded(accepted.threadId, accepted.runId)
      const { state } = client.thread(accepted.threadId).getSnapshot()
      return {
        threadId: accepted.threadId,
        run,
        text: run.outcome?.kind === 'completed' ? run.outcome.final_response : '',
        state,
        results: state.tool_calls
          .filter((call) => call.run_id === accepted.runId)
          .map((call) => ({ tool: call.name, result: call.result })),
      }
    },
    [Symbol.dispose]: () => client.close(),
  }
}
