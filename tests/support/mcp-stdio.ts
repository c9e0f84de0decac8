import { appendFileSync } from 'node:fs'

import type { McpServer } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'

import { buildServer, workbench } from './mcp-tools.ts'

/**
 * A program that speaks MCP as older ones do, by `initialize`. Its first argument says how it
 * misbehaves, its second is a file in which it notes what happens.
 */
const [how = 'well', notes = '/dev/null'] = process.argv.slice(2)
const note = (line: string): void => appendFileSync(notes, `${line}\n`)

note(`pid ${process.pid}`)
note(`environment ${Object.keys(process.env).toSorted().join(' ')}`)
if (how === 'silent') process.stdin.resume()
else if (how === 'broken') process.stdout.write('this is no JSON-RPC\n{"jsonrpc": \n')
if (how === 'stubborn' || how === 'silent') {
  process.on('SIGTERM', () => note('SIGTERM'))
  setInterval(() => undefined, 1_000)
}
if (how !== 'silent') {
  const bench = workbench()
  bench.die = () => process.exit(3)
  const server: McpServer = buildServer(bench)
  const written = bench.written.push.bind(bench.written)
  bench.written.push = (...texts) => {
    for (const text of texts) note(`written ${text}`)
    return written(...texts)
  }
  Object.defineProperty(bench, 'cancelled', {
    get: () => 0,
    set() {
      note('cancelled')
    },
  })
  await server.connect(new StdioServerTransport())
}
