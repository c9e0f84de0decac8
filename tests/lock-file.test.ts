import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

interface Lock {
  packages: Record<
    string,
    { resolved?: string; link?: boolean; optionalDependencies?: Record<string, string> }
  >
}

const { packages } = JSON.parse(
  await readFile(new URL('../package-lock.json', import.meta.url), 'utf8'),
) as Lock

test('the lock file names no host', () => {
  const resolved = Object.values(packages).flatMap((entry) =>
    entry.link ? [] : (entry.resolved ?? []),
  )
  expect(resolved).toEqual([])
})

// npm leaves out what the machine that wrote the lock could not fetch, and npm ci then refuses it.
test('the lock file holds the optional parts for every platform', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
    ),
  )
  expect(missing.filter((name) => !name.endsWith('-wasm32-wasi'))).toEqual([])
})
