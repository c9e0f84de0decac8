import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

import { freePort } from '../../support/free-port.ts'
import { changing, changingJson } from '../alterations.ts'
import { startAlteringProxy } from '../altering-proxy.ts'
import { openProxy, type BrokenServer, type Healthy, type Place } from '../judge.ts'
import { nameHere } from '../names.ts'

const HOUR_MS = 3_600_000

/** Reached by plain http. */
export const brokenNetwork: readonly BrokenServer[] = [
  {
    name: 'has a name that nobody knows',
    breaks: 'network.dns',
    open: async () => nowhere('https://no-such-host.invalid'),
  },
  {
    name: 'does not listen',
    breaks: 'network.tcp',
    open: async () => nowhere(`http://127.0.0.1:${await freePort()}`),
  },
  {
    name: 'speaks something else than HTTP',
    breaks: 'network.http',
    open: () =>
      listening(
        createServer((socket) => {
          socket.on('error', () => socket.destroy())
          socket.on('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
        }),
      ),
  },
  {
    name: 'has a proxy in front that reaches nothing',
    breaks: 'network.http',
    alter: () => ({ answer: () => ({ status: 502, body: '<h1>502 Bad Gateway</h1>' }) }),
  },
  {
    name: 'has a proxy of HTTP/1.0 in front',
    breaks: 'network.http-version',
    open: openOldProxy,
  },
  {
    name: 'stands behind a proxy whose clock is an hour behind',
    breaks: 'network.clock-of-answers',
    alter: () =>
      changing(/./, (answered) => {
        answered.headers['date'] = new Date(Date.now() - HOUR_MS).toUTCString()
      }),
  },
  {
    name: 'has a clock that is an hour ahead',
    breaks: 'network.clock-of-netra',
    alter: () =>
      changingJson(/health$/, (body) => ({
        ...body,
        timestamp: new Date(Date.now() + HOUR_MS).toISOString(),
      })),
  },
]

export const brokenPlainName: BrokenServer = {
  name: 'is reached from elsewhere by plain http',
  breaks: 'network.https',
  open: async ({ url, publicHost }) => {
    nameHere('plain.netra.test', ['127.0.0.1'])
    return startAlteringProxy(url, {}, { publicHost, host: 'plain.netra.test' })
  },
}

/** Reached by https. */
export const brokenTls: readonly BrokenServer[] = [
  {
    name: 'signed its certificate itself',
    breaks: 'network.tls-chain',
    certificate: { alone: true },
  },
  {
    name: 'shows the certificate of another name',
    breaks: 'network.tls-name',
    certificate: { names: ['other.example', '*.localhost'] },
  },
  {
    name: 'shows a certificate that expired yesterday',
    breaks: 'network.tls-valid-now',
    certificate: { days: -1 },
  },
  {
    name: 'shows a certificate of tomorrow',
    breaks: 'network.tls-valid-now',
    certificate: { begunDaysAgo: -1 },
  },
  {
    name: 'shows a certificate that ends this week',
    breaks: 'network.tls-expiry',
    certificate: { days: 5 },
  },
  {
    name: 'still speaks TLS 1.0',
    breaks: 'network.tls-version',
    certificate: { oldest: 'TLSv1' },
  },
  {
    name: 'has a second address at which nothing listens',
    breaks: 'network.every-address',
    open: async ({ url, publicHost, authority }) => {
      nameHere('two.netra.test', ['127.0.0.1', '127.0.0.2'])
      const certificate = authority?.issue({ names: ['two.netra.test'] })
      const host = 'two.netra.test'
      return startAlteringProxy(url, {}, { publicHost, host, ...(certificate && { certificate }) })
    },
  },
  {
    name: 'serves people in plain text too',
    breaks: 'network.redirect',
    open: async (healthy) => {
      const secure = await openProxy(healthy, {})
      const plain = await startAlteringProxy(healthy.url, {})
      return {
        url: secure.url,
        options: { plainPort: Number(new URL(plain.url).port) },
        async [Symbol.asyncDispose]() {
          await plain[Symbol.asyncDispose]()
          await secure[Symbol.asyncDispose]()
        },
      }
    },
  },
]

const nowhere = (url: string): Place => ({ url, [Symbol.asyncDispose]: async () => undefined })

async function listening(server: Server): Promise<Place> {
  const open = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

/** Answers begin with its own version, as of a proxy that was made before 1997. */
async function openOldProxy(healthy: Healthy): Promise<Place> {
  const inner = await openProxy(healthy, {})
  const outer = await listening(
    createServer((socket) => {
      const onward = connect(Number(new URL(inner.url).port), '127.0.0.1')
      socket.pipe(onward)
      onward.on('data', (data) => {
        socket.write(data.toString('latin1').replace(/^HTTP\/1\.1 /, 'HTTP/1.0 '), 'latin1')
      })
      onward.on('end', () => socket.end())
      socket.on('close', () => onward.destroy())
      onward.on('error', () => socket.destroy())
    }),
  )
  return {
    url: outer.url,
    async [Symbol.asyncDispose]() {
      await outer[Symbol.asyncDispose]()
      await inner[Symbol.asyncDispose]()
    },
  }
}
