import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'

/** What a package of this tree is imported as, and the source that it is. */
export const OWN_PACKAGES = {
  '@netra/protocol': 'packages/protocol/src/protocol.ts',
  '@netra/server/agent-kit': 'packages/server/src/agent/own/kit.ts',
  '@netra/server/test-agent': 'packages/server/src/agent/own/test/test-agent.ts',
}
const OWN_FILE = /(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g
/** Of a statement or a call, and not of a sentence that has "from" in it. */
const PACKAGE =
  /(?:^(?:import|export)\b[^'"`;]*?\bfrom |^import |\bimport\()(['"])((?:@[\w.-]+\/)?\w[\w.-]*)(?:\/[\w./-]+)?\1/gm

/**
 * One source as JavaScript: types become blanks, so that every line and column stays where it is.
 *
 * @param {string} root @param {string} path below it
 * @returns {{ path: string, code: string, files: string[], packages: string[] }} the sources it
 *   names, as paths below root, and the packages it imports
 */
export function javascriptOf(root, path) {
  const source = readFileSync(join(root, path), 'utf8')
  const stripped = path.endsWith('.ts') ? stripTypeScriptTypes(source) : source
  const { code, files } = withOwnFiles(stripped, path)
  const packages = new Set([...code.matchAll(PACKAGE)].map(([, , name]) => name))
  return {
    path: path.replace(/\.ts$/, '.js'),
    code,
    files,
    packages: [...packages].filter((name) => name !== 'node'),
  }
}

/**
 * Names each source of this tree by the path of its JavaScript.
 *
 * @param {string} code @param {string} path where it lies, below root
 * @returns {{ code: string, files: string[] }} `files`: the sources that it names
 */
export function withOwnFiles(code, path) {
  const here = dirname(path)
  let own = code
  for (const [name, source] of Object.entries(OWN_PACKAGES)) {
    const from = relative(here, source).split(sep).join('/')
    const specifier = from.startsWith('.') ? from : `./${from}`
    own = own.replaceAll(new RegExp(`(['"])${name}\\1`, 'g'), `'${specifier}'`)
  }
  const files = new Set()
  const named = own.replaceAll(OWN_FILE, (_all, quote, name) => {
    files.add(join(here, `${name}.ts`))
    return `${quote}${name}.js${quote}`
  })
  return { code: named, files: [...files] }
}
