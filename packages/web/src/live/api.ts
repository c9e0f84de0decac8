import { ApiError, HttpApi, type AdminApi } from '@netra/client'

import { readAddresses } from './addresses.ts'

export { ApiError } from '@netra/client'
export type {
  Agent,
  ConnectionTest,
  DeliveryReport,
  Invitation,
  Model,
  ModelConnection,
  ModelConnections,
  Models,
  ServerConfig,
  StoredFile,
  Thread,
  User,
} from '@netra/client'

type PublicOf<Class> = Pick<Class, keyof Class>

/** The server's HTTP routes, as the screens use them. */
export type Api = Omit<PublicOf<HttpApi>, 'admin'> & { admin: PublicOf<AdminApi> }

/** The routes of the node, and of the auth service wherever it is; the page keeps no credential. */
export function createApi(onSignedOut?: () => void): Api {
  const { api, auth } = readAddresses()
  return new HttpApi({
    baseUrl: api,
    ...(auth !== null && { authUrl: auth }),
    ...(onSignedOut && { onSignedOut }),
  })
}

/** Nobody is signed in, or not any more. */
export const isSignedOut = (error: unknown): boolean =>
  error instanceof ApiError &&
  (error.status === 401 || (error.status === 403 && error.message.startsWith('Sign in')))

/** What happened and what to do, for the person. */
export function problemText(error: unknown): string {
  if (error instanceof ApiError) return error.user_message
  return error instanceof Error ? error.message : String(error)
}
