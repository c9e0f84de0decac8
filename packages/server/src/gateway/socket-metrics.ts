/** True numbers about sockets, as `/ws/health` shows them. */
export class SocketMetrics {
  messagesReceived = 0
  badFrames = 0
  handshakesAccepted = 0
  handshakesRefused = 0
  rateLimited = 0
  /** Milliseconds from upgrade to welcome, of the last 1,000. */
  readonly welcomeMs: number[] = []
  readonly closes = new Map<number, number>()

  received(): void {
    this.messagesReceived += 1
  }

  badFrame(): void {
    this.badFrames += 1
  }

  handshake(accepted: boolean): void {
    if (accepted) this.handshakesAccepted += 1
    else this.handshakesRefused += 1
  }

  welcomed(ms: number): void {
    this.welcomeMs.push(ms)
    if (this.welcomeMs.length > 1_000) this.welcomeMs.shift()
  }

  closed(code: number): void {
    this.closes.set(code, (this.closes.get(code) ?? 0) + 1)
  }

  /** Share of handshakes that ended in a welcome; 1 when there was none yet. */
  get successRate(): number {
    const all = this.handshakesAccepted + this.handshakesRefused
    return all === 0 ? 1 : this.handshakesAccepted / all
  }

  get errorRate(): number {
    return this.messagesReceived === 0 ? 0 : this.badFrames / this.messagesReceived
  }
}
