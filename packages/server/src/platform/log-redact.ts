const CENSORED = '[redacted]'

/** Whatever their writing: `apiKey`, `api-key` and `x_api_key` are one name. */
const SECRET_NAME =
  /(?:token|password|passwd|passphrase|ticket|authorization|cookie|apikey|secret|privatekey|credential|dsn)s?$/
const MAX_DEPTH = 8
/** Of one text of a record: whoever sends long ones buys no long lines, and no time to look through them. */
const MOST_CHARACTERS = 4_096
/** Of what a caller says about itself, as in a header or an address. */
const MOST_FROM_OUTSIDE = 256

/** Of a stack, which has its frames behind its message. */
const MOST_OF_A_STACK = 16_384

/** Between two words where there are any: half a secret no longer has the form of one. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const space = text.lastIndexOf(' ', most)
  const at = space > most / 2 ? space : most
  return `${text.slice(0, at)}… (${text.length - at} more)`
}

/** A text of a record, at most about 4,000 characters of it. */
export const shortened = (text: string): string => cut(text, MOST_CHARACTERS)

export const shortenedStack = (text: string): string => cut(text, MOST_OF_A_STACK)

/** What a stranger sent, for the log: at most 256 characters of it. */
export const fromOutside = <Text extends string | undefined>(text: Text): Text =>
  (text === undefined ? undefined : cut(text, MOST_FROM_OUTSIDE)) as Text

const isSecret = (name: string): boolean =>
  SECRET_NAME.test(name.toLowerCase().replaceAll(/[_-]/g, ''))

/**
 * A record without the values of fields that are secret by their name, however deep they stand. What
 * holds none is given back as it is. Numbers and flags are no secrets: `tokens: 12` stays.
 */
export function withoutSecretFields(
  record: Record<string, unknown>,
  depth = 0,
): Record<string, unknown> {
  let changed: Record<string, unknown> | undefined
  for (const [name, value] of Object.entries(record)) {
    const clean = withoutSecrets(name, value, depth)
    if (clean === value) continue
    changed ??= { ...record }
    changed[name] = clean
  }
  return changed ?? record
}

function withoutSecrets(name: string, value: unknown, depth: number): unknown {
  const isThing = typeof value === 'object' && value !== null
  if ((isThing || typeof value === 'string') && isSecret(name)) return CENSORED
  if (typeof value === 'string') return shortened(value)
  if (!isThing) return value
  if (depth >= MAX_DEPTH) return '[too deep]'
  if (Array.isArray(value)) {
    const items: unknown[] = value
    const clean = items.map((item) => withoutSecrets('', item, depth + 1))
    return clean.some((item, index) => item !== items[index]) ? clean : value
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  // Errors have a serializer of their own; a date or a buffer has no names in it.
  if (prototype !== Object.prototype && prototype !== null) return value
  return withoutSecretFields(value as Record<string, unknown>, depth + 1)
}

const NAMES =
  '[\\w-]*(?:token|password|passwd|passphrase|ticket|authorization|cookie|api[_-]?key|secret|private[_-]?key|credential|dsn)s?'

/** Looked for first: most lines hold nothing of the kind. */
const SUSPICIOUS =
  /bearer|basic |:\/\/|eyJ|[?&#;][\w-]+=|netra_|\b[spr]k-|AIza|AKIA|gh[pousr]_|xox[abposr]-|cookie|authorization|api[_-]?key|PRIVATE|token|passw|passphrase|ticket|secret|credential|dsn/i

/**
 * In text, by its form; none of these takes a quotation mark, so a line of JSON stays one. Each takes
 * time in proportion to the text, whatever it is: no two beginnings of a form look through the same
 * stretch, because strangers choose what is logged of them.
 */
const FORMS: readonly [RegExp, string][] = [
  [new RegExp(`"(${NAMES})":"(?!\\[redacted)(?:[^"\\\\]|\\\\.)*"`, 'gi'), `"$1":"${CENSORED}"`],
  // JSON within a text.
  [
    new RegExp(`\\\\"(${NAMES})\\\\":\\s*\\\\"(?!\\[redacted)[^"\\\\]*`, 'gi'),
    `\\"$1\\":\\"${CENSORED}`,
  ],
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=")|$)/g,
    CENSORED,
  ],
  [/\b(bearer|basic)\s+(?!\[redacted)[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${CENSORED}`],
  [
    /\b((?:set-)?cookie|authorization|x-api-key):\s(?!bearer |basic |\[redacted)[^"\\]+/gi,
    `$1: ${CENSORED}`,
  ],
  [/:\/\/[^\s"/@?#:]*:[^\s"/@]+@/g, `://${CENSORED}@`],
  [/:\/\/(?!\[redacted)[^\s"/@:?#]{8,}@/g, `://${CENSORED}@`],
  [
    /([?&#;](?:[\w-]*(?:token|ticket|secret|password|signature)|code|state|api[_-]?key|key|sig)=)(?!\[redacted)[^&\s"#\\]+/gi,
    `$1${CENSORED}`,
  ],
  [/(?<![\w-])(|(?!eyJ)(?:(?!-eyJ)[\w-])*-)eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, `$1${CENSORED}`],
  [/\bnetra_[0-9a-f]{16}_[\w-]{20,}/g, CENSORED],
  [/\b(?:sk|pk|rk)-[\w-]{16,}/g, CENSORED],
  [/\bAIza[\w-]{30,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30,}|\bxox[abposr]-[\w-]{10,}/g, CENSORED],
]

/** A line of a log without the secrets that stand in its texts: headers, addresses, tokens, keys. */
export function withoutSecretText(line: string): string {
  if (!SUSPICIOUS.test(line)) return line
  return FORMS.reduce((text, [form, censored]) => text.replace(form, censored), line)
}
