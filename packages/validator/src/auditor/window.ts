import type { Judge, Report, Seen } from './report.ts'

interface Account {
  device: string
  windowBytes: number
  windowEvents: number
  heardBytes: number
  ackedBytes: number
  /** Frames with events that no `ack` covers yet: total bytes up to each, and its events. */
  unacked: { upTo: number; events: number }[]
}

/**
 * A server sends no event while a window of bytes or events is unacknowledged (P50). What the
 * device has said arrives later, so a device never sees more than the server counts.
 */
export class Window implements Judge {
  readonly #report: Report
  readonly #accounts = new Map<string, Account>()

  constructor(report: Report) {
    this.#report = report
  }

  opened({ socket, device }: Seen<'opened'>): void {
    this.#accounts.set(socket, {
      device,
      windowBytes: Infinity,
      windowEvents: Infinity,
      heardBytes: 0,
      ackedBytes: 0,
      unacked: [],
    })
  }

  closed({ socket }: Seen<'closed'>): void {
    this.#accounts.delete(socket)
  }

  queued({ socket, bytes, window }: Seen<'queued'>): void {
    if (bytes <= window) return
    const { device } = this.#accounts.get(socket) ?? {}
    const detail = `${bytes} bytes wait for the connection; its window is ${window}`
    this.#report.violation('window', { device }, detail)
  }

  said({ socket, message }: Seen<'said'>): void {
    const account = this.#accounts.get(socket)
    if (account && message.type === 'ack') ack(account, message.bytes)
  }

  heard({ socket, messages, bytes }: Seen<'heard'>): void {
    const account = this.#accounts.get(socket)
    if (!account) return
    const events = messages.filter(({ type }) => type === 'event').length
    const welcome = messages.find((message) => message.type === 'welcome')
    if (welcome) {
      account.windowBytes = welcome.limits.window_bytes
      account.windowEvents = welcome.limits.window_events
    }
    const owed = account.heardBytes - account.ackedBytes
    const owedEvents = account.unacked.reduce((sum, frame) => sum + frame.events, 0)
    account.heardBytes += bytes
    if (events === 0) return
    account.unacked.push({ upTo: account.heardBytes, events })
    if (owed < account.windowBytes && owedEvents < account.windowEvents) return
    const detail = `events came while ${owed} bytes and ${owedEvents} events were unacknowledged`
    this.#report.violation('window', { device: account.device }, detail)
  }
}

function ack(account: Account, bytes: number): void {
  account.ackedBytes = Math.max(account.ackedBytes, bytes)
  const first = account.unacked.findIndex((frame) => frame.upTo > account.ackedBytes)
  account.unacked.splice(0, first < 0 ? account.unacked.length : first)
}
