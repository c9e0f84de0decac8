import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

import { orAborted } from '../abort.ts'
import { agentSpec, problemsOf, SPEC_FIELDS, type ReadSpec } from './agent-schema.ts'
import { AgentFileWrong } from './problem.ts'

const KIT = new URL('../../../../agent-kit/src/agent-kit.ts', import.meta.url).href
/** Of the query by which a changed file is another module. */
const VERSION = 'netra-agent'
const LOAD_MS = 10_000

/**
 * An agent as `agents/<name>.ts` says it, run by this process with its types stripped. Files that it
 * imports from its own folder are as new as `version` says.
 *
 * @throws AgentFileWrong
 */
export async function loadModuleAgent(path: string, version: string): Promise<ReadSpec> {
  hook()
  const url = pathToFileURL(path)
  url.searchParams.set(VERSION, version)
  let loaded: object
  try {
    loaded = await orAborted(import(url.href) as Promise<object>, AbortSignal.timeout(LOAD_MS))
  } catch (error) {
    throw new AgentFileWrong([failureOf(error, path)])
  }
  if (!('default' in loaded))
    throw new AgentFileWrong([
      { message: 'exports no agent: write export default defineAgent({ … })' },
    ])
  const read = agentSpec.safeParse(loaded.default)
  if (read.success) return read.data
  throw new AgentFileWrong(
    problemsOf(read.error, SPEC_FIELDS).map(({ field, message }) => ({
      ...(field !== undefined && { field }),
      message,
    })),
  )
}

let isHooked = false

/** Own files take the kit and zod from this Netra, wherever they lie; a newer one takes newer helpers. */
function hook(): void {
  if (isHooked) return
  isHooked = true
  const zod = import.meta.resolve('zod')
  registerHooks({
    resolve(specifier, context, next) {
      const version = versionOf(context.parentURL)
      if (version === null) return next(specifier, context)
      if (specifier === '@netra/agent-kit') return { url: KIT, shortCircuit: true }
      if (specifier === 'zod') return { url: zod, shortCircuit: true }
      const resolved = next(specifier, context)
      if (!specifier.startsWith('.') || !resolved.url.startsWith('file:')) return resolved
      const url = new URL(resolved.url)
      url.searchParams.set(VERSION, version)
      return { ...resolved, url: url.href }
    },
  })
}

const versionOf = (url: string | undefined): string | null =>
  url !== undefined && URL.canParse(url) ? new URL(url).searchParams.get(VERSION) : null

function failureOf(error: unknown, path: string): { line?: number; message: string } {
  if (!(error instanceof Error)) return { message: `fails when it is loaded: ${String(error)}` }
  if (error.name === 'TimeoutError')
    return { message: `was not loaded within ${LOAD_MS / 1000} s: it waits for something` }
  const line = lineIn(error.stack ?? '', path)
  const at = line === undefined ? {} : { line }
  const code = 'code' in error ? String(error.code) : ''
  const [first = ''] = error.message.split('\n')
  if (code === 'ERR_MODULE_NOT_FOUND') return { message: `${first}. Install it beside the file` }
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return {
      ...at,
      message: `${first}. Types are taken out and nothing else: write a union or an object instead`,
    }
  const words = error instanceof SyntaxError ? 'is not TypeScript' : 'fails when it is loaded'
  return { ...at, message: `${words}: ${first}` }
}

/** The first line of the file itself that a stack names, or that the parser names before it. */
function lineIn(stack: string, path: string): number | undefined {
  for (const line of stack.split('\n')) {
    const isOwn = line.includes(path) || line.includes(pathToFileURL(path).href)
    const found = isOwn ? /:(\d+)(?::\d+)?\)?$/.exec(line.trim())?.[1] : undefined
    if (found !== undefined) return Number(found)
  }
  return undefined
}
