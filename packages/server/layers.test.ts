import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

import { expect, test } from 'vitest'

import { HOME, KNOWS_PROTOCOL, MAY_IMPORT, PACKAGES_MAY_IMPORT, ROOTS } from './layers.ts'

const SRC = new URL('./src/', import.meta.url).pathname
const PACKAGES = new URL('../', import.meta.url).pathname
const IMPORT = /\b(?:from|import)\s*\(?\s*'([^']+)'/g

const sourcesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !file.includes('node_modules'),
  )

const files = sourcesIn(SRC)

/** First folder of a path below src/; '' for main.ts and server.ts, which may see every folder. */
const folderOf = (file: string): string =>
  file.includes('/') ? file.slice(0, file.indexOf('/')) : ''

const specifiersIn = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(IMPORT)].map((match) => match[1] ?? '')

function checkLocal(file: string, specifier: string): string | undefined {
  const target = relative(SRC, join(SRC, dirname(file), specifier))
  const from = folderOf(file)
  const to = folderOf(target)
  if (from === to) return undefined
  if (ROOTS.includes(to))
    return ROOTS.includes(from) ? undefined : `${file} may not import ${target}`
  if (!ROOTS.includes(from) && !MAY_IMPORT[from]?.includes(to))
    return `${file} may not import ${to}/`
  const isFace = to === 'platform' || target === `${to}/${to}.ts`
  return isFace || ROOTS.includes(from)
    ? undefined
    : `${file} reaches inside ${to}/: import ${to}/${to}.ts`
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

function checkPackage(file: string, specifier: string): string | undefined {
  const name = packageOf(specifier)
  const homes = HOME[name]
  if (!homes || homes.some((home) => file.startsWith(home))) return undefined
  return `${file} may not import ${name}: it lives in ${homes.join(', ')}`
}

function checkProtocol(file: string, specifier: string): string | undefined {
  const from = folderOf(file)
  if (packageOf(specifier) !== '@netra/protocol' || ROOTS.includes(from)) return undefined
  return KNOWS_PROTOCOL.includes(from)
    ? undefined
    : `${file} may not know the wire: @netra/protocol`
}

const violationsIn = (file: string): string[] =>
  specifiersIn(join(SRC, file))
    .map((specifier) =>
      specifier.startsWith('.')
        ? checkLocal(file, specifier)
        : (checkPackage(file, specifier) ?? checkProtocol(file, specifier)),
    )
    .filter((violation) => violation !== undefined)

/** The first path that returns to a node already on it. */
function findCycle(
  table: Record<string, readonly string[]>,
  node: string,
  path: readonly string[] = [],
): string | undefined {
  if (path.includes(node)) return [...path, node].join(' → ')
  for (const next of table[node] ?? []) {
    const cycle = findCycle(table, next, [...path, node])
    if (cycle) return cycle
  }
  return undefined
}

const cyclesIn = (table: Record<string, readonly string[]>): string[] =>
  Object.keys(table)
    .map((node) => findCycle(table, node))
    .filter((cycle) => cycle !== undefined)

test('the walk sees source files', () => {
  expect(files.length).toBeGreaterThan(0)
})

test('every folder is in the table', () => {
  const unknown = files
    .map(folderOf)
    .filter((folder) => !ROOTS.includes(folder) && !MAY_IMPORT[folder])
  expect([...new Set(unknown)]).toEqual([])
})

test('every import follows the table', () => {
  expect(files.flatMap(violationsIn)).toEqual([])
})

test('the tables have no cycle', () => {
  expect([...cyclesIn(MAY_IMPORT), ...cyclesIn(PACKAGES_MAY_IMPORT)]).toEqual([])
})

test('packages import only the packages they may', () => {
  const wrong = Object.entries(PACKAGES_MAY_IMPORT).flatMap(([name, allowed]) => {
    const folder = join(PACKAGES, name, 'src')
    return sourcesIn(folder).flatMap((file) =>
      specifiersIn(join(folder, file))
        .filter((specifier) => specifier.startsWith('@netra/') || specifier.includes('/packages/'))
        .filter((specifier) => !allowed.includes(packageOf(specifier).slice('@netra/'.length)))
        .map((specifier) => `${name}/src/${file} may not import ${specifier}`),
    )
  })
  expect(wrong).toEqual([])
})
