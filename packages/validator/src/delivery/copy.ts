import {
  DeltaGap,
  emptyThreadState,
  emptyUserState,
  foldThread,
  foldUser,
  formatPosition,
  parsePosition,
  type ServerMessage,
  type ThreadState,
  type UserState,
} from '@netra/protocol'

import type { StreamState } from '../auditor/auditor.ts'

type Of<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>

/** What one device has of one stream: a cursor and a fold, as PROTOCOL.md §6 asks of a client. */
export class Copy {
  readonly stream: string
  state: StreamState
  /** Undefined until the server has told it. */
  epoch: string | undefined
  seq = 0
  isLive = false
  /** The device wants to follow it just now. */
  wanted = true

  constructor(stream: string, position: string | null = null) {
    this.stream = stream
    this.state = emptyOf(stream)
    const from = position === null ? undefined : parsePosition(position)
    this.epoch = from?.epoch
    this.seq = from?.seq ?? 0
  }

  /** Where it goes on from; a copy that was cut off before it knew its epoch starts anew (P40). */
  resume(): string | null {
    this.isLive = false
    if (this.epoch === undefined) this.forget()
    return this.position
  }

  get position(): string | null {
    return this.epoch === undefined ? null : formatPosition(this.epoch, this.seq)
  }

  forget(): void {
    this.epoch = undefined
    this.seq = 0
    this.state = emptyOf(this.stream)
    this.isLive = false
  }

  /** False when a hole shows that the stream must be subscribed again. */
  event({ seq, event }: Of<'event'>): boolean {
    if (seq <= this.seq) return true
    if (seq > this.seq + 1) return false
    try {
      this.state = this.stream.startsWith('user:')
        ? foldUser(this.state as UserState, event)
        : foldThread(this.state as ThreadState, event)
    } catch (error) {
      if (!(error instanceof DeltaGap)) throw error
      this.forget()
      return false
    }
    this.seq = seq
    return true
  }

  snapshot({ position, state }: Of<'snapshot'>): void {
    const at = parsePosition(position)
    this.epoch = at?.epoch
    this.seq = at?.seq ?? 0
    this.state = state
  }

  live({ position }: Of<'live'>): void {
    this.epoch ??= parsePosition(position)?.epoch
    this.isLive = true
  }

  /** A ping names a head that a live copy has not reached (P53). */
  isBehind(head: string): boolean {
    const at = parsePosition(head)
    return this.isLive && at !== undefined && at.epoch === this.epoch && at.seq > this.seq
  }
}

const emptyOf = (stream: string): StreamState =>
  stream.startsWith('user:') ? emptyUserState() : emptyThreadState()
