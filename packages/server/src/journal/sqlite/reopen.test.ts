import { EventEmitter } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { silentLogger } from '../../platform/logger.ts'
import { TestClock } from '../../platform/testing-clock.ts'
import { ALL, events } from '../contract-samples.ts'
import { JournalUnavailable } from '../journal.ts'
import { type MarkStore, openMarkFile } from './mark.ts'
import type { ReaderRequest, WriterRequest } from './messages.ts'
import { serveReader } from './reader-service.ts'
import { openSqliteJournal } from './sqlite-journal.ts'
import type { Serving, ServicePort } from './worker-link.ts'
import { serveWriter } from './writer-service.ts'

/** A service on this thread, spoken to as if it were on its own. */
function here<Request>(
  serve: (port: ServicePort<{ id: number; request: Request }>) => void,
): Serving {
  const outside = new EventEmitter()
  const inside = new EventEmitter()
  serve({
    on: (event, listener) => void inside.on(event, listener),
    postMessage: (message) => void setImmediate(() => outside.emit('message', message)),
    close: () => void setImmediate(() => outside.emit('exit', 0)),
  })
  return Object.assign(outside, {
    postMessage: (message: unknown) => void setImmediate(() => inside.emit('message', message)),
    terminate: async () => 0,
  }) as unknown as Serving
}

test('F68: after a failed sync the store is opened anew, checked, and takes commits again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-reopen-'))
  const clock = new TestClock()
  let isFailing = false
  let opened = 0
  const openMark: typeof openMarkFile = (path) => {
    const { file, mark } = openMarkFile(path)
    opened += 1
    const failing: MarkStore = {
      write(written) {
        if (isFailing) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
        file.write(written)
      },
      close: () => file.close(),
    }
    return { file: failing, mark }
  }
  const journal = await openSqliteJournal({
    folder,
    logger: silentLogger,
    clock,
    serving: {
      writer: (options) =>
        here<WriterRequest>((port) => serveWriter(port, { ...options, openMark })),
      reader: (path) => here<ReaderRequest>((port) => serveReader(port, path)),
    },
  })
  const { epoch } = journal
  const commit = (count: number) =>
    journal.commit({ appends: [{ stream: 'thread:a', events: events(count) }] })
  await commit(2)

  isFailing = true
  await expect(commit(1)).rejects.toThrow(JournalUnavailable)
  await expect(commit(1)).rejects.toThrow(JournalUnavailable)
  expect(journal.status()).toMatchObject({ writable: false })
  expect(opened).toBe(1)

  isFailing = false
  while (!journal.status().writable) {
    clock.advance(1_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(opened).toBe(2)
  expect(journal.epoch).toBe(epoch)
  const before = await journal.head('thread:a')
  // The commit whose sync failed may be there or not; what was acknowledged is, and numbers go on.
  expect([2, 3]).toContain(before)
  expect(await commit(1)).toMatchObject({ appended: [{ first: before + 1, last: before + 1 }] })
  expect(await journal.read('thread:a', 0, ALL)).toHaveLength(before + 1)
  expect(journal.status().epochChanged).toBeUndefined()
  await journal[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})
