import type { AddressInfo } from 'node:net'

import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface ReceivedMail {
  from: string
  to: string
  subject: string
  /** Decoded. */
  text: string
  html: string
  /** As it came over the wire. */
  raw: string
  /** The one address in the text. */
  link: string
  /** What stands behind `#token=` in it. */
  token: string
}

/** A real SMTP server on a free port. */
export interface MailServer extends AsyncDisposable {
  /** For SMTP_URL. */
  url: string
  port: number
  mails: ReceivedMail[]
  /** Connections so far, also those that sent nothing. */
  readonly connections: number
  /** The first mail to that address after the `skip` first ones, past or to come. */
  mailTo(address: string, skip?: number): Promise<ReceivedMail>
}

export async function startMailServer(
  options: {
    port?: number
    /** TLS from the first byte, with a certificate that nobody has signed. */
    secure?: boolean
    /** Addresses for which there is no mailbox. */
    unknown?: string[]
    credentials?: { user: string; password: string }
  } = {},
): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const waiting = new Set<() => void>()
  let connections = 0
  const { credentials, unknown = [], secure = false } = options
  const settings: SMTPServerOptions = {
    secure,
    disabledCommands: credentials === undefined ? ['AUTH', 'STARTTLS'] : ['STARTTLS'],
    allowInsecureAuth: true,
    logger: false,
    onConnect(_session, done) {
      connections += 1
      done()
    },
    onAuth({ username, password }, _session, done) {
      const isRight = username === credentials?.user && password === credentials?.password
      done(isRight ? null : new Error('Invalid username or password'), { user: username ?? '' })
    },
    onRcptTo({ address }, _session, done) {
      const noMailbox = Object.assign(new Error('No such mailbox'), { responseCode: 550 })
      done(unknown.includes(address) ? noMailbox : null)
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const from = session.envelope.mailFrom
        const to = session.envelope.rcptTo.map(({ address }) => address).join(', ')
        const raw = Buffer.concat(chunks).toString('utf8')
        mails.push({ from: from === false ? '' : from.address, to, ...read(raw) })
        for (const look of waiting) look()
        done()
      })
    },
  }
  const server = new SMTPServer(settings)
  // A client that refuses our certificate is an error here; it is what a test wants to see.
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  const who = credentials === undefined ? '' : `${credentials.user}:${credentials.password}@`
  return {
    url: `${secure ? 'smtps' : 'smtp'}://${who}127.0.0.1:${port}`,
    port,
    mails,
    get connections() {
      return connections
    },
    mailTo(address, skip = 0) {
      return new Promise((resolve) => {
        const look = () => {
          const found = mails.filter((mail) => mail.to === address)[skip]
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      })
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

function read(raw: string) {
  const [head = '', ...rest] = raw.split('\r\n\r\n')
  const header = (name: string): string =>
    new RegExp(`^${name}: (.*(?:\\r\\n[ \\t].*)*)`, 'im').exec(head)?.[1] ?? ''
  const boundary = /boundary="([^"]+)"/.exec(header('Content-Type'))?.[1]
  const parts = boundary === undefined ? [raw] : rest.join('\r\n\r\n').split(`--${boundary}`)
  const part = (type: string) => parts.map(partOf).find((found) => found.type === type)?.body ?? ''
  const text = part('text/plain')
  const link = /https?:\/\/\S+/.exec(text)?.[0] ?? ''
  const token = /#token=(\S+)/.exec(link)?.[1] ?? ''
  return { subject: header('Subject'), text, html: part('text/html'), raw, link, token }
}

function partOf(part: string): { type: string; body: string } {
  const [head = '', ...rest] = part.trimStart().split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  const isQuoted = /transfer-encoding: quoted-printable/i.test(head)
  const type = /content-type: ([\w/]+)/i.exec(head)?.[1] ?? ''
  return { type, body: isQuoted ? unquoted(body) : body }
}

function unquoted(text: string): string {
  const bytes = text
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
