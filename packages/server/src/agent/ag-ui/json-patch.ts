import type { JsonPatchOperation } from '@ag-ui/core'

/** A patch that does not fit what it is applied to. */
export class PatchRefused extends Error {
  override readonly name = 'PatchRefused'
}

/** A patch that would cost more than any honest one: nothing is applied of what it says. */
export class PatchTooLarge extends Error {
  override readonly name = 'PatchTooLarge'
}

const MOST_OPERATIONS = 1_000
/** Characters of JSON that one patch may write, read for a test, and find there, all together. */
const MOST_UNITS = 1_000_000

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * The document with all operations applied (RFC 6902), or none of them: the one given stays as it
 * is. Copies could double it with each operation, so what is written is counted before it is.
 *
 * @throws PatchRefused, PatchTooLarge
 */
export function applyPatch(document: unknown, patch: readonly JsonPatchOperation[]): unknown {
  if (patch.length > MOST_OPERATIONS)
    throw new PatchTooLarge(`more than ${MOST_OPERATIONS} changes of its state at once`)
  const holder = { root: structuredClone(document), units: unitsOf(document) }
  for (const operation of patch) apply(holder, operation)
  return holder.root
}

interface Holder {
  root: unknown
  units: number
}

/** Characters of its JSON; Infinity: it is nested too deeply to have any. */
export function unitsOf(value: unknown): number {
  try {
    return (JSON.stringify(value) ?? '').length
  } catch (error) {
    if (error instanceof RangeError) return Infinity
    throw error
  }
}

/** @throws PatchTooLarge */
function counted(holder: Holder, value: unknown): unknown {
  holder.units += unitsOf(value)
  if (holder.units <= MOST_UNITS) return value
  throw new PatchTooLarge(`changes of its state beyond ${MOST_UNITS / 1e6} MB`)
}

function apply(holder: Holder, operation: JsonPatchOperation): void {
  const path = keysOf(operation.path)
  switch (operation.op) {
    case 'add':
      return put(holder, path, structuredClone(counted(holder, operation.value)), true)
    case 'replace':
      at(holder, path)
      return put(holder, path, structuredClone(counted(holder, operation.value)), false)
    case 'remove':
      return remove(holder, path)
    case 'move': {
      const from = sourceOf(operation.from, path)
      const value = at(holder, from)
      remove(holder, from)
      return put(holder, path, value, true)
    }
    case 'copy': {
      const value = counted(holder, at(holder, sourceOf(operation.from, path)))
      return put(holder, path, structuredClone(value), true)
    }
    case 'test':
      if (JSON.stringify(counted(holder, at(holder, path))) !== JSON.stringify(operation.value))
        throw new PatchRefused(`${operation.path} is not what was expected`)
  }
}

/** Where something is copied or moved from: nothing goes into itself. */
function sourceOf(pointer: string, path: readonly string[]): string[] {
  const from = keysOf(pointer)
  if (
    from.length === 0 ||
    (from.length < path.length && from.every((key, index) => key === path[index]))
  )
    throw new PatchRefused(`${pointer === '' ? 'the whole' : pointer} does not go into itself`)
  return from
}

function keysOf(pointer: string): string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) throw new PatchRefused(`${pointer} is no JSON pointer`)
  const keys = pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (keys.some((key) => FORBIDDEN.has(key))) throw new PatchRefused(`${pointer} is not written to`)
  return keys
}

function at(holder: Holder, path: readonly string[]): unknown {
  let value = holder.root
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key))
      throw new PatchRefused(`there is no /${path.join('/')}`)
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

function put(holder: Holder, path: readonly string[], value: unknown, inserts: boolean): void {
  const key = path.at(-1)
  if (key === undefined) {
    holder.root = value
    return
  }
  const parent = at(holder, path.slice(0, -1))
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : Number(key)
    if (!/^(-|0|[1-9]\d*)$/.test(key) || index > parent.length)
      throw new PatchRefused(`there is no place ${key} in /${path.slice(0, -1).join('/')}`)
    parent.splice(index, inserts ? 0 : 1, value)
    return
  }
  if (typeof parent !== 'object' || parent === null)
    throw new PatchRefused(`/${path.slice(0, -1).join('/')} holds nothing`)
  ;(parent as Record<string, unknown>)[key] = value
}

function remove(holder: Holder, path: readonly string[]): void {
  const key = path.at(-1)
  at(holder, path)
  if (key === undefined) {
    holder.root = null
    return
  }
  const parent = at(holder, path.slice(0, -1))
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else delete (parent as Record<string, unknown>)[key]
}
