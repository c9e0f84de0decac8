/**
 * What a reader of Markdown makes an address of by itself: `https://…`, `www.…`, `a@b.c`. Neither a
 * backslash nor an entity keeps it from that, as it looks again once those are read; code does.
 */
const LINKED =
  /(?:[a-z][a-z\d+.-]*:\/\/|www\.|(?:mailto|xmpp):)[^\s`\\|<>[\]]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu
/** Of these some begin a heading or a list where a text begins. */
const AT_START = /^(?:#|[-+=](?=\s|$|[-+=])|\d{1,9}(?=[.)](?:\s|$)))/u
const ANYWHERE = /[\\`*[\]<>|~]|&(?=#?\w+;)|\$(?=\$)|(?<=\$)\$/gu
/** Within a word it is a letter like others. */
const EDGE = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu

/** Words of files, people and models as one line of Markdown that shows these very signs, and leads nowhere. */
export function asMarkdown(text: string): string {
  const line = text.replaceAll(/\s+/gu, ' ').trim()
  let shown = ''
  let from = 0
  for (const { 0: address, index } of line.matchAll(LINKED)) {
    shown += `${escaped(line.slice(from, index))}\`${address}\``
    from = index + address.length
  }
  shown += escaped(line.slice(from))
  const [begins] = AT_START.exec(shown) ?? []
  if (begins === undefined) return shown
  // After digits it is the stop that makes a list of them.
  return /^\d/u.test(begins) ? `${begins}\\${shown.slice(begins.length)}` : `\\${shown}`
}

const escaped = (text: string): string =>
  text.replaceAll(ANYWHERE, String.raw`\$&`).replaceAll(EDGE, String.raw`\_`)
