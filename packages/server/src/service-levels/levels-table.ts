import { ALERTS } from './alerts.ts'
import { SERVICE_LEVELS, type ServiceLevel } from './levels.ts'
import { goodShare } from './queries.ts'

const percent = (share: number): string => `${Number((share * 100).toFixed(3))} %`

const targetOf = ({ objective, source }: ServiceLevel): string =>
  source.kind === 'duration'
    ? `${percent(objective)} within ${source.withinMs} ms`
    : percent(objective)

const cell = (text: string): string => text.replaceAll('|', '\\|')

const levelRow = (level: ServiceLevel): string =>
  `| ${level.name} (\`${level.id}\`) | ${targetOf(level)} | \`${level.source.metric}\` | ${level.meaning} | [What to do](runbooks/${level.runbook}.md) |`

/** docs/operate/service-levels.md, whole. */
export function levelsTable(): string {
  return `# Service levels

What Netra promises to the people who use it, how that is measured, and what calls somebody. This page, the alert rules and the Grafana dashboard are made from the same data by \`node scripts/service-levels.ts\`; a test says so when they differ.

| what | target over ${SERVICE_LEVELS[0]?.windowDays ?? 28} days | measured from | when it is missed | runbook |
|---|---|---|---|---|
${SERVICE_LEVELS.map(levelRow).join('\n')}

## How each is measured

All of them are shares: good ones of all. What counts as all, and as good, is as narrow as people would have it:

- **Welcome**: from the upgrade of a socket to its welcome; whoever is refused has none.
- **First event**: from the commit of a message to the moment its agent's first event was handed to every socket that listens. A run that waits for another one of the same conversation is left out: that wait is the person's own.
- **Event completion**: judged from what the journal took down, not by what executes runs: a run that was accepted began, was given a thought, has an end for each tool that began, and exactly one end. A run of which nothing is heard for half an hour, and that asks nobody anything, is one without an end.
- **Handshake success**: of the attempts with a valid proof. An attempt that meets a limit counts as failed.
- **API response**: all routes below \`/api/\` and \`/auth/\`, by their templates; streams, long polls and requests that wait for an agent are left out.

Settings → Dashboard measures the last hour in the process itself and shows it against the target, as does \`netra_service_level_ratio\`. A time is judged there once so many were measured that one slow one is allowed. Prometheus measures longer:

${SERVICE_LEVELS.map((level) => `- ${level.name}: \`${goodShare(level, '1h')}\``).join('\n')}

## Alerts

In \`deploy/prometheus/netra-alerts.yml\`; a dashboard for Grafana is in \`deploy/grafana/netra.json\`. Each level has three, by how fast it uses up what may go wrong in ${SERVICE_LEVELS[0]?.windowDays ?? 28} days. Two windows must agree: the long one says that it matters, the short one that it still goes on.

| alert | severity | says | runbook |
|---|---|---|---|
${ALERTS.map(({ name, severity, summary, runbook }) => `| \`${name}\` | ${severity} | ${cell(summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '…'))} | [${runbook}](runbooks/${runbook}.md) |`).join('\n')}

\`\`\`yaml
# prometheus.yml
rule_files: [netra-alerts.yml]
scrape_configs:
  - job_name: netra
    authorization: { credentials_file: /etc/prometheus/netra-metrics-token }
    static_configs: [{ targets: ['netra.example.org'] }]
\`\`\`

The token is \`NETRA_METRICS_TOKEN\`. With several nodes each is a target of its own; the rules add them up.
`
}
