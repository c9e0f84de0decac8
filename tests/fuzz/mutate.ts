import type { Random } from '../isolation/property/random.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Texts on which parsers, stores and screens have stumbled. */
const TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udc00\ud800',
  '\u202e\u2066',
  '😀'.repeat(40),
  'e\u0301'.repeat(60),
  '\r\nset-cookie: a=b',
  "' or 1=1 --",
  '%_\\%',
  '../../../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  '${7*7}{{7*7}}',
  '<script>alert(1)</script>',
  'NaN',
  '-0',
  '1e309',
  '9007199254740993',
  '00000000-0000-0000-0000-000000000000',
  'thread:',
  'user:\n',
  'e:-1',
  'e:99999999999999999999',
  ':',
  'null',
  '[]',
  '\u2028\u2029\ufeff',
]

const LENGTHS = [127, 128, 129, 200, 320, 1_024, 4_097, 65_535, 66_000]

const NUMBERS = [
  0,
  -0,
  -1,
  1,
  0.1,
  255,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53,
  2 ** 53 + 2,
  1e21,
  1e308,
  -1e308,
  5e-324,
]

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'length',
  '',
  '\0',
  'type',
  'id',
  '$ne',
  'then',
  'toJSON',
]

/** A value of any kind, large or small, ordinary or not. */
export function anyValue(random: Random, depth = 0): Json {
  switch (random.below(depth > 3 ? 5 : 8)) {
    case 0:
      return null
    case 1:
      return random.chance(0.5)
    case 2:
      return random.of(NUMBERS)
    case 3:
      return random.of(TEXTS)
    case 4:
      return 'x'.repeat(random.of(LENGTHS))
    case 5:
      return Array.from({ length: random.below(4) }, () => anyValue(random, depth + 1))
    case 6:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [
          random.of(KEYS),
          anyValue(random, depth + 1),
        ]),
      )
    default:
      return nested(random, random.of([2, 15, 31, 33, 200, 3_000]))
  }
}

function nested(random: Random, levels: number): Json {
  let value: Json = random.of(TEXTS)
  const isArray = random.chance(0.5)
  for (let level = 0; level < levels; level += 1) value = isArray ? [value] : { a: value }
  return value
}

/** One change somewhere in a value that fits its schema; the rest stays as it is. */
function changed(random: Random, value: Json): Json {
  const isDeep = typeof value === 'object' && value !== null
  if (!isDeep || random.chance(0.15)) return changedHere(random, value)
  if (Array.isArray(value)) {
    if (value.length === 0) return [anyValue(random)]
    const at = random.below(value.length)
    if (random.chance(0.2))
      return Array.from({ length: random.of([0, 2, 33]) }, () => value[at] ?? null)
    return value.map((item, index) => (index === at ? changed(random, item) : item))
  }
  const keys = Object.keys(value)
  const key = random.maybe(keys)
  if (key === undefined || random.chance(0.15))
    return withKey(value, random.of(KEYS), anyValue(random))
  if (random.chance(0.15))
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
  return withKey(value, key, changed(random, value[key] ?? null))
}

/** Own properties, also of the names that an assignment would take for something else. */
function withKey(
  object: { [key: string]: Json },
  key: string,
  value: Json,
): { [key: string]: Json } {
  return Object.fromEntries([...Object.entries(object), [key, value]])
}

function changedHere(random: Random, value: Json): Json {
  if (typeof value === 'string' && random.chance(0.6)) {
    const at = random.below(value.length + 1)
    const more = random.of(TEXTS)
    return random.of([
      value + more,
      value.slice(0, at) + more + value.slice(at),
      value.repeat(value.length > 2_000 ? 0 : random.of([0, 2, 50])),
      value.toUpperCase(),
      `${value}\0`,
      value.slice(0, at),
    ])
  }
  if (typeof value === 'number' && random.chance(0.7)) return random.of(NUMBERS)
  return anyValue(random)
}

/** Well above every limit; more would only keep whoever sends it busy. */
const MAX_CHARACTERS = 200_000

/** The text of a value with changes in its shape, and sometimes in its spelling. */
export function mutatedText(random: Random, value: unknown): string {
  let mutated = value as Json
  for (let round = random.below(3); round >= 0; round -= 1) mutated = changed(random, mutated)
  // What is nested too deeply for the sender's own writer is written by hand.
  const text = random.chance(0.02) ? deepText(random) : JSON.stringify(mutated)
  return (random.chance(0.3) ? misspelt(random, text) : text).slice(0, MAX_CHARACTERS)
}

const deepText = (random: Random): string => {
  const levels = random.of([33, 1_000, 20_000])
  return random.chance(0.5)
    ? `${'['.repeat(levels)}${']'.repeat(levels)}`
    : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
}

export function misspelt(random: Random, text: string): string {
  const at = random.below(text.length + 1)
  const [before, after] = [text.slice(0, at), text.slice(at)]
  return random.of([
    before,
    after,
    `${before}${random.of(['"', '{', '}', '[', ',', ':', '\\', '\\u', '\0', '\ud800', '//', '0x1', 'NaN'])}${after}`,
    `${before}${after.slice(1)}`,
    `${text}${text}`,
    text.replace('{', '{"type":"ping","type":"hello","__proto__":{"type":"hello"},'),
    text.replaceAll('"', "'"),
    `\ufeff${text}`,
    `${' '.repeat(random.of([1, 1_000]))}${text}`,
    text.replace(/"([a-z_]+)":/, '"$1":1,"$1":'),
    text
      .slice(0, 5_000)
      .replaceAll(/\d+/g, (digits) => `${digits}${'0'.repeat(random.below(400))}`),
  ])
}
