import type { Http } from './http.ts'

/** What failed in this process since it began, by kind; what people wrote is in none of it. */
export function addErrorGroupRoute({ app, parts, admin }: Http): void {
  app.get('/api/admin/errors', async (request) => {
    await admin(request)
    const groups = parts.errors.list()
    const total = groups.reduce((sum, { count }) => sum + count, 0)
    return { since: parts.errors.since, total, groups }
  })
}
