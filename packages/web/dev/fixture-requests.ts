import type { z } from 'zod'

const at = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()

const user = (id: string, name: string, more: Record<string, unknown> = {}) => ({
  id,
  email: `${id}@example.org`,
  name,
  role: 'user',
  disabled: false,
  created_at: at(900),
  last_seen_at: at(2),
  sessions: 1,
  ...more,
})

const entry = (position: number, action: string, more: Record<string, unknown> = {}) => ({
  position,
  at: at(40 - position),
  actor: { kind: 'user', id: 'u1' },
  action,
  user_id: 'u1',
  address: '203.0.113.7',
  ...more,
})

/** What the routes of accounts answer, by method and path. */
const ANSWERS: Record<string, unknown> = {
  'GET /auth/me': {
    ...user('u1', 'Ada Byron'),
    role: 'admin',
    two_factor: true,
    providers: [{ id: 'google', name: 'Google', linked_at: at(500) }],
  },
  'GET /api/approvals': {
    approvals: [
      {
        run_id: 'r1',
        tool_call_id: 'c1',
        fence: 1,
        thread: { id: 't1', title: 'What our search costs' },
        agent: 'assistant',
        asked_for: 'What would it cost on a smaller model? And remember that I pay for the search.',
        tool: 'remember',
        server: null,
        arguments: { text: 'Pays for the search project.' },
        question: null,
        change: {
          summary: 'Remember this in every conversation',
          after: 'Pays for the search project.',
        },
        interrupted: false,
        asked_at: at(2),
        expires_at: at(-100),
      },
      {
        run_id: 'r1',
        tool_call_id: 'c2',
        fence: 1,
        thread: { id: 't2', title: 'Invoices' },
        agent: 'assistant',
        asked_for: 'Pay the invoice of October.',
        tool: 'pay__invoice',
        server: 'Pay',
        arguments: { invoice: '2026-118' },
        question: {
          mode: 'url',
          message: 'The MCP server "Pay" asks: Sign in at your bank to release the payment.',
          url: 'https://pay.example.com/release/2026-118?session=a1b2c3d4',
        },
        change: null,
        interrupted: false,
        asked_at: at(5),
        expires_at: at(-160),
      },
    ],
  },
  'GET /api/plans': { plans: [] },
  'GET /api/approvals/unasked': { tools: [{ tool: 'remember', at: at(40) }] },
  'GET /auth/sessions': {
    sessions: [
      { id: 's1', current: true, created_at: at(30), device: 'Firefox on Linux' },
      {
        id: 's2',
        current: false,
        created_at: at(200),
        last_used_at: at(3),
        address: '2001:db8:85a3::8a2e:370:7334',
        device: 'Safari on iPhone',
      },
    ],
  },
  'GET /auth/api-keys': {
    api_keys: [
      {
        id: 'k1',
        name: 'Nightly report',
        scopes: ['chat:read', 'chat:write'],
        created_at: at(700),
        expires_at: at(-900),
        last_used_at: at(9),
        hint: 'netra_8c7a9613…',
      },
      {
        id: 'k2',
        name: 'Old script',
        scopes: ['files:read'],
        created_at: at(999),
        expires_at: at(1),
      },
    ],
  },
  'POST /auth/api-keys': {
    id: 'k3',
    key: 'netra_433c6fb1678b07ed_kz0N8Jd2mXq7rT5vWb1yLc9aPe4sHf6g',
    name: 'New key',
    scopes: ['chat:read'],
    created_at: at(0),
  },
  'POST /auth/two-factor/recovery-codes': {
    recovery_codes: Array.from({ length: 10 }, (_, index) => `a555${index}-ylk2${index}`),
  },
  'GET /auth/admin/users': {
    users: [
      user('u1', 'Ada Byron', { role: 'admin', two_factor: true, sessions: 2 }),
      user('grace', 'Grace Hopper'),
      user('linus', '', { disabled: true, sessions: 0, email_verified: false }),
      user('e2e', 'Test', { is_test_user: true, last_seen_at: null }),
    ],
    total: 4,
  },
  'GET /auth/admin/registration': {
    policy: 'domain',
    domains: ['example.org'],
    source: 'environment',
  },
  'GET /api/admin/retention': { days: 90 },
  'GET /auth/admin/audit': {
    entries: [
      entry(4, 'user.disabled', { user_id: 'linus' }),
      entry(3, 'session.refused', {
        actor: { kind: 'nobody' },
        outcome: 'refused',
        user_id: 'grace',
        details: { why: 'invalid_credentials' },
      }),
      entry(2, 'api_key.made', { details: { scopes: 'chat:read chat:write' } }),
      entry(1, 'session.began'),
    ],
    before: null,
  },
}

/** In the place of the server, for the pages of an account and of its administration. */
export const fixtureRequests = () => ({
  async json<Schema extends z.ZodType>(schema: Schema, method: string, path: string) {
    const answer = ANSWERS[`${method} ${path}`]
    if (answer === undefined) throw new Error(`${method} ${path} is not part of this story`)
    return schema.parse(answer)
  },
  nothing: async () => undefined,
  address: () => '#',
})
