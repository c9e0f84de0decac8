import {
  emptyThreadState,
  emptyUserState,
  foldThread,
  threadEventSchema,
  type ListedThread,
  type ThreadState,
  type UserState,
} from '@netra/protocol'

import type { Api } from '../src/live/api.ts'
import type { ConnectionView, Live, Outgoing } from '../src/live/live-types.ts'
import { createStore } from '../src/live/outgoing.ts'
import { fixtureRequests } from './fixture-requests.ts'

export interface Story {
  path?: string
  role?: 'user' | 'admin'
  events?: Record<string, unknown>[]
  /** Milliseconds between events; all at once without. */
  pace?: number
  connection?: ConnectionView
  outgoing?: Outgoing[]
  threads?: { id: string; title: string; age_h: number }[]
  connected?: boolean
  /** Two questions wait. */
  waiting?: boolean
}

const at = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()

const fold = (events: readonly Record<string, unknown>[]): ThreadState => {
  let state = emptyThreadState()
  for (const event of events) state = foldThread(state, threadEventSchema.parse(event))
  return state
}

const WAITING = ['c1', 'c2'].map((id) => ({
  tool_call_id: id,
  run_id: 'r1',
  thread_id: 't1',
  tool_name: id === 'c1' ? 'remember' : 'pay__invoice',
  expires_at: at(-100),
})) as unknown as UserState['approvals']

const refuse = (name: string) => () =>
  Promise.reject(new Error(`${name} is not part of this story`))

/** What the screens need, from a recorded list of events and nothing else. */
export function fixtureLive(story: Story): Live {
  const threads = (story.threads ?? []).map(
    (thread) =>
      ({
        id: thread.id,
        title: thread.title,
        created_at: at(thread.age_h),
        updated_at: at(thread.age_h),
        archived: false,
        last_run: null,
      }) as unknown as ListedThread,
  )
  const events = story.events ?? []
  const view = createStore({
    state: story.pace ? emptyThreadState() : fold(events),
    phase: 'live' as const,
    problem: null,
    reset: false,
  })
  if (story.pace) {
    let index = 0
    const timer = setInterval(() => {
      const event = events[index]
      index += 1
      if (!event) return clearInterval(timer)
      const state = foldThread(view.getSnapshot().state, threadEventSchema.parse(event))
      view.set({ ...view.getSnapshot(), state })
    }, story.pace)
  }
  const user = createStore({
    state: { ...emptyUserState(), threads, approvals: story.waiting ? WAITING : [] },
    phase: 'live' as const,
    problem: null,
    reset: false,
  })
  return {
    me: {
      id: 'u1',
      email: 'ada@example.org',
      name: 'Ada Byron',
      role: story.role ?? 'admin',
      is_test_user: false,
    },
    api: fixtureApi(story),
    connection: createStore<ConnectionView>(story.connection ?? { kind: 'connected' }),
    user,
    outgoing: createStore<readonly Outgoing[]>(story.outgoing ?? []),
    thread: () => view,
    send: refuse('sending'),
    resend: () => undefined,
    discard: () => undefined,
    regenerate: refuse('regenerating'),
    cancel: refuse('cancelling'),
    decide: refuse('deciding'),
    shown: () => undefined,
    acknowledgeReset: () => undefined,
    reconnect: () => undefined,
    close: () => undefined,
  }
}

const EXAMPLES = [
  'How many requests are there, and how many input and output tokens in total?',
  'Show requests per minute as a chart.',
  'What would this workload cost on gpt-4o, and on gpt-4o-mini?',
]

function fixtureApi(story: Story): Api {
  const models = story.connected
    ? [
        {
          id: 'openai/gpt-5.4-mini',
          provider: 'openai',
          name: 'gpt-5.4-mini',
          label: 'gpt-5.4-mini (OpenAI)',
          built_in: false,
        },
        {
          id: 'netra/builtin',
          provider: 'netra',
          name: 'builtin',
          label: 'built-in, no language model',
          built_in: true,
        },
      ]
    : [
        {
          id: 'netra/builtin',
          provider: 'netra',
          name: 'builtin',
          label: 'built-in, no language model',
          built_in: true,
        },
      ]
  const known = {
    config: async () => ({
      auth: {
        registration: 'open',
        setup_required: false,
        providers: [
          { id: 'google', name: 'Google' },
          { id: 'example-id', name: 'Example ID' },
        ],
        sends_email: true,
      },
      demo: false,
      e2e: false,
      limits: { max_upload_bytes: 200_000_000 },
    }),
    agents: async () => [
      {
        id: 'assistant',
        name: 'Assistant',
        description: 'Answers any question, with tools for tables.',
        tools: [],
        status: 'ready',
        examples: EXAMPLES,
      },
      {
        id: 'data',
        name: 'Data',
        description: 'Answers questions about uploaded CSV files with numbers, charts and prices.',
        tools: [],
        status: 'ready',
        examples: EXAMPLES,
      },
    ],
    models: async () => ({ default: models[0]?.id ?? null, models }),
    threads: async ({ q }: { q?: string }) =>
      [
        {
          id: 't1',
          title: 'Requests per minute',
          updated_at: at(1),
          snippet: 'the requests per minute rise in the evening, when …',
        },
        {
          id: 't2',
          title: 'Cost on gpt-4o',
          updated_at: at(30),
          snippet: '19,366 requests, with 5.8 dollars of input',
        },
      ].filter(
        (hit) => !q || `${hit.title} ${hit.snippet}`.toLowerCase().includes(q.toLowerCase()),
      ),
    useSample: async () => ({
      file_id: 'f1',
      name: 'synthetic-llm-workload.csv',
      bytes: 1_840_000,
      media_type: 'text/csv',
      origin: 'sample',
      created_at: null,
    }),
    requests: fixtureRequests(),
    deliveryReport: async () => ({
      thread_id: 't1',
      head: 'e:412',
      counts: { committed: 0, sent: 3, acknowledged: 409, waiting: 0, superseded: 0 },
      devices: [
        {
          device: '7d1f0a52-2f0e-4b0c-9f55-3b1c0d92aa41',
          connection_id: 'c1',
          transport: 'socket',
          sent: 'e:412',
          acknowledged: 'e:409',
          behind: 3,
          last_ack_ms_ago: 120,
          since: at(0.2),
        },
        {
          device: 'b80c6f3e-77b1-4e39-8a3c-1c2d9e00f17b',
          connection_id: null,
          transport: 'socket',
          sent: 'e:401',
          acknowledged: 'e:401',
          behind: 11,
          last_ack_ms_ago: 64_000,
          since: at(3),
        },
      ],
    }),
    admin: {
      connections: async () => ({
        default_model: null,
        connections: [
          {
            provider: 'openai',
            source: 'stored',
            base_url: 'https://api.openai.com/v1',
            key_hint: 'x3f9',
            models: [
              'gpt-5.4-mini',
              'gpt-5.4',
              'gpt-5.5',
              'gpt-4o-mini',
              'gpt-4o',
              'o4-mini',
              'gpt-4.1',
              'gpt-4.1-mini',
              'gpt-4.1-nano',
            ],
            enabled_models: ['gpt-5.4-mini', 'gpt-4o'],
            breaker: null,
          },
          {
            provider: 'ollama',
            source: 'detected',
            base_url: 'http://127.0.0.1:11434/v1',
            key_hint: null,
            models: ['qwen3:8b'],
            enabled_models: ['qwen3:8b'],
            breaker: null,
          },
        ],
      }),
      testConnection: async () => ({
        ok: false,
        latency_ms: 120,
        models: [],
        error:
          'OpenAI did not accept the key (401). Make a new one at platform.openai.com and paste it here.',
      }),
      invitations: async () => [
        { id: 'i1', email: 'grace@example.org', expires_at: at(-100) },
        { id: 'i2', email: null, expires_at: at(-20) },
      ],
    },
  }
  return new Proxy(known, {
    get: (target, name) => Reflect.get(target, name) ?? refuse(String(name)),
  }) as unknown as Api
}
