export interface Element {
  name: string
  attributes: Record<string, string>
  children: Element[]
  text: string
}

/** A strict reader of the little XML that reports are. @throws when it is not well formed. */
export function parsedXml(xml: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  const head = /^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/.exec(xml)
  if (!head) throw new Error('no XML declaration')
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(xml)) {
    throw new Error('a character that XML cannot hold')
  }
  const token = /<(\/?)([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/gy
  token.lastIndex = head[0].length
  for (let match = token.exec(xml); match; match = token.exec(xml)) {
    const [, closing, name = '', attributes = '', empty, text, stray] = match
    const top = open.at(-1) ?? root
    if (stray) throw new Error(`a stray < at ${match.index}`)
    if (text !== undefined) top.text += decoded(text)
    else if (closing) {
      if (top.name !== name) throw new Error(`</${name}> closes <${top.name}>`)
      open.pop()
    } else {
      const pairs = [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)]
      const values = pairs.map(([, key = '', value = '']) => [key, decoded(value)] as const)
      const element = { name, attributes: Object.fromEntries(values), children: [], text: '' }
      top.children.push(element)
      if (!empty) open.push(element)
    }
  }
  const [only] = root.children
  if (open.length !== 1 || root.children.length !== 1 || !only)
    throw new Error('not one whole root')
  return only
}

function decoded(text: string): string {
  const bare = text.replaceAll(/&(?:amp|lt|gt|quot|#10);/g, (entity) => ENTITIES[entity] ?? entity)
  if (/&(?!amp;|lt;|gt;|quot;|#10;)/.test(text)) throw new Error(`a stray & in ${text}`)
  return bare
}

const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#10;': '\n',
}
