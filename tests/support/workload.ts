import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { calcPrice } from '@pydantic/genai-prices'

/** A workload read without any of the product's code: what its answers are compared with. */
export interface Workload {
  rows: { time: string; input: number; output: number }[]
  csv: string
}

const REAL = [
  process.env['NETRA_REAL_DATA'],
  fileURLToPath(new URL('../../../shared/data', import.meta.url)),
]

/** The folder of real traces; undefined when it is not on this machine, which one line says. */
export async function realFolder(): Promise<string | undefined> {
  for (const folder of REAL) {
    if (!folder) continue
    const csv = join(folder, 'azure-llm-2023', 'conv.csv')
    const isThere = await access(csv).then(
      () => true,
      () => false,
    )
    if (isThere) return folder
  }
  process.stderr.write(
    'conv.csv is not here: set NETRA_REAL_DATA to the folder that holds azure-llm-2023/\n',
  )
  return undefined
}

/** Azure's conversation trace. */
export async function realWorkload(): Promise<Workload | undefined> {
  const folder = await realFolder()
  if (folder === undefined) return undefined
  return parse(await readFile(join(folder, 'azure-llm-2023', 'conv.csv'), 'utf8'))
}

/** Several files as one. */
export const workloadOf = (texts: readonly string[]): Workload => ({
  csv: texts.join('\n'),
  rows: texts.flatMap((text) => parse(text).rows),
})

/** Known by its seed: the same rows on every machine. */
export function generatedWorkload(seed: number, count: number): Workload {
  let state = seed
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
  const begin = Date.UTC(2026, 2, 1, 9)
  const lines = Array.from({ length: count }, (_, index) => {
    const time = new Date(begin + index * 900).toISOString().replace('T', ' ').replace('Z', '')
    return `${time},${Math.floor(next() * 4000)},${Math.floor(next() * next() * 900)}`
  })
  return parse(`TIMESTAMP,ContextTokens,GeneratedTokens\n${lines.join('\n')}\n`)
}

function parse(csv: string): Workload {
  const rows = csv
    .split(/\r?\n/)
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => {
      const [time = '', input = '', output = ''] = line.split(',')
      return { time, input: Number(input), output: Number(output) }
    })
  return { rows, csv }
}

export const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => total + number, 0)

/** Continuous: between the two nearest ranks, as `quantile_cont` defines it. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? 0
  const high = sorted[Math.ceil(at)] ?? 0
  return low + (high - low) * (at - Math.floor(at))
}

/** Each row priced by itself, in US dollars to the cent. */
export function priceOf(workload: Workload, model: string): string {
  const total = sum(
    workload.rows.map(({ input, output }) => {
      const price = calcPrice({ input_tokens: input, output_tokens: output }, model, {
        providerId: 'openai',
      })
      if (!price) throw new Error(`no price of ${model}`)
      return price.total_price
    }),
  )
  return `$${total.toFixed(2).replaceAll(/\B(?=(\d{3})+(?!\d)\.)/g, ',')}`
}

export function perMinute(workload: Workload): Map<string, number> {
  const minutes = new Map<string, number>()
  for (const { time } of workload.rows) {
    const minute = time.slice(0, 16)
    minutes.set(minute, (minutes.get(minute) ?? 0) + 1)
  }
  return minutes
}

export const withCommas = (number: number): string =>
  number.toLocaleString('en-US', { maximumFractionDigits: 10 })
