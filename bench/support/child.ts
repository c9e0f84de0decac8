import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Another process of a bench, asked one thing after the other. */
export interface Child<Request> extends AsyncDisposable {
  ask<Answer>(request: Request): Promise<Answer>
}

/** `PROFILE=<folder>` leaves a CPU profile of each process there. */
const profiling = process.env['PROFILE']

export function startChild<Request>(entry: URL, execArgv: string[] = []): Child<Request> {
  const path = fileURLToPath(entry)
  const profile = profiling ? ['--cpu-prof', '--cpu-prof-dir', profiling] : []
  const child = fork(path, { execArgv: [...execArgv, ...profile], serialization: 'advanced' })
  const exited = once(child, 'exit')
  const died = exited.then(() => {
    throw new Error(`${path} ended`)
  })
  died.catch(() => undefined)
  return {
    async ask<Answer>(request: Request): Promise<Answer> {
      const answered = once(child, 'message')
      child.send({ request })
      const [message]: { answer?: Answer; error?: string }[] = await Promise.race([answered, died])
      if (message?.error !== undefined) throw new Error(message.error)
      return message?.answer as Answer
    },
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

/** The child's side: answers each request; `end` runs when the parent lets go. */
export function answerParent<Request>(
  handle: (request: Request) => Promise<unknown>,
  end: () => Promise<void> = () => Promise.resolve(),
): void {
  process.on('message', ({ request }: { request: Request }) => {
    handle(request).then(
      (answer) => process.send?.({ answer }),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? (error.stack ?? '') : String(error) }),
    )
  })
  process.on('disconnect', () => void end().finally(() => process.exit()))
}
