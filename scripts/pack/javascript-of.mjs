import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'

const PROTOCOL = 'packages/protocol/src/protocol.ts'
const OWN_FILE = /(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g
const PACKAGE = /(\bfrom |\bimport ?\(?)(['"])((?:@[\w.-]+\/)?\w[\w.-]*)(?:\/[\w./-]+)?\2/g

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
  const here = dirname(path)
  const protocol = relative(here, PROTOCOL).split(sep).join('/')
  const own = stripped.replaceAll(
    "'@netra/protocol'",
    `'${protocol.startsWith('.') ? protocol : `./${protocol}`}'`,
  )
  const files = new Set()
  const code = own.replaceAll(OWN_FILE, (_all, quote, name) => {
    files.add(join(here, `${name}.ts`))
    return `${quote}${name}.js${quote}`
  })
  const packages = new Set([...code.matchAll(PACKAGE)].map(([, , , name]) => name))
  return {
    path: path.replace(/\.ts$/, '.js'),
    code,
    files: [...files],
    packages: [...packages].filter((name) => name !== 'node'),
  }
}
