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
  let rest = ''
  let data: string[] = []
  let units = 0
  const decoder = new TextDecoder()
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true })
    // A carriage return at the end may be the first half of a line's end.
    const end = rest.endsWith('\r') ? rest.length - 1 : rest.length
    const lines = rest.slice(0, end).split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? '') + rest.slice(end)
    if (rest.length > MOST_EVENT_UNITS) throw new EventTooLong('a line without an end')
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
  } // The last empty line may have ended in half of a line's end.
  if (rest === '\r' && data.length > 0) yield data.join('\n')
}
