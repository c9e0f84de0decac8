import { fork, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ENTRY = fileURLToPath(new URL('./child.ts', import.meta.url))
const SHELL = '/bin/sh'

/**
 * KB of data a child may hold, as the kernel counts it: twice DuckDB's cap. A single text of
 * gigabytes is made in one step, between two looks of the child at its own memory.
 */
const HARD_LIMIT_KB = 2_400_000

/** Starts a DuckDB child. It gets no environment, so that it does not hold the server's secrets. */
export function startChild(scratch: string): ChildProcess {
  const options = { env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] as const }
  if (!existsSync(SHELL))
    return fork(ENTRY, [scratch], { ...options, execArgv: [], stdio: [...options.stdio] })
  const limited = `ulimit -d ${HARD_LIMIT_KB} 2>/dev/null; exec "$0" "$@"`
  return spawn(SHELL, ['-c', limited, process.execPath, ENTRY, scratch], {
    ...options,
    stdio: [...options.stdio],
  })
}
