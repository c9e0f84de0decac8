import { Readable } from 'node:stream'

import { z } from 'zod'

import { exportAudit, shownEntry } from '../../auth/auth.ts'
import { isoTime } from '../../platform/clock.ts'
import { parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { refusing } from './refusing.ts'

export const page = z.strictObject({
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  user: z.string().min(1).max(128).optional(),
  kind: z.string().min(1).max(64).optional(),
})
export const wanted = z.strictObject({ format: z.enum(['jsonl', 'csv']).default('jsonl') })
const MEDIA_TYPE = { jsonl: 'application/x-ndjson', csv: 'text/csv' } as const

/** Who did what to accounts, for administrators. */
export function addAuditRoutes({ app, parts, admin }: AuthHttp): void {
  const { auth, clock } = parts

  app.get('/auth/admin/audit', async (request) => {
    const identity = await admin(request)
    await refusing(() => auth.userAdmin.requireAdmin(identity))
    const { before, limit, user: userId, kind } = parse(page, request.query)
    const found = auth.audit.list({ limit: limit + 1, before, userId, kind })
    const entries = found.slice(0, limit)
    return {
      entries: entries.map(shownEntry),
      before: found.length > limit ? (entries.at(-1)?.position ?? null) : null,
    }
  })

  app.get('/auth/admin/audit/export', async (request, reply) => {
    const identity = await admin(request)
    const emailOf = await refusing(() =>
      auth.userAdmin.addresses({ identity, address: request.ip }),
    )
    const { format } = parse(wanted, request.query)
    auth.audit.record({
      actor: { kind: 'user', id: identity.userId },
      action: 'audit.exported',
      address: request.ip,
      details: { format },
    })
    const text = exportAudit(auth.audit, emailOf, format, () => isoTime(clock))
    return reply
      .header('content-type', `${MEDIA_TYPE[format]}; charset=utf-8`)
      .header('content-disposition', `attachment; filename="netra-audit.${format}"`)
      .send(Readable.from(text, { objectMode: false }))
  })
}
