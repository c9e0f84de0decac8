import type { JsonPatchOperation } from '@ag-ui/core'

/** A patch that does not fit what it is applied to. */
export class PatchRefused extends Error {
  override readonly name = 'PatchRefused'
}

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * The document with all operations applied (RFC 6902), or none of them: the one given stays as it is.
 *
 * @throws PatchRefused
 */
export function applyPatch(document: unknown, patch: readonly JsonPatchOperation[]): unknown {
  const holder = { root: structuredClone(document) }
  for (const operation of patch) apply(holder, operation)
  return holder.root
}

interface Holder {
  root: unknown
}

function apply(holder: Holder, operation: JsonPatchOperation): void {
  const path = keysOf(operation.path)
  switch (operation.op) {
    case 'add':
      return put(holder, path, structuredClone(operation.value), true)
    case 'replace':
      at(holder, path)
      return put(holder, path, structuredClone(operation.value), false)
    case 'remove':
      return remove(holder, path)
    case 'move': {
      const from = keysOf(operation.from)
      const value = at(holder, from)
      remove(holder, from)
      return put(holder, path, value, true)
    }
    case 'copy':
      return put(holder, path, structuredClone(at(holder, keysOf(operation.from))), true)
    case 'test':
      if (JSON.stringify(at(holder, path)) !== JSON.stringify(operation.value))
        throw new PatchRefused(`${operation.path} is not what was expected`)
  }
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
