/** What a subscriber delivers to: one socket's outbox, or one HTTP response. */
export interface Sink {
  /** False while the reader has not acknowledged enough: the subscriber waits for `resume`. */
  readonly open: boolean
  /** Takes one finished frame (JSON text of one message). */
  send(frame: string, countsAgainstWindow: boolean): void
  /** The subscriber cannot go on; the sink closes and the client comes back. */
  failed(error: unknown): void
}
