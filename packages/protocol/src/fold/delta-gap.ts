/** A delta lies beyond the text at hand: something is missing, and the stream is subscribed again. */
export class DeltaGap extends Error {
  override readonly name = 'DeltaGap'
  readonly messageId: string
  readonly part: number
  readonly expected: number
  readonly offset: number

  constructor(place: { messageId: string; part: number; expected: number; offset: number }) {
    super(
      `message ${place.messageId}, part ${place.part}: the next piece is at ${place.offset}, but only ${place.expected} came before it`,
    )
    this.messageId = place.messageId
    this.part = place.part
    this.expected = place.expected
    this.offset = place.offset
  }
}
