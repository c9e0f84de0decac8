import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { alertsFile } from '../packages/server/src/service-levels/alerts.ts'
import { grafanaFile } from '../packages/server/src/service-levels/grafana.ts'
import { levelsTable } from '../packages/server/src/service-levels/levels-table.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Files that are made from the service levels, by their place in the repository. */
export const MADE: Readonly<Record<string, () => string>> = {
  'deploy/prometheus/netra-alerts.yml': alertsFile,
  'deploy/grafana/netra.json': grafanaFile,
  'docs/operate/service-levels.md': levelsTable,
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, make] of Object.entries(MADE)) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), make())
    process.stdout.write(`${path}\n`)
  }
}
