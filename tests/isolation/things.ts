import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { form } from './form.ts'
import { LASTS } from './model.ts'
import { post, put, type Thing } from './row.ts'
import type { Stage } from './stage-shape.ts'

export { form }

export const talkOf = ({ talk }: Stage): Thing => ({ ...talk })

export async function newThread(stage: Stage): Promise<Thing> {
  const marker = stage.mark()
  const { id } = await stage.made(stage.ada, post('/api/threads', { title: marker }))
  return kept(stage, { marker, thread: id ?? '' })
}

export async function newFile(stage: Stage): Promise<Thing> {
  const marker = stage.mark()
  const { file_id } = await stage.made(stage.ada, form(marker))
  return kept(stage, { marker, file: file_id ?? '' })
}

export async function newNote(stage: Stage): Promise<Thing> {
  const marker = stage.mark()
  const { id } = await stage.made(
    stage.ada,
    post('/api/memory/notes', { kind: 'fact', text: marker }),
  )
  return kept(stage, { marker, note: id ?? '' })
}

/** Enough requests for a report. */
const usage = (marker: string): string =>
  [
    'model,user,input_tokens,output_tokens',
    ...Array(40).fill(`gpt-4o,${marker},1000,100`),
    '',
  ].join('\n')

/** A report of the agents' team over a table of the owner's. */
export async function newReport(stage: Stage): Promise<Thing> {
  const marker = stage.mark()
  const { file_id } = await stage.made(stage.ada, form(marker, usage(marker)))
  const { response } = await stage.made(
    stage.ada,
    post('/api/agents/reporting', {
      message: `Write a report: what does it cost on gpt-4o? ${marker}`,
      context: { file_ids: [file_id] },
    }),
  )
  const report = /\/api\/reports\/([\w-]+)/.exec(response ?? '')?.[1] ?? ''
  return kept(stage, { marker, report })
}

/** A plan that was adopted, put into the store: adopting one takes data and a person's yes. */
export function adoptedPlan(stage: Stage): Thing {
  const marker = stage.mark()
  const store = new DatabaseSync(join(stage.netra.folder, 'journal.db'), { timeout: 10_000 })
  try {
    store
      .prepare(
        `INSERT INTO plan (id, user_id, thread_id, run_id, title, steps, created_at)
         VALUES (?, ?, 'thread', 'run', ?, '[]', ?)`,
      )
      .run(`plan-${marker}`, stage.ada.userId, marker, new Date().toISOString())
  } finally {
    store.close()
  }
  return kept(stage, { marker })
}

/** A run that lasts, in a thread with the marker. */
export async function lastingRun(stage: Stage): Promise<Thing> {
  const marker = stage.mark()
  const { thread_id, run_id } = await stage.made(
    stage.ada,
    post('/api/chat/messages', { content: `${LASTS} ${marker}` }),
  )
  return kept(stage, { marker, thread: thread_id ?? '', run: run_id ?? '' })
}

/** No tool that is shipped asks before it runs, so the question is put into the store. */
export async function waitingApproval(stage: Stage): Promise<Thing> {
  const talk = await stage.makeTalk(stage.ada)
  const call = `call-${talk.marker}`
  const tool = `tool-${talk.marker}`
  const now = new Date()
  const later = new Date(now.getTime() + 60 * 60_000)
  const store = new DatabaseSync(join(stage.netra.folder, 'journal.db'), { timeout: 10_000 })
  try {
    store
      .prepare("UPDATE run SET state = 'waiting', waiting_for = 'approval' WHERE id = ?")
      .run(talk.run)
    store
      .prepare(
        `INSERT INTO approval (run_id, tool_call_id, thread_id, user_id, tool_name, arguments, fence,
           state, expires_at, decided_by, created_at)
         SELECT id, ?, thread_id, user_id, ?, '{}', 1, 'waiting', ?, NULL, ? FROM run WHERE id = ?`,
      )
      .run(call, tool, later.toISOString(), now.toISOString(), talk.run)
    store
      .prepare(
        `INSERT INTO approval_asked (run_id, tool_call_id, fence, thread_id, user_id, bound_to, asked_at)
         SELECT id, ?, 1, thread_id, user_id, 'definition:call', ? FROM run WHERE id = ?`,
      )
      .run(call, now.toISOString(), talk.run)
  } finally {
    store.close()
  }
  return kept(stage, { marker: talk.marker, thread: talk.thread, run: talk.run, call, tool })
}

export async function unaskedTool(stage: Stage): Promise<Thing> {
  const thing = await waitingApproval(stage)
  const call = { run_id: thing['run'], tool_call_id: thing['call'] }
  await stage.made(stage.ada, put('/api/approvals/unasked', call))
  return thing
}

function kept(stage: Stage, thing: Thing): Thing {
  for (const value of Object.values(thing)) stage.secrets.add(value)
  return thing
}
