import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A data folder on the disk that `BENCH_DIR` names, gone when it is let go. */
export function benchFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'netra-bench-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
