/** One message of a `text/event-stream`. */
export interface StreamedEvent {
  id: string | undefined
  data: string
}

/** Reads a `text/event-stream` as it comes, in whatever pieces. */
export class EventStreamParser {
  #text = ''
  #id: string | undefined
  #data: string[] = []

  /** The messages that this piece completes. */
  push(piece: string): StreamedEvent[] {
    const lines = (this.#text + piece).split('\n')
    this.#text = lines.pop() ?? ''
    return lines.flatMap((line) => this.#line(line.endsWith('\r') ? line.slice(0, -1) : line))
  }

  #line(line: string): StreamedEvent[] {
    if (line === '') {
      const event = { id: this.#id, data: this.#data.join('\n') }
      const isThere = this.#data.length > 0
      this.#id = undefined
      this.#data = []
      return isThere ? [event] : []
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.#data.push(value)
    else if (field === 'id') this.#id = value
    return []
  }
}
