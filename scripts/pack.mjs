// npm run pack [-- <folder>]: one tarball that runs without this repository: JavaScript instead of
// TypeScript, which Node does not strip below node_modules, the built web app, runtime dependencies.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { environmentWithNode, isNewEnough } from '../packages/server/bin/own-node.mjs'

if (!isNewEnough) {
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const { status } = spawnSync('node', args, { stdio: 'inherit', env: environmentWithNode() })
  process.exit(status ?? 1)
}

const { buildPackage } = await import('./pack/build-package.mjs')
const target = resolve(process.argv[2] ?? '.')
const stage = mkdtempSync(join(tmpdir(), 'netra-pack-'))
try {
  await buildPackage(stage)
  mkdirSync(target, { recursive: true })
  const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', target], {
    cwd: stage,
    encoding: 'utf8',
    env: environmentWithNode(),
  })
  if (packed.status !== 0) throw new Error(`npm pack: ${packed.stderr}`)
  process.stdout.write(`${join(target, packed.stdout.trim().split('\n').at(-1) ?? '')}\n`)
} finally {
  rmSync(stage, { recursive: true, force: true })
}
