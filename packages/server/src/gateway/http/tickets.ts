import type { Http } from './http.ts'

/** One-time proofs with which a page opens its socket (S4). */
export function addTicketRoute({ app, parts, user }: Http): void {
  app.post('/api/ws-ticket', async (request) => parts.identities.issueTicket(await user(request)))
}
