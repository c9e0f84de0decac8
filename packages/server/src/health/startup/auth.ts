import { CheckFailed, wordsOf, type Finding, type StartupCheck } from './check.ts'

/** How a node learns who people are: `inside` proves itself, `elsewhere` may be away for now. */
export type AuthPort =
  | { kind: 'inside'; prove: () => Promise<string> }
  | { kind: 'elsewhere'; url: string; ask: () => Promise<void> }

const KEYS = 'Restore the folder keys/ and auth.db of the data folder from one backup.'

export const authCheck = (port: AuthPort): StartupCheck => ({
  id: 'auth',
  timeoutMs: 15_000,
  remedy: KEYS,
  run: () => (port.kind === 'inside' ? proveInside(port) : askElsewhere(port)),
})

async function proveInside({ prove }: Extract<AuthPort, { kind: 'inside' }>): Promise<Finding> {
  try {
    return { detail: await prove() }
  } catch (error) {
    throw new CheckFailed(`nobody could sign in (${wordsOf(error)})`, KEYS, error)
  }
}

/** A node starts without it: who is known goes on, and who is not waits until it is back. */
async function askElsewhere({
  url,
  ask,
}: Extract<AuthPort, { kind: 'elsewhere' }>): Promise<Finding> {
  try {
    await ask()
    return { detail: `the auth service at ${url} answers` }
  } catch (error) {
    return { warning: `the auth service at ${url} is away (${wordsOf(error)}): nobody can sign in` }
  }
}
