import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

import { render } from './verdict.ts'
import { verifyDelivery, type Options } from './verify-delivery.ts'

const USAGE = `usage: netra verify-delivery [--url <url>] [--email <e-mail> --password <password> | --token <token>]
                             [--seed <n>] [--schedules <n>] [--only <n>,<n>…] [--json] [--keep]`
const SCHEDULES = 10

/** `netra verify-delivery`: 0 when nothing was lost in silence, 1 when something was, 2 when it could not run. */
export async function verifyDeliveryCommand(args: string[]): Promise<number> {
  const stop = new AbortController()
  let options: Options & { json: boolean }
  try {
    options = read(args, stop.signal)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`)
    return 2
  }
  const interrupt = (): void => stop.abort(new Error('interrupted'))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    const verdict = await verifyDelivery(options)
    process.stdout.write(
      options.json ? `${JSON.stringify(verdict, null, 2)}\n` : `${render(verdict)}\n`,
    )
    return verdict.ok ? 0 : 1
  } catch (error) {
    process.stderr.write(`It could not run: ${explain(error)}\n`)
    return 2
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

function read(args: string[], stop: AbortSignal): Options & { json: boolean } {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: 'string' },
      email: { type: 'string' },
      password: { type: 'string' },
      token: { type: 'string' },
      seed: { type: 'string' },
      schedules: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  })
  const { url, email, password, token, json, keep } = values
  if (url !== undefined && !URL.canParse(url)) throw new Error(`--url ${url} is no address`)
  if ((email === undefined) !== (password === undefined)) {
    throw new Error('--email and --password belong together')
  }
  return {
    ...(url !== undefined && { url }),
    ...(email !== undefined && password !== undefined && { account: { email, password } }),
    ...(token !== undefined && { token }),
    ...(values.only !== undefined && {
      only: values.only.split(',').map((number) => whole('only', number)),
    }),
    seed: values.seed === undefined ? randomInt(1_000_000) : whole('seed', values.seed),
    schedules:
      values.schedules === undefined
        ? SCHEDULES
        : whole('schedules', values.schedules, MOST_SCHEDULES),
    json,
    keep,
    stop,
    progress: (line) => process.stderr.write(`${line}\n`),
  }
}

/** Days of work already. */
const MOST_SCHEDULES = 10_000

function whole(name: string, text: string, most = Number.MAX_SAFE_INTEGER): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`--${name} ${text} is no whole number`)
  if (Number(text) > most) throw new Error(`--${name} ${text} is more than ${most}`)
  return Number(text)
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
