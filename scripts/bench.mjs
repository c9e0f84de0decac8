// npm run bench, with the Node that the project needs.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { environmentWithNode } from '../packages/server/bin/own-node.mjs'

const bench = fileURLToPath(new URL('../bench/bench.ts', import.meta.url))
const args = [bench, ...process.argv.slice(2)]
const child = spawn('node', args, { stdio: 'inherit', env: environmentWithNode() })
child.on('exit', (code) => process.exit(code ?? 1))
