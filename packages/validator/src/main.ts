import { parseArgs } from 'node:util'

import { isReady, render, validate } from './validator.ts'

const USAGE = 'usage: netra validate <url> [--email <e-mail> --password <password>] [--json]'

const { values, positionals } = readArguments()

const [url] = positionals
if (!url || !URL.canParse(url)) {
  process.stderr.write(`${USAGE}\n`)
  process.exitCode = 2
} else if (!(await answers(url))) {
  process.stderr.write(`Nothing answers at ${url}. Is Netra running there?\n`)
  process.exitCode = 2
} else {
  const { email, password } = values
  const results = await validate(url, email && password ? { account: { email, password } } : {})
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ url, ready: isReady(results), results }, null, 2)}\n`
      : `${render(url, results)}\n`,
  )
  process.exitCode = isReady(results) ? 0 : 1
}

function readArguments() {
  try {
    return parseArgs({
      args: process.argv.slice(3),
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
