#!/usr/bin/env node
// Plain JavaScript that any Node can read: it must be able to say that the Node is too old.
import { spawn } from 'node:child_process'
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'

import { findOwnNode, isNewEnough, NEEDED_NODE } from './own-node.mjs'

if (isNewEnough) {
  nodeModule.enableCompileCache()
  // The validator is a black box of its own: it shares no code with the server.
  const isBlackBox = ['validate', 'verify-delivery'].includes(process.argv[2])
  await import(isBlackBox ? '../../validator/src/main.ts' : '../src/main.ts')
} else {
  runWithOwnNode()
}

function runWithOwnNode() {
  const own = findOwnNode()
  if (!own) {
    process.stderr.write(
      `Netra needs Node ${NEEDED_NODE} or newer; this is ${process.versions.node}. Install it from nodejs.org, then run the same command again.\n`,
    )
    process.exit(1)
  }
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const child = spawn(own, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
