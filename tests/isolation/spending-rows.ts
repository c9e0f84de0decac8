import { get, put, post, remove, type Row, type Thing } from './row.ts'
import type { Stage } from './stage-shape.ts'

/** What was spent and what may be; a limit of an odd size is the mark of whose it is. */
export const SPENDING_ROWS: Record<string, Row> = {
  'GET /api/spending': {
    make: (stage) => budget(stage, { scope: `user:${stage.ada.userId}` }),
    ask: () => get('/api/spending'),
    everybodysOwn: 'what they spent themselves',
  },
  'GET /api/admin/spending': {
    owner: 'admin',
    make: () => ({ marker: '"by_user"' }),
    ask: () => get('/api/admin/spending'),
  },
  'GET /api/admin/spending/export': {
    owner: 'admin',
    async make(stage) {
      await stage.made(stage.ada, post('/api/agents/execute', { type: 'assistant', message: 'hi' }))
      return { marker: stage.ada.email }
    },
    ask: () => get('/api/admin/spending/export'),
  },
  'GET /api/admin/budgets': {
    owner: 'admin',
    make: (stage) => budget(stage, { email: stage.ada.email }),
    ask: () => get('/api/admin/budgets'),
  },
  'PUT /api/admin/budgets': {
    owner: 'admin',
    make: (stage) => ({ id: stage.ada.userId, marker: String(odd()) }),
    ask: ({ id, marker }) =>
      put('/api/admin/budgets', {
        scope: `user:${id}`,
        limits: { tokens_per_day: Number(marker) },
      }),
  },
  'GET /api/admin/stop': {
    owner: 'admin',
    async make(stage) {
      const why = stage.mark()
      await stage.made(stage.admin, post('/api/admin/stop', { user_id: 'nobody', why }))
      return { marker: why }
    },
    ask: () => get('/api/admin/stop'),
  },
  'POST /api/admin/stop': {
    owner: 'admin',
    make: (stage) => ({ marker: stage.mark() }),
    ask: ({ marker }) => post('/api/admin/stop', { user_id: 'nobody', why: marker }),
  },
  'DELETE /api/admin/stop': {
    owner: 'admin',
    make: () => ({ marker: '"orders"' }),
    ask: () => remove('/api/admin/stop?user_id=nobody'),
  },
}

const odd = (): number => 1_000_000_000 + Math.floor(Math.random() * 1_000_000_000)

async function budget(stage: Stage, whose: { scope: string } | { email: string }): Promise<Thing> {
  const marker = odd()
  const limits = { tokens_per_month: marker }
  await stage.made(stage.admin, put('/api/admin/budgets', { ...whose, limits }))
  return { marker: String(marker) }
}
