import { createHash } from 'node:crypto'
import { existsSync, watch, type FSWatcher } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { AgentDefinition } from '../agents/definition.ts'
import { defineFrom, type Surroundings } from './define.ts'
import { loadModuleAgent } from './load-module.ts'
import { readMarkdownAgent } from './markdown.ts'
import { AgentFileWrong, wordsOf, type Problem } from './problem.ts'

export { wordsOf, type Problem } from './problem.ts'

/** One file of the folder, and what became of it. */
export interface OwnAgentFile {
  /** Its name in the folder. */
  file: string
  agent: string
  /** Of the version that answers; null when there is none. */
  name: string | null
  description: string | null
  /** `previous`: it is broken now, and the last version that was whole still answers. */
  status: 'ready' | 'previous' | 'broken'
  problems: readonly Problem[]
}

/** The agents of a folder, as new as its files. */
export interface OwnAgents extends Disposable {
  /** Absolute; undefined when there is none. */
  readonly folder: string | undefined
  agents(): readonly AgentDefinition[]
  files(): readonly OwnAgentFile[]
  /** Reads the folder now. Never throws for what is in it. */
  read(): Promise<void>
}

export interface OwnAgentsOptions extends Surroundings {
  /** Undefined: there are none. */
  folder: string | undefined
  /** Ids that are Netra's own. */
  taken: readonly string[]
  clock: Clock
  logger: Logger
}

const NAME = /^[a-z][a-z0-9_-]{0,47}$/
const AGENT_FILE = /^(?<id>.+?)\.(?<kind>md|ts|mts|js|mjs)$/
/** An editor writes a file in several steps. */
const SETTLE_MS = 150
/** Where watching is not to be had, as in folders of another machine. */
const POLL_MS = 5_000
const MOST_BYTES = 1_000_000

interface Known {
  /** Of everything that the file is made of. */
  version: string
  whole: AgentDefinition | undefined
  shown: OwnAgentFile
}

/** Reads the folder, and again whenever something in it changes. */
export async function openOwnAgents(options: OwnAgentsOptions): Promise<OwnAgents> {
  const own = new AgentsFolder(options)
  await own.read()
  own.watch()
  return own
}

class AgentsFolder implements OwnAgents {
  readonly folder: string | undefined
  readonly #options: OwnAgentsOptions
  #known = new Map<string, Known>()
  #reading: Promise<void> = Promise.resolve()
  #watcher: FSWatcher | undefined
  #cancel: (() => void) | undefined
  #isOver = false

  constructor(options: OwnAgentsOptions) {
    this.#options = options
    this.folder = options.folder
  }

  agents(): readonly AgentDefinition[] {
    return [...this.#known.values()].flatMap(({ whole }) => whole ?? [])
  }

  files(): readonly OwnAgentFile[] {
    return [...this.#known.values()].map(({ shown }) => shown)
  }

  read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readAll())
    return this.#reading
  }

  watch(): void {
    const { folder } = this
    if (folder === undefined) return
    try {
      this.#watcher = watch(folder, { recursive: true, persistent: false })
      this.#watcher.on('change', () => this.#soon(SETTLE_MS))
      this.#watcher.on('error', (error) => {
        this.#options.logger.warn({ err: error, folder }, 'the folder of agents is polled instead')
        this.#watcher?.close()
        this.#watcher = undefined
        this.#soon(POLL_MS)
      })
    } catch (error) {
      this.#options.logger.warn({ err: error, folder }, 'the folder of agents is polled')
      this.#soon(POLL_MS)
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#cancel?.()
    this.#watcher?.close()
  }

  #soon(ms: number): void {
    this.#cancel?.()
    if (this.#isOver) return
    this.#cancel = this.#options.clock.after(ms, () => {
      void this.read().then(() => {
        if (!this.#watcher) this.#soon(POLL_MS)
      })
    })
  }

  async #readAll(): Promise<void> {
    const { folder, logger } = { ...this.#options, folder: this.folder }
    if (folder === undefined || this.#isOver) return
    try {
      const names = existsSync(folder) ? await readdir(folder, { recursive: true }) : []
      const helpers = await versionOfHelpers(folder, names)
      const before = this.#known
      const after = new Map<string, Known>()
      for (const file of names.filter(isAgentFile).toSorted()) {
        const known = await this.#readOne(file, helpers, before.get(file), after)
        after.set(file, known)
        if (known.version !== before.get(file)?.version) this.#tell(known, before.get(file))
      }
      for (const [file, { shown }] of before)
        if (!after.has(file)) logger.info({ file, agent: shown.agent }, 'an agent is gone')
      this.#known = after
    } catch (error) {
      logger.error({ err: error, folder }, 'the folder of agents cannot be read')
    }
  }

  #tell({ shown }: Known, before: Known | undefined): void {
    const { logger } = this.#options
    const { file, agent, status, problems } = shown
    if (status === 'ready')
      logger.info({ file, agent }, before ? 'an agent has changed' : 'an agent is there')
    else
      logger.warn(
        { file, agent, problems: problems.map(wordsOf) },
        status === 'previous'
          ? 'an agent is broken, and its last version goes on'
          : 'an agent is broken',
      )
  }

  async #readOne(
    file: string,
    helpers: string,
    before: Known | undefined,
    others: ReadonlyMap<string, Known>,
  ): Promise<Known> {
    const { id = '', kind = '' } = AGENT_FILE.exec(file)?.groups ?? {}
    let version = 'unread'
    try {
      const path = join(this.folder ?? '', file)
      const text = await readFile(path, 'utf8')
      if (text.length > MOST_BYTES)
        throw new AgentFileWrong([{ message: 'is larger than 1 MB: no agent needs so much' }])
      version = hashOf(kind === 'md' ? text : `${text}\n${helpers}`)
      if (before?.version === version) return before
      assertName(id, this.#options.taken, others)
      const spec = kind === 'md' ? readMarkdownAgent(text) : await loadModuleAgent(path, version)
      const whole = defineFrom(id, spec, this.#options)
      return {
        version,
        whole,
        shown: { file, agent: id, ...told(whole), status: 'ready', problems: [] },
      }
    } catch (error) {
      const problems = error instanceof AgentFileWrong ? error.problems : [unread(error)]
      const whole = before?.whole
      const status = whole ? 'previous' : 'broken'
      return { version, whole, shown: { file, agent: id, ...told(whole), status, problems } }
    }
  }
}

const told = (whole: AgentDefinition | undefined) => ({
  name: whole?.name ?? null,
  description: whole?.description ?? null,
})

const unread = (error: unknown): Problem => ({
  message: `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
})

/** At the top of the folder; tests, types, and what begins with _ or . are none, nor is a README. */
export const isAgentFile = (name: string): boolean =>
  !/[/\\]/.test(name) &&
  AGENT_FILE.test(name) &&
  !/^[_.]|\.(test|spec|d|config)\.\w+$|^readme\.md$/i.test(name)

function assertName(
  id: string,
  taken: readonly string[],
  others: ReadonlyMap<string, Known>,
): void {
  if (!NAME.test(id))
    throw new AgentFileWrong([
      {
        message: `the file's name is the agent's: begin with a letter, then only a–z, 0–9, - and _, as cost-watch.md`,
      },
    ])
  if (taken.includes(id))
    throw new AgentFileWrong([
      { message: `${id} is an agent of Netra's own: name the file otherwise` },
    ])
  const other = [...others.values()].find(({ shown }) => shown.agent === id)
  if (other)
    throw new AgentFileWrong([
      { message: `${other.shown.file} is the agent ${id} already: name one of the two otherwise` },
    ])
}

/** What modules may be made of beside their own file. */
async function versionOfHelpers(folder: string, names: readonly string[]): Promise<string> {
  const helpers = names
    .filter((name) => /\.(m?[jt]s|json)$/.test(name) && !name.includes('node_modules'))
    .filter((name) => !isAgentFile(name))
    .toSorted()
  const texts = await Promise.all(
    helpers.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')),
  )
  return hashOf(texts.join('\n'))
}

const hashOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 16)
