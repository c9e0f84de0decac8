import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { OWN_PACKAGES, withOwnFiles } from './javascript-of.mjs'

const FOLDER = 'packages/agent-kit'

/**
 * Lays the types of the agent kit beside its JavaScript, and names it as a package: whoever writes
 * agents installs it by its path.
 *
 * @param {string} root @param {string} stage @param {readonly string[]} entries
 */
export function writeAgentKit(root, stage, entries) {
  const made = mkdtempSync(join(tmpdir(), 'netra-types-'))
  try {
    const tsc = join(
      dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
      'bin/tsc',
    )
    // By its name another workspace would be a library, of which nothing is declared.
    const sources = Object.entries(OWN_PACKAGES)
    const options = {
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: root,
        outDir: made,
        paths: Object.fromEntries(sources.map(([name, path]) => [name, [join(root, path)]])),
      },
      files: entries.map((path) => join(root, path)),
    }
    writeJson(join(made, 'tsconfig.json'), options)
    const args = [tsc, '-p', join(made, 'tsconfig.json')]
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    if (!existsSync(join(made, `${FOLDER}/src/agent-kit.d.ts`)))
      throw new Error(`the types of the agent kit were not made (${status}): ${stdout}`)
    copyReached(made, stage, entries)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
  const { name, version, license, type } = JSON.parse(
    readFileSync(join(root, FOLDER, 'package.json'), 'utf8'),
  )
  const manifest = {
    name,
    version,
    license,
    type,
    exports: { '.': entry('agent-kit'), './test': entry('test-agent') },
  }
  writeJson(join(stage, FOLDER, 'package.json'), manifest)
}

/** Of all declarations those that the entries name, and they name in turn. */
function copyReached(made, stage, entries) {
  const waiting = [...entries]
  const seen = new Set(waiting)
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    const path = source.replace(/\.ts$/, '.d.ts')
    const { code, files } = withOwnFiles(readFileSync(join(made, path), 'utf8'), source)
    mkdirSync(dirname(join(stage, path)), { recursive: true })
    writeFileSync(join(stage, path), code)
    const next = files.filter((file) => !seen.has(file))
    for (const file of next) seen.add(file)
    waiting.push(...next)
  }
}

const entry = (file) => ({ types: `./src/${file}.d.ts`, default: `./src/${file}.js` })

const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
