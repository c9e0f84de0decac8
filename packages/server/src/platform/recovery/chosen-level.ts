import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { isServiceLevel, type ServiceLevel } from './service-level.ts'

export interface Chosen {
  level: ServiceLevel
  /** What was said to people, if anything. */
  why: string | null
}

/**
 * What an administrator chose, in a file of the data folder: it outlives a restart, holds on every
 * node of this folder, and can be written, and taken away by hand, while the store cannot be.
 */
export class ChosenLevel {
  readonly #file: string

  constructor(dataDir: string) {
    this.#file = join(dataDir, 'mode.json')
  }

  /** `full` when nobody chose. @throws when there is a file that cannot be read. */
  read(): Chosen {
    const text = this.#text()
    if (text === undefined) return { level: 'full', why: null }
    const kept: unknown = JSON.parse(text)
    if (typeof kept !== 'object' || kept === null) throw new Error(this.#unreadable)
    const { level, why } = kept as Record<string, unknown>
    if (!isServiceLevel(level)) throw new Error(this.#unreadable)
    return { level, why: typeof why === 'string' ? why : null }
  }

  write(chosen: Chosen): void {
    if (chosen.level === 'full') {
      rmSync(this.#file, { force: true })
      return
    }
    const next = `${this.#file}.next`
    writeFileSync(next, `${JSON.stringify(chosen)}\n`, { mode: 0o600 })
    renameSync(next, this.#file)
  }

  get #unreadable(): string {
    return `${this.#file} names no mode of service; remove it`
  }

  #text(): string | undefined {
    try {
      return readFileSync(this.#file, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }
}
