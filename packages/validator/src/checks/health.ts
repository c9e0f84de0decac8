import { getJson } from '../request.ts'
import type { Check } from '../runner.ts'

export const healthChecks: readonly Check[] = [
  {
    group: 'health',
    name: '/health is 200 and every dependency is healthy',
    remedy: 'Look at "reasons" in /health; each names the part and what to do.',
    async run({ url }) {
      const body = await getJson(`${url}/health`, 200)
      if (body['status'] !== 'healthy') throw new Error(`status is ${String(body['status'])}`)
      return `version ${String(body['version'])}`
    },
  },
  {
    group: 'health',
    name: 'the server is ready, not only alive',
    remedy: 'It is draining or starting: wait, or look at its log.',
    async run({ url }) {
      await getJson(`${url}/health/live`, 200)
      const body = await getJson(`${url}/health/ready`, 200)
      return String(body['status'])
    },
  },
  {
    group: 'health',
    name: 'the web app is served',
    remedy: 'Build it: npm run build --workspace @netra/web',
    async run({ url }) {
      const response = await fetch(`${url}/`)
      const text = await response.text()
      if (response.status !== 200 || !text.includes('<html')) {
        throw new Error(`/ answered ${response.status} without a page`)
      }
      const script = /src="([^"]+\.js)"/.exec(text)?.[1]
      if (!script) throw new Error('the page names no script')
      const asset = await fetch(new URL(script, `${url}/`))
      if (asset.status !== 200) throw new Error(`${script} answered ${asset.status}`)
      return `page and ${script}`
    },
  },
]
