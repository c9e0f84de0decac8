import { parseArgs } from 'node:util'

import { isReady, render, validate } from './validator.ts'

const USAGE = 'usage: netra validate <url> [--email <e-mail> --password <password>] [--json]'

/** `netra validate <url>`: 0 when people can use it, 1 when they cannot, 2 when nothing answers. */
export async function validateCommand(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args)
  const [url] = positionals
  if (!url || !URL.canParse(url)) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  if (!(await answers(url))) {
    process.stderr.write(`Nothing answers at ${url}. Is Netra running there?\n`)
    return 2
  }
  const { email, password } = values
  const results = await validate(url, email && password ? { account: { email, password } } : {})
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ url, ready: isReady(results), results }, null, 2)}\n`
      : `${render(url, results)}\n`,
  )
  return isReady(results) ? 0 : 1
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        email: { type: 'string' },
        password: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return { values: { json: false, email: undefined, password: undefined }, positionals: [] }
  }
}

/** Any HTTP answer will do: what it says is for the checks. */
async function answers(address: string): Promise<boolean> {
  try {
    await fetch(address)
    return true
  } catch {
    return false
  }
}
