import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { Chosen, ChosenLevel } from './chosen-level.ts'
import { SERVICE_LEVELS, isAtLeast, type ServiceLevel } from './service-level.ts'

export interface Mode {
  level: ServiceLevel
  /** For people; null at `full`. */
  why: string | null
}

/** A reason to step back: by what failed, or by who decided. */
export interface Reason {
  by: 'settings' | 'administrator' | 'order' | 'store' | 'tools'
  level: ServiceLevel
  why: string
}

/** Why a wish is not granted, in words for the person, and when to ask again. */
export interface Withheld {
  why: string
  afterMs: number
}

/** How soon a node hears what was chosen at another of the same data folder. */
const LOOK_MS = 1_000
const RETRY_MS: Record<ServiceLevel, number> = {
  full: 0,
  no_tools: 30_000,
  read_only: 5_000,
  maintenance: 30_000,
}

const BY_CHOICE: Record<ServiceLevel, string> = {
  full: '',
  no_tools: 'tools are switched off by an administrator',
  read_only: 'an administrator has set Netra to read only',
  maintenance: 'Netra is being maintained',
}

export interface ServiceModeOptions {
  fromSettings: ServiceLevel
  chosen: ChosenLevel
  /** Asked each time: what failures impose right now. */
  imposed: () => readonly Reason[]
  clock: Clock
  logger: Logger
  metrics?: Metrics
}

/**
 * How much of the service there is: the worst of what the settings say, what an administrator chose,
 * and what failures impose for as long as they last.
 */
export class ServiceMode implements Disposable {
  readonly #options: ServiceModeOptions
  #chosen: Chosen = { level: 'full', why: null }
  #told: ServiceLevel = 'full'
  #hasBegun = false
  #isUnreadable = false
  #stopLooking: () => void = () => undefined

  constructor(options: ServiceModeOptions) {
    this.#options = options
    // At start a file that says nothing must not let people in who were to stay out.
    this.#chosen = options.chosen.read()
    options.metrics?.gauge(
      'netra_mode',
      'Mode of service: 0 full, 1 no tools, 2 read only, 3 maintenance.',
      { read: () => SERVICE_LEVELS.indexOf(this.now().level) },
    )
    this.#look()
  }

  /** From here on what was decided holds; before, a start tries itself out. */
  begin(): void {
    this.#hasBegun = true
    this.#tell()
  }

  now(): Mode {
    const [worst] = this.reasons().toSorted((a, b) => rank(b.level) - rank(a.level))
    return worst ? { level: worst.level, why: worst.why } : { level: 'full', why: null }
  }

  /** Everything that keeps it from `full`. */
  reasons(): Reason[] {
    const { fromSettings, imposed } = this.#options
    if (!this.#hasBegun) return [...imposed()]
    const reasons: Reason[] = [
      { by: 'settings', level: fromSettings, why: BY_CHOICE[fromSettings] },
      {
        by: 'administrator',
        level: this.#chosen.level,
        why: this.#chosen.why ?? BY_CHOICE[this.#chosen.level],
      },
      ...imposed(),
    ]
    return reasons.filter(({ level }) => level !== 'full')
  }

  /** Kept beyond a restart. @throws when the data folder cannot be written. */
  choose(level: ServiceLevel, why: string | null = null): void {
    const { chosen } = this.#options
    chosen.write({ level, why })
    this.#chosen = { level, why }
    this.#tell()
  }

  /** Of something new: a message, a thread, a change. Reading and erasing go on. */
  writing(): Withheld | undefined {
    return this.#withheld(
      this.reasons().filter(({ level }) => level === 'read_only'),
      (why) => `Nothing new is taken at the moment: ${why}. What is there can be read.`,
    )
  }

  /** Of everything, to whoever is no administrator. */
  entering(): Withheld | undefined {
    return this.#withheld(
      this.reasons().filter(({ level }) => level === 'maintenance'),
      (why) => `Netra is closed for the moment: ${why}. Come back later; nothing is lost.`,
    )
  }

  /** Why tools are not to be used; undefined when they are. */
  toolsOff(): string | undefined {
    return this.reasons().find(({ level }) => level === 'no_tools')?.why
  }

  [Symbol.dispose](): void {
    this.#stopLooking()
  }

  #withheld(reasons: readonly Reason[], words: (why: string) => string): Withheld | undefined {
    const [first] = reasons
    return first && { why: words(first.why), afterMs: RETRY_MS[first.level] }
  }

  #look(): void {
    const { chosen, clock, logger } = this.#options
    this.#stopLooking = clock.after(LOOK_MS, () => {
      try {
        this.#chosen = chosen.read()
        this.#isUnreadable = false
      } catch (error) {
        // What held before holds on.
        if (!this.#isUnreadable) logger.warn({ err: error }, 'the mode of service cannot be read')
        this.#isUnreadable = true
      }
      this.#tell()
      this.#look()
    })
  }

  /** Once for each change, whoever made it. */
  #tell(): void {
    const { level, why } = this.now()
    if (level === this.#told) return
    const isWorse = isAtLeast(level, this.#told)
    this.#told = level
    const { logger } = this.#options
    if (isWorse) logger.warn({ mode: level, why }, 'the mode of service steps back')
    else logger.info({ mode: level, why }, 'the mode of service is better again')
  }
}

const rank = (level: ServiceLevel): number => SERVICE_LEVELS.indexOf(level)
