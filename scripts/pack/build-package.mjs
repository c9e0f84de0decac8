import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from 'vite'

import { writeAgentKit } from './agent-kit.mjs'
import { javascriptOf } from './javascript-of.mjs'
import { lockedFor } from './locked.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SERVER = 'packages/server'
const KIT = ['agent-kit', 'test-agent'].map((name) => `packages/agent-kit/src/${name}.ts`)
const ENTRIES = [`${SERVER}/bin/netra.mjs`, `${SERVER}/bin/own-node.mjs`, ...KIT]
const AS_THEY_ARE = [`${SERVER}/src/files/sample`, 'LICENSE', 'CHANGELOG.md', 'SECURITY.md']

const isNoSource = (path) => !path.endsWith('.ts')
const read = (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'))

/** Writes all that the tarball holds into an empty folder. */
export async function buildPackage(stage) {
  const packages = writeCode(stage)
  for (const path of AS_THEY_ARE) {
    cpSync(join(ROOT, path), join(stage, path), { recursive: true, filter: isNoSource })
  }
  await buildWebApp(join(stage, 'packages/web/dist'))
  const { version, description, license } = read('package.json')
  const revision = revisionOf()
  const server = read(`${SERVER}/package.json`)
  writeJson(join(stage, SERVER, 'package.json'), {
    type: 'module',
    version: server.version,
    ...(revision !== undefined && { revision }),
  })
  writeAgentKit(ROOT, stage, KIT)
  const dependencies = Object.fromEntries(packages.map((name) => [name, versionOf(name, server)]))
  const manifest = {
    name: 'netra',
    version,
    description,
    license,
    type: 'module',
    engines: { node: '>=24' },
    bin: { netra: `${SERVER}/bin/netra.mjs` },
    dependencies,
  }
  writeJson(join(stage, 'package.json'), manifest)
  writeJson(join(stage, 'npm-shrinkwrap.json'), {
    name: 'netra',
    version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': manifest, ...lockedFor(read('package-lock.json').packages, SERVER, packages) },
  })
  writeFileSync(join(stage, 'README.md'), readMe(version, revision))
}

/** Every source that is reached from the bin, and nothing else; answers the packages they import. */
function writeCode(stage) {
  const waiting = [...ENTRIES]
  const seen = new Set(waiting)
  const packages = new Set()
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const made = javascriptOf(ROOT, path)
    const target = join(stage, made.path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, made.code)
    if (path.startsWith(`${SERVER}/bin/netra`)) chmodSync(target, 0o755)
    for (const name of made.packages) if (!builtinModules.includes(name)) packages.add(name)
    const next = made.files.filter((file) => !seen.has(file))
    for (const file of next) seen.add(file)
    waiting.push(...next)
  }
  return [...packages].toSorted((a, b) => (a < b ? -1 : 1))
}

function versionOf(name, server) {
  const version = server.dependencies[name]
  if (version === undefined) {
    throw new Error(`${name} is imported at run time, but ${SERVER}/package.json does not name it`)
  }
  return version
}

/** Anew, so that no older build is shipped, with the licences of what is bundled. */
const buildWebApp = (outDir) =>
  build({
    root: join(ROOT, 'packages/web'),
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true, license: { fileName: 'licenses.md' } },
  })

const git = (...args) => spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' })

/** NETRA_REVISION, else the commit, marked when the tree has changes; undefined without either. */
function revisionOf() {
  const given = process.env['NETRA_REVISION']
  if (given) return given
  const commit = git('rev-parse', '--short=12', 'HEAD')
  if (commit.status !== 0) return undefined
  const changes = git('status', '--porcelain', '--', 'packages').stdout.trim()
  return `${commit.stdout.trim()}${changes === '' ? '' : '-changed'}`
}

function writeJson(path, value) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
}

const readMe = (version, revision) => `# Netra ${version}

A self-hosted, multi-user, real-time platform for AI agents. It needs Node 24 or newer, and nothing
else: data lies in \`./data\` (\`NETRA_DATA_DIR\`).

    npm install --omit=dev netra-${version}.tgz
    npx netra start

\`npx netra help\` names the other commands, \`npx netra config\` shows every setting. This is
revision ${revision ?? version}. What the web app bundles, and under which licences, is in
packages/web/dist/licenses.md.
`
