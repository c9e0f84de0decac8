import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export interface SampleFile {
  name: string
  mediaType: string
  open(): Readable
}

const NAME = 'synthetic-llm-workload.csv'

/** The built-in sample, ready for `Files.store` with origin `sample`; its name says what it is. */
export const sampleWorkload = (): SampleFile => ({
  name: NAME,
  mediaType: 'text/csv',
  open: () => createReadStream(fileURLToPath(new URL(`./sample/${NAME}`, import.meta.url))),
})
