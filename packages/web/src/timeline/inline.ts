export interface InlinePiece {
  text: string
  kind: 'text' | 'code' | 'strong'
}

const MARKED = /`([^`\n]+)`|\*\*([^*\n]+)\*\*/g

/** A line of a step: of Markdown only code and strong words mean something in it. */
export function inlinePieces(text: string): InlinePiece[] {
  const pieces: InlinePiece[] = []
  let from = 0
  for (const match of text.matchAll(MARKED)) {
    const [whole, code, strong] = match
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), kind: 'text' })
    pieces.push(
      code === undefined ? { text: strong ?? '', kind: 'strong' } : { text: code, kind: 'code' },
    )
    from = match.index + whole.length
  }
  if (from < text.length) pieces.push({ text: text.slice(from), kind: 'text' })
  return pieces
}
