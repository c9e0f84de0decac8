import type { IncomingMessage, Server } from 'node:http'

import { FORWARDED } from '../identity/identity.ts'

/** Asked by other services, at whatever name they have for us; no page can use them. */
const FOR_SERVICES = /^\/(?:auth\/(?:service-token|validate|feed|tickets|removals)|\.well-known\/)/

export interface Vouching {
  /** Whether it is the token of a service that may say for whom it asks. */
  mayVouch: (token: string) => boolean
  addressOf: (request: IncomingMessage) => string
  isLocal: (request: IncomingMessage) => boolean
  /** A name and an origin that this server answers to. */
  own: () => { host: string; origin: string }
}

/**
 * Makes of what a node says about the person behind a request what the routes read anyway: the client's
 * address becomes the one X-Forwarded-For, and Host and Origin, which the node has checked, ours.
 * Without valid service credentials nothing of it is believed. Runs before any route: from here on
 * X-Forwarded-For is true, whoever sent what.
 */
export function believeNodes(
  server: Server,
  { mayVouch, addressOf, isLocal, own }: Vouching,
): void {
  server.prependListener('request', (request: IncomingMessage) => {
    const { headers } = request
    const token = headers[FORWARDED.service]
    const said = headers[FORWARDED.address]
    const isVouched = typeof token === 'string' && typeof said === 'string' && mayVouch(token)
    const address = isVouched ? said : addressOf(request)
    const local = isVouched ? headers[FORWARDED.isLocal] === '1' : isLocal(request)
    for (const name of Object.keys(headers)) {
      if (name.startsWith('x-forwarded-') || name.startsWith('x-netra-')) delete headers[name]
    }
    headers['x-forwarded-for'] = address
    if (local) headers[FORWARDED.isLocal] = '1'
    if (isVouched || FOR_SERVICES.test(request.url ?? '')) headers.host = own().host
    if (isVouched && headers.origin !== undefined) headers.origin = own().origin
  })
}
