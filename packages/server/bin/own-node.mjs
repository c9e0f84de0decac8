// Plain JavaScript that any Node can read.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const NEEDED_NODE = 24

/** Whether this very process runs on a Node that is new enough. */
export const isNewEnough = Number(process.versions.node.split('.')[0]) >= NEEDED_NODE

/**
 * The Node that the project brings for Linux as a dependency; undefined elsewhere. npm 11 also links
 * it into node_modules/.bin, where npm scripts find it; npm 10 does not.
 */
export function findOwnNode() {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const name = `node-${process.platform}-${process.arch}`
    const candidate = join(folder, 'node_modules', name, 'bin', 'node')
    if (existsSync(candidate)) return candidate
    if (folder === dirname(folder)) return undefined
  }
}

/** The environment in which `node`, and every tool that asks for it, is one that is new enough. */
export function environmentWithNode() {
  const own = isNewEnough ? undefined : findOwnNode()
  if (own === undefined) return process.env
  return { ...process.env, PATH: `${dirname(own)}:${process.env.PATH ?? ''}` }
}
