import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { z } from 'zod'

import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'

const wishSchema = z.object({
  id: z.string(),
  /** `everyone`, or `user:<id>`. */
  scope: z.string(),
  /** Null lifts it. */
  why: z.string().nullable(),
})
const answerSchema = z.object({ id: z.string(), said: z.string() })

/** What the command line asks of whichever node looks first. */
export type StopWish = z.infer<typeof wishSchema>

const LOOK_MS = 200

const files = (dataDir: string) => ({
  wish: join(dataDir, 'stop-wish.json'),
  taken: join(dataDir, `stop-wish.${process.pid}.taken`),
  answer: join(dataDir, 'stop-answer.json'),
})

/** Leaves a wish for the nodes of this data folder. Who owns the folder may stop what runs in it. */
export function leaveWish(dataDir: string, wish: StopWish): void {
  const { wish: file, answer } = files(dataDir)
  rmSync(answer, { force: true })
  writeWhole(file, wish)
}

/** What a node said of the wish; undefined: none has answered yet. */
export function answerTo(dataDir: string, id: string): string | undefined {
  const text = read(files(dataDir).answer)
  const answer = text === undefined ? undefined : answerSchema.safeParse(JSON.parse(text)).data
  return answer?.id === id ? answer.said : undefined
}

/**
 * Carries out what the command line wishes, five times a second. The file is moved before it is
 * read, so of several nodes of one folder one alone carries it out.
 */
export class StopInbox implements Disposable {
  readonly #parts: { dataDir: string; clock: Clock; logger: Logger }
  readonly #carryOut: (wish: StopWish) => Promise<string>
  #stopLooking: () => void = () => undefined
  #isClosed = false

  constructor(
    parts: { dataDir: string; clock: Clock; logger: Logger },
    carryOut: (wish: StopWish) => Promise<string>,
  ) {
    this.#parts = parts
    this.#carryOut = carryOut
  }

  /** Resolves once what lay there is carried out. */
  async begin(): Promise<void> {
    await this.#take()
    this.#look()
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#stopLooking()
  }

  #look(): void {
    if (this.#isClosed) return
    this.#stopLooking = this.#parts.clock.after(LOOK_MS, () => {
      void this.#take().finally(() => this.#look())
    })
  }

  async #take(): Promise<void> {
    const { dataDir, logger } = this.#parts
    const { wish: file, taken, answer } = files(dataDir)
    try {
      renameSync(file, taken)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
      logger.warn({ err: error }, 'a wish to stop cannot be taken')
      return
    }
    try {
      const wish = wishSchema.parse(JSON.parse(readFileSync(taken, 'utf8')))
      const said = await this.#carryOut(wish)
      writeWhole(answer, { id: wish.id, said })
    } catch (error) {
      logger.error({ err: error }, 'a wish to stop was not carried out')
    } finally {
      rmSync(taken, { force: true })
    }
  }
}

function writeWhole(file: string, value: object): void {
  const next = `${file}.next`
  writeFileSync(next, `${JSON.stringify(value)}\n`, { mode: 0o600 })
  renameSync(next, file)
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
