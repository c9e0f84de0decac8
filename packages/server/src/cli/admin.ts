import { createInterface } from 'node:readline/promises'

import { openAuth } from '../auth/auth.ts'
import { loadConfig } from '../config/config.ts'
import type { Terminal } from './terminal.ts'

/** `netra admin create <email>`: for whoever owns the data folder; the password is asked, never an argument. */
export async function admin(args: string[], { env, out, err }: Terminal): Promise<number> {
  const [verb, email] = args
  if (verb !== 'create' || !email) {
    err('usage: netra admin create <email>')
    return 2
  }
  const config = loadConfig(env)
  const publicUrl = config.publicUrl ?? `http://localhost:${config.port}`
  const auth = await openAuth({ folder: config.dataDir, publicUrl })
  try {
    const password = await askPassword()
    const user = await auth.createAdmin({ email, password })
    out(`${user.email} is now an administrator.`)
    return 0
  } finally {
    await auth[Symbol.asyncDispose]()
  }
}

async function askPassword(): Promise<string> {
  const input = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  try {
    if (process.stdin.isTTY) process.stderr.write('Password (at least 8 characters): ')
    for await (const line of input) return line
    return ''
  } finally {
    input.close()
  }
}
