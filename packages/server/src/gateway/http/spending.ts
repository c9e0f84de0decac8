import { z } from 'zod'

import type { Identity } from '../../identity/identity.ts'
import {
  LIMIT_NAMES,
  LIMITS,
  userIdOf,
  type BudgetState,
  type LimitName,
  type Limits,
  type Scope,
} from '../../spending/spending.ts'
import { csvOf } from './csv.ts'
import { HttpError, parse } from './http-error.ts'
import type { Http } from './http.ts'

const DAY_MS = 24 * 3600_000

export const since = z.strictObject({ days: z.coerce.number().int().min(1).max(3_660).default(30) })

const amount = z.number().finite().min(0).max(Number.MAX_SAFE_INTEGER)
const limitOf = (name: LimitName) =>
  (LIMITS[name].unit === 'usd' ? amount : amount.int()).nullable().optional()
const limits = z.strictObject(
  Object.fromEntries(LIMIT_NAMES.map((name) => [name, limitOf(name)])) as Record<
    LimitName,
    ReturnType<typeof limitOf>
  >,
)
export const budget = z
  .strictObject({
    scope: z
      .string()
      .regex(
        /^(everyone|role:(user|admin)|user:[\w-]{1,128})$/u,
        'is one of everyone, role:user, role:admin and user:<id>',
      )
      .optional(),
    email: z.email().max(320).optional(),
    limits,
  })
  .refine(({ scope, email }) => (scope === undefined) !== (email === undefined), {
    error: 'Name a scope or an e-mail address, and one of them alone.',
  })

const RUN_ALONE = ['steps_per_run', 'model_calls_per_run', 'handoffs_per_run', 'seconds_per_run']

/** What a person spent and what an administrator sees of everybody; budgets. */
export function addSpendingRoutes(http: Http): void {
  const { app, parts, user, admin } = http
  const { spending, clock } = parts
  const from = (days: number): string =>
    new Date(clock.now() - (days - 1) * DAY_MS).toISOString().slice(0, 10)

  app.get('/api/spending', async (request, reply) => {
    const { userId } = await user(request, 'account:read')
    const { days } = parse(since, request.query)
    const asked = { since: from(days), userId }
    const { budgets, today, month, ...own } = await spending.of(userId)
    const order = spending.orders.of(userId)
    return reply.header('cache-control', 'no-store').send({
      days,
      today: sumsOf(today),
      month: sumsOf(month),
      budgets: budgets.map(shownState),
      limits: own.limits,
      users_only: own.usersOnly,
      stopped: order ? { scope: order.scope, why: order.why, at: order.at } : null,
      by_model: await spending.totalsBy(['model'], asked),
      by_agent: await spending.totalsBy(['agent'], asked),
      by_day: inOrder(await spending.totalsBy(['day'], asked)),
    })
  })

  app.get('/api/admin/spending', async (request, reply) => {
    const identity = await admin(request)
    const { days } = parse(since, request.query)
    const asked = { since: from(days) }
    const { budgets, today, month } = await spending.ofEveryone()
    const byUser = await spending.totalsBy(['user_id'], asked)
    return reply.header('cache-control', 'no-store').send({
      days,
      today: sumsOf(today),
      month: sumsOf(month),
      budgets: budgets.map(shownState),
      by_user: byUser.map((each) => ({ ...each, email: emailOf(http, identity, each.user_id) })),
      by_model: await spending.totalsBy(['model'], asked),
      by_agent: await spending.totalsBy(['agent'], asked),
      by_day: inOrder(await spending.totalsBy(['day'], asked)),
    })
  })

  app.get('/api/admin/spending/export', async (request, reply) => {
    const identity = await admin(request)
    const { days } = parse(since, request.query)
    const dimensions = ['day', 'user_id', 'model', 'agent'] as const
    const rows = await spending.totalsBy(dimensions, { since: from(days) }, MOST_ROWS)
    const day = new Date(clock.now()).toISOString().slice(0, 10)
    return reply
      .header('content-type', 'text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="netra-spending-${day}.csv"`)
      .header('cache-control', 'no-store')
      .send(
        csvOf(
          inOrder(rows).map(({ day: date, user_id, ...rest }) => ({
            day: date,
            user_id,
            email: emailOf(http, identity, user_id) ?? '',
            ...rest,
          })),
        ),
      )
  })

  app.get('/api/admin/budgets', async (request) => {
    const identity = await admin(request)
    return shownBudgets(http, identity)
  })

  app.put('/api/admin/budgets', async (request) => {
    const identity = await admin(request)
    const wish = parse(budget, request.body)
    const scope = (wish.scope ?? scopeOf(http, identity, wish.email ?? '')) as Scope
    refuseRunLimits(scope, wish.limits)
    await refuseNobody(http, scope)
    const wanted = Object.fromEntries(
      Object.entries(wish.limits).filter(([, value]) => value !== undefined),
    ) as Limits
    await spending.book.write(scope, wanted, identity.userId)
    const whose = userIdOf(scope)
    const details = { scope: whose === undefined ? scope : 'user', ...wanted }
    parts.logger.info({ user_id: identity.userId, ...details }, 'a budget was changed')
    parts.auth?.audit.record({
      actor: { kind: 'user', id: identity.userId },
      action: 'budget.changed',
      address: request.ip,
      ...(whose !== undefined && { userId: whose }),
      details,
    })
    return shownBudgets(http, identity)
  })
}

/** More are cut: a file of so many rows is no table to look at. */
const MOST_ROWS = 100_000

async function shownBudgets(http: Http, identity: Identity) {
  const { book } = http.parts.spending
  return {
    defaults: book.defaults,
    written: (await book.written()).map(({ scope, limits: held, updated_at }) => {
      const userId = userIdOf(scope)
      return {
        scope,
        email: userId === undefined ? null : emailOf(http, identity, userId),
        limits: held,
        updated_at,
      }
    }),
  }
}

/** Everybody's answers together have no steps. */
function refuseRunLimits(scope: Scope, given: Limits): void {
  const wrong = RUN_ALONE.find(
    (name) => typeof (given as Record<string, unknown>)[name] === 'number',
  )
  if (scope !== 'everyone' || wrong === undefined) return
  const message = `${wrong} is of one answer: set it for a role or a person, not for everyone together.`
  throw new HttpError(422, 'VALIDATION_ERROR', message)
}

/** Of somebody who is gone, what was written may still be taken away. @throws HttpError 404 */
async function refuseNobody({ parts }: Http, scope: Scope): Promise<void> {
  const userId = userIdOf(scope)
  // Accounts that are elsewhere cannot be looked up here.
  if (userId === undefined || parts.auth === undefined) return
  const written = await parts.spending.book.written()
  if (written.some((each) => each.scope === scope) || isSomebody(parts.auth, userId)) return
  throw new HttpError(404, 'DB_RECORD_NOT_FOUND', `Nobody has the id ${userId} here.`)
}

function isSomebody({ userAdmin }: NonNullable<Http['parts']['auth']>, userId: string): boolean {
  try {
    userAdmin.find('operator', userId)
    return true
  } catch {
    return false
  }
}

/** @throws HttpError 404 when nobody has that address here. */
function scopeOf({ parts }: Http, _identity: Identity, email: string): string {
  const found = parts.auth?.userAdmin.findByEmail('operator', email)
  if (!found)
    throw new HttpError(404, 'DB_RECORD_NOT_FOUND', `Nobody has the address ${email} here.`)
  return `user:${found.id}`
}

/** Where the accounts are here. */
function emailOf({ parts }: Http, _identity: Identity, userId: string): string | null {
  try {
    return parts.auth?.userAdmin.find('operator', userId).email ?? null
  } catch {
    // The account is gone; its spending is not.
    return null
  }
}

const sumsOf = <T extends { unpriced: number }>({ unpriced, ...rest }: T) => ({
  ...rest,
  unpriced_calls: unpriced,
})

const shownState = ({ renewsAt, ...state }: BudgetState) => ({
  ...state,
  left: Math.max(0, state.limit - state.used),
  percent: state.limit === 0 ? 100 : Math.floor((state.used / state.limit) * 100),
  renews_at: new Date(renewsAt).toISOString(),
})

const inOrder = <Row extends { day: string }>(rows: Row[]): Row[] =>
  rows.toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))
