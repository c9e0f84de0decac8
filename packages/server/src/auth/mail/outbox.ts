import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Count, Metrics } from '../../platform/metrics.ts'
import { RateLimit } from '../../platform/rate-limit.ts'
import { RECOVERY } from '../../platform/recovery/recovery-table.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { MAIL_KINDS, type Mail, type MailKind } from './messages.ts'
import { MailHeldBack, MailNotSent } from './smtp.ts'

/** Wishes, not mails: a link is made when its mail is sent, so that no token ever lies here. */
export const OUTBOX_TABLES = `
  CREATE TABLE mail_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX mail_outbox_due ON mail_outbox (due_at);
  CREATE TRIGGER mail_outbox_forgets AFTER DELETE ON user BEGIN
    DELETE FROM mail_outbox WHERE recipient = OLD.email;
  END;
`

/** What was written to it says nothing by when it is worked on. */
const FIRST_TRY_MS = { least: 50, most: 500 }
const RETRY_AFTER_MS = RECOVERY.mail_away.retryAfterMs
/** Longer than a mail server may take; a mail whose process died meanwhile is sent by the next. */
const CLAIM_MS = 120_000
/** Finds what another process left. */
const POLL_MS = 30_000
const CLOSE_WAITS_MS = 2_000
const MAX_WAITING = 10_000
/** Of one kind to one address; nobody fills another person's mailbox. */
const PER_RECIPIENT = { perMinute: 0.2, burst: 3 }

interface Row {
  id: number
  kind: string
  recipient: string
  tries: number
}

interface Needs {
  database: AuthDatabase
  clock: Clock
  logger: Logger
  metrics?: Metrics | undefined
  send: (mail: Mail) => Promise<void>
  /** Undefined when there is nothing to send, for instance because nobody has this address. */
  compose: (kind: MailKind, recipient: string) => Mail | undefined
}

/** E-mails on their way. Whoever asks for one waits for no mail server, and a restart loses none. */
export class Outbox {
  readonly #needs: Needs
  readonly #recipients: RateLimit
  readonly #count: Count | undefined
  #stopTimer: () => void = () => {}
  #working: Promise<void> | undefined
  #isClosed = false

  constructor(needs: Needs) {
    this.#needs = needs
    this.#recipients = new RateLimit(needs.clock, PER_RECIPIENT)
    this.#count = needs.metrics?.counter('netra_mail_total', 'E-mails by what became of them.', [
      'kind',
      'outcome',
    ])
    needs.metrics?.gauge('netra_mail_waiting', 'E-mails not sent yet.', {
      read: () => (this.#isClosed ? 0 : this.waiting),
    })
    this.#wakeIn(FIRST_TRY_MS.least)
  }

  /** How many are not sent yet. */
  get waiting(): number {
    return this.#needs.database.get<{ n: number }>('SELECT count(*) AS n FROM mail_outbox')?.n ?? 0
  }

  /** One write, the same whether or not anybody has this address. */
  enqueue(kind: MailKind, recipient: string): void {
    const { database, clock } = this.#needs
    if (this.#recipients.take(`${kind} ${recipient}`) > 0 || this.waiting >= MAX_WAITING) {
      this.#count?.add({ kind, outcome: 'limited' })
      return
    }
    const { least, most } = FIRST_TRY_MS
    const delay = least + Math.random() * (most - least)
    database.run(
      'INSERT INTO mail_outbox (kind, recipient, due_at) VALUES (?, ?, ?)',
      kind,
      recipient,
      Math.floor(clock.now() + delay),
    )
    // By the earliest of all: a newer one must not put off those that wait.
    this.#wakeIn(this.#untilNext())
  }

  /** Waits a moment for the mail that is being sent; the others are sent after the next start. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopTimer()
    const waited = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_WAITS_MS).unref())
    await Promise.race([this.#working, waited])
  }

  #wakeIn(ms: number): void {
    if (this.#isClosed) return
    this.#stopTimer()
    this.#stopTimer = this.#needs.clock.after(Math.max(ms, 0), () => {
      this.#working ??= this.#work().then((untilNextMs) => {
        this.#working = undefined
        this.#wakeIn(untilNextMs)
      })
    })
  }

  #untilNext(): number {
    if (this.#isClosed) return POLL_MS
    const { database, clock } = this.#needs
    const next = database.get<{ at: number | null }>('SELECT min(due_at) AS at FROM mail_outbox')
    return Math.min(POLL_MS, (next?.at ?? Infinity) - clock.now())
  }

  /** Sends what is due, and answers in how many milliseconds the next one is. Never throws. */
  async #work(): Promise<number> {
    try {
      for (;;) {
        const row = this.#isClosed ? undefined : this.#claim()
        if (row === undefined) return this.#untilNext()
        await this.#sendOne(row)
      }
    } catch (error) {
      // The store cannot be written, for instance because the disk is full.
      this.#needs.logger.error({ err: error }, 'the e-mails that wait cannot be worked on')
      return POLL_MS
    }
  }

  /** Takes the next one for a while, so that no other process sends it too. */
  #claim(): Row | undefined {
    const { database, clock } = this.#needs
    const now = clock.now()
    return database.get<Row>(
      `UPDATE mail_outbox SET due_at = ?, tries = tries + 1
       WHERE id = (SELECT id FROM mail_outbox WHERE due_at <= ? ORDER BY due_at, id LIMIT 1)
       RETURNING id, kind, recipient, tries`,
      now + CLAIM_MS,
      now,
    )
  }

  async #sendOne(row: Row): Promise<void> {
    const { send, compose } = this.#needs
    try {
      const kind = MAIL_KINDS.find((known) => known === row.kind)
      const mail = kind && compose(kind, row.recipient)
      if (mail !== undefined) await send(mail)
      this.#done(row, mail === undefined ? 'not_needed' : 'sent')
    } catch (error) {
      this.#failed(row, error)
    }
  }

  #failed(row: Row, error: unknown): void {
    if (this.#isClosed) return
    const { database, clock, logger } = this.#needs
    if (error instanceof MailHeldBack) {
      // It was not tried: nothing is counted, and it is no later than the next trial.
      const at = clock.now() + error.afterMs
      database.run(
        'UPDATE mail_outbox SET due_at = ?, tries = ? WHERE id = ?',
        at,
        row.tries - 1,
        row.id,
      )
      return
    }
    const why = error instanceof MailNotSent ? error.message : 'a fault of Netra'
    if (!(error instanceof MailNotSent)) logger.error({ err: error }, 'an e-mail was not made')
    const isFinal = error instanceof MailNotSent && error.isFinal
    const delay = isFinal ? undefined : RETRY_AFTER_MS[row.tries - 1]
    const report = { kind: row.kind, tries: row.tries, why }
    if (delay === undefined) {
      logger.error(report, 'an e-mail was given up; check SMTP_URL')
      this.#done(row, 'given_up')
      return
    }
    logger.warn({ ...report, again_in_ms: delay }, 'an e-mail was not sent yet')
    this.#count?.add({ kind: row.kind, outcome: 'retried' })
    database.run('UPDATE mail_outbox SET due_at = ? WHERE id = ?', clock.now() + delay, row.id)
  }

  #done({ id, kind }: Row, outcome: 'sent' | 'not_needed' | 'given_up'): void {
    this.#count?.add({ kind, outcome })
    if (!this.#isClosed) this.#needs.database.run('DELETE FROM mail_outbox WHERE id = ?', id)
  }
}
