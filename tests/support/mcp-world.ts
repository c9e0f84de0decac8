import { HttpApi, NetraClient, TokenSession } from '@netra/client'
import { nodeTransport } from '@netra/client/node'
import type { Run, ThreadState } from '@netra/protocol'
import { expect } from 'vitest'

import { request } from './http.ts'
import { startModelServer, type ModelServer, type Reply } from './model-server.ts'
import { startNetra, type NetraOptions, type NetraProcess } from './netra-process.ts'
import { PASSWORD } from './people.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- bodies of many routes, read loosely on purpose
type Json = any

/** A Netra, the model that it speaks with, and people who connect MCP servers to it. */
export interface McpWorld extends AsyncDisposable {
  netra: NetraProcess
  model: ModelServer
  administrator: Member
  /** Somebody new. */
  person(): Promise<Member>
}

export interface Turn {
  threadId: string
  runId: string
}

export interface Member {
  userId: string
  client: NetraClient
  token(): Promise<string>
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }>
  /** Connects a server and agrees to all of its tools. */
  connect(wish: object): Promise<Json>
  agree(server: Json): Promise<{ status: number; body: Json }>
  /** Asks the assistant for something in a new thread. */
  send(text?: string, threadId?: string): Promise<Turn>
  stateOf(turn: Turn): ThreadState
  /** Waits for the end of the run. */
  ended(turn: Turn): Promise<Run>
  /** The tool calls of a run that has ended, oldest first. */
  calls(turn: Turn): Promise<ThreadState['tool_calls']>
  /** Waits until the run waits for the person, and answers what it asks. */
  waiting(turn: Turn): Promise<Json>
  answer(asked: Json, answer: object): Promise<{ status: number; body: Json }>
}

/** The call first, then a word once its result is there. */
export const callOnce =
  (name: string, args: unknown = {}) =>
  ({ toolResults }: { toolResults: string[] }): Reply =>
    toolResults.length === 0 ? { toolCalls: [{ name, arguments: args }] } : { text: 'Done.' }

export async function openMcpWorld(options: NetraOptions = {}): Promise<McpWorld> {
  const model = await startModelServer({ script: [{ text: 'ok' }] })
  const netra = await startNetra({
    ...options,
    env: {
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/test-model',
      NETRA_MCP_ALLOW_PRIVATE: '1',
      ...options.env,
    },
  })
  const open = new HttpApi({ baseUrl: netra.url })
  const members: Member[] = []
  const enter = async (signingIn: ReturnType<HttpApi['login']>): Promise<Member> => {
    const member = await memberOf(netra, open, await signingIn)
    members.push(member)
    return member
  }
  const account = (name: string) => ({ email: `${name}@example.com`, password: PASSWORD })
  const token = netra.setupToken ?? ''
  const administrator = await enter(open.setup({ ...account('root'), token, name: 'Root' }))
  return {
    netra,
    model,
    administrator,
    person: () => enter(open.register(account(`mcp-${members.length}`))),
    async [Symbol.asyncDispose]() {
      for (const { client } of members) client.close()
      await netra[Symbol.asyncDispose]()
      await model[Symbol.asyncDispose]()
    },
  }
}

async function memberOf(
  netra: NetraProcess,
  open: HttpApi,
  signedIn: Awaited<ReturnType<HttpApi['login']>>,
): Promise<Member> {
  const session = new TokenSession(open, signedIn)
  const client = await NetraClient.fromConfig({
    baseUrl: netra.url,
    credentials: session.credentials,
    transport: nodeTransport(),
  })
  await client.connect()
  const api: Member['api'] = async (method, path, body) =>
    request(`${netra.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${await session.token()}` },
      ...(body !== undefined && { body }),
    })
  const following: unknown[] = []
  const agree: Member['agree'] = (server) =>
    api('POST', `/api/mcp/connections/${server.id}/consent`, {
      tools: server.tools.map(({ name, hash }: Json) => ({ name, hash })),
    })
  const stateOf = ({ threadId }: Turn) => client.thread(threadId).getSnapshot().state
  return {
    userId: signedIn.user.id,
    client,
    token: () => session.token(),
    api,
    agree,
    async connect(wish) {
      const made = await api('POST', '/api/mcp/connections', wish)
      expect(made.body).toMatchObject({ state: 'consent', problem: null })
      const { body } = await agree(made.body)
      expect(body.state).toBe('ready')
      return body
    },
    async send(text = 'Go.', threadId) {
      const sent = await client.sendMessage({
        threadId: threadId ?? null,
        text,
        agent: 'assistant',
      })
      following.push(client.thread(sent.threadId).subscribe(() => undefined))
      return { threadId: sent.threadId, runId: sent.runId }
    },
    stateOf,
    ended: ({ threadId, runId }) => client.runEnded(threadId, runId),
    async calls(turn) {
      await client.runEnded(turn.threadId, turn.runId)
      return stateOf(turn).tool_calls.filter(({ run_id: run }) => run === turn.runId)
    },
    async waiting({ runId }) {
      let asked: Json
      await expect
        .poll(
          async () => {
            const { body } = await api('GET', '/api/approvals')
            asked = body.approvals.find((each: Json) => each.run_id === runId)
            return asked
          },
          { timeout: 10_000 },
        )
        .toBeDefined()
      return asked
    },
    answer: (asked, answer) =>
      api('POST', `/api/approvals/${asked.run_id}/${asked.tool_call_id}`, {
        fence: asked.fence,
        ...answer,
      }),
  }
}
