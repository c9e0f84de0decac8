import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

interface Manifest {
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

interface Locked {
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
}

const root = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))
const read = <Shape>(path: string): Shape => JSON.parse(readFileSync(root(path), 'utf8')) as Shape

const locked = Object.entries(
  read<{ packages: Record<string, Locked> }>('package-lock.json').packages,
).filter(([path, { link }]) => path.includes('node_modules/') && !link)

test('every dependency is named in one version, and not in a range (S31)', () => {
  const manifests = [
    'package.json',
    ...readdirSync(root('packages')).map((name) => `packages/${name}/package.json`),
  ]
  const ranges = manifests.flatMap((file) => {
    const { dependencies, devDependencies, optionalDependencies } = read<Manifest>(file)
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(
        ([name, version]) =>
          !name.startsWith('@netra/') && !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
      )
      .map(([name, version]) => `${file}: ${name} ${version}`)
  })
  expect(ranges).toEqual([])
})

test('every package that is installed is locked with the hash of its bytes, and none from elsewhere (S31)', () => {
  const open = locked
    .filter(([path]) => existsSync(root(path)))
    .filter(
      // Without an address of its own a package comes from the one registry that npm is set to.
      ([, { integrity, resolved }]) => !integrity?.startsWith('sha512-') || resolved !== undefined,
    )
  expect(open.map(([path]) => path)).toEqual([])
  expect(locked.length).toBeGreaterThan(100)
})

/** The first versions without what was reported: CVE-2024-37890, CVE-2026-1526, -1528 and -2229. */
const FIXED: Record<string, string> = {
  ws: '8.17.1',
  undici: '7.24.0',
  '@modelcontextprotocol/sdk': '1.26.0',
}

test('of packages with known faults only versions without them are locked (S43)', () => {
  const old = locked.flatMap(([path, { version = '' }]) => {
    const fixed = FIXED[path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)]
    return fixed !== undefined && isOlder(version, fixed) ? [`${path} ${version} < ${fixed}`] : []
  })
  expect(old).toEqual([])
})

function isOlder(version: string, other: string): boolean {
  const [ones = [], others = []] = [version, other].map((text) => text.split('.').map(Number))
  const at = ones.findIndex((number, index) => number !== others[index])
  return at >= 0 && (ones[at] ?? 0) < (others[at] ?? 0)
}
