// npm run eval, with the Node that the project needs.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { environmentWithNode } from '../packages/server/bin/own-node.mjs'

const evaluation = fileURLToPath(new URL('../eval/eval.ts', import.meta.url))
const args = [evaluation, ...process.argv.slice(2)]
const child = spawn('node', args, { stdio: 'inherit', env: environmentWithNode() })
child.on('exit', (code) => process.exit(code ?? 1))
