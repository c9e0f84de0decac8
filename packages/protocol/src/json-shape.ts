const QUOTE = 34
const BACKSLASH = 92
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

/** How deep arrays and objects lie within each other, read from the text before it is parsed. */
export function jsonDepth(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (inString) {
      if (unit === BACKSLASH) index += 1
      else if (unit === QUOTE) inString = false
    } else if (unit === QUOTE) inString = true
    else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) deepest = Math.max(deepest, ++depth)
    else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) depth -= 1
  }
  return deepest
}

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

/** True when any object inside holds a key that could reach a prototype. Needs a bounded depth. */
export function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasPrototypeKey)
  return Object.entries(value).some(([key, inner]) => FORBIDDEN.has(key) || hasPrototypeKey(inner))
}

/** Bytes of a text in UTF-8. Lone surrogates count as the replacement character that is sent. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    if (unit < 0x800) bytes += 1
    else if (unit >= 0xd800 && unit <= 0xdbff && isLow(text.charCodeAt(index + 1))) {
      bytes += 2
      index += 1
    } else bytes += 2
  }
  return bytes
}

const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Undefined for text that is no JSON (JSON has no undefined). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
