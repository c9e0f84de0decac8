interface Group {
  text: string
  items: { text: string; link: string }[]
}

/** The sidebar; a page that stands nowhere here fails the check of the site. */
export const NAVIGATION: readonly Group[] = [
  {
    text: 'Start',
    items: [
      { text: 'Install and first question', link: '/docs/start' },
      { text: 'What is what', link: '/docs/concepts' },
      { text: 'What is promised', link: '/docs/guarantees' },
      { text: 'Agents', link: '/docs/agents' },
      { text: 'Usage data: files, exports, applications', link: '/docs/workload' },
      { text: 'What usage costs, repeats and becomes', link: '/docs/analysis' },
      { text: 'What agents remember', link: '/docs/memory' },
      { text: 'Approvals and questions', link: '/docs/approvals' },
      { text: 'MCP servers', link: '/docs/mcp' },
    ],
  },
  {
    text: 'Operate',
    items: [
      { text: 'Deploying', link: '/docs/operate/deploy' },
      { text: 'Behind nginx or Caddy', link: '/docs/operate/proxies' },
      { text: 'systemd', link: '/docs/operate/systemd' },
      { text: 'Kubernetes', link: '/docs/operate/kubernetes' },
      { text: 'Cloud Run', link: '/docs/operate/cloud-run' },
      { text: 'Upgrades and the way back', link: '/docs/operate/upgrade' },
      { text: 'Backups', link: '/docs/operate/backup' },
      { text: 'Accounts', link: '/docs/accounts' },
      { text: 'Sign-in providers', link: '/docs/sign-in-providers' },
      { text: 'Hosts and paths', link: '/docs/hosts' },
      { text: 'Limits', link: '/docs/limits' },
      { text: 'Spending and budgets', link: '/docs/budgets' },
      { text: 'Configuration', link: '/docs/operate/configuration' },
      { text: 'Start, netra doctor, the end', link: '/docs/operate/startup' },
      { text: 'Health', link: '/docs/operate/health' },
      { text: 'Ready or not: netra validate', link: '/docs/operate/validate' },
      { text: 'A report of netra validate', link: '/docs/operate/validate-report' },
      { text: 'The dashboard', link: '/docs/operate/dashboard' },
      { text: 'Service levels and alerts', link: '/docs/operate/service-levels' },
      { text: 'Traces, timelines, telemetry', link: '/docs/operate/observe' },
      { text: 'Logs', link: '/docs/operate/logs' },
      { text: 'When something fails', link: '/docs/operate/recovery' },
      { text: 'How many people a machine carries', link: '/docs/operate/capacity' },
      { text: 'Does every event arrive?', link: '/docs/verify-delivery' },
      { text: 'Troubleshooting', link: '/docs/troubleshooting' },
    ],
  },
  {
    text: 'Build on it',
    items: [
      { text: 'Agents of your own', link: '/docs/agents-of-your-own' },
      { text: 'The SDK', link: '/packages/client/README' },
      { text: 'Are the answers right?', link: '/docs/eval' },
      { text: 'HTTP routes', link: '/docs/http-api' },
      { text: 'OpenAPI and AsyncAPI', link: '/docs/api/' },
      { text: 'On the wire', link: '/PROTOCOL' },
    ],
  },
  {
    text: 'Inside',
    items: [
      { text: 'Read me', link: '/README' },
      { text: 'Architecture', link: '/ARCHITECTURE' },
      { text: 'Security', link: '/SECURITY' },
      { text: 'Contributing', link: '/CONTRIBUTING' },
      { text: 'How it is tested', link: '/docs/testing' },
      { text: 'Benchmarks', link: '/bench/README' },
    ],
  },
]
