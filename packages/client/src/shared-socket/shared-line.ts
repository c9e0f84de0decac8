import type { ClientMessage, ClientMessageInput } from '@netra/protocol'

import { Acknowledger } from '../acknowledger.ts'
import type { Clock } from '../clock.ts'
import { Heartbeat } from '../heartbeat.ts'
import type { Socket, Transport } from '../transport.ts'
import { SharedCursors } from './shared-cursors.ts'
import { Tab, type PassedMessage, type TabPort } from './tab.ts'

export interface SharedLineParts {
  clock: Clock
  transport: Transport
  url: string
  userId: string
}

/** What a tab's end of the line can do. */
export interface TabEnd {
  send(text: string): void
  taken(characters: number): void
  leave(): void
}

const SLOW_CONSUMER = 4004
const IDENTITY_CHANGED = 4502

const bytesOf = (text: string): number => new TextEncoder().encode(text).length

/**
 * One connection to the server for several tabs of one user. Each tab says hello, subscribes and
 * commands as if it were alone; here their streams become one cursor each, and answers find back to
 * who asked.
 *
 * Invariant: a tab is only ever given what the server sent to the one user of this line; and what it
 * is given twice or misses, its own cursor ignores or asks for, as on any socket.
 */
export class SharedLine {
  readonly #parts: SharedLineParts
  readonly #tabs = new Map<number, Tab>()
  readonly #cursors: SharedCursors
  readonly #commands = new Map<string, { tab: number; id: string }>()
  /** Of this line, so that a tab's own socket beside it does not replace it. */
  #instance = crypto.randomUUID()
  #count = 0
  #socket: Socket | undefined
  #isOpen = false
  #hasGreeted = false
  #welcome: PassedMessage | undefined
  #heartbeat: Heartbeat | undefined
  #acknowledger: Acknowledger | undefined
  #pings = 0

  constructor(parts: SharedLineParts) {
    this.#parts = parts
    this.#cursors = new SharedCursors((message) => this.#send(message))
  }

  get tabs(): number {
    return this.#tabs.size
  }

  attach(port: TabPort): TabEnd {
    const tab = new Tab(++this.#count, port)
    this.#tabs.set(tab.number, tab)
    if (this.#isOpen) tab.opened()
    else if (!this.#socket) this.#open()
    return {
      send: (text) => {
        if (this.#tabs.has(tab.number)) this.#fromTab(tab, JSON.parse(text) as ClientMessage)
      },
      taken: (characters) => tab.taken(characters),
      leave: () => this.#leave(tab),
    }
  }

  #open(): void {
    const { transport, url } = this.#parts
    this.#socket = transport.open(url, {
      onOpen: () => {
        this.#isOpen = true
        for (const tab of this.#tabs.values()) tab.opened()
      },
      onFrame: (text) => this.#receive(text),
      onClose: (code, reason, status) => this.#ended(code, reason, status),
    })
  }

  #send(message: ClientMessageInput | PassedMessage): void {
    this.#socket?.send(JSON.stringify(message))
  }

  /** The tab is gone, or told that it is: what only it read is not read any more. */
  #leave(tab: Tab): void {
    if (!this.#tabs.delete(tab.number)) return
    this.#cursors.leave(tab)
    for (const [id, command] of this.#commands) {
      if (command.tab === tab.number) this.#commands.delete(id)
    }
    if (this.#tabs.size > 0) return
    this.#socket?.close(1000, 'no tab is left')
    this.#reset()
  }

  #reset(): void {
    this.#heartbeat?.stop()
    this.#acknowledger?.stop()
    this.#heartbeat = undefined
    this.#acknowledger = undefined
    this.#socket = undefined
    this.#isOpen = false
    this.#hasGreeted = false
    this.#welcome = undefined
    this.#cursors.clear()
    this.#commands.clear()
  }

  /** Every tab learns of it, and comes back from its own cursor. */
  #ended(code: number, reason: string, status?: number): void {
    const tabs = [...this.#tabs.values()]
    this.#tabs.clear()
    this.#reset()
    for (const tab of tabs) {
      tab.flush()
      tab.closed(code, reason, status)
    }
  }

  #giveUp(code: number, reason: string): void {
    this.#socket?.close(1000, reason)
    this.#ended(code, reason)
  }

  #fromTab(tab: Tab, message: ClientMessage): void {
    switch (message.type) {
      case 'hello':
        return this.#hello(tab, message)
      case 'subscribe':
        return this.#cursors.subscribe(tab, message.stream, message.id, message.position ?? null)
      case 'unsubscribe':
        return this.#cursors.unsubscribe(tab, message.stream, tab.own(message.id))
      case 'ack':
        // The frames may have been acknowledged before the tab had applied them: said once more.
        if (this.#cursors.applied(message.positions)) this.#acknowledger?.received(0, 0)
        return
      case 'ping':
        // Answered once the server has been heard, so that the tab learns of the whole way.
        tab.pings.push(message.nonce)
        return this.#heartbeat?.probe()
      case 'send_message':
      case 'regenerate':
      case 'cancel_run':
      case 'decide': {
        const id = tab.own(message.id)
        this.#commands.set(id, { tab: tab.number, id: message.id })
        return this.#send({ ...message, id })
      }
      case 'pong':
      case 'authenticate':
        return
      default:
        return message satisfies never
    }
  }

  /** The first one to greet opens for all; its streams are subscribed like everybody's. */
  #hello(tab: Tab, hello: Extract<ClientMessage, { type: 'hello' }>): void {
    tab.isWelcome = true
    if (this.#welcome) {
      tab.gather(this.#welcome)
      return tab.flush()
    }
    if (this.#hasGreeted) return
    this.#hasGreeted = true
    this.#send({ ...hello, instance: this.#instance, resume: [] })
  }

  #receive(text: string): void {
    this.#heartbeat?.heard()
    for (const tab of this.#tabs.values()) {
      for (const nonce of tab.pings) tab.gather({ type: 'pong', nonce })
      tab.pings = []
    }
    const parsed = JSON.parse(text) as PassedMessage | PassedMessage[]
    const messages = Array.isArray(parsed) ? parsed : [parsed]
    for (const message of messages) this.#fromServer(message)
    for (const tab of this.#tabs.values()) {
      tab.flush()
      if (!tab.isTooFarBehind) continue
      this.#leave(tab)
      tab.closed(SLOW_CONSUMER, 'this tab does not keep up', undefined)
    }
    this.#acknowledger?.received(bytesOf(text), messages.length)
  }

  #fromServer(message: PassedMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.#welcomed(message)
      case 'ping':
        this.#send({ type: 'pong', nonce: message['nonce'] })
        return this.#toAll(message)
      case 'event':
      case 'live':
      case 'snapshot':
      case 'reset': {
        for (const tab of this.#cursors.readers(message)) tab.gather(message)
        return
      }
      case 'ok':
      case 'error':
        return this.#answer(message)
      case 'pong':
      case 'authenticated':
      case 'authentication_due':
        // A page has no token to answer with; it comes back with a ticket.
        return
      default:
        return this.#toAll(message)
    }
  }

  #welcomed(welcome: PassedMessage): void {
    if (welcome['user_id'] !== this.#parts.userId) {
      return this.#giveUp(IDENTITY_CHANGED, 'somebody else is signed in')
    }
    this.#welcome = { ...welcome, streams: [] }
    const { clock } = this.#parts
    const { interval_ms, timeout_ms } = welcome['heartbeat'] as Record<string, number>
    this.#heartbeat = new Heartbeat({
      clock,
      intervalMs: Number(interval_ms),
      timeoutMs: Number(timeout_ms),
      ping: () => this.#send({ type: 'ping', nonce: String(++this.#pings) }),
      dead: () => this.#giveUp(1006, 'nothing was heard from the server'),
    })
    this.#acknowledger = new Acknowledger(clock, (bytes) =>
      this.#send({ type: 'ack', positions: this.#cursors.positions(), bytes }),
    )
    for (const tab of this.#tabs.values()) if (tab.isWelcome) tab.gather(this.#welcome)
  }

  #toAll(message: PassedMessage): void {
    for (const tab of this.#tabs.values()) tab.gather(message)
  }

  #answer(message: PassedMessage): void {
    const { id } = message
    if (id == null) return this.#toAll(message)
    const command = this.#commands.get(id)
    if (!command) return this.#cursors.answered(message)
    this.#commands.delete(id)
    this.#tabs.get(command.tab)?.gather({ ...message, id: command.id })
  }
}
