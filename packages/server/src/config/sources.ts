import { nearest } from './nearest.ts'
import { parseSettings, readSmallFile, type FileLine } from './settings-file.ts'

/** A value as it was given, and where. */
export interface Given {
  text: string
  /** `environment`, `OPENAI_API_KEY_FILE`, `netra.env, line 3`, `default of production`. */
  from: string
}

export type Environment = Record<string, string | undefined>

export interface Sources {
  values: ReadonlyMap<string, Given>
  problems: string[]
  /** What is allowed and unwise. */
  warnings: string[]
}

interface Known {
  names: readonly string[]
  isSecret: (name: string) => boolean
}

const CONFIG_FILE = 'NETRA_CONFIG_FILE'
const FILE = '_FILE'
const MAY_BE_CHANGED = 'may be changed by every account of this machine'

/** Variables of the test suite and of the command line that may stand in the same environment. */
const NOT_SETTINGS = new Set(['NETRA_REAL_DATA', 'NETRA_TEST_BROWSER', CONFIG_FILE])
/** Kubernetes tells every container of the services beside it, by their names (enableServiceLinks). */
const SERVICE_LINK =
  /^NETRA_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP)(?:_(?:PROTO|PORT|ADDR))?)?)$/

/**
 * Every value that is given, by the first of these that gives it: the variable itself, a file that
 * `<NAME>_FILE` names, the settings file of NETRA_CONFIG_FILE. An empty variable gives nothing.
 */
export function gather(env: Environment, known: Known): Sources {
  const problems = unknownVariables(env, known.names)
  const warnings: string[] = []
  const values = new Map<string, Given>()
  const give = (name: string, text: string, from: string): void => {
    if (text !== '' && !values.has(name)) values.set(name, { text, from })
  }
  const giveFrom = (name: string, path: string, from: string): void => {
    if (values.has(name)) return
    try {
      const file = readSmallFile(path)
      give(name, file.text.replace(/(?:\r?\n)+$/, ''), from)
      if (file.othersMayWrite)
        problems.push(`${from} (${path}) ${MAY_BE_CHANGED}: chmod o-w ${path}`)
      else if (file.othersMayRead && known.isSecret(name) && !isMounted(path, env)) {
        warnings.push(
          `${from} (${path}) holds a secret, and every account of this machine may read it: chmod 600 ${path}`,
        )
      }
      if (!values.has(name)) problems.push(`${from} (${path}) is empty: write the value into it`)
    } catch (error) {
      problems.push(`${from} (${path}) cannot be read: ${messageOf(error)}`)
    }
  }
  for (const name of known.names) {
    const text = env[name] ?? ''
    const path = env[name + FILE] ?? ''
    if (text !== '' && path !== '') {
      problems.push(`${name} and ${name}${FILE} are both set: unset one of them`)
    }
    give(name, text, 'environment')
    if (path !== '') giveFrom(name, path, name + FILE)
  }
  const path = env[CONFIG_FILE] ?? ''
  if (path === '') return { values, problems, warnings }
  const { lines, problems: wrong } = settingsFile(path, known)
  problems.push(...wrong)
  for (const { name, text, line } of lines) give(name, text, `${path}, line ${line}`)
  for (const { name, text, line } of lines) {
    if (known.names.includes(name) || text === '') continue
    giveFrom(name.slice(0, -FILE.length), text, `${path}, line ${line}`)
  }
  return { values, problems, warnings }
}

/** Containers get secrets readable by all, and are alone with them: Kubernetes with 0644, Docker with 0444. */
const isMounted = (path: string, env: Environment): boolean =>
  env['KUBERNETES_SERVICE_HOST'] !== undefined || path.startsWith('/run/secrets/')

const isFileOf = (name: string, names: readonly string[]): boolean =>
  name.endsWith(FILE) && names.includes(name.slice(0, -FILE.length))

function unknownVariables(env: Environment, names: readonly string[]): string[] {
  const isCluster = env['KUBERNETES_SERVICE_HOST'] !== undefined
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith('NETRA_') || names.includes(name)) return []
    if (NOT_SETTINGS.has(name) || isFileOf(name, names)) return []
    if (isCluster && SERVICE_LINK.test(name)) return []
    return [`${name}: no such setting; the nearest is ${nearest(name, names)}`]
  })
}

/** The lines that name a setting, or a file for one; and what is wrong with the rest. */
function settingsFile(path: string, known: Known): { lines: FileLine[]; problems: string[] } {
  try {
    const { text, othersMayRead, othersMayWrite } = readSmallFile(path)
    const { lines, problems } = parseSettings(text, path)
    if (othersMayWrite) problems.push(`${path} ${MAY_BE_CHANGED}: chmod o-w ${path}`)
    const usable = lines.filter(({ name, line }) => {
      if (known.names.includes(name) || isFileOf(name, known.names)) return true
      const near = nearest(name, known.names)
      problems.push(`${path}, line ${line}: ${name} is no setting; the nearest is ${near}`)
      return false
    })
    const secrets = usable.filter(({ name, text: value }) => value !== '' && known.isSecret(name))
    if (othersMayRead && secrets.length > 0) {
      const names = secrets.map(({ name }) => name).join(', ')
      problems.push(
        `${path} holds secrets (${names}), and every account of this machine may read it: chmod 600 ${path}`,
      )
    }
    return { lines: usable, problems }
  } catch (error) {
    return { lines: [], problems: [`${CONFIG_FILE} (${path}) cannot be read: ${messageOf(error)}`] }
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
