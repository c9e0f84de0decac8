import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'

export interface Sample {
  /** Since the meter began. */
  atMs: number
  rssBytes: number
  descriptors: number
  /** Used by the process so far, on all cores. */
  cpuMs: number
}

const TICK_MS = 1_000 / Number(execFileSync('getconf', ['CLK_TCK']))

/** What a process uses, as its system counts it. Linux. */
export class ProcessMeter implements Disposable {
  readonly samples: Sample[] = []
  readonly #pid: number
  readonly #begun = performance.now()
  readonly #timer: NodeJS.Timeout

  constructor(pid: number, everyMs: number) {
    this.#pid = pid
    this.#timer = setInterval(() => void this.look(), everyMs)
  }

  async look(): Promise<Sample> {
    const [status, stat, descriptors] = await Promise.all([
      readFile(`/proc/${this.#pid}/status`, 'utf8'),
      readFile(`/proc/${this.#pid}/stat`, 'utf8'),
      readdir(`/proc/${this.#pid}/fd`),
    ])
    // The name in parentheses may hold blanks; the fields that follow it are counted from 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const sample = {
      atMs: performance.now() - this.#begun,
      rssBytes: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024,
      descriptors: descriptors.length,
      cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    }
    this.samples.push(sample)
    return sample
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

/** Least squares: how much `of` grows in an hour. */
export function slopePerHour(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length
  const [at, value] = [mean(samples.map(({ atMs }) => atMs)), mean(samples.map(of))]
  const covariance = mean(samples.map((sample) => (sample.atMs - at) * (of(sample) - value)))
  const variance = mean(samples.map(({ atMs }) => (atMs - at) ** 2))
  return variance === 0 ? 0 : (covariance / variance) * 3_600_000
}
