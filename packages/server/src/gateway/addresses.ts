/** Where people and clients reach what; by default all of it is one address. */
export interface PublicUrls {
  /** Of this server, without a slash at its end; with a path when it is served below one. */
  publicUrl: string
  /** Of the web app. */
  webUrl: string
  /** Of the auth service, when browsers reach it at an address of its own. */
  authUrl: string | undefined
}

/** Which hosts and origins this server answers to. */
export interface Addresses extends PublicUrls {
  hosts: ReadonlySet<string>
  origins: ReadonlySet<string>
  /** The path below which the public address serves it: '' or as `/netra`. */
  basePath: string
}

const LOCAL_NAMES = ['localhost', '127.0.0.1', '[::1]']

/** The public address, and the local names at the listening port; origins also as configured. */
export function createAddresses(options: {
  publicUrl: string | undefined
  webUrl?: string | undefined
  authUrl?: string | undefined
  port: number
  allowedOrigins: readonly string[]
}): Addresses {
  const { port, authUrl } = options
  const local = LOCAL_NAMES.flatMap((name) =>
    port === 80 ? [name, `${name}:80`] : [`${name}:${port}`],
  )
  const publicUrl = options.publicUrl ?? `http://localhost:${port}`
  const webUrl = options.webUrl ?? publicUrl
  const { host, origin } = new URL(publicUrl)
  const localOrigins = LOCAL_NAMES.map((name) =>
    port === 80 ? `http://${name}` : `http://${name}:${port}`,
  )
  const ownOrigins = [origin, new URL(webUrl).origin, ...(authUrl ? [new URL(authUrl).origin] : [])]
  return {
    hosts: new Set([...local, host]),
    origins: new Set([...localOrigins, ...ownOrigins, ...options.allowedOrigins]),
    publicUrl,
    webUrl,
    authUrl,
    basePath: basePathOf(publicUrl),
  }
}

/** The path of an address, without a slash at its end. */
export const basePathOf = (url: string | undefined): string =>
  url === undefined ? '' : new URL(url).pathname.replace(/\/+$/, '')

/**
 * A request's target in the one form that routes, limits and rules read: without the scheme and host
 * that HTTP allows before a path, and with no letter, digit or dash of the path written as %XX.
 */
export function plainTarget(target: string): string {
  const at = target.indexOf('?')
  const path = (at < 0 ? target : target.slice(0, at)).replace(/^https?:\/\/[^/]*/i, '') || '/'
  const plain = path.replaceAll(/%[\da-f]{2}/gi, (code) => {
    const letter = String.fromCodePoint(Number.parseInt(code.slice(1), 16))
    return /[\w-]/.test(letter) ? letter : code
  })
  return at < 0 ? plain : plain + target.slice(at)
}

/** A path as routes know it, whether or not the proxy in front has taken the base path away. */
export function belowBase(basePath: string, url: string): string {
  if (basePath === '' || !url.startsWith(basePath)) return url
  const rest = url.slice(basePath.length)
  if (rest === '' || rest.startsWith('?')) return `/${rest}`
  return rest.startsWith('/') ? rest : url
}

/** Why a request by this host is refused, or undefined. Health probes use addresses: exempt. */
export function hostProblem(
  addresses: Pick<Addresses, 'hosts'>,
  host: string | undefined,
  path: string,
): string | undefined {
  if (path === '/health' || path.startsWith('/health/')) return undefined
  if (host && addresses.hosts.has(host.toLowerCase())) return undefined
  return `This server does not answer to the name "${(host ?? '').slice(0, 200)}". If people should reach it by that name, set NETRA_PUBLIC_URL to its https address.`
}

/** Why a page of this origin may not use the server, or undefined. No Origin is no page. */
export function originProblem(
  addresses: Pick<Addresses, 'origins'>,
  origin: string | undefined,
): string | undefined {
  if (origin === undefined || addresses.origins.has(origin)) return undefined
  return `Pages of "${origin.slice(0, 200)}" may not use this server. If they should, add that origin to NETRA_ALLOWED_ORIGINS.`
}
