/** Which hosts and origins this server answers to. */
export interface Addresses {
  hosts: ReadonlySet<string>
  origins: ReadonlySet<string>
  /** Where people and clients reach it. */
  publicUrl: string
}

const LOCAL_NAMES = ['localhost', '127.0.0.1', '[::1]']

/** The public address, and the local names at the listening port; origins also as configured. */
export function createAddresses(options: {
  publicUrl: string | undefined
  port: number
  allowedOrigins: readonly string[]
}): Addresses {
  const { port } = options
  const local = LOCAL_NAMES.flatMap((name) =>
    port === 80 ? [name, `${name}:80`] : [`${name}:${port}`],
  )
  const publicUrl = options.publicUrl ?? `http://localhost:${port}`
  const { host, origin } = new URL(publicUrl)
  const localOrigins = LOCAL_NAMES.map((name) =>
    port === 80 ? `http://${name}` : `http://${name}:${port}`,
  )
  return {
    hosts: new Set([...local, host]),
    origins: new Set([...localOrigins, origin, ...options.allowedOrigins]),
    publicUrl,
  }
}

/** Why a request by this host is refused, or undefined. Health probes use addresses: exempt. */
export function hostProblem(
  addresses: Addresses,
  host: string | undefined,
  path: string,
): string | undefined {
  if (path === '/health' || path.startsWith('/health/')) return undefined
  if (host && addresses.hosts.has(host.toLowerCase())) return undefined
  return `This server does not answer to the name "${(host ?? '').slice(0, 200)}". If people should reach it by that name, set NETRA_PUBLIC_URL to its https address.`
}

/** Why a page of this origin may not use the server, or undefined. No Origin is no page. */
export function originProblem(
  addresses: Addresses,
  origin: string | undefined,
): string | undefined {
  if (origin === undefined || addresses.origins.has(origin)) return undefined
  return `Pages of "${origin.slice(0, 200)}" may not use this server. If they should, add that origin to NETRA_ALLOWED_ORIGINS.`
}
