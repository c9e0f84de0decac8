import { expect, test } from 'vitest'

import { folderFiles } from '../../testing/folder-files.ts'
import { answering, OWNER, runStage } from '../../testing/run-stage.ts'
import { createAccess } from '../access/access.ts'
import { threadStream } from '../journal/journal.ts'
import { asId, type ThreadId } from '../platform/ids.ts'
import { RateLimit } from '../platform/rate-limit.ts'
import { createCommands } from './command.ts'

test('F33, F34: what was accepted gets its first answer again, also from who may send nothing more', async () => {
  await using s = await runStage()
  const commands = createCommands({
    journal: s.journal,
    clock: s.clock,
    access: createAccess(s.journal),
    files: await folderFiles(),
    messageRate: new RateLimit(s.clock, { perMinute: 1, burst: 1 }),
    runs: s.node(answering('yes')).runs,
  })
  const send = (id: string) =>
    commands.sendMessage(OWNER, {
      client_message_id: id,
      thread_id: null,
      content: [{ type: 'text', text: 'hello' }],
    })
  const first = await send('one')
  expect(first).toMatchObject({ ok: true })
  expect(await send('two')).toMatchObject({ ok: false, code: 'rate_limited' })
  expect(await send('one')).toEqual({
    ok: true,
    answer: { ...(first.ok && first.answer), duplicate: true },
  })
})

test('F38: a duplicate is known as one after the events of the first were removed', async () => {
  await using s = await runStage()
  const commands = createCommands({
    journal: s.journal,
    clock: s.clock,
    access: createAccess(s.journal),
    files: await folderFiles(),
    messageRate: new RateLimit(s.clock, { perMinute: 100, burst: 100 }),
    runs: s.node(answering('yes')).runs,
  })
  const send = () =>
    commands.sendMessage(OWNER, {
      client_message_id: 'one',
      thread_id: null,
      content: [{ type: 'text', text: 'hello' }],
    })
  const first = await send()
  if (!first.ok) throw new Error(first.message)
  const stream = threadStream(asId<ThreadId>(first.answer.thread_id))
  // The message and its acceptance are never compacted: all that follows may be.
  await s.until(async () => (await s.journal.head(stream)) > 4)
  const last = await s.journal.head(stream)
  await s.journal.compact({ stream, ranges: [{ first: 3, last }] })
  expect(await send()).toEqual({ ok: true, answer: { ...first.answer, duplicate: true } })
})

test('the start of a thread and its newest message are not the same wish', async () => {
  await using s = await runStage()
  const commands = createCommands({
    journal: s.journal,
    clock: s.clock,
    access: createAccess(s.journal),
    files: await folderFiles(),
    messageRate: new RateLimit(s.clock, { perMinute: 100, burst: 100 }),
    runs: s.node(answering('yes')).runs,
  })
  const message = {
    client_message_id: 'one',
    thread_id: null,
    content: [{ type: 'text' as const, text: 'hello' }],
  }
  expect(await commands.sendMessage(OWNER, message)).toMatchObject({ ok: true })
  expect(await commands.sendMessage(OWNER, { ...message, parent_message_id: null })).toMatchObject({
    ok: false,
    code: 'conflict',
  })
})

test('what was asked for before an account went is refused once it is gone', async () => {
  await using s = await runStage()
  const commands = createCommands({
    journal: s.journal,
    clock: s.clock,
    access: createAccess(s.journal),
    files: { ...(await folderFiles()), list: async () => [] },
    messageRate: new RateLimit(s.clock, { perMinute: 100, burst: 100 }),
    runs: s.node(answering('yes')).runs,
  })
  await commands.deleteAccount(OWNER, 'gone')
  expect(
    await commands.sendMessage(OWNER, {
      client_message_id: 'late',
      thread_id: null,
      content: [{ type: 'text', text: 'hello' }],
    }),
  ).toMatchObject({ ok: false, code: 'not_found' })
  expect(await commands.createThread(OWNER, {})).toMatchObject({ ok: false, code: 'not_found' })
  const rows = s.journal.db.selectFrom('thread').select('id').where('user_id', '=', OWNER)
  expect(await rows.execute()).toEqual([])
})
