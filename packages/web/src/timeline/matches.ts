export interface Piece {
  text: string
  isMatch: boolean
}

/** A text cut where it contains what was searched for, without regard to case. */
export function markMatches(text: string, search: string): Piece[] {
  const wanted = search.trim().toLowerCase()
  const lower = text.toLowerCase()
  if (wanted === '' || lower.length !== text.length) return [{ text, isMatch: false }]
  const pieces: Piece[] = []
  let from = 0
  for (;;) {
    const at = lower.indexOf(wanted, from)
    if (at < 0) break
    if (at > from) pieces.push({ text: text.slice(from, at), isMatch: false })
    pieces.push({ text: text.slice(at, at + wanted.length), isMatch: true })
    from = at + wanted.length
  }
  if (from < text.length) pieces.push({ text: text.slice(from), isMatch: false })
  return pieces
}
