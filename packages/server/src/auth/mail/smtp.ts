import type { Transporter } from 'nodemailer'

import { behindBreaker, untilNextCall } from '../../platform/behind-breaker.ts'
import { CircuitOpen, type CircuitBreaker } from '../../platform/circuit-breaker.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Mail } from './messages.ts'

const CONNECT_MS = 10_000
const SILENCE_MS = 20_000

export interface SmtpSettings {
  /** smtp://user:password@host:port, or smtps:// for TLS from the first byte. */
  url: string
  from: string
}

/** Why a mail was not taken; holds no address, so that it can be logged. */
export class MailNotSent extends Error {
  override readonly name = 'MailNotSent'
  /** The server will never take it, for instance because there is no such mailbox. */
  readonly isFinal: boolean

  constructor(message: string, isFinal: boolean) {
    super(message)
    this.isFinal = isFinal
  }
}

/** The server failed several times in a row, so this mail was not even tried. */
export class MailHeldBack extends Error {
  override readonly name = 'MailHeldBack'
  readonly afterMs: number

  constructor(afterMs: number) {
    super('the mail server is not asked for the moment')
    this.afterMs = afterMs
  }
}

const isUnwell = (error: unknown): boolean => !(error instanceof MailNotSent && error.isFinal)

/** @throws MailHeldBack while the circuit is open. */
export const heldBackBy =
  (
    send: (mail: Mail) => Promise<void>,
    { breaker, clock }: { breaker: CircuitBreaker; clock: Clock },
  ): ((mail: Mail) => Promise<void>) =>
  async (mail) => {
    try {
      await behindBreaker(breaker, () => send(mail), isUnwell)
    } catch (error) {
      if (!(error instanceof CircuitOpen)) throw error
      throw new MailHeldBack(untilNextCall(breaker, clock.now()))
    }
  }

/**
 * Sends over SMTP. Certificates are always checked; a password never crosses the network
 * unencrypted, except to this machine itself.
 */
export function createSmtp({ url, from }: SmtpSettings): (mail: Mail) => Promise<void> {
  // Loaded with the first mail: nobody else waits for it at start.
  let transport: Promise<Transporter> | undefined
  return async (mail) => {
    transport ??= open(url)
    try {
      await (await transport).sendMail({ ...mail, from })
    } catch (error) {
      throw asFailure(error)
    }
  }
}

async function open(address: string): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  const url = new URL(address)
  const secure = url.protocol === 'smtps:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const user = decodeURIComponent(url.username)
  return createTransport({
    host,
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && user !== '' && !isThisMachine(host),
    ...(user !== '' && { auth: { user, pass: decodeURIComponent(url.password) } }),
    tls: { minVersion: 'TLSv1.2' },
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** 5xx to a recipient or a mail is the server's last word; to a login it is ours to put right. */
function asFailure(error: unknown): MailNotSent {
  if (!(error instanceof Error)) return new MailNotSent('the mail server failed', false)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  const status =
    'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : 0
  const isFinal = status >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  return new MailNotSent(status > 0 ? `${code}, answer ${status}` : code, isFinal)
}
