import type { Result } from './runner.ts'

/** Ready only if every check passed: no share of passes makes up for one that failed. */
export const isReady = (results: readonly Result[]): boolean =>
  results.length > 0 && results.every((result) => result.passed)

export function render(url: string, results: readonly Result[]): string {
  const lines = results.map((result) => {
    const head = `${result.passed ? 'ok  ' : 'FAIL'} ${result.group}: ${result.name} (${result.durationMs} ms)`
    return result.passed
      ? `${head} — ${result.seen}`
      : `${head}\n     saw: ${result.seen}\n     try: ${result.remedy}`
  })
  const failed = results.filter((result) => !result.passed).length
  const verdict = isReady(results)
    ? 'READY'
    : `NOT READY: ${failed} of ${results.length} checks failed`
  return [`Netra at ${url}`, ...lines, verdict].join('\n')
}
