import { ApiError } from './api-error.ts'
import { SignedOut } from './client-error.ts'

/** How a connection proves who it is; asked anew for every socket. */
export interface Credentials {
  /**
   * What goes into `hello`. `fresh`: the last one has expired, so a kept one is of no use.
   *
   * @throws SignedOut when no new one can be had; any other error is taken for a bad network.
   */
  get(options: { fresh: boolean }): Promise<{ ticket: string } | { token: string }>
}

/** A browser: the session cookie goes with the upgrade, a one-time ticket into `hello`. */
export const ticketCredentials = (api: {
  createSocketTicket(): Promise<{ ticket: string }>
}): Credentials => ({
  get: () => orSignedOut(async () => ({ ticket: (await api.createSocketTicket()).ticket })),
})

/** A page whose node is at another host than its cookie: an access token goes into `hello`. */
export const pageCredentials = (page: {
  get(options: { fresh: boolean }): Promise<string>
}): Credentials => ({
  get: (options) => orSignedOut(async () => ({ token: await page.get(options) })),
})

async function orSignedOut<Secret>(ask: () => Promise<Secret>): Promise<Secret> {
  try {
    return await ask()
  } catch (error) {
    const ended = error instanceof ApiError && (error.status === 401 || error.status === 403)
    throw ended ? new SignedOut(error.user_message) : error
  }
}

/**
 * A program: a short-lived access token. With `fresh` the callback must not answer the token that it
 * answered before; the same token twice ends the connection instead of looping with it.
 */
export function tokenCredentials(
  token: (options: { fresh: boolean }) => string | Promise<string>,
): Credentials {
  let last: string | undefined
  return {
    async get(options) {
      const next = await token(options)
      if (options.fresh && next === last) {
        throw new SignedOut('the access token has expired, and there is no newer one')
      }
      last = next
      return { token: next }
    },
  }
}
