/** One event may be no longer; a model's whole answer fits. */
const MOST_EVENT_UNITS = 2_000_000

export class EventTooLong extends Error {
  override readonly name = 'EventTooLong'
}

/**
 * The data of each server-sent event, as the HTML standard reads a stream: an event that its empty
 * line does not end is none.
 *
 * @throws EventTooLong; what the stream throws.
 */
export async function* dataOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  // A line that has not ended is kept in its pieces: whatever is read is searched once.
  let pieces: string[] = []
  let pieceUnits = 0
  /** A carriage return at the end may be the first half of a line's end. */
  let half = ''
  let data: string[] = []
  let units = 0
  const decoder = new TextDecoder()
  for await (const bytes of body) {
    const text = half + decoder.decode(bytes, { stream: true })
    half = text.endsWith('\r') ? '\r' : ''
    const lines = text.slice(0, text.length - half.length).split(/\r\n|\n|\r/)
    const begun = lines.pop() ?? ''
    if (lines.length > 0) {
      lines[0] = pieces.join('') + lines[0]
      pieces = []
      pieceUnits = 0
    }
    if (begun !== '') pieces.push(begun)
    pieceUnits += begun.length
    if (pieceUnits > MOST_EVENT_UNITS) throw new EventTooLong('a line without an end')
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield data.join('\n')
        data = []
        units = 0
        continue
      }
      if (!line.startsWith('data:')) continue
      data.push(line.slice(line.startsWith('data: ') ? 6 : 5))
      units += line.length
      if (units > MOST_EVENT_UNITS) throw new EventTooLong('an event without an end')
    }
  }
  // The last empty line may have ended in half of a line's end.
  if (half !== '' && pieceUnits === 0 && data.length > 0) yield data.join('\n')
}
