#!/usr/bin/env node
// Plain JavaScript that any Node can read: it must be able to say that the Node is too old.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED = 24
const major = Number(process.versions.node.split('.')[0])

if (major >= NEEDED) {
  nodeModule.enableCompileCache()
  // The validator is a black box of its own: it shares no code with the server.
  await import(process.argv[2] === 'validate' ? '../../validator/src/main.ts' : '../src/main.ts')
} else {
  runWithOwnNode()
}

/** The project brings Node 24 for Linux as a dependency; elsewhere an older Node is told so. */
function runWithOwnNode() {
  const own = findOwnNode(dirname(fileURLToPath(import.meta.url)))
  if (!own) {
    process.stderr.write(
      `Netra needs Node ${NEEDED} or newer; this is ${process.versions.node}. Install it from nodejs.org, then run the same command again.\n`,
    )
    process.exit(1)
  }
  const child = spawn(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}

function findOwnNode(start) {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(
      folder,
      'node_modules',
      `node-${process.platform}-${process.arch}`,
      'bin',
      'node',
    )
    if (existsSync(candidate)) return candidate
    if (folder === dirname(folder)) return undefined
  }
}
