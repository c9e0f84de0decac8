import { CheckFailure } from './outcome.ts'
import { isAddress, isLoopback } from './probe/host.ts'

/** Which addresses of those that a server names may be asked, and be told passwords and tokens. */
export interface Trust {
  /** @throws CheckFailure that says why not, and what the operator can give if it is right. */
  assert(address: string): void
  allows(address: string): boolean
}

export interface Trusted {
  /** `--auth-url`: its origin, also where it is not encrypted. */
  authUrl?: string | undefined
  /** `--trust-host`: host names, as encrypted as the address under test. */
  hosts?: readonly string[] | undefined
}

/**
 * A server under test may be anybody's: what it names is asked only when it is of the host or site
 * that the operator named, and as encrypted.
 */
export function trustIn(url: string, { authUrl, hosts = [] }: Trusted = {}): Trust {
  const isSecure = new URL(url).protocol === 'https:'
  const wrongWith = (address: string): string | undefined => {
    if (!URL.canParse(address)) return `${address.slice(0, 200)} is no address`
    const { protocol, hostname, origin } = new URL(address)
    if (authUrl !== undefined && origin === new URL(authUrl).origin) return undefined
    if (!/^(?:https?|wss?):$/.test(protocol)) return `${protocol} is neither http nor ws`
    if (!isSameSite(new URL(url).hostname, hostname) && !hosts.includes(hostname)) {
      return `${shortened(address)} names another host than was asked, and is told nothing: if it is right, give --trust-host ${hostname}`
    }
    if (isSecure && !/^(?:https|wss):$/.test(protocol)) {
      return `${shortened(address)} is not encrypted, and https was asked: it is told nothing`
    }
    return undefined
  }
  return {
    allows: (address) => wrongWith(address) === undefined,
    assert(address) {
      const wrong = wrongWith(address)
      if (wrong !== undefined) throw new CheckFailure(wrong)
    },
  }
}

/** One machine's names for itself are one host. Else the last two labels are the site, as for cookies. */
function isSameSite(asked: string, named: string): boolean {
  if (asked === named) return true
  if (isLoopback(asked)) return isLoopback(named)
  return siteOf(asked) === siteOf(named)
}

const siteOf = (hostname: string): string =>
  isAddress(hostname) ? hostname : hostname.split('.').slice(-2).join('.')

const shortened = (address: string): string => address.slice(0, 200)
