import type { CDPSession, Page } from 'playwright-core'

interface TraceEvent {
  name: string
  pid: number
  tid: number
  ts: number
  dur?: number
  tdur?: number
  args: { name?: string }
}

/** Milliseconds of processor time, and what took most of it. */
export interface PageTask {
  ms: number
  what: string
}

/** What the page's own thread worked on. */
export interface PageTasks {
  /** Waits, without a query that would itself be a task of the page, until an expression is true. */
  until(expression: string): Promise<void>
  /** Ends the watch; the longest task first. */
  end(): Promise<PageTask[]>
}

/**
 * Watches the tasks of a page. Processor time and not time on the wall, so that what else runs on the
 * machine does not count.
 */
export async function watchTasks(page: Page): Promise<PageTasks> {
  const session: CDPSession = await page.context().newCDPSession(page)
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) =>
    events.push(...(value as never as TraceEvent[])),
  )
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['disabled-by-default-devtools.timeline'] },
  })
  return {
    async until(expression) {
      const wait = `new Promise((resolve) => {
        const timer = setInterval(() => {
          if (!(${expression})) return
          clearInterval(timer)
          resolve(true)
        }, 100)
      })`
      await session.send('Runtime.evaluate', { expression: wait, awaitPromise: true })
    },
    async end() {
      const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
      await session.send('Tracing.end')
      await complete
      await session.detach()
      const main = new Set(
        events
          .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
          .map(({ pid, tid }) => `${pid}.${tid}`),
      )
      const own = events.filter(({ pid, tid }) => main.has(`${pid}.${tid}`))
      return own
        .filter(({ name }) => name === 'RunTask')
        .toSorted((a, b) => (b.tdur ?? 0) - (a.tdur ?? 0))
        .slice(0, 20)
        .map((task) => ({ ms: (task.tdur ?? 0) / 1000, what: partsOf(task, own) }))
    },
  }
}

function partsOf(task: TraceEvent, events: readonly TraceEvent[]): string {
  const end = task.ts + (task.dur ?? 0)
  const parts = new Map<string, number>()
  for (const { name, ts, tdur = 0 } of events) {
    if (ts < task.ts || ts >= end || name === 'RunTask') continue
    parts.set(name, (parts.get(name) ?? 0) + tdur / 1000)
  }
  return [...parts]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 6)
    .map(([name, ms]) => `${name} ${ms.toFixed(0)}`)
    .join(', ')
}
