/** A text shorter than this is read whole each time it grows. */
const SEGMENT_CHARACTERS = 3_000

/** What reaches over blank lines, or is named in another place than it is used. */
const SPANNING = /^ {0,3}\[[^\]]+\]:|<(?:pre|script|style|textarea|!--)/im
const FENCE = /^ {0,3}(`{3,}|~{3,})/
/** A heading or a paragraph at the margin begins anew, whatever stood before the blank line. */
const BEGINS_ANEW = /^(?:#{1,6} |\p{L})/u

/**
 * The parts of a Markdown text that can be read each by itself; joined they are the text. All but the
 * last stay as they are while the text grows, so that a long answer costs no more than a short one.
 */
export function segmentsOf(text: string): string[] {
  if (text.length < 2 * SEGMENT_CHARACTERS || SPANNING.test(text)) return [text]
  const segments: string[] = []
  let start = 0
  let fence: string | undefined
  let isAfterBlank = false
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at)
    const next = end < 0 ? text.length : end + 1
    const line = text.slice(at, next)
    const isLong = at - start >= SEGMENT_CHARACTERS
    if (isLong && isAfterBlank && fence === undefined && BEGINS_ANEW.test(line)) {
      segments.push(text.slice(start, at))
      start = at
    }
    const mark = FENCE.exec(line)?.[1]
    if (fence === undefined) fence = mark
    else if (mark?.startsWith(fence)) fence = undefined
    isAfterBlank = line.trim() === ''
    at = next
  }
  return [...segments, text.slice(start)]
}
