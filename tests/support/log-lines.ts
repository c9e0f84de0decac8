import { Writable } from 'node:stream'

import { createLogger, type Logger } from '../../packages/server/src/platform/logger.ts'

/** What a server writes into its log, as it is written. */
export class LogLines {
  readonly lines: string[] = []
  readonly logger: Logger

  constructor(level = 'debug') {
    const { lines } = this
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(...chunk.toString().trim().split('\n'))
        done()
      },
    })
    this.logger = createLogger(level, sink)
  }

  /** The lines that say this. */
  saying(message: string): Record<string, unknown>[] {
    return this.lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['msg'] === message)
  }
}
