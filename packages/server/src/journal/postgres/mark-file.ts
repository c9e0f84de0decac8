import { closeSync, fdatasyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'

import { z } from 'zod'

import type { Mark } from './shared-store.ts'

/** Remembers one acknowledged event apart from the store, so that an older store is noticed. */
export interface MarkKeeper {
  load(): Mark | undefined
  /** Kept in memory, and written now and then: an older mark proves less, never something untrue. */
  keep(mark: Mark): void
  flush(): void
}

const stored = z.object({
  epoch: z.string(),
  stream: z.templateLiteral([z.enum(['thread:', 'user:']), z.string()]),
  seq: z.number(),
  hash: z.string(),
})

/** One small JSON file, replaced as a whole; processes that share the folder overwrite each other's. */
export class MarkFile implements MarkKeeper {
  readonly #path: string
  #unwritten: Mark | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Undefined too when it is unreadable: then it proves nothing. */
  load(): Mark | undefined {
    try {
      return stored.parse(JSON.parse(readFileSync(this.#path, 'utf8')))
    } catch {
      return undefined
    }
  }

  keep(mark: Mark): void {
    this.#unwritten = mark
  }

  flush(): void {
    if (!this.#unwritten) return
    const draft = `${this.#path}.${process.pid}`
    const file = openSync(draft, 'w', 0o600)
    try {
      writeSync(file, JSON.stringify(this.#unwritten))
      fdatasyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(draft, this.#path)
    this.#unwritten = undefined
  }
}

/** Nothing outlives the process. */
export const noMarks: MarkKeeper = { load: () => undefined, keep: () => {}, flush: () => {} }
