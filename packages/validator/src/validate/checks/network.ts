import { lookup } from 'node:dns/promises'

import type { Check } from '../check.ts'
import { due } from '../probe/due.ts'
import { isAddress, isLoopback } from '../probe/host.ts'
import { portOf, tcpTo } from '../probe/place.ts'
import { rawRequest } from '../probe/raw-request.ts'
import { tlsChecks } from './tls.ts'

/** Tokens are taken up to a minute early or late; half of that is left for others' clocks. */
const MOST_SKEW_MS = 30_000

const CLOCKS = [
  {
    cause: 'One of the two clocks is wrong: the one over there, or the one of this machine.',
    fix: 'Compare both with a third (`date -u`), and let NTP set them (`timedatectl set-ntp true`).',
  },
]

export const networkChecks: readonly Check[] = [
  {
    id: 'network.dns',
    group: 'network',
    title: 'The name resolves',
    weight: 'blocking',
    smoke: true,
    causes: [
      {
        when: /ENOTFOUND|EAI_AGAIN/,
        cause: 'There is no such name, or this machine reaches no name server.',
        fix: 'Look for a typing error; then make an A or AAAA record for the name, and wait for it to spread (`dig +short <name>`).',
      },
      { cause: 'The name server does not answer as it is due.', fix: 'Try `dig <name>`.' },
    ],
    async run({ url, note }) {
      const { hostname } = new URL(url)
      const bare = hostname.replace(/^\[|\]$/g, '')
      if (isAddress(bare)) return `${bare} is an address itself`
      const begun = performance.now()
      const addresses = await lookup(bare, { all: true }).catch((error: Error) => error)
      const durationMs = Math.round(performance.now() - begun)
      const received =
        addresses instanceof Error
          ? addresses.message
          : addresses.map(({ address }) => address).join(', ')
      note({ sent: `look up ${bare}`, received, durationMs })
      due(!(addresses instanceof Error), `${bare}: ${received}`)
      return `${bare} is ${received}`
    },
  },
  {
    id: 'network.tcp',
    group: 'network',
    title: 'The port takes connections',
    weight: 'blocking',
    smoke: true,
    needs: ['network.dns'],
    causes: [
      {
        when: /ECONNREFUSED/,
        cause: 'Nothing listens at that port: Netra or the proxy in front of it is not started.',
        fix: 'Start it (`npm start`, or the unit or container), and look whether HOST and PORT are what the address says.',
      },
      {
        cause: 'The way there is blocked, or leads to another machine.',
        fix: 'Open the port in the firewall or security group, and see that the name leads to this machine.',
      },
    ],
    async run(context) {
      const { hostname } = new URL(context.url)
      const port = portOf(context.url)
      const { address, durationMs } = await tcpTo(context, hostname, port)
      return `${address}:${port} in ${durationMs} ms`
    },
  },
  {
    id: 'network.every-address',
    group: 'network',
    title: 'Every address of the name takes connections',
    weight: 'advisory',
    needs: ['network.tcp'],
    applies: ({ url }) =>
      isAddress(url.hostname) || isLoopback(url.hostname)
        ? 'the address under test is a single one'
        : undefined,
    causes: [
      {
        cause:
          'One of the addresses leads nowhere; often an AAAA record without IPv6 at the server.',
        fix: 'Remove the record that does not answer, or let the server listen there too (HOST=::).',
      },
    ],
    async run(context) {
      const { hostname } = new URL(context.url)
      const port = portOf(context.url)
      const addresses = await lookup(hostname, { all: true })
      const dead: string[] = []
      for (const { address } of addresses) {
        await tcpTo(context, address, port).catch(() => dead.push(address))
      }
      const alive = addresses.length - dead.length
      due(dead.length === 0, `${dead.join(', ')} do not answer, ${alive} of ${addresses.length} do`)
      return `${alive} of ${addresses.length}`
    },
  },
  ...tlsChecks,
  {
    id: 'network.http',
    group: 'network',
    title: 'HTTP is spoken there',
    weight: 'blocking',
    smoke: true,
    needs: ['network.tcp'],
    causes: [
      {
        when: /Parse Error|socket hang up|ECONNRESET|EPROTO|wrong version/,
        cause: 'Something else than HTTP listens there, or http and https are confused.',
        fix: 'Try the address with the other of http:// and https://; see which port is whose.',
      },
      {
        when: /5\d\d|all answer/,
        cause: 'The proxy answers, but reaches no Netra behind it.',
        fix: 'Look whether Netra runs and where it listens, and correct the upstream address in the proxy.',
      },
      {
        cause: 'The server takes connections and answers nothing.',
        fix: 'Look at its log and its load; restart it if it hangs.',
      },
    ],
    async run(context) {
      const seen: string[] = []
      for (const path of ['/health/live', '/api/config', '/']) {
        // Whether these are right is asked later; here any of them may show that HTTP is spoken.
        const { status } = await rawRequest(context, `${context.url}${path}`, {
          expect: ANY_STATUS,
          anyCertificate: true,
        })
        seen.push(`${path} ${status}`)
        if (status < 400) return seen.join(', ')
      }
      due(false, `all answer with errors: ${seen.join(', ')}`)
      return ''
    },
  },
  {
    id: 'network.http-version',
    group: 'network',
    title: 'It is HTTP/1.1, which sockets need',
    weight: 'blocking',
    needs: ['network.http'],
    causes: [
      {
        cause: 'A proxy on the way speaks HTTP/1.0.',
        fix: 'Update the proxy, or turn HTTP/1.1 on in it (nginx: `proxy_http_version 1.1`).',
      },
    ],
    async run(context) {
      const { httpVersion } = await rawRequest(context, `${context.url}/health/live`, {
        expect: ANY_STATUS,
        anyCertificate: true,
      })
      due(httpVersion === '1.1', `the answer is HTTP/${httpVersion}`)
      return `HTTP/${httpVersion}`
    },
  },
  {
    id: 'network.https',
    group: 'network',
    title: 'People come by https',
    weight: { development: 'advisory', staging: 'advisory', production: 'blocking' },
    applies: ({ url }) =>
      isLoopback(url.hostname)
        ? 'the address is one of this machine itself; validate the public one too'
        : undefined,
    causes: [
      {
        cause: 'The address is plain http: passwords and chats can be read on the way.',
        fix: 'Put a proxy with a certificate in front (deploy/caddy or deploy/nginx) and set NETRA_PUBLIC_URL to the https address.',
      },
    ],
    async run({ url }) {
      due(url.startsWith('https:'), `${url} is not https`)
      return url
    },
  },
  {
    id: 'network.redirect',
    group: 'network',
    title: 'Plain http leads to https',
    weight: { development: 'advisory', staging: 'advisory', production: 'blocking' },
    applies: ({ url, plainPort }) =>
      url.protocol !== 'https:'
        ? 'the address is not https'
        : plainPort === undefined
          ? 'the address has a port of its own, so there is no plain one beside it (--http-port names it)'
          : undefined,
    causes: [
      {
        cause: 'The proxy serves Netra in plain text too.',
        fix: 'Let port 80 answer nothing but a redirect: nginx `return 308 https://$host$request_uri;`, Caddy does it by itself.',
      },
    ],
    async run(context) {
      const { hostname } = new URL(context.url)
      const port = context.plainPort ?? 80
      const isOpen = await tcpTo(context, hostname, port).then(
        () => true,
        () => false,
      )
      if (!isOpen) return `nothing is served at port ${port}`
      const address = `http://${hostname}:${port}/`
      const answer = await rawRequest(context, address, { expect: [301, 302, 303, 307, 308] })
      const { location } = answer.headers
      due(
        typeof location === 'string' && location.startsWith('https://'),
        `${address} leads to ${String(location)}`,
      )
      return `${answer.status} to ${location}`
    },
  },
  {
    id: 'network.clock-of-answers',
    group: 'network',
    title: 'The clock of who answers (Date) agrees with ours',
    weight: 'advisory',
    needs: ['network.http'],
    causes: CLOCKS,
    async run(context) {
      const before = Date.now()
      const { headers } = await rawRequest(context, `${context.url}/health/live`, {
        expect: ANY_STATUS,
        anyCertificate: true,
      })
      return skewOf(String(headers['date']), { before, after: Date.now() })
    },
  },
  {
    id: 'network.clock-of-netra',
    group: 'network',
    title: "Netra's own clock agrees with ours",
    weight: 'blocking',
    needs: ['network.http'],
    causes: CLOCKS,
    async run(context) {
      const before = Date.now()
      const { text } = await rawRequest(context, `${context.url}/health`, {
        expect: [200, 503],
        anyCertificate: true,
      })
      const time = /"timestamp"\s*:\s*"([^"]*)"/.exec(text)?.[1]
      due(time !== undefined, `/health tells no timestamp: ${text.slice(0, 120)}`)
      return skewOf(time, { before, after: Date.now() })
    },
  },
]

/** Whatever status: the check looks at something else. */
const ANY_STATUS = Array.from({ length: 500 }, (_none, index) => 100 + index)

function skewOf(time: string, { before, after }: { before: number; after: number }): string {
  const at = Date.parse(time)
  due(!Number.isNaN(at), `"${time}" is no time`)
  // Date has whole seconds, and the way there and back took some time.
  const skew = at < before ? before - at : Math.max(0, at - after)
  due(skew <= MOST_SKEW_MS, `${Math.round(skew / 1000)} s apart: ${time} there, ${iso(after)} here`)
  return `${time}, at most ${Math.ceil(skew / 1000)} s apart`
}

const iso = (ms: number): string => new Date(ms).toISOString()
