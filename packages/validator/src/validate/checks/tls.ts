import { connect, type ConnectionOptions, type PeerCertificate, type TLSSocket } from 'node:tls'

import type { Check, Place } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { CheckFailure, CheckTimedOut } from '../outcome.ts'
import { due } from '../probe/due.ts'
import { isAddress } from '../probe/host.ts'
import { portOf } from '../probe/place.ts'

const SOON_DAYS = 14
const DAY_MS = 86_400_000

/** A certificate whose time is over, or has not begun, is another check's. */
const OF_TIME = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])
const OF_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID'

const applies = ({ url }: Place): string | undefined =>
  url.protocol === 'https:' ? undefined : 'the address is not https'

interface Handshake {
  certificate: PeerCertificate
  protocol: string
  /** Why it is not trusted, by the code of OpenSSL; undefined when it is. */
  problem: string | undefined
}

/** A handshake that is finished whatever the certificate says, so that each check sees its part. */
async function handshake(
  { url, pace, signal, note }: CheckContext,
  options: ConnectionOptions = {},
): Promise<Handshake> {
  const { hostname } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const begun = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  const socket = connect({
    host,
    port: portOf(url),
    rejectUnauthorized: false,
    ...(!isAddress(host) && { servername: host }),
    ...options,
  })
  const end = (): void => void socket.destroy()
  signal.addEventListener('abort', end)
  socket.setTimeout(pace.answerMs, () => reject(new CheckTimedOut('no TLS handshake in time')))
  socket.on('error', reject)
  socket.on('secureConnect', () => resolve(socket))
  try {
    await promise
    const certificate = socket.getPeerCertificate()
    const protocol = socket.getProtocol() ?? 'unknown'
    const { authorizationError } = socket
    // Typed as an Error, and a string where OpenSSL itself refused.
    const problem = authorizationError
      ? ((authorizationError as { code?: string }).code ?? String(authorizationError))
      : undefined
    const { subjectaltname = 'no names', valid_to, issuer } = certificate
    const received = `${protocol}, ${subjectaltname}, by ${String(issuer?.CN ?? issuer?.O)}, until ${valid_to}, ${problem ?? 'trusted'}`
    note({ sent: `TLS to ${host}`, received, durationMs: Math.round(performance.now() - begun) })
    return { certificate, protocol, problem }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    note({
      sent: `TLS to ${host}`,
      received: why,
      durationMs: Math.round(performance.now() - begun),
    })
    if (error instanceof CheckTimedOut) throw error
    throw new CheckFailure(`no TLS: ${why}`)
  } finally {
    signal.removeEventListener('abort', end)
    socket.destroy()
  }
}

export const tlsChecks: readonly Check[] = [
  {
    id: 'network.tls-chain',
    group: 'network',
    title: 'The certificate is by an authority that is trusted',
    weight: 'blocking',
    smoke: true,
    needs: ['network.tcp'],
    applies,
    causes: [
      {
        when: /SELF_SIGNED|DEPTH_ZERO/,
        cause:
          'The certificate is self-signed, or by an authority that this machine does not know.',
        fix: 'Get one that browsers trust (Caddy and certbot do it for nothing); for an authority of your own give its file with --ca.',
      },
      {
        when: /UNABLE_TO_(?:VERIFY|GET)/,
        cause: 'The server does not send the intermediate certificate.',
        fix: 'Serve the full chain: nginx `ssl_certificate` takes fullchain.pem, not cert.pem.',
      },
      {
        cause: 'No TLS is spoken at that port, or the chain is not valid.',
        fix: 'Look at `openssl s_client -connect <host>:<port> -servername <host>`.',
      },
    ],
    async run(context) {
      const { problem, certificate } = await handshake(context, {
        checkServerIdentity: () => undefined,
      })
      due(problem === undefined || OF_TIME.has(problem), `not trusted: ${problem}`)
      return `by ${String(certificate.issuer.CN ?? certificate.issuer.O)}`
    },
  },
  {
    id: 'network.tls-name',
    group: 'network',
    title: 'The certificate is of this name',
    weight: 'blocking',
    smoke: true,
    needs: ['network.tcp'],
    applies,
    causes: [
      {
        cause: 'The certificate is of another name, often because the proxy shows its default one.',
        fix: 'Get a certificate with this name, and look which server block or site answers for it.',
      },
    ],
    async run(context) {
      const { problem, certificate } = await handshake(context)
      const names = certificate.subjectaltname ?? 'no names'
      const { hostname } = new URL(context.url)
      due(problem !== OF_NAME, `the certificate is of ${names}, not of ${hostname}`)
      // Without trust OpenSSL's word comes first, and the name is looked at here.
      due(isOf(hostname, names), `the certificate is of ${names}, not of ${hostname}`)
      return names
    },
  },
  {
    id: 'network.tls-valid-now',
    group: 'network',
    title: 'The certificate is valid today',
    weight: 'blocking',
    smoke: true,
    needs: ['network.tcp'],
    applies,
    causes: [
      {
        when: /begins/,
        cause: 'The certificate is of the future: a clock is wrong.',
        fix: 'Compare the clocks of this machine and of who issued it.',
      },
      {
        cause: 'The certificate was not renewed, or the proxy was not told of the new one.',
        fix: 'Renew it (`certbot renew`), reload the proxy, and let a timer do both.',
      },
    ],
    async run(context) {
      const { certificate } = await handshake(context)
      const { valid_from, valid_to } = certificate
      const now = Date.now()
      due(Date.parse(valid_from) <= now, `it begins to be valid on ${valid_from}`)
      due(Date.parse(valid_to) > now, `it expired on ${valid_to}`)
      return `until ${valid_to}`
    },
  },
  {
    id: 'network.tls-expiry',
    group: 'network',
    title: `The certificate is good for ${SOON_DAYS} days more`,
    weight: 'advisory',
    needs: ['network.tls-valid-now'],
    applies,
    causes: [
      {
        cause: 'It is about to expire, so nothing renews it by itself.',
        fix: 'Renew it now, and look why the timer (certbot.timer, Caddy) did not.',
      },
    ],
    async run(context) {
      const { certificate } = await handshake(context)
      const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / DAY_MS)
      due(days >= SOON_DAYS, `it expires in ${days} days, on ${certificate.valid_to}`)
      return `${days} days`
    },
  },
  {
    id: 'network.tls-version',
    group: 'network',
    title: 'TLS is 1.2 or newer, and older is refused',
    weight: { development: 'advisory' },
    needs: ['network.tcp'],
    applies,
    causes: [
      {
        cause: 'The proxy still speaks versions of TLS that are broken.',
        fix: 'nginx: `ssl_protocols TLSv1.2 TLSv1.3;`. Caddy needs nothing.',
      },
    ],
    async run(context) {
      const { protocol } = await handshake(context)
      due(/^TLSv1\.[23]$/.test(protocol), `it speaks ${protocol}`)
      const old = await handshake(context, {
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT:@SECLEVEL=0',
      }).catch(() => undefined)
      due(old === undefined, `it also speaks ${old?.protocol}`)
      return `${protocol}; 1.0 and 1.1 are refused`
    },
  },
]

/** RFC 6125: a star stands for one whole label. */
function isOf(hostname: string, names: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  return names.split(', ').some((entry) => {
    const [kind, name = ''] = entry.split(/:(.*)/s)
    if (kind === 'IP Address') return isSameAddress(name, host)
    const wanted = name.toLowerCase()
    if (!wanted.startsWith('*.')) return wanted === host
    return host.includes('.') && host.slice(host.indexOf('.')) === wanted.slice(1)
  })
}

/** IPv6 has many ways to be written; the parser of addresses knows one. */
const isSameAddress = (one: string, other: string): boolean =>
  isAddress(one) && isAddress(other) && canonical(one) === canonical(other)

const canonical = (address: string): string =>
  address.includes(':') ? new URL(`http://[${address}]`).hostname : address
