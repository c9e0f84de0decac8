const MAX_CHARACTERS = 100
/** Windows takes these for devices, whatever follows the first dot. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/** What Unicode does not take apart into a letter and its marks. */
const LETTERS: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ł: 'l',
  Ł: 'L',
  ı: 'i',
  þ: 'th',
  Þ: 'Th',
  '‘': "'",
  '’': "'",
}

/** Names of one archive, in ASCII, for not every unzip reads others; the texts hold them whole. They lead nowhere outside it, and no two differ by case alone. */
export class ArchiveNames {
  readonly #taken = new Set<string>()
  /** How often each name was wanted: thousands of one name are found room for without trying all. */
  readonly #wanted = new Map<string, number>()

  /** `<folder>/<name><ending>`, with a number when there is one of that name already. */
  take(folder: string, name: string, ending = ''): string {
    const safe = safeName(name)
    const dot = ending === '' ? safe.lastIndexOf('.') : -1
    const stem = dot > 0 ? safe.slice(0, dot) : safe
    const rest = dot > 0 ? safe.slice(dot) : ending
    const wanted = `${folder}/${stem}${rest}`.toLowerCase()
    for (let count = (this.#wanted.get(wanted) ?? 0) + 1; ; count += 1) {
      const path = `${folder}/${stem}${count === 1 ? '' : ` (${count})`}${rest}`
      const key = path.toLowerCase()
      if (this.#taken.has(key)) continue
      this.#wanted.set(wanted, count)
      this.#taken.add(key)
      return path
    }
  }
}

function safeName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/\p{Pd}/gu, '-')
    .replaceAll(
      /[^\p{ASCII}]/gu,
      (letter) => LETTERS[letter] ?? (/\s/u.test(letter) ? ' ' : '\u0000'),
    )
    .replaceAll(/[\p{C}<>:"/\\|?*]+/gu, '_')
    .replaceAll(/\s+/gu, ' ')
    .trim()
  const short = Array.from(plain)
    .slice(0, MAX_CHARACTERS)
    .join('')
    .replace(/[. ]+$/, '')
  if (short === '') return 'unnamed'
  return DEVICES.test(short) || short.startsWith('.') ? `_${short}` : short
}
