// npm run check: types, lint, format, dead code; everything is run, every problem is shown.
import { spawn } from 'node:child_process'

import { environmentWithNode } from '../packages/server/bin/own-node.mjs'

const CHECKS = [
  ['types', ['tsc', '-p', 'packages/protocol']],
  ['types', ['tsc', '-p', 'packages/server']],
  ['types', ['tsc', '-p', 'packages/client']],
  ['types', ['tsc', '-p', 'packages/web']],
  ['types', ['tsc', '-p', 'packages/validator']],
  ['types', ['tsc', '-p', 'packages/agent-kit']],
  ['types', ['tsc', '-p', '.']],
  ['lint', ['oxlint', '--type-aware', '--deny-warnings']],
  ['format', ['oxfmt', '--check']],
  ['dead code', ['knip']],
]
/** Two cores: more at once only gets in its own way. */
const AT_ONCE = 2

const run = ([name, [command, ...args]]) =>
  new Promise((resolve) => {
    const begun = performance.now()
    const child = spawn(command, args, { env: environmentWithNode() })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    child.on('error', (error) =>
      resolve({ ok: false, output: `${error.message}: run npm ci first` }),
    )
    child.on('exit', (code) => {
      const seconds = ((performance.now() - begun) / 1000).toFixed(1)
      const ok = code === 0
      process.stdout.write(
        `${ok ? 'ok  ' : 'FAIL'} ${name}: ${command} ${args.join(' ')} (${seconds} s)\n`,
      )
      if (!ok) process.stdout.write(`${output}\n`)
      resolve({ ok })
    })
  })

const waiting = [...CHECKS]
const results = []
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) results.push(await run(check))
  }),
)
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1
